-- How long each model was on the frontier of each of its segments, to the newest day of the prices.
-- key: segment_id, model_id
-- check no_more_than_offered: days_on_frontier <= days_in_segment
with newest as (
    select max(d.as_of) as as_of
    from core.segment_days as d
    where d.basis = 'newest'
),

spells as (
    select
        m.segment_id,
        m.model_id,
        m.valid_from as on_day,
        least(coalesce(m.valid_to, n.as_of + 1), n.as_of + 1) as until_day,
        m.is_on_frontier
    from marts.segment_standing as m
    inner join newest as n on m.valid_from <= n.as_of
)

select
    s.segment_id,            -- segment
    s.model_id,              -- version
    min(s.on_day) as first_in_segment_on, -- first day it was a member
    min(case when s.is_on_frontier then s.on_day end) as first_on_frontier_on, -- first day on the frontier; null if never
    max(case when s.is_on_frontier then s.until_day - 1 end) as last_on_frontier_on, -- last day on it so far
    cast(sum(date_diff('day', s.on_day, s.until_day)) as bigint) as days_in_segment, -- days it was a member
    cast(sum(case when s.is_on_frontier then date_diff('day', s.on_day, s.until_day) else 0 end) as bigint) as days_on_frontier, -- days it was on the frontier
    max(case when s.is_on_frontier and s.until_day > n.as_of then 1 else 0 end) = 1 as is_on_frontier_now -- it still is
from spells as s
inner join newest as n on true
group by s.segment_id, s.model_id
