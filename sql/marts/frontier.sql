-- The Pareto frontier of every segment, around each launch and on the newest day: cheapest first,
-- each step is the most capable model at its price.
-- key: day_id, segment_id, model_id
select
    p.day_id,                -- day and known time, core.segment_days
    p.event_id,              -- launch, if the day belongs to one
    p.basis,                 -- day_after, hindsight or newest
    p.as_of,                 -- market day
    p.segment_id,            -- segment
    row_number() over (
        partition by p.day_id, p.segment_id order by p.price_3to1_usd_per_mtok, p.model_id
    ) as step,               -- 1 is the cheapest
    p.model_id,              -- version
    p.price_3to1_usd_per_mtok, -- list price at 3:1, USD per million tokens
    p.capability,            -- in the segment's basket, index points
    p.capability_low,        -- lower end of the 80% interval, index points
    p.capability_high        -- upper end of the 80% interval, index points
from marts.positioning as p
where p.side = 'with' and p.is_on_frontier
