-- LLMStats' scores as runs. The file states a number and a free text on how it came about; metric,
-- unit and release are read off that text, which stays as the configuration, verbatim.
-- Retyped second hand, often beside a link that does not hold the value: quoted or secondary, never
-- official, whatever the link. Dead since May 2025, so every run has an end.
-- key: key, first_seen_at
-- check run_ends_after_it_begins: ended_at is null or ended_at > first_seen_at
-- check score_is_in_bounds: quarantine_reason is not null or score between 0 and case unit when 'percent' then 100 else 4000 end
-- check unit_is_named: unit in ('percent', 'elo')
with readings as (
    select
        f.part,
        regexp_extract(f.part, '^models/[^/]+/') as folder,
        f.fetched_at,
        lead(f.fetched_at) over (partition by f.part order by f.fetched_at) as next_at
    from raw.fetches as f
    where f.source = 'llmstats' and f.status <> 'failed'
),

-- A model's file may be renamed or deleted: it is gone once its folder is read without it, and
-- silent 90 days after it was read, until it is read again.
followed as (
    select
        r.part,
        r.fetched_at,
        r.next_at,
        least(r.fetched_at + interval 90 day, min(g.fetched_at)) as silent_at
    from readings as r
    left join readings as g on g.folder = r.folder and g.folder <> '' and g.fetched_at > r.fetched_at
    group by r.part, r.fetched_at, r.next_at
),

numbered as (
    select
        w.part,
        w.fetched_at,
        w.silent_at,
        count(*) over (partition by w.part order by w.fetched_at)
            - count(case when w.next_at <= w.silent_at then 1 end) over (
                partition by w.part order by w.fetched_at rows between unbounded preceding and 1 preceding
            ) as stretch
    from followed as w
),

-- Stretches in which a file was read without a break.
stretches as (
    select
        n.part,
        min(n.fetched_at) as first_at,
        max(n.fetched_at) as last_at,
        max(n.silent_at) as silent_at,
        lag(max(n.fetched_at)) over (partition by n.part order by n.stretch) as last_before
    from numbered as n
    group by n.part, n.stretch
),

runs as (
    select
        r.key,
        r.fields->>'$.organisation' || '/' || (r.fields->>'$.model') as spelling,
        r.fields->>'$.dataset_name' as benchmark_spelling,
        nullif(r.fields->>'$.analysis_method', '') as method,
        lower(coalesce(r.fields->>'$.analysis_method', '')) as words,
        cast(r.fields->>'$.score' as decimal(18, 9)) as stated_score,
        cast(r.fields->>'$.is_self_reported' as boolean) as is_self_reported,
        try_cast(r.fields->>'$.date_recorded' as date) as recorded_on,
        try_cast(r.fields->>'$.release_date' as date) as released_on,
        r.first_fetch_id,
        greatest(r.first_seen_at, s.first_at) as first_seen_at,
        case when s.first_at > r.first_seen_at then s.last_before else r.previous_fetch_at end as previous_fetch_at,
        case when r.ended_at <= s.silent_at then r.last_seen_at else s.last_at end as last_seen_at,
        case when r.ended_at <= s.silent_at then r.ended_at else s.silent_at end as ended_at
    from raw.llmstats__results as r
    inner join stretches as s
        on s.part = r.part
        and s.last_at >= r.first_seen_at and (r.ended_at is null or s.first_at < r.ended_at)
),

-- Benchmarks whose scores the collection elsewhere calls an error rate: lower is better there, and a
-- bare "accuracy" beside it may be one too.
error_rates as (
    select distinct lower(r.benchmark_spelling) as benchmark
    from runs as r
    where regexp_matches(r.words, '(^|[^-] )(word error rate|wer)$')
),

read as (
    select
        r.*,
        regexp_matches(r.words, 'percentile') as is_percentile,
        regexp_matches(r.words, 'divided by max') as is_divided,
        regexp_matches(r.words, '\belo\b') and r.stated_score > 1 as is_elo,
        regexp_matches(r.words, '1 ?- ?wer') as is_error_turned,
        regexp_extract(r.words, '\b(diamond|main|v\d+(\.\d+)*)\b', 1) as release_word,
        case
            when regexp_matches(r.words, 'percentile') then 'percentile'
            when regexp_matches(r.words, '\belo\b') then 'elo'
            when regexp_matches(r.words, '(cons|maj|majority) ?@ ?([2-9]|\d\d)')
                then 'cons@' || regexp_extract(r.words, '(cons|maj|majority) ?@ ?(\d+)', 2)
            when regexp_matches(r.words, 'consistency at \d+ samples')
                then 'cons@' || regexp_extract(r.words, 'consistency at (\d+)', 1)
            when regexp_matches(r.words, 'parallel test-time|multiple (parallel )?attempts') then 'best-of-n'
            when regexp_matches(r.words, 'pass ?(@|at) ?\d+')
                then 'pass@' || regexp_extract(r.words, 'pass ?(@|at) ?(\d+)', 2)
            when regexp_matches(r.words, '\bf1\b') then 'f1'
            when regexp_matches(r.words, 'exact match|\bem\b') then 'exact match'
            when regexp_matches(r.words, '\b(spbleu|bleu)\b') then 'bleu'
            when regexp_matches(r.words, 'comet') then 'comet'
            when regexp_matches(r.words, 'rouge') then 'rouge'
            when regexp_matches(r.words, 'cider') then 'cider'
            when regexp_matches(r.words, 'chrf') then 'chrf'
            when regexp_matches(r.words, '\banls\b') then 'anls'
            when regexp_matches(r.words, 'resolved') then 'resolved'
            when regexp_matches(r.words, 'accuracy|\bacc\b|-shot|zero-shot|\bcot\b|chain.of.thought')
                then 'accuracy'
            else 'not stated'
        end as method_metric
    from runs as r
)

select
    'llmstats' as source,    -- source name
    r.key,                   -- model, dataset and method: one score of the collection
    r.spelling,              -- the source's model name: organisation and id, as in the file's path
    r.benchmark_spelling,    -- the source's own benchmark name
    nullif(r.release_word, '') as benchmark_release, -- subset or release named in the method, where one is
    coalesce(c.metric, r.method_metric) as metric, -- read off the method, corrected where it is known to be wrong; `not stated` if it says nothing
    r.method as configuration, -- the method, verbatim: shots, prompt, effort
    cast(null as varchar) as system, -- scaffold or agent: named only inside the method
    cast(case when r.is_elo then r.stated_score else r.stated_score * 100 end as decimal(9, 3)) as score, -- score in its unit
    case when r.is_elo then 'elo' else 'percent' end as unit, -- percent or elo
    case when r.is_self_reported then 'quoted' else 'secondary' end as evidence, -- quoted from the model's vendor, or secondary
    'LLMStats' as publisher, -- who states it
    cast(null as decimal(12, 4)) as run_cost_usd, -- what the whole run cost, USD: not stated
    cast(null as bigint) as test_cases, -- tasks behind the score: not stated
    case
        when r.recorded_on >= r.released_on and r.recorded_on <= cast(r.first_seen_at as date)
            then r.recorded_on
    end as stated_on,        -- day it was recorded; null where that is before the model or after the reading
    r.first_fetch_id as fetch_id, -- fetch that first showed it
    r.first_seen_at,         -- when it was first seen, UTC
    r.previous_fetch_at,     -- last fetch without it, UTC; null if the file was not read before
    r.last_seen_at,          -- last fetch that still showed it, UTC
    r.ended_at,              -- first fetch without it or its file, or 90 days after the last reading, UTC
    case
        when r.is_percentile then 'a percentile: a rank among people, not a score'
        when r.is_divided then 'a rating divided by a maximum the source does not state'
        when r.is_elo and r.stated_score not between 100 and 4000 then 'outside the bounds of a rating'
        when r.is_elo then null
        when b.benchmark_id is not null then 'a share where the benchmark is a rating'
        when r.stated_score not between 0 and 1
            then 'outside 0 to 1: percent, points or an error rate, and the source does not say which'
        when e.benchmark is not null and not r.is_error_turned
            then 'an error rate, or one in disguise: lower is better'
        when r.method_metric = 'elo' then 'called a rating, but a share'
    end as quarantine_reason -- why it is not used; null if it is
from read as r
left join error_rates as e on e.benchmark = lower(r.benchmark_spelling)
left join seeds.benchmarks as b
    on b.unit = 'elo' and lower(b.name) = lower(r.benchmark_spelling)
left join seeds.llmstats_metric_corrections as c
    on c.spelling = r.spelling
    and c.benchmark_spelling = r.benchmark_spelling
    and c.analysis_method = r.method
    and c.expect_score = r.stated_score * 100
