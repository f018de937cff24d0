-- Who belonged to each segment from one change of the list prices on offer to the next, at which price
-- and how able by the newest fit: the market's history with all that is known.
-- For what was known by an earlier day ask standing_on(segment_id, as_of, known_by).
-- key: segment_id, on_day, model_id
-- keep: state_id of analysis.member_days
-- check period_is_not_empty: until_day > on_day
with offered as (
    select
        s.on_day,
        s.until_day,
        s.state_id,
        p.model_id,
        workload_price(p.input_usd_per_mtok, p.output_usd_per_mtok, null, 0.25, 0) as price
    from analysis.member_days as s
    inner join core.prices as p
        on p.is_list_price
        and p.valid_from <= s.on_day
        and coalesce(p.valid_to, date '9999-12-31') > s.on_day
),

ranked as (
    select
        o.*,
        percent_rank() over (partition by o.on_day order by o.price) as price_quantile
    from offered as o
),

newest as (
    select max(f.known_on) as known_on
    from analysis.fits as f
)

select
    s.segment_id,            -- segment
    r.on_day,                -- first day, on which some list price changed
    r.until_day,             -- first day after, on which the next one changed; 9999-12-31 while it lasts
    r.model_id,              -- version
    r.price,                 -- list price at 3:1, USD per million tokens
    c.capability,            -- in the segment's basket, index points
    r.state_id               -- hash of all it follows from, analysis.member_days
from ranked as r
inner join core.models as m on m.model_id = r.model_id
inner join core.segments as s
    on s.kind = 'models'
    and r.price_quantile between s.price_band_low_share and s.price_band_high_share
    and not (s.needs_low_latency and coalesce(m.is_reasoning, false))
inner join newest as n on true
inner join analysis.capabilities as c
    on c.known_on = n.known_on
    and c.basket_kind = 'segment'
    and c.basket_id = s.segment_id
    and c.model_id = r.model_id
    and c.evidence_share > 0
