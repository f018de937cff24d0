-- Days on which some list price changed, and what the members of segments from then to the next follow from, as a
-- hash: marts.segment_members and marts.frontier are made anew for the days where it is another.
-- key: on_day
-- check period_is_not_empty: until_day > on_day
-- python: pipelines.analysis.member_days
select
    cast(d.on_day as date) as on_day, -- first day, on which some list price changed
    cast(d.until_day as date) as until_day, -- first day after, on which the next one changed; 9999-12-31 while it lasts
    cast(d.state_id as varchar) as state_id -- hash of all that the members of that time follow from
from computed_member_days as d
