-- What came of every verdict 30, 90 and 180 days after the event, and from which source: list price, volume
-- on the usage lists, withdrawal, successor, place on the frontier. The rule is in pipelines.analysis.grading.
-- key: verdict_id, horizon_days
-- check outcome_is_known: outcome in ('upheld', 'refuted', 'not observed', 'pending')
-- check volume_bounds_are_ordered: volume_change_low <= volume_change_high or volume_change_high is null
-- check volume_is_seen_or_says_why: outcome = 'pending' or has_fallen is not null or volume_why_not is not null
-- python: pipelines.analysis.grading
-- keep: state_id
select
    cast(g.verdict_id as varchar) as verdict_id, -- verdict, marts.verdicts
    cast(g.horizon_days as integer) as horizon_days, -- days after the event
    cast(g.graded_on as date) as graded_on, -- the day graded
    cast(g.outcome as varchar) as outcome, -- upheld, refuted, not observed, or pending until that day is in the facts
    cast(g.because as varchar) as because, -- what decides, in words
    cast(g.is_scored as boolean) as is_scored, -- graded on evidence that could have said the opposite: a withdrawal can only uphold
    cast(g.is_on_frontier as boolean) as is_on_frontier, -- on the segment's frontier that day, by all that is known (marts.segment_standing); null if not placed
    cast(g.is_place_lost as boolean) as is_place_lost, -- the event took its place, by all that is known; null if it had none
    cast(g.price_change_share as double) as price_change_share, -- change of its list price at 3:1 since the event; null if either is not known
    cast(g.price_publisher as varchar) as price_publisher, -- who states the later price
    cast(g.volume_change_low as double) as volume_change_low, -- least change of volume the lists allow, share
    cast(g.volume_change_high as double) as volume_change_high, -- greatest; they differ where it was not on the list on one side; null where it had been below its last place
    cast(g.volume_series as varchar) as volume_series, -- usage series looked at, core.usage; null if none has both ends
    cast(g.volume_why_not as varchar) as volume_why_not, -- why no change of volume is graded; null if one is
    cast(g.has_fallen as boolean) as has_fallen, -- volume fell by more than 5%; null if not observed or the bounds do not tell
    cast(g.has_risen as boolean) as has_risen, -- volume rose by more than 5%; null likewise
    cast(g.deprecated_on as date) as deprecated_on, -- its retirement was announced, by that day
    cast(g.shutdown_on as date) as shutdown_on, -- first day without service, by that day
    cast(g.retirement_publisher as varchar) as retirement_publisher, -- who states that
    cast(g.retirement_url as varchar) as retirement_url, -- where
    cast(g.successor_id as varchar) as successor_id, -- first later launch of its own product line by that day
    cast(g.successor_on as date) as successor_on, -- day of it
    cast(g.successor_url as varchar) as successor_url, -- where it is stated
    cast(g.state_id as varchar) as state_id -- hash of all it follows from
from computed_verdict_grades as g
