-- The fits by which a launch's models are compared with others, and what each comparison follows from, as a
-- hash: analysis.comparisons is made anew for those where it is another.
-- key: event_id, known_on
-- python: pipelines.analysis.comparison_states
select
    cast(s.event_id as varchar) as event_id, -- launch, core.events
    cast(s.known_on as date) as known_on, -- day by which a fit's evidence was known, analysis.fits
    cast(s.state_id as varchar) as state_id -- hash of the fit, the launch's models and the formula
from computed_comparison_states as s
