-- The Pareto frontier of a segment on one day, from the stored history: with all that is known, at once.
-- from frontier_history_on('math_reasoning', '2024-09-12')
create or replace macro frontier_history_on(asked_segment_id, as_of) as table
with live as materialized (
    select m.segment_id, m.model_id, m.price, m.capability
    from marts.segment_members as m
    where
        m.on_day <= cast(as_of as date)
        and m.until_day > cast(as_of as date)
        and m.segment_id = asked_segment_id
),

prices as (
    select l.price, max(l.capability) as capability
    from live as l
    group by l.price
),

compared as (
    select
        p.price,
        p.capability,
        max(p.capability) over (
            order by p.price rows between unbounded preceding and 1 preceding
        ) as best_cheaper
    from prices as p
)

select l.segment_id, l.model_id, l.price, l.capability
from live as l
inner join compared as c
    on c.price = l.price
    and c.capability = l.capability
    and (c.best_cheaper is null or c.capability > c.best_cheaper)
order by l.price, l.model_id
