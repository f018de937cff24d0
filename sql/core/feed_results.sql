-- Benchmark results of all feeds whose model and benchmark are known; the edition's are in core.results.
-- A name is read as it pointed on the day of the run, where stated, else on the day first seen.
-- key: result_id
-- check share_is_a_share: score_share between 0 and 1
-- check not_known_before_it_was_seen: known_at is not null
-- expect metric_is_declared: is_headline_metric is not null
with named as (
    select
        r.source,
        r.key,
        r.spelling,
        r.benchmark_spelling,
        coalesce(n.configuration, 'none') as name_configuration,
        n.target,
        coalesce(r.stated_on, cast(r.first_seen_at as date)) as meant_on,
        case when n.known_since > r.first_seen_at then n.known_since else r.first_seen_at end as known_at,
        r.benchmark_release,
        r.metric,
        r.configuration,
        r.system,
        r.score,
        r.unit,
        r.evidence,
        r.publisher,
        r.run_cost_usd,
        r.test_cases,
        r.stated_on,
        r.fetch_id,
        r.first_seen_at,
        r.ended_at
    from staging.every_results as r
    inner join core.names as n on n.source = r.source and n.spelling = r.spelling
    where r.quarantine_reason is null and n.status = 'resolved'
),

meant as (
    select
        n.*,
        a.model_id
    from named as n
    inner join core.aliases as a
        on a.alias = n.target and a.valid_from <= n.meant_on and n.meant_on < a.valid_to
    )

select
    md5(m.source || '|' || m.key || '|' || cast(m.first_seen_at as varchar)) as result_id, -- our id
    m.source,                -- feed
    m.spelling,              -- the feed's own name of the model
    m.model_id,              -- version measured
    b.benchmark_id,          -- benchmark
    m.benchmark_release,     -- release of the benchmark, where it has several
    m.metric,                -- pass@1 and cons@64 are different metrics
    case when m.metric = b.metric then true else k.is_headline end as is_headline_metric, -- one fair attempt; majority votes and best-of-n are not; null if not declared
    case
        when m.name_configuration = 'none' or contains(lower(m.configuration), lower(m.name_configuration)) then m.configuration
        when m.configuration is null then m.name_configuration
        else m.configuration || '; ' || m.name_configuration
    end as configuration,    -- effort, token budget, prompt or edit format, from the row and from the name
    m.system,                -- scaffold or agent around the model
    m.score,                 -- score in its unit
    m.unit,                  -- percent or elo
    m.unit = b.unit as has_the_benchmarks_unit, -- stated in the benchmark's own unit
    case
        when m.unit = 'elo'
            then 1 / (1 + power(10, (b.elo_reference - cast(m.score as double)) / 400))
        else cast(m.score as double) / 100
    end as score_share,      -- share of points; for ratings the expected score against elo_reference
    m.evidence,              -- official (the model's own vendor), independent, quoted or secondary
    m.run_cost_usd,          -- what the whole run cost, USD, where published
    m.test_cases,            -- tasks, votes or problems behind the score
    o.url as source_url,     -- where it is stated
    m.publisher,             -- who states it
    cast(m.known_at as date) as published_on, -- known time: day it was first seen, or its name understood if later
    o.licence,               -- licence of the source
    m.stated_on,             -- day of the run as the source states it: a claim, not a known time
    m.fetch_id,              -- fetch that first showed it
    m.first_seen_at,         -- when it was first seen, UTC
    m.known_at,              -- known time, UTC
    m.ended_at               -- first fetch without it, UTC; null while it goes on
from meant as m
inner join seeds.benchmark_spellings as p
    on p.source = m.source
    and p.spelling = m.benchmark_spelling
    and (p.benchmark_release is null or p.benchmark_release = m.benchmark_release)
inner join core.benchmarks as b on b.benchmark_id = p.benchmark_id
inner join core.models as v on v.model_id = m.model_id
inner join raw.sources as o on o.source = m.source
left join seeds.metrics as k on k.metric = m.metric
where m.unit = b.unit
