-- What the impact of each launch, repricing and withdrawal follows from, as a hash: marts.launch_impact and
-- marts.event_impact are made anew for the events where it is another.
-- key: event_id, basis
-- python: pipelines.analysis.impact_states
select
    cast(s.event_id as varchar) as event_id, -- launch, core.segment_days, or repricing or withdrawal that is judged, core.shift_days
    cast(s.basis as varchar) as basis, -- day_after or hindsight
    cast(s.state_id as varchar) as state_id -- hash of all that its impact follows from
from computed_impact_states as s
