-- Where each model stands in every segment, in any number of markets at once: the one place of the rule.
-- `offers` names a table: market_id, known_by, is_drawn (whether probabilities are wanted), and what
-- prices_on gives of each offering of the market.
-- A standing is at list prices; the cheapest street price is stated beside, and never compared with it.
-- The probability of being on the frontier counts draws from the joint posterior of capability, among
-- members no other member is almost sure to dominate.
create or replace macro standings(offers) as table
with priced as (
    select
        o.*,
        workload_price(o.input_usd_per_mtok, o.output_usd_per_mtok, null, 0.25, 0) as price_3to1,
        workload_price(o.input_usd_per_mtok, o.output_usd_per_mtok, null, w.output_share, 0) as price_98to2,
        workload_price(
            o.input_usd_per_mtok, o.output_usd_per_mtok, o.cache_read_usd_per_mtok,
            w.output_share, w.cached_share
        ) as price_98to2_cached
    from query_table(offers) as o
    cross join core.workloads as w
    where w.workload_id = 'observed_cached'
),

street as (
    select
        p.market_id,
        p.model_id,
        p.price_3to1 as street_price_3to1,
        p.host as street_host,
        row_number() over (
            partition by p.market_id, p.model_id order by p.price_3to1, p.host
        ) as place
    from priced as p
    where not p.is_list_price and p.variant = 'standard'
),

listed as (
    select
        p.*,
        percent_rank() over (partition by p.market_id order by p.price_3to1) as price_quantile
    from priced as p
    where p.is_list_price
),

fits as (
    select k.known_by, max(f.known_on) as known_on
    from (select distinct p.known_by from priced as p) as k
    inner join analysis.fits as f on f.known_on <= k.known_by
    group by k.known_by
),

members as (
    select
        l.*,
        s.segment_id,
        c.known_on as capability_known_on,
        c.effort,
        c.capability,
        c.capability_low,
        c.capability_high,
        c.own_sd,
        c.factor_1,
        c.factor_2,
        c.factor_3,
        c.factor_4,
        c.factor_5,
        c.factor_6,
        c.results,
        c.independent_results,
        c.evidence_share,
        c.abilities_without_evidence
    from listed as l
    inner join fits as f on f.known_by = l.known_by
    inner join core.models as m on m.model_id = l.model_id
    inner join core.segments as s
        on s.kind = 'models'
        and l.price_quantile between s.price_band_low_share and s.price_band_high_share
        and not (s.needs_low_latency and coalesce(m.is_reasoning, false))
    inner join analysis.capabilities as c
        on c.known_on = f.known_on
        and c.basket_kind = 'segment'
        and c.basket_id = s.segment_id
        and c.model_id = l.model_id
        and c.evidence_share > 0
),

-- The best that can be had for no more, and the least that as much can be had for.
ordered as (
    select
        m.*,
        max(m.capability) over (
            partition by m.market_id, m.segment_id order by m.price_3to1
            range between unbounded preceding and current row
        ) as best_for_no_more,
        min(m.price_3to1) over as_able as price_of_as_much,
        min(m.price_98to2) over as_able as price_98to2_of_as_much,
        min(m.price_98to2_cached) over as_able as price_98to2_cached_of_as_much,
        row_number() over (
            partition by m.market_id, m.segment_id, m.capability order by m.price_3to1, m.model_id
        ) as place_among_equals
    from members as m
    window as_able as (
        partition by m.market_id, m.segment_id order by m.capability desc
        range between unbounded preceding and current row
    )
),

-- Dominated is who costs as much or more than an abler one, or more than one as able.
compared as (
    select
        o.*,
        r.model_id as rival_id,
        r.price_3to1 as rival_price,
        r.capability as rival_capability,
        (r.capability - o.capability) / sqrt(
            power(o.factor_1 - r.factor_1, 2)
            + power(o.factor_2 - r.factor_2, 2)
            + power(o.factor_3 - r.factor_3, 2)
            + power(o.factor_4 - r.factor_4, 2)
            + power(o.factor_5 - r.factor_5, 2)
            + power(o.factor_6 - r.factor_6, 2)
            + power(o.own_sd, 2) + power(r.own_sd, 2) + 1e-12
        ) as lead_in_sd
    from ordered as o
    left join ordered as r
        on r.market_id = o.market_id
        and r.segment_id = o.segment_id
        and r.capability = o.best_for_no_more
        and r.place_among_equals = 1
        and (o.best_for_no_more > o.capability or o.price_of_as_much < o.price_3to1)
),

-- 2.6 standard deviations: a probability of 0.005 of not being dominated by that rival alone.
contenders as (
    select
        c.*,
        dense_rank() over (order by c.market_id, c.segment_id) as contest,
        row_number() over (partition by c.market_id, c.segment_id order by c.model_id) as slot
    from compared as c
    where c.is_drawn and coalesce(c.lead_in_sd, 0) < 2.6
),

draws as (
    select
        c.contest,
        c.slot,
        c.price_3to1,
        n.draw,
        c.capability + c.own_sd * e.own
            + c.factor_1 * n.factor_1
            + c.factor_2 * n.factor_2
            + c.factor_3 * n.factor_3
            + c.factor_4 * n.factor_4
            + c.factor_5 * n.factor_5
            + c.factor_6 * n.factor_6 as capability
    from contenders as c
    cross join analysis.factor_draws as n
    inner join analysis.own_draws as e on e.draw = n.draw and e.slot = (c.slot - 1) % 256 + 1
),

-- On the frontier of a draw is who is abler than all that cost no more.
drawn as (
    select
        d.contest,
        d.slot,
        case
            when d.capability >= max(d.capability) over (
                partition by d.contest, d.draw order by d.price_3to1
                range between unbounded preceding and current row
            ) then 1e0
            else 0e0
        end as is_on_frontier
    from draws as d
),

probable as (
    select c.market_id, c.segment_id, c.model_id, d.probability_on_frontier
    from (
        select n.contest, n.slot, avg(n.is_on_frontier) as probability_on_frontier
        from drawn as n
        group by n.contest, n.slot
    ) as d
    inner join contenders as c on c.contest = d.contest and c.slot = d.slot
)

select
    m.market_id,
    m.segment_id,
    m.model_id,
    m.input_usd_per_mtok,
    m.output_usd_per_mtok,
    m.price_3to1 as price_3to1_usd_per_mtok,
    m.price_98to2 as price_98to2_usd_per_mtok,
    m.price_98to2_cached as price_98to2_cached_usd_per_mtok,
    m.price_quantile,
    m.is_disputed,
    m.source as price_source,
    m.claim_id,
    t.street_price_3to1 as street_price_3to1_usd_per_mtok,
    t.street_host,
    m.effort,
    m.capability,
    m.capability_low,
    m.capability_high,
    m.results,
    m.independent_results,
    m.evidence_share,
    m.abilities_without_evidence,
    m.capability_known_on,
    row_number() over (
        partition by m.market_id, m.segment_id order by m.capability desc, m.price_3to1, m.model_id
    ) as capability_rank,
    count(*) over (partition by m.market_id, m.segment_id) as members,
    m.rival_id is null as is_on_frontier,
    case when m.is_drawn then coalesce(p.probability_on_frontier, 0) end as probability_on_frontier,
    m.rival_id as dominated_by,
    m.rival_capability - m.capability as dominated_by_points,
    1 - m.rival_price / m.price_3to1 as dominated_cheaper_share,
    m.price_3to1 / m.price_of_as_much - 1 as premium_to_frontier_share,
    m.price_98to2 / m.price_98to2_of_as_much - 1 as premium_to_frontier_98to2_share,
    m.price_98to2_cached / m.price_98to2_cached_of_as_much - 1 as premium_to_frontier_98to2_cached_share
from compared as m
left join probable as p
    on p.market_id = m.market_id and p.segment_id = m.segment_id and p.model_id = m.model_id
left join street as t
    on t.market_id = m.market_id and t.model_id = m.model_id and t.place = 1
