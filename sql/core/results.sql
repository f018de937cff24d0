-- Benchmark results with everything that tells one from another; publishers are never averaged.
-- A rating becomes the expected score against a fixed opponent, which is a share and keeps its order.
-- key: result_id
-- check share_is_a_share: score_share between 0 and 1
-- check unit_is_the_benchmarks: has_the_benchmarks_unit
select
    md5(r.model_id || '|' || r.benchmark_id || '|' || r.benchmark_release_or_none || '|' || r.metric
        || '|' || r.configuration_or_none || '|' || r.system_or_none || '|' || r.publisher || '|'
        || cast(r.published_on as varchar)) as result_id, -- our id
    r.model_id,              -- version measured
    r.benchmark_id,          -- benchmark
    r.benchmark_release,     -- release of the benchmark, where it has several
    r.metric,                -- pass@1 and cons@64 are different metrics
    coalesce(k.is_headline, false) or r.metric = b.metric as is_headline_metric, -- one fair attempt; majority votes and best-of-n are not
    r.configuration,         -- effort, token budget, prompt or edit format
    r.system,                -- scaffold or agent around the model
    r.score,                 -- score in its unit, as published
    r.unit,                  -- percent or elo
    r.unit = b.unit as has_the_benchmarks_unit, -- stated in the benchmark's own unit
    case
        when r.unit = 'elo'
            then 1 / (1 + power(10, (b.elo_reference - cast(r.score as double)) / 400))
        else cast(r.score as double) / 100
    end as score_share,      -- share of points; for ratings the expected score against elo_reference
    r.evidence,              -- official (the model's own vendor), independent, quoted or secondary
    r.run_cost_usd,          -- what the whole run cost, USD, where published
    r.test_cases,            -- tasks, votes or problems behind the score
    r.source_url,            -- where it is stated
    r.publisher,             -- who states it
    r.published_on,          -- known time
    r.licence,               -- licence of the source
    r.note                   -- caveats
from seeds.results as r
inner join core.benchmarks as b on b.benchmark_id = r.benchmark_id
inner join core.models as m on m.model_id = r.model_id
left join seeds.metrics as k on k.metric = r.metric
