-- Artificial Analysis' evaluations as runs, in percent; indices run to 100, the rest are shares of 1.
-- The composite indices are re-based in place: their version is the benchmark's release, so that a
-- re-base starts a new series and makes no loser. An index without its version cannot be placed.
-- key: key, first_seen_at
-- check run_ends_after_it_begins: ended_at is null or ended_at > first_seen_at
-- check score_is_a_share: quarantine_reason is not null or score between 0 and 100
with runs as (
    select
        r.key,
        r.fields->>'$.name' as full_spelling,
        r.fields->>'$.evaluation' as benchmark_spelling,
        starts_with(r.fields->>'$.evaluation', 'artificial_analysis_') as is_index,
        r.fields->>'$.index_version' as index_version,
        coalesce(r.fields->>'$.is_estimated', 'false') = 'true' as is_estimated,
        try_cast(r.fields->>'$.score' as decimal(18, 6)) as stated_score,
        try_cast(r.fields->>'$.index_cost_usd' as decimal(12, 4)) as run_cost_usd,
        r.first_fetch_id,
        r.first_seen_at,
        r.previous_fetch_at,
        r.last_seen_at,
        r.ended_at
    from raw.artificial_analysis__results as r
),

named as (
    select
        r.key,
        r.full_spelling,
        r.benchmark_spelling,
        r.is_index,
        r.index_version,
        r.is_estimated,
        r.run_cost_usd,
        r.first_fetch_id,
        r.first_seen_at,
        r.previous_fetch_at,
        r.last_seen_at,
        r.ended_at,
        case when r.is_index then r.stated_score else r.stated_score * 100 end as score
    from runs as r
)

select
    'artificial_analysis' as source, -- source name
    r.key,                   -- the row's key in the source: model id and evaluation
    name_before_effort(r.full_spelling) as spelling, -- the source's display name, its effort taken off; the slug would drop the snapshot's date
    r.benchmark_spelling,    -- the source's own name for the benchmark
    case when r.is_index then 'v' || r.index_version end as benchmark_release, -- version of a composite index
    case when r.is_index then 'index' else 'accuracy' end as metric, -- what is counted
    effort_in_name(r.full_spelling) as configuration, -- effort, which the source writes behind the name
    cast(null as varchar) as system, -- scaffold or agent; none
    try_cast(r.score as decimal(9, 3)) as score, -- score, percent; an index in its points of 100
    'percent' as unit,       -- unit of the score
    'independent' as evidence, -- who stands behind it: the source's own runs
    'Artificial Analysis' as publisher, -- who publishes it
    r.run_cost_usd,          -- what running the whole index cost, USD
    cast(null as bigint) as test_cases, -- questions behind the score; not stated
    cast(null as date) as stated_on, -- day the payload states; none
    r.first_fetch_id as fetch_id, -- fetch that first showed it
    r.first_seen_at,         -- when it was first seen, UTC
    r.previous_fetch_at,     -- last fetch without it, UTC; null if the source was not read before
    r.last_seen_at,          -- last fetch that still showed it, UTC; null while it goes on
    r.ended_at,              -- first fetch without it, UTC; null while it goes on
    case
        when r.score is null then 'no number'
        when r.is_estimated then 'estimated by the source, not measured'
        when r.is_index and r.index_version is null
            then 'an index without its version: which of its re-based scales is unknown'
        when r.score < 0 then 'below 0: points are taken off for wrong answers, no share'
        when r.score > 100 then 'above 100 percent: not the share of 1 the documentation states'
    end as quarantine_reason -- why it is not used; null if it is
from named as r
