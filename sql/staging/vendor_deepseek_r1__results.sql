-- DeepSeek's R1 README as runs: percent and ratings from two tables that mix units.
-- Of models of others the README does not say which figures DeepSeek ran and which it quotes (some
-- equal the vendors' own, some do not), so they are `secondary`: neither official nor a second run.
-- key: key, first_seen_at
-- check run_ends_after_it_begins: ended_at is null or ended_at > first_seen_at
-- check score_is_in_bounds: quarantine_reason is not null or score between 0 and case unit when 'elo' then 4000 else 100 end
with runs as (
    select
        r.key,
        r.fields->>'$.table' as table_name,
        r.fields->>'$.model' as spelling,
        r.fields->>'$.benchmark' as benchmark_spelling,
        r.fields->>'$.metric' as metric_spelling,
        try_cast(r.fields->>'$.score' as decimal(9, 3)) as score,
        lower(r.fields->>'$.metric') = 'rating' as is_rating,
        r.first_fetch_id,
        r.first_seen_at,
        r.previous_fetch_at,
        r.last_seen_at,
        r.ended_at
    from raw.vendor_deepseek_r1__results as r
),

repeated as (
    select
        d.key,
        d.first_seen_at
    from runs as d
    inner join runs as e
        on e.table_name = 'evaluation'
        and d.table_name <> 'evaluation'
        and e.first_seen_at = d.first_seen_at
        and lower(replace(e.benchmark_spelling, '-', ' '))
            = lower(replace(d.benchmark_spelling, '-', ' '))
        and ends_with(
            regexp_replace(lower(e.spelling), '[^a-z0-9.]', '', 'g'),
            regexp_replace(lower(d.spelling), '[^a-z0-9.]', '', 'g')
        )
        and e.score = d.score
        and starts_with(lower(e.metric_spelling), lower(d.metric_spelling))
)

select
    'vendor_deepseek_r1' as source, -- source name
    r.key,                   -- the row's key in the source: table, model, benchmark and metric
    r.spelling,              -- the source's own name for the model
    r.benchmark_spelling,    -- the source's own name for the benchmark
    cast(null as varchar) as benchmark_release, -- release of the benchmark; not stated
    case lower(r.metric_spelling)
        when 'em' then 'exact match'
        when '3-shot f1' then 'f1'
        when 'acc.' then 'accuracy'
        when 'pass@1-cot' then 'pass@1'
        else lower(r.metric_spelling)
    end as metric,           -- what is counted: pass@1 and cons@64 are different metrics
    case lower(r.metric_spelling)
        when '3-shot f1' then '3-shot'
        when 'pass@1-cot' then 'CoT'
    end as configuration,    -- shots and prompting, where the metric's name holds them
    cast(null as varchar) as system, -- scaffold or agent; not stated
    r.score,                 -- score in its unit
    case when r.is_rating then 'elo' else 'percent' end as unit, -- unit of the score
    case when starts_with(lower(r.spelling), 'deepseek') then 'official' else 'secondary' end as evidence, -- the vendor's own model, or another's of which the origin is not stated
    'DeepSeek' as publisher, -- who publishes it
    cast(null as decimal(12, 4)) as run_cost_usd, -- what the run cost, USD; not stated
    cast(null as bigint) as test_cases, -- questions behind the score; not stated
    cast(null as date) as stated_on, -- day the payload states; none
    r.first_fetch_id as fetch_id, -- fetch that first showed it
    r.first_seen_at,         -- when it was first seen, UTC
    r.previous_fetch_at,     -- last fetch without it, UTC; null if the source was not read before
    r.last_seen_at,          -- last fetch that still showed it, UTC; null while it goes on
    r.ended_at,              -- first fetch without it, UTC; null while it goes on
    case
        when r.score is null then 'no number'
        when lower(r.metric_spelling) = 'percentile'
            then 'a percentile among people, no score of the benchmark'
        when r.is_rating and r.score not between 0 and 4000 then 'outside 0 to 4,000 points'
        when not r.is_rating and r.score not between 0 and 100 then 'outside 0 to 100 percent'
        when d.key is not null then 'the same figure stands in the evaluation table'
    end as quarantine_reason -- why it is not used; null if it is
from runs as r
left join (select distinct x.key, x.first_seen_at from repeated as x) as d
    on d.key = r.key and d.first_seen_at = r.first_seen_at
