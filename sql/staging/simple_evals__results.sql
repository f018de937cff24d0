-- OpenAI's simple-evals as runs, in percent; the multilingual table states shares of 1.
-- The MATH column holds two tests. Where a section row renames it, the name in force counts. Later
-- only a footnote says that models "on or after" the launch of 2024-09-12 had MATH-500: rows without
-- a system prompt are those models, rows dated before it are not, and for the others it is not said.
-- key: key, first_seen_at
-- check run_ends_after_it_begins: ended_at is null or ended_at > first_seen_at
-- check score_is_a_share: quarantine_reason is not null or score between 0 and 100
with runs as (
    select
        r.key,
        r.fields->>'$.model' as spelling,
        r.fields->>'$.benchmark' as column_name,
        r.fields->>'$.language' as language,
        r.fields->>'$.section' as section,
        r.fields->>'$.prompt' as prompt,
        coalesce(r.fields->>'$.column_note', '') like '%MATH-500%'
            and r.fields->>'$.benchmark' = 'MATH' as is_one_of_two_tests,
        try_cast(regexp_extract(r.fields->>'$.model', '\d{4}-\d{2}-\d{2}$') as date) as dated,
        try_cast(r.fields->>'$.score' as decimal(18, 6)) as score,
        r.first_fetch_id,
        r.first_seen_at,
        r.previous_fetch_at,
        r.last_seen_at,
        r.ended_at
    from raw.simple_evals__results as r
),

named as (
    select
        r.key,
        r.spelling,
        case
            when r.is_one_of_two_tests and r.prompt = 'n/a' then 'MATH-500'
            when r.language is not null then r.column_name || ': ' || r.language
            else trim(regexp_replace(r.column_name, '\(.*\)', ''))
        end as benchmark_spelling,
        r.column_name,
        r.language is not null as is_share,
        coalesce(r.section like 'Other Models%', false) as is_reported,
        coalesce(
            r.is_one_of_two_tests
            and r.prompt not in ('n/a', 'unknown')
            and (r.dated is null or r.dated >= date '2024-09-12'),
            false
        ) as is_unclear,
        case when r.language is not null then r.score * 100 else r.score end as score,
        r.first_fetch_id,
        r.first_seen_at,
        r.previous_fetch_at,
        r.last_seen_at,
        r.ended_at
    from runs as r
)

select
    'simple_evals' as source, -- source name
    r.key,                   -- the row's key in the source: model and column
    name_before_effort(r.spelling) as spelling, -- the source's own name for the model, its effort taken off
    r.benchmark_spelling,    -- the source's own name for the benchmark
    cast(null as varchar) as benchmark_release, -- release of the benchmark; not stated
    case
        when r.column_name like '%F1%' then 'f1'
        when r.benchmark_spelling in ('HumanEval', 'MATH-500') then 'pass@1'
        when r.benchmark_spelling = 'SimpleQA' then 'correct'
        else 'accuracy'
    end as metric,           -- what is counted; DROP is F1, no accuracy
    nullif(
        concat_ws(
            '; ',
            case
                when r.column_name like '%3-shot%' then '3-shot'
                when not r.is_reported and r.benchmark_spelling not in ('HumanEval', 'SimpleQA')
                    then '0-shot CoT'
            end,
            effort_in_name(r.spelling)
        ),
        ''
    ) as configuration,      -- the README's own setting (that of rows reported by others is unknown), and effort
    cast(null as varchar) as system, -- scaffold or agent; none
    cast(r.score as decimal(9, 3)) as score, -- score, percent
    'percent' as unit,       -- unit of the score
    case when r.is_reported then 'quoted' else 'official' end as evidence, -- the vendor's own run, or what other vendors report
    'OpenAI' as publisher,   -- who publishes it
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
        when r.score not between 0 and 100 then 'outside 0 to 100 percent'
        when r.is_unclear then 'MATH or MATH-500: the table does not say which this model had'
    end as quarantine_reason -- why it is not used; null if it is
from named as r
