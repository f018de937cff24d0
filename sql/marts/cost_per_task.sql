-- What an answer costs, where a benchmark publishes what its run cost: price times the tokens actually
-- used, hidden ones included. Cheaper per token is not cheaper per task.
-- key: result_id
-- check cost_is_positive: cost_per_task_usd > 0
with runs as (
    select
        r.result_id,
        r.model_id,
        r.benchmark_id,
        r.configuration,
        cast(r.known_at as date) as known_on,
        cast(r.superseded_at as date) as superseded_on,
        r.score_share,
        cast(r.run_cost_usd as double) as run_cost_usd,
        r.test_cases,
        coalesce(r.stated_on, cast(r.known_at as date)) as ran_on
    from core.results as r
    where r.run_cost_usd > 0 and r.test_cases > 0 and r.is_headline_metric and not r.is_repeat
)

select
    r.result_id,             -- result, core.results
    r.model_id,              -- version
    r.benchmark_id,          -- benchmark
    r.configuration,         -- effort, token budget or edit format
    r.known_on,              -- day it was known
    r.superseded_on,         -- day its publisher was known to have replaced it; null while it stands
    r.score_share,           -- share of points
    r.run_cost_usd,          -- what the whole run cost, USD
    r.test_cases,            -- tasks in the run
    r.run_cost_usd / r.test_cases as cost_per_task_usd, -- USD per task
    case
        when r.score_share > 0 then r.run_cost_usd / r.test_cases / r.score_share
    end as cost_per_solved_task_usd, -- USD per task solved
    workload_price(p.input_usd_per_mtok, p.output_usd_per_mtok, null, 0.25, 0) as price_3to1_usd_per_mtok, -- list price at 3:1 on the day of the run, USD per million tokens; null if not known
    r.run_cost_usd / r.test_cases
    / (workload_price(p.input_usd_per_mtok, p.output_usd_per_mtok, null, 0.25, 0) / 1000000) as tokens_per_task -- tokens at that mix which would have cost as much
from runs as r
left join core.prices as p
    on p.model_id = r.model_id
    and p.is_list_price
    and p.valid_from <= r.ran_on
    and coalesce(p.valid_to, date '9999-12-31') > r.ran_on
