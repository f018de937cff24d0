-- Where each model stands in a segment on a day, from what was known by another day (null: now).
-- from standing_on('math_reasoning', '2024-09-12', null) order by capability_rank
create or replace macro standing_on(asked_segment_id, as_of, known_by) as table
select s.* exclude (market_id)
from standing_excluding(asked_segment_id, as_of, known_by, null) as s
