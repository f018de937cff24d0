-- Where each model stands in a segment on a day, as if the models of one launch (null: none) did not
-- exist. Prices are list prices; capability is the segment's basket from the latest fit known by then.
create or replace macro standing_excluding(asked_segment_id, as_of, known_by, left_out_event_id) as table
with fits as (
    select max(c.known_on) as known_on
    from analysis.capabilities as c
    where c.known_on <= coalesce(cast(known_by as date), date '9999-12-31')
),

offered as (
    select
        p.model_id,
        p.input_usd_per_mtok,
        p.output_usd_per_mtok,
        p.is_disputed,
        p.source as price_source,
        p.claim_id,
        s.segment_id,
        s.price_band_low_share,
        s.price_band_high_share,
        s.needs_low_latency,
        coalesce(m.is_reasoning, false) as is_reasoning,
        p.input_usd_per_mtok * 0.75 + p.output_usd_per_mtok * 0.25 as price_3to1,
        p.input_usd_per_mtok * 0.98 + p.output_usd_per_mtok * 0.02 as price_98to2
    from prices_on(as_of, known_by) as p
    inner join core.models as m on m.model_id = p.model_id
    cross join core.segments as s
    where
        p.is_list_price
        and s.segment_id = asked_segment_id
        and p.model_id not in (
            select r.model_id
            from core.event_models as r
            where r.event_id = coalesce(left_out_event_id, '')
        )
),

measured as (
    select
        o.*,
        f.known_on as capability_known_on,
        c.capability,
        c.capability_low,
        c.capability_high,
        c.results,
        c.evidence_share,
        c.abilities_without_evidence,
        percent_rank() over (order by o.price_3to1) as price_quantile
    from offered as o
    cross join fits as f
    inner join analysis.capabilities as c
        on c.model_id = o.model_id and c.known_on = f.known_on
        and c.basket_kind = 'segment' and c.basket_id = o.segment_id
),

members as (
    select m.*
    from measured as m
    where
        m.price_quantile between m.price_band_low_share and m.price_band_high_share
        and m.evidence_share > 0
        and not (m.needs_low_latency and m.is_reasoning)
),

rivals as (
    select
        m.model_id,
        r.model_id as rival_id,
        r.price_3to1 as rival_price,
        r.capability as rival_capability,
        row_number() over (
            partition by m.model_id order by r.capability desc, r.price_3to1, r.model_id
        ) as place
    from members as m
    inner join members as r
        on r.model_id <> m.model_id
        and r.price_3to1 <= m.price_3to1
        and r.capability >= m.capability
        and (r.price_3to1 < m.price_3to1 or r.capability > m.capability)
),

cheapest as (
    select m.model_id, min(r.price_3to1) as price_of_as_much, min(r.price_98to2) as price_98to2_of_as_much
    from members as m
    inner join members as r on r.capability >= m.capability
    group by m.model_id
)

select
    m.segment_id,
    m.model_id,
    m.input_usd_per_mtok,
    m.output_usd_per_mtok,
    m.price_3to1 as price_3to1_usd_per_mtok,
    m.price_98to2 as price_98to2_usd_per_mtok,
    m.price_quantile,
    m.is_disputed,
    m.price_source,
    m.claim_id,
    m.capability,
    m.capability_low,
    m.capability_high,
    m.results,
    m.evidence_share,
    m.abilities_without_evidence,
    m.capability_known_on,
    row_number() over (order by m.capability desc, m.price_3to1, m.model_id) as capability_rank,
    count(*) over () as members,
    d.rival_id is null as is_on_frontier,
    d.rival_id as dominated_by,
    d.rival_capability - m.capability as dominated_by_points,
    1 - d.rival_price / m.price_3to1 as dominated_cheaper_share,
    m.price_3to1 / c.price_of_as_much - 1 as premium_to_frontier_share,
    m.price_98to2 / c.price_98to2_of_as_much - 1 as premium_to_frontier_98to2_share
from members as m
inner join cheapest as c on c.model_id = m.model_id
left join rivals as d on d.model_id = m.model_id and d.place = 1
