-- The Pareto frontier of a segment on a day: for each price the most capable, cheapest first.
-- from frontier_on('math_reasoning', '2024-09-12', null)
create or replace macro frontier_on(asked_segment_id, as_of, known_by) as table
select
    s.segment_id,
    s.model_id,
    s.price_3to1_usd_per_mtok,
    s.capability,
    s.capability_low,
    s.capability_high,
    s.probability_on_frontier
from standing_on(asked_segment_id, as_of, known_by) as s
where s.is_on_frontier
order by s.price_3to1_usd_per_mtok, s.model_id
