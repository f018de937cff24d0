-- How each form of the share model and each baseline fared in the backtest. The default of a role is the
-- one with the lowest CRPS in the rolling origin of the cadence with most launches.
-- key: scheme, cadence, role, model
-- check coverage_is_a_share: coverage_share between 0 and 1
-- python: pipelines.analysis.backtest_scores
select
    cast(s.scheme as varchar) as scheme, -- rolling origin: estimated on what was complete before
    cast(s.cadence as varchar) as cadence, -- weekly or daily
    cast(s.role as varchar) as role, -- own (of an entrant's vendor), rival or all
    cast(s.model as varchar) as model, -- form of the share model, baseline, or the default as it was then known
    cast(s.is_baseline as boolean) as is_baseline, -- no change, or the fixed diversion
    cast(s.is_default as boolean) as is_default, -- used for forecasts of this role
    cast(s.launches as bigint) as launches, -- launches forecast
    cast(s.outcomes as bigint) as outcomes, -- products forecast
    cast(s.log_score as double) as log_score, -- mean; more is better
    cast(s.crps as double) as crps, -- mean, log change; less is better
    cast(s.coverage_share as double) as coverage_share, -- outcomes inside the 80% interval
    cast(s.brier_score as double) as brier_score, -- of P(falls by more than 5%); less is better
    cast(s.outcomes_told as bigint) as outcomes_told, -- outcomes behind it: the others' bounds do not tell
    cast(s.crps_less_no_change as double) as crps_less_no_change, -- CRPS less that of no change; negative is better
    cast(s.crps_less_no_change_low as double) as crps_less_no_change_low, -- lower end of its 95% interval; null with too few launches
    cast(s.crps_less_no_change_high as double) as crps_less_no_change_high, -- upper end
    cast(s.log_score_less_no_change as double) as log_score_less_no_change, -- log score less that of no change; positive is better
    cast(s.log_score_less_no_change_low as double) as log_score_less_no_change_low, -- lower end of its 95% interval
    cast(s.log_score_less_no_change_high as double) as log_score_less_no_change_high, -- upper end
    cast(s.crps_less_fixed as double) as crps_less_fixed, -- CRPS less that of the fixed diversion
    cast(s.crps_less_fixed_low as double) as crps_less_fixed_low, -- lower end of its 95% interval
    cast(s.crps_less_fixed_high as double) as crps_less_fixed_high, -- upper end
    cast(s.log_score_less_fixed as double) as log_score_less_fixed, -- log score less that of the fixed diversion
    cast(s.log_score_less_fixed_low as double) as log_score_less_fixed_low, -- lower end of its 95% interval
    cast(s.log_score_less_fixed_high as double) as log_score_less_fixed_high -- upper end
from computed_backtest_scores as s
