-- How each model's standing in its segments went over time: a row per change, with all that is known.
-- key: segment_id, model_id, valid_from
-- check period_is_not_empty: valid_to is null or valid_to > valid_from
-- check premium_is_not_negative: premium_to_frontier_share >= 0
with placed as (
    select
        m.segment_id,
        m.model_id,
        m.on_day,
        m.until_day,
        m.price,
        m.capability,
        row_number() over (
            partition by m.segment_id, m.on_day order by m.capability desc, m.price, m.model_id
        ) as capability_rank,
        count(*) over (partition by m.segment_id, m.on_day) as members,
        m.price / min(m.price) over (
            partition by m.segment_id, m.on_day order by m.capability desc
            range between unbounded preceding and current row
        ) - 1 as premium,
        f.model_id is not null as is_on_frontier
    from marts.segment_members as m
    left join marts.frontier as f
        on f.segment_id = m.segment_id and f.on_day = m.on_day and f.model_id = m.model_id
),

marked as (
    select
        p.*,
        case
            when lag(p.until_day) over history = p.on_day
                and lag(p.price) over history = p.price
                and lag(p.capability_rank) over history = p.capability_rank
                and lag(p.members) over history = p.members
                and lag(p.is_on_frontier) over history = p.is_on_frontier
                and lag(p.premium) over history = p.premium
                then 0
            else 1
        end as is_change
    from placed as p
    window history as (partition by p.segment_id, p.model_id order by p.on_day)
),

numbered as (
    select
        m.*,
        sum(m.is_change) over (
            partition by m.segment_id, m.model_id order by m.on_day
            rows between unbounded preceding and current row
        ) as period
    from marked as m
)

select
    n.segment_id,            -- segment
    n.model_id,              -- version
    min(n.on_day) as valid_from, -- first day
    case when max(n.until_day) < date '9999-12-31' then max(n.until_day) end as valid_to, -- first day after; null while it lasts
    min(n.price) as price_3to1_usd_per_mtok, -- list price at 3:1, USD per million tokens
    min(n.capability) as capability, -- in the segment's basket, index points
    min(n.capability_rank) as capability_rank, -- 1 is the most capable member
    min(n.members) as members, -- models in the segment
    min(case when n.is_on_frontier then 1 else 0 end) = 1 as is_on_frontier, -- nothing is as cheap and as capable
    min(n.premium) as premium_to_frontier_share -- overpaid for as much capability, share; 0 on the frontier
from numbered as n
group by n.segment_id, n.model_id, n.period
