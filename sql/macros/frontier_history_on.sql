-- The Pareto frontier of a segment on one day, from the stored history: with all that is known, at once.
-- The one pass over all days (marts.frontier) has found it; this looks it up.
-- from frontier_history_on('math_reasoning', '2024-09-12')
create or replace macro frontier_history_on(asked_segment_id, as_of) as table
select f.segment_id, f.model_id, f.price, f.capability
from marts.frontier as f
where
    f.on_day <= cast(as_of as date)
    and f.until_day > cast(as_of as date)
    and f.segment_id = asked_segment_id
order by f.price, f.model_id
