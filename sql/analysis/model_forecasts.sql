-- Forecasts of the backtest by every form of the share model and both baselines, kept under a hash of all they
-- follow from, so that a run makes only those it does not have. With the default: analysis.backtest_forecasts.
-- key: scheme, model, origin, product
-- check interval_is_ordered: low <= median and median <= high
-- check probability_is_one: probability_falls between 0 and 1
-- python: pipelines.analysis.backtest
-- keep: forecast_id
select
    cast(f.scheme as varchar) as scheme, -- rolling origin: estimated on what was complete before
    cast(f.cadence as varchar) as cadence, -- weekly or daily
    cast(f.model as varchar) as model, -- form of the share model, or baseline
    cast(f.origin as varchar) as origin, -- launch, analysis.backtest_launches
    cast(f.start as date) as start, -- first day of the period of launch
    cast(f.product as varchar) as product, -- product as the usage list names it
    cast(f.model_id as varchar) as model_id, -- version it was; null if unresolved
    cast(f.role as varchar) as role, -- predecessor (an entrant succeeds it), sibling (of an entrant's vendor) or rival
    cast(f.trained_on as bigint) as trained_on, -- launches it was estimated on; 0: priors alone
    cast(f.median as double) as median, -- median forecast, log change
    cast(f.low as double) as low, -- lower end of the 80% interval, log change
    cast(f.high as double) as high, -- upper end of the 80% interval, log change
    cast(f.probability_falls as double) as probability_falls, -- P(volume falls by more than 5%)
    cast(f.observed_low as double) as observed_low, -- what happened, or its lower bound, log change; minus infinity if not bounded
    cast(f.observed_high as double) as observed_high, -- what happened, or its upper bound, log change
    cast(f.log_score as double) as log_score, -- log density, or log probability between the bounds; more is better
    cast(f.crps as double) as crps, -- continuous ranked probability score above the list's floor, log change; less is better
    cast(f.pit_low as double) as pit_low, -- P(forecast <= observed_low)
    cast(f.pit_high as double) as pit_high, -- P(forecast <= observed_high)
    cast(f.has_fallen as double) as has_fallen, -- 1 if it fell by more than 5%, 0 if not; null if the bounds do not tell
    cast(f.diversion_low as double) as diversion_low, -- part of its successor's volume that it loses: lower end of the 80% interval
    cast(f.diversion_median as double) as diversion_median, -- median
    cast(f.diversion_high as double) as diversion_high, -- upper end
    cast(f.observed_diversion_low as double) as observed_diversion_low, -- what it lost, or its lower bound; null without a seen successor
    cast(f.observed_diversion_high as double) as observed_diversion_high, -- upper bound
    cast(f.forecast_id as varchar) as forecast_id -- hash of the windows, priors and code behind it
from computed_model_forecasts as f
