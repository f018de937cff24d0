-- LiveCodeBench's pass@1 over a window of problems, as runs, in percent.
-- The score depends on the window: `benchmark_release` names it, with the last problem's month where
-- it is all problems, since their number grows. All problems include those older than a model.
-- key: key, first_seen_at
-- check run_ends_after_it_begins: ended_at is null or ended_at > first_seen_at
-- check score_is_a_share: quarantine_reason is not null or score between 0 and 100
with runs as (
    select
        r.key,
        r.fields->>'$.model' as full_spelling,
        r.fields->>'$.window' as problem_window,
        try_cast(r.fields->>'$.problems' as bigint) as problems,
        try_cast(r.fields->>'$.problems_of_all' as bigint) as problems_of_all,
        try_cast(r.fields->>'$.pass_at_1_sum' as decimal(18, 6)) as pass_at_1_sum,
        try_cast(r.fields->>'$.last_problem_on' as date) as last_problem_on,
        r.first_fetch_id,
        r.first_seen_at,
        r.previous_fetch_at,
        r.last_seen_at,
        r.ended_at
    from raw.livecodebench__results as r
)

select
    'livecodebench' as source, -- source name
    r.key,                   -- the row's key in the source: model and window
    trim(regexp_replace(r.full_spelling, '\((N=\d+|Low|Med|Medium|High)\)', '', 'g')) as spelling, -- the source's own name for the model, its settings taken off
    'LiveCodeBench' as benchmark_spelling, -- the source's own name for the benchmark
    case
        when r.problem_window = 'all problems'
            then 'all problems to ' || strftime(r.last_problem_on, '%Y-%m')
        else r.problem_window
    end as benchmark_release, -- window of problem dates: scores of two windows never compare
    'pass@1' as metric,      -- what is counted
    case lower(regexp_extract(r.full_spelling, '\((Low|Med|Medium|High)\)', 1))
        when 'low' then 'effort low'
        when 'med' then 'effort medium'
        when 'medium' then 'effort medium'
        when 'high' then 'effort high'
    end as configuration,    -- reasoning effort, which the source writes behind the name
    cast(null as varchar) as system, -- scaffold or agent; none
    cast(round(r.pass_at_1_sum / nullif(r.problems, 0), 3) as decimal(9, 3)) as score, -- mean pass@1 over the window, percent
    'percent' as unit,       -- unit of the score
    'independent' as evidence, -- who stands behind it: the benchmark's authors
    'LiveCodeBench' as publisher, -- who publishes it
    cast(null as decimal(12, 4)) as run_cost_usd, -- what the run cost, USD; not stated
    r.problems as test_cases, -- problems in the window
    cast(null as date) as stated_on, -- day the payload states; none
    r.first_fetch_id as fetch_id, -- fetch that first showed it
    r.first_seen_at,         -- when it was first seen, UTC
    r.previous_fetch_at,     -- last fetch without it, UTC; null if the source was not read before
    r.last_seen_at,          -- last fetch that still showed it, UTC; null while it goes on
    r.ended_at,              -- first fetch without it, UTC; null while it goes on
    case
        when r.pass_at_1_sum is null or coalesce(r.problems, 0) = 0 then 'no number'
        when r.problems < r.problems_of_all
            then 'another set of problems: ' || r.problems || ' of ' || r.problems_of_all
    end as quarantine_reason -- why it is not used; null if it is
from runs as r
