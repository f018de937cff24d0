-- Benchmark results of the bundled edition, as published, one row per publication.
-- key: model_id, benchmark_id, benchmark_release_or_none, metric, configuration_or_none, system_or_none, publisher, published_on
-- check score_is_in_bounds: (unit = 'percent' and score between 0 and 100) or (unit = 'elo' and score between 0 and 4000)
-- check evidence_is_named: evidence in ('official', 'independent', 'quoted', 'secondary')
-- check has_source_date_and_licence: source_url like 'https://%' and publisher is not null and published_on is not null and licence is not null
select
    c.model_id, -- version measured
    c.benchmark_id, -- benchmark
    c.benchmark_release, -- release of the benchmark, where it has several
    c.metric, -- pass@1 and cons@64 are different metrics
    c.configuration, -- effort, token budget, prompt or edit format
    c.system, -- scaffold or agent around the model
    cast(c.score as decimal(9, 3)) as score, -- score in its unit, as published
    c.unit, -- percent or elo
    c.evidence, -- official (the model's own vendor), independent, quoted or secondary
    cast(c.run_cost_usd as decimal(12, 4)) as run_cost_usd, -- what the whole run cost, USD, where published
    cast(c.test_cases as bigint) as test_cases, -- tasks, votes or problems behind the score
    c.source_url, -- where the fact is stated
    c.publisher, -- who states it
    cast(c.published_on as date) as published_on, -- day it was published: its known time
    c.licence, -- licence of the source
    c.note, -- caveats
    coalesce(c.benchmark_release, 'none') as benchmark_release_or_none, -- release of the benchmark, or none
    coalesce(c.configuration, 'none') as configuration_or_none, -- configuration, or none
    coalesce(c.system, 'none') as system_or_none -- system, or none
from csv_results as c
