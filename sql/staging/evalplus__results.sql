-- EvalPlus's pass@1 on HumanEval and MBPP, with and without its extra tests, as runs, in percent.
-- key: key, first_seen_at
-- check run_ends_after_it_begins: ended_at is null or ended_at > first_seen_at
-- check score_is_a_share: quarantine_reason is not null or score between 0 and 100
with runs as (
    select
        r.key,
        r.fields->>'$.model' as spelling,
        r.fields->>'$.benchmark' as benchmark_spelling,
        r.fields->>'$.prompted' as prompted,
        try_cast(r.fields->>'$.score' as decimal(9, 3)) as score,
        r.first_fetch_id,
        r.first_seen_at,
        r.previous_fetch_at,
        r.last_seen_at,
        r.ended_at
    from raw.evalplus__results as r
)

select
    'evalplus' as source,    -- source name
    r.key,                   -- the row's key in the source: model and test
    r.spelling,              -- the source's own display name for the model
    r.benchmark_spelling,    -- the source's own name for the benchmark
    cast(null as varchar) as benchmark_release, -- release of the benchmark; not stated
    'pass@1' as metric,      -- what is counted
    case when r.prompted = 'false' then 'direct completion' end as configuration, -- how it was asked, if not in a chat
    cast(null as varchar) as system, -- scaffold or agent; none
    r.score,                 -- share of problems solved, percent
    'percent' as unit,       -- unit of the score
    'independent' as evidence, -- who stands behind it: the benchmark's authors
    'EvalPlus' as publisher, -- who publishes it
    cast(null as decimal(12, 4)) as run_cost_usd, -- what the run cost, USD; not stated
    cast(null as bigint) as test_cases, -- problems behind the score; not stated
    cast(null as date) as stated_on, -- day the payload states; none
    r.first_fetch_id as fetch_id, -- fetch that first showed it
    r.first_seen_at,         -- when it was first seen, UTC
    r.previous_fetch_at,     -- last fetch without it, UTC; null if the source was not read before
    r.last_seen_at,          -- last fetch that still showed it, UTC; null while it goes on
    r.ended_at,              -- first fetch without it, UTC; null while it goes on
    case
        when r.score is null then 'no number'
        when r.score not between 0 and 100 then 'outside 0 to 100 percent'
        when r.score > 0 and r.score <= 1 then 'unit error: a share of 1 where percent was expected'
    end as quarantine_reason -- why it is not used; null if it is
from runs as r
