-- The Pareto frontier of a segment on one day, from the stored history: with all that is known, at once.
-- Buckets of log price rule out most members before anything is sorted, as in marts.frontier.
-- from frontier_history_on('math_reasoning', '2024-09-12')
create or replace macro frontier_history_on(asked_segment_id, as_of) as table
with live as not materialized (
    select
        m.segment_id,
        m.model_id,
        m.price,
        m.capability,
        case when m.price <= 0 then -1000 else cast(floor(ln(case when m.price > 0 then m.price else 1 end) * 8) as integer) end as bucket
    from marts.segment_members as m
    where
        m.on_day <= cast(as_of as date)
        and m.until_day > cast(as_of as date)
        and m.segment_id = asked_segment_id
),

buckets as (
    select b.bucket, b.best, coalesce(max(b.best) over (
            order by b.bucket rows between unbounded preceding and 1 preceding
        ), -1e308) as best_cheaper
    from (select l.bucket, max(l.capability) as best from live as l group by l.bucket) as b
),

candidates as (
    select l.segment_id, l.model_id, l.price, l.capability
    from live as l
    inner join buckets as b
        on b.bucket = l.bucket and b.best > b.best_cheaper and l.capability > b.best_cheaper
),

compared as (
    select
        p.price,
        p.capability,
        max(p.capability) over (
            order by p.price rows between unbounded preceding and 1 preceding
        ) as best_cheaper
    from (select c.price, max(c.capability) as capability from candidates as c group by c.price) as p
)

select c.segment_id, c.model_id, c.price, c.capability
from candidates as c
inner join compared as p
    on p.price = c.price
    and p.capability = c.capability
    and (p.best_cheaper is null or p.capability > p.best_cheaper)
order by c.price, c.model_id
