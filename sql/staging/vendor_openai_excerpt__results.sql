-- Tables of OpenAI's launch pages as runs: percent and ratings.
-- One page is kept in two conversions. A figure read from a conversion that lost its row spans counts
-- only where no whole conversion states it; where two conversions disagree, neither counts.
-- key: key, first_seen_at
-- check run_ends_after_it_begins: ended_at is null or ended_at > first_seen_at
-- check score_is_in_bounds: quarantine_reason is not null or score between 0 and case unit when 'elo' then 4000 else 100 end
with runs as (
    select
        r.key,
        r.fields->>'$.page' as page,
        r.fields->>'$.model' as spelling,
        trim(regexp_replace(r.fields->>'$.benchmark', '\((pass|cons) ?@\d+\)', '')) as benchmark_spelling,
        lower(
            replace(
                coalesce(
                    r.fields->>'$.metric',
                    nullif(regexp_extract(r.fields->>'$.benchmark', '\(((pass|cons) ?@\d+)\)', 1), ''),
                    'not stated'
                ),
                ' @',
                '@'
            )
        ) as metric,
        try_cast(r.fields->>'$.score' as decimal(9, 3)) as score,
        r.part,
        r.first_fetch_id,
        r.first_seen_at,
        r.previous_fetch_at,
        r.last_seen_at,
        r.ended_at,
        min(try_cast(r.fields->>'$.score' as decimal(9, 3))) over (same_figure)
            <> max(try_cast(r.fields->>'$.score' as decimal(9, 3))) over (same_figure)
            as is_disagreed,
        row_number() over (
            partition by r.fields->>'$.page', r.fields->>'$.benchmark', r.fields->>'$.metric',
                r.fields->>'$.model', r.first_seen_at
            order by contains(r.part, '.ragged.'), r.fields->>'$.repaired', r.part
        ) as preference
    from raw.vendor_openai_excerpt__results as r
    window same_figure as (
        partition by r.fields->>'$.page', r.fields->>'$.benchmark', r.fields->>'$.metric',
            r.fields->>'$.model', r.first_seen_at
    )
)

select
    'vendor_openai_excerpt' as source, -- source name
    r.key,                   -- the row's key in the source: file, benchmark, metric and model
    r.spelling,              -- the page's own name for the model
    r.benchmark_spelling,    -- the page's own name for the benchmark
    cast(null as varchar) as benchmark_release, -- release of the benchmark; not stated
    case
        when r.metric = 'not stated' and r.benchmark_spelling like 'SWE-bench%' then 'resolved'
        when r.metric = 'not stated' and r.benchmark_spelling like 'TAU-bench%' then 'pass^1'
        when r.metric = 'not stated' and r.benchmark_spelling like 'LiveBench%' then 'mean over tasks'
        when r.metric = 'not stated' and r.benchmark_spelling = 'SimpleQA' then 'correct'
        when r.metric = 'not stated' then 'accuracy'
        else r.metric
    end as metric,           -- what is counted, the benchmark's usual where the page names none; pass@1 and cons@64 differ
    cast(null as varchar) as configuration, -- effort, budget or prompt format; not stated
    cast(null as varchar) as system, -- scaffold or agent; not stated
    r.score,                 -- score in its unit
    case when r.metric = 'elo' then 'elo' else 'percent' end as unit, -- unit of the score
    'official' as evidence,  -- who stands behind it: the models' own vendor
    'OpenAI' as publisher,   -- who publishes it
    cast(null as decimal(12, 4)) as run_cost_usd, -- what the run cost, USD; not stated
    cast(null as bigint) as test_cases, -- questions behind the score; not stated
    cast(null as date) as stated_on, -- day the payload states; none, the page is known by its file's day
    r.first_fetch_id as fetch_id, -- fetch that first showed it
    r.first_seen_at,         -- when it was first seen, UTC
    r.previous_fetch_at,     -- last fetch without it, UTC; null if the source was not read before
    r.last_seen_at,          -- last fetch that still showed it, UTC; null while it goes on
    r.ended_at,              -- first fetch without it, UTC; null while it goes on
    case
        when r.score is null then 'no number'
        when r.metric = 'percentile' then 'a percentile among people, no score of the benchmark'
        when r.metric = 'elo' and r.score not between 0 and 4000 then 'outside 0 to 4,000 points'
        when r.metric <> 'elo' and r.score not between 0 and 100 then 'outside 0 to 100 percent'
        when r.is_disagreed then 'two conversions of the page disagree: row spans lost'
        when r.preference > 1 then 'the same figure stands in another conversion of the page'
    end as quarantine_reason -- why it is not used; null if it is
from runs as r
