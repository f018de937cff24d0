-- What a repricing or a withdrawal does to everyone, per segment and model: places on the frontier without it and
-- with it, and the volume forecast, joined to a verdict. By what was known the day after, it is the market of that
-- day with nothing else changed; with hindsight, the history of standings the day before and on the day.
-- A place counts as lost or won through the event only where the product concerned is what dominates, or dominated.
-- winner: place won, or the event adds more than 5% to its volume with P >= 0.6, if the volume of the product
-- concerned was seen: what nobody saw leaves nobody anything that could be told. loser and exposed: place lost;
-- cannibalised: a cheaper stablemate is as able and takes volume, as for launches (marts.launch_impact).
-- withdrawn: the product that is shut down.
-- key: event_id, basis, segment_id, model_id
-- keep: state_id of marts.impact_states
-- check verdict_is_a_word_of_the_method: verdict in ('winner', 'loser', 'cannibalised', 'exposed', 'unaffected', 'withdrawn')
-- check probability_is_one: verdict_probability between 0 and 1 or (verdict = 'unaffected' and coalesce(was_on_frontier, false) = false) or (is_concerned and basis = 'hindsight')
with shifts as (
    select
        d.*,
        i.state_id,
        d.event_id || ' | ' || d.basis || ' | without' as market_before,
        d.event_id || ' | ' || d.basis || ' | with' as market_after
    from core.shift_days as d
    inner join marts.impact_states as i on i.event_id = d.event_id and i.basis = d.basis
    where d.why_not is null
),

then_known as (
    select s.*
    from shifts as s
    where s.basis = 'day_after'
),

-- Everybody else on offer that day: who is withdrawn on the same day is on neither side.
day_offers as (
    select
        asked.market_before,
        asked.market_after,
        asked.event_kind,
        asked.known_by,
        p.model_id,
        p.host,
        p.variant,
        p.is_list_price,
        p.input_usd_per_mtok,
        p.output_usd_per_mtok,
        p.cache_read_usd_per_mtok,
        p.is_disputed,
        p.source,
        p.claim_id
    from then_known as asked
    cross join prices_on(asked.effective_on, asked.known_by) as p
    where p.model_id <> asked.model_id or not p.is_list_price
),

side_offers as (
    select
        d.market_before as market_id,
        d.known_by,
        false as is_drawn,
        d.model_id,
        d.host,
        d.variant,
        d.is_list_price,
        d.input_usd_per_mtok,
        d.output_usd_per_mtok,
        d.cache_read_usd_per_mtok,
        d.is_disputed,
        d.source,
        d.claim_id
    from day_offers as d
    union all
    select
        d.market_after as market_id,
        d.known_by,
        d.event_kind = 'price_change' as is_drawn,
        d.model_id,
        d.host,
        d.variant,
        d.is_list_price,
        d.input_usd_per_mtok,
        d.output_usd_per_mtok,
        d.cache_read_usd_per_mtok,
        d.is_disputed,
        d.source,
        d.claim_id
    from day_offers as d
    union all
    select
        t.market_before as market_id,
        t.known_by,
        false as is_drawn,
        t.model_id,
        cast(null as varchar) as host,
        'standard' as variant,
        true as is_list_price,
        t.input_before_usd_per_mtok as input_usd_per_mtok,
        t.output_before_usd_per_mtok as output_usd_per_mtok,
        t.cache_read_before_usd_per_mtok as cache_read_usd_per_mtok,
        cast(null as boolean) as is_disputed,
        cast(null as varchar) as source,
        cast(null as varchar) as claim_id
    from then_known as t
    union all
    select
        t.market_after as market_id,
        t.known_by,
        true as is_drawn,
        t.model_id,
        cast(null as varchar) as host,
        'standard' as variant,
        true as is_list_price,
        t.input_after_usd_per_mtok as input_usd_per_mtok,
        t.output_after_usd_per_mtok as output_usd_per_mtok,
        t.cache_read_after_usd_per_mtok as cache_read_usd_per_mtok,
        cast(null as boolean) as is_disputed,
        cast(null as varchar) as source,
        cast(null as varchar) as claim_id
    from then_known as t
    where t.event_kind = 'price_change'
),

placed_then as (
    select
        t.market_id,
        t.segment_id,
        t.model_id,
        t.price_3to1_usd_per_mtok as price,
        t.capability,
        t.is_on_frontier,
        t.probability_on_frontier
    from standings('side_offers') as t
),

before_event as (
    select s.event_id, s.basis, m.segment_id, m.model_id, m.price_3to1_usd_per_mtok as price, m.capability, m.is_on_frontier
    from shifts as s
    inner join marts.segment_standing as m
        on m.valid_from <= s.before_on and (m.valid_to is null or m.valid_to > s.before_on)
    where s.basis = 'hindsight'
    union all
    select s.event_id, s.basis, t.segment_id, t.model_id, t.price, t.capability, t.is_on_frontier
    from then_known as s
    inner join placed_then as t on t.market_id = s.market_before
),

after_event as (
    select
        s.event_id,
        s.basis,
        m.segment_id,
        m.model_id,
        m.price_3to1_usd_per_mtok as price,
        m.capability,
        m.is_on_frontier,
        cast(null as double) as probability_on_frontier
    from shifts as s
    inner join marts.segment_standing as m
        on m.valid_from <= s.effective_on and (m.valid_to is null or m.valid_to > s.effective_on)
    where s.basis = 'hindsight'
    union all
    select
        s.event_id,
        s.basis,
        t.segment_id,
        t.model_id,
        t.price,
        t.capability,
        t.is_on_frontier,
        t.probability_on_frontier
    from then_known as s
    inner join placed_then as t on t.market_id = s.market_after
),

everyone as (
    select b.event_id, b.basis, b.segment_id, b.model_id from before_event as b
    union
    select a.event_id, a.basis, a.segment_id, a.model_id from after_event as a
),

-- The fit each is judged by: with hindsight the newest.
fits as (
    select s.event_id, s.basis, max(f.known_on) as known_on
    from shifts as s
    inner join analysis.fits as f on f.known_on <= s.known_by
    group by s.event_id, s.basis
),

able as (
    select f.event_id, f.basis, c.*
    from fits as f
    inner join analysis.capabilities as c on c.known_on = f.known_on
    where c.basket_kind = 'segment' and c.evidence_share > 0
),

placed as (
    select
        v.event_id,
        v.basis,
        s.event_kind,
        s.effective_on,
        s.known_by,
        s.state_id,
        v.segment_id,
        v.model_id,
        v.model_id = s.model_id as is_concerned,
        o.vendor_id = s.vendor_id as is_own,
        s.model_id as concerned_id,
        b.is_on_frontier as was_on_frontier,
        a.is_on_frontier as is_on_frontier,
        a.probability_on_frontier,
        coalesce(cb.is_on_frontier, false) or coalesce(ca.is_on_frontier, false) as concerned_has_place,
        coalesce(a.capability, b.capability) as capability,
        b.price as price_before,
        a.price as price_after,
        cb.price as concerned_price_before,
        ca.price as concerned_price_after,
        case
            when x.model_id is not null and y.model_id is not null
                then normal_probability((x.capability - y.capability) / sqrt(
                    power(x.factor_1 - y.factor_1, 2) + power(x.factor_2 - y.factor_2, 2)
                    + power(x.factor_3 - y.factor_3, 2) + power(x.factor_4 - y.factor_4, 2)
                    + power(x.factor_5 - y.factor_5, 2) + power(x.factor_6 - y.factor_6, 2)
                    + power(x.own_sd, 2) + power(y.own_sd, 2) + 1e-12
                ))
        end as probability_concerned_above
    from everyone as v
    inner join shifts as s on s.event_id = v.event_id and s.basis = v.basis
    inner join core.models as o on o.model_id = v.model_id
    left join before_event as b
        on b.event_id = v.event_id and b.basis = v.basis and b.segment_id = v.segment_id and b.model_id = v.model_id
    left join after_event as a
        on a.event_id = v.event_id and a.basis = v.basis and a.segment_id = v.segment_id and a.model_id = v.model_id
    left join before_event as cb
        on cb.event_id = v.event_id and cb.basis = v.basis and cb.segment_id = v.segment_id and cb.model_id = s.model_id
    left join after_event as ca
        on ca.event_id = v.event_id and ca.basis = v.basis and ca.segment_id = v.segment_id and ca.model_id = s.model_id
    left join able as x
        on x.event_id = v.event_id and x.basis = v.basis and x.basket_id = v.segment_id and x.model_id = s.model_id
    left join able as y
        on y.event_id = v.event_id and y.basis = v.basis and y.basket_id = v.segment_id and y.model_id = v.model_id
    -- Segments in which the product concerned had or has no place are not touched.
    where cb.model_id is not null or ca.model_id is not null
),

judged as (
    select
        p.*,
        case
            when not p.was_on_frontier or p.was_on_frontier is null then null
            when p.is_concerned and p.event_kind = 'retirement' then 1
            when p.is_concerned then coalesce(
                1 - p.probability_on_frontier, case when coalesce(p.is_on_frontier, false) then 0 else 1 end
            )
            when p.concerned_price_after <= p.price_after and p.concerned_price_before > p.price_before
                then p.probability_concerned_above
            else 0
        end as probability_place_lost,
        not p.is_concerned and p.is_on_frontier and not p.was_on_frontier
            and p.concerned_price_before <= p.price_before and p.probability_concerned_above >= 0.5
            and (p.concerned_price_after is null or p.concerned_price_after > p.price_after) as has_taken_place,
        f.concerned_is_listed,
        f.share_model,
        f.inputs_hash,
        f.change_median,
        f.change_low,
        f.change_high,
        f.probability_falls,
        f.probability_falls_anyway,
        f.effect_median,
        f.effect_low,
        f.effect_high,
        f.probability_taken,
        f.probability_gains,
        f.trained_on,
        f.usage
    from placed as p
    left join analysis.shift_forecasts as f
        on f.event_id = p.event_id and f.basis = p.basis and f.model_id = p.model_id
),

called as (
    select
        j.*,
        coalesce(j.has_taken_place, false)
            or coalesce(j.is_concerned and j.is_on_frontier and not coalesce(j.was_on_frontier, false), false) as has_won_place,
        case
            when j.is_concerned and j.event_kind = 'retirement' then 'withdrawn'
            when j.is_concerned and j.is_on_frontier and not coalesce(j.was_on_frontier, false) then 'winner'
            when j.is_concerned and j.was_on_frontier and not coalesce(j.is_on_frontier, false)
                and j.probability_falls >= 0.6 and j.probability_falls_anyway < 0.6 then 'loser'
            when j.is_concerned and j.was_on_frontier and not coalesce(j.is_on_frontier, false) then 'exposed'
            when j.is_concerned then 'unaffected'
            when j.is_own and j.concerned_price_after < j.concerned_price_before
                and j.probability_concerned_above >= 0.5 and j.probability_taken >= 0.6 then 'cannibalised'
            when j.probability_place_lost >= 0.5 and not j.is_on_frontier and j.probability_falls >= 0.6
                and j.probability_falls_anyway < 0.6 then 'loser'
            when j.probability_place_lost >= 0.5 and not j.is_on_frontier then 'exposed'
            when j.has_taken_place then 'winner'
            when j.concerned_is_listed and j.price_after is not null and j.probability_gains >= 0.6 then 'winner'
            else 'unaffected'
        end as verdict
    from judged as j
)

select
    c.event_id,              -- price change or retirement, core.events
    c.basis,                 -- day_after (by what was known the day after it, or when it became known) or hindsight
    c.event_kind,            -- price_change or retirement
    c.effective_on,          -- day of the new price, or first without service
    c.known_by,              -- nothing known later is used; 9999-12-31 is everything
    c.segment_id,            -- segment
    c.model_id,              -- model judged
    c.is_concerned,          -- it was repriced or withdrawn itself
    c.verdict,               -- winner, loser, cannibalised, exposed, unaffected or withdrawn
    case
        when c.verdict = 'withdrawn' then 1
        when c.is_concerned and c.verdict = 'winner' then c.probability_on_frontier
        when c.verdict = 'winner' then greatest(
            case when c.concerned_is_listed then coalesce(c.probability_gains, 0) else 0 end,
            case when c.has_won_place then c.probability_concerned_above else 0 end
        )
        when c.verdict = 'cannibalised' then c.probability_concerned_above * c.probability_taken
        when c.verdict = 'loser' then c.probability_place_lost * c.probability_falls
        when c.verdict = 'exposed' then c.probability_place_lost
        else 1 - c.probability_place_lost
    end as verdict_probability, -- P(what the verdict says); null for a model that had no place to lose, and with hindsight for a place won
    case
        when c.verdict = 'withdrawn' and c.was_on_frontier then 'leaves its place on the frontier'
        when c.verdict = 'withdrawn' then 'had no place on the frontier'
        when c.is_concerned and c.has_won_place then 'comes onto the frontier by its new price'
        when c.has_won_place then 'comes onto the frontier in place of ' || c.concerned_id
        when c.verdict = 'winner' and c.event_kind = 'retirement' then 'takes up volume that ' || c.concerned_id || ' leaves'
        when c.verdict = 'winner' then 'takes up volume that ' || c.concerned_id || ' loses by its new price'
        when c.is_on_frontier and not coalesce(c.was_on_frontier, false)
            then 'comes onto the frontier, but not through this event'
        when c.is_concerned and c.was_on_frontier and not coalesce(c.is_on_frontier, false)
            then 'leaves the frontier by its new price'
        when c.was_on_frontier and not coalesce(c.is_on_frontier, false) and c.probability_place_lost >= 0.5
            then 'frontier lost to ' || c.concerned_id
        when c.was_on_frontier and not coalesce(c.is_on_frontier, false)
            then 'leaves the frontier, but not through this event'
        when c.was_on_frontier then 'keeps its place on the frontier'
        else 'had no place on the frontier to lose'
    end as deciding_fact,    -- position fact that decides
    case
        when c.is_concerned and c.price_after is not null and c.price_before is not null
            then 'at ' || cast(cast(c.price_after / c.price_before as decimal(12, 2)) as varchar) || ' times its former price'
        when c.is_concerned or c.probability_concerned_above is null then null
        else 'P(' || c.concerned_id || ' is at least as able) '
            || cast(cast(c.probability_concerned_above as decimal(4, 2)) as varchar)
            || coalesce(', at ' || cast(
                cast(c.concerned_price_after / coalesce(c.price_after, c.price_before) as decimal(12, 2)) as varchar
            ) || ' times its price', '')
            || coalesce(', before at ' || cast(
                cast(c.concerned_price_before / coalesce(c.price_before, c.price_after) as decimal(12, 2)) as varchar
            ), '')
    end as comparison_fact,  -- the product concerned beside it: ability and price
    case
        when c.probability_falls is not null
            then 'P(volume falls by more than 5%) ' || cast(cast(c.probability_falls as decimal(4, 2)) as varchar)
                || ', without the event ' || cast(cast(c.probability_falls_anyway as decimal(4, 2)) as varchar)
                || ', P(the event takes more than 5% of it) '
                || cast(cast(c.probability_taken as decimal(4, 2)) as varchar)
                || ', P(it adds more than 5%) ' || cast(cast(c.probability_gains as decimal(4, 2)) as varchar)
    end as demand_fact,      -- the forecast of volume; null where none was made
    c.was_on_frontier,       -- on the frontier without the event; null if not in the segment
    c.is_on_frontier,        -- on the frontier with it; null if not in the segment
    c.has_won_place,         -- comes onto the frontier, and through the event
    c.concerned_has_place,   -- the product concerned is on the segment's frontier without the event or with it
    c.probability_place_lost, -- P(it loses its place through the event); null without a place
    c.price_before as price_before_usd_per_mtok, -- list price at 3:1 without the event, USD per million tokens
    c.price_after as price_after_usd_per_mtok, -- with it; null if not in the segment
    c.capability,            -- in the segment's basket, index points
    c.concerned_id,          -- model repriced or withdrawn
    c.concerned_price_before as concerned_price_before_usd_per_mtok, -- its list price at 3:1 without the event
    c.concerned_price_after as concerned_price_after_usd_per_mtok, -- with it; null once withdrawn
    c.probability_concerned_above, -- P(it is at least as able as this model in the basket)
    c.change_median as volume_change_median, -- forecast change of its whole volume, share; growth and noise are in it
    c.change_low as volume_change_low, -- lower end of the 80% interval, share
    c.change_high as volume_change_high, -- upper end, share
    c.probability_falls as probability_volume_falls, -- P(volume falls by more than 5%)
    c.probability_falls_anyway as probability_volume_falls_anyway, -- the same without the event
    c.effect_median as volume_effect_median, -- what the event alone does to it, share
    c.effect_low as volume_effect_low, -- lower end of the 80% interval, share
    c.effect_high as volume_effect_high, -- upper end, share
    c.probability_taken as probability_volume_taken, -- P(the event takes more than 5% of its volume)
    c.probability_gains as probability_volume_gained, -- P(the event adds more than 5% to it)
    c.share_model,           -- form of the share model; null without a forecast
    c.inputs_hash as forecast_inputs_hash, -- over everything the forecast is made from
    coalesce(c.usage, 'no volume was forecast') as demand, -- what of usage stands behind the forecast
    c.state_id -- hash of all it follows from, marts.impact_states
from called as c
