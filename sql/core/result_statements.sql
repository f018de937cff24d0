-- Benchmark results as stated, by the edition and by every feed, under the versions they measured.
-- The same run may be stated several times here; core.results says which statements are of one
-- measurement. A feed's name is read as it pointed on the day of the run, where stated, else on the
-- day first seen.
-- key: result_id
-- keep: statements_state_id of core.statement_states
-- check share_is_a_share: score_share between 0 and 1
-- check not_known_before_it_was_seen: known_at is not null
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
        r.ended_at,
        g.statements_state_id
    from staging.every_results as r
    inner join core.statement_states as g
        on g.source = r.source and g.fetch_or_edition = r.fetch_id
    inner join core.names as n on n.source = r.source and n.spelling = r.spelling
    where r.quarantine_reason is null and n.status = 'resolved'
),

fed as (
    select
        md5(n.source || '|' || n.key || '|' || cast(n.first_seen_at as varchar)) as result_id,
        n.source,
        n.spelling,
        a.model_id,
        p.benchmark_id,
        -- A release that decides which benchmark it is has been used up.
        case when p.benchmark_release is null then n.benchmark_release end as benchmark_release,
        n.metric,
        case
            when n.name_configuration = 'none' or contains(lower(n.configuration), lower(n.name_configuration)) then n.configuration
            when n.configuration is null then n.name_configuration
            else n.configuration || '; ' || n.name_configuration
        end as configuration,
        n.system,
        n.score,
        n.unit,
        n.evidence,
        n.run_cost_usd,
        n.test_cases,
        o.url as source_url,
        n.publisher,
        n.stated_on,
        n.known_at,
        n.ended_at,
        o.licence,
        cast(null as varchar) as note,
        n.fetch_id,
        n.statements_state_id
    from named as n
    inner join core.aliases as a
        on a.alias = n.target and a.valid_from <= n.meant_on and n.meant_on < a.valid_to
    inner join seeds.benchmark_spellings as p
        on p.source = n.source
        and p.spelling = n.benchmark_spelling
        and (p.benchmark_release is null or p.benchmark_release = n.benchmark_release)
    inner join raw.sources as o on o.source = n.source
),

curated as (
    select
        md5(r.model_id || '|' || r.benchmark_id || '|' || r.benchmark_release_or_none || '|' || r.metric
            || '|' || r.configuration_or_none || '|' || r.system_or_none || '|' || r.publisher || '|'
            || cast(r.published_on as varchar)) as result_id,
        'edition' as source,
        r.model_id as spelling,
        r.model_id,
        r.benchmark_id,
        r.benchmark_release,
        r.metric,
        r.configuration,
        r.system,
        r.score,
        r.unit,
        r.evidence,
        r.run_cost_usd,
        r.test_cases,
        r.source_url,
        r.publisher,
        r.published_on as stated_on,
        cast(r.published_on as timestamp) as known_at,
        cast(null as timestamp) as ended_at,
        r.licence,
        r.note,
        cast(null as varchar) as fetch_id,
        g.statements_state_id
    from seeds.results as r
    inner join core.statement_states as g on g.source = 'edition'
),

everything as (
    select f.* from fed as f
    union all
    select c.* from curated as c
)

select
    e.result_id,             -- our id
    e.source,                -- feed, or `edition`
    e.spelling,              -- the source's own name of the model
    e.model_id,              -- version measured
    e.benchmark_id,          -- benchmark
    e.benchmark_release,     -- release of the benchmark, where it has several
    e.metric,                -- pass@1 and cons@64 are different metrics
    e.metric = b.metric or coalesce(k.is_headline, false) as is_headline_metric, -- one fair attempt; majority votes, best-of-n and undeclared metrics are not
    e.configuration,         -- effort, token budget, prompt or edit format, from the row and from the name
    e.system,                -- scaffold or agent around the model
    e.score,                 -- score in its unit, as published
    e.unit,                  -- percent or elo
    e.unit = b.unit as has_the_benchmarks_unit, -- stated in the benchmark's own unit
    case
        when e.unit = 'elo'
            then 1 / (1 + power(10, (b.elo_reference - cast(e.score as double)) / 400))
        else cast(e.score as double) / 100
    end as score_share,      -- share of points; for ratings the expected score against elo_reference
    e.evidence,              -- official (the model's own vendor), independent, quoted or secondary
    e.run_cost_usd,          -- what the whole run cost, USD, where published
    e.test_cases,            -- tasks, votes or problems behind the score
    e.source_url,            -- where it is stated
    e.publisher,             -- who states it
    e.stated_on,             -- day of the run as the source states it, of the publication for the edition: a claim, not a known time
    e.known_at,              -- known time, UTC: published, or first seen, or its name understood if later
    e.ended_at,              -- first fetch without it, UTC; null while it goes on, and for the edition
    e.licence,               -- licence of the source
    e.note,                  -- caveats
    e.fetch_id,              -- fetch that first showed it; null for the edition
    e.statements_state_id    -- hash of all that was stated with it, core.statement_states
from everything as e
inner join core.benchmarks as b on b.benchmark_id = e.benchmark_id
inner join core.models as v on v.model_id = e.model_id
left join seeds.metrics as k on k.metric = e.metric
where e.source = 'edition' or e.unit = b.unit
