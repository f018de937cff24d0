-- Launches inside the archived usage series, those of one period together, kept under a hash of all that
-- their windows follow from, so that a run makes only those it does not have.
-- key: origin
-- check a_reason_or_outcomes: why_not is not null or outcomes > 0
-- python: pipelines.analysis.windows
-- keep: window_id
select
    cast(l.origin as varchar) as origin, -- series and first day of the period of launch
    cast(l.cadence as varchar) as cadence, -- weekly or daily: what estimates may share
    cast(l.series as varchar) as series, -- usage series, core.usage
    cast(l.start as date) as start, -- first day of the period of launch
    cast(l.outcome_on as date) as outcome_on, -- day its window after is complete
    cast(l.event_ids as varchar) as event_ids, -- launches in it, core.events
    cast(l.entrants as bigint) as entrants, -- versions launched that are forecast
    cast(l.outcomes as bigint) as outcomes, -- products whose volume after is known, if only by bounds
    cast(l.why_not as varchar) as why_not, -- why it has no windows; null if it has
    cast(l.window_id as varchar) as window_id -- hash of the usage, prices, launches and code behind it
from computed_window_launches as l
