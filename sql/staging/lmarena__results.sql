-- LMArena's ratings as runs, in Elo points, each on the scale it was published on.
-- The publisher re-scaled its ratings between 2025-05-23 and 2025-06-18: a rating seen in between
-- is of neither scale. A further re-scaling is found as a common shift: the median model whose
-- votes did not change moved 10 points or more from one fetch to the next; a new scale begins.
-- key: key, first_seen_at
-- check run_ends_after_it_begins: ended_at is null or ended_at > first_seen_at
-- check score_is_a_rating: quarantine_reason is not null or score between 0 and 4000
with runs as (
    select
        r.key,
        r.fields->>'$.model' as spelling,
        try_cast(r.fields->>'$.arena_score' as decimal(9, 3)) as score,
        try_cast(r.fields->>'$.votes' as bigint) as votes,
        r.first_fetch_id,
        r.first_seen_at,
        r.previous_fetch_at,
        r.last_seen_at,
        r.ended_at,
        case
            when r.first_seen_at < '2025-05-24' then 'arena pre-2025-06 scale'
            when r.first_seen_at >= '2025-06-18' then 'arena 2025-06 scale'
            else 'arena scale of neither side of 2025-06'
        end as scale
    from raw.lmarena__results as r
),

fetches as (
    select distinct
        r.scale,
        r.first_seen_at as fetched_at
    from runs as r
    where r.previous_fetch_at is not null
        and (
            (r.previous_fetch_at < '2025-05-24' and r.first_seen_at < '2025-05-24')
            or (r.previous_fetch_at >= '2025-06-18' and r.first_seen_at >= '2025-06-18')
        )
),

moved as (
    select
        f.scale,
        f.fetched_at,
        now.score - before.score as shift
    from fetches as f
    inner join runs as now on now.first_seen_at = f.fetched_at
    inner join runs as before on before.key = now.key and before.ended_at = now.first_seen_at
    where before.votes = now.votes
),

-- Models whose rating stays only draw the median to none. On nearly all days it is less than 10
-- without them, and they need not be looked for.
perhaps as (
    select
        m.scale,
        m.fetched_at
    from moved as m
    group by m.scale, m.fetched_at
    having abs(median(m.shift)) >= 10
),

shifts as (
    select
        m.scale,
        m.fetched_at,
        m.shift
    from perhaps as p
    inner join moved as m on m.scale = p.scale and m.fetched_at = p.fetched_at
    union all
    select
        p.scale,
        p.fetched_at,
        0 as shift
    from perhaps as p
    inner join runs as r
        on r.first_seen_at < p.fetched_at
        and (r.ended_at is null or r.ended_at > p.fetched_at)
),

rescalings as (
    select
        s.scale,
        s.fetched_at
    from shifts as s
    group by s.scale, s.fetched_at
    having count(*) >= 5 and abs(median(s.shift)) >= 10
),

scales as (
    select
        r.scale,
        r.first_seen_at,
        max(s.fetched_at) as rescaled_at
    from (select distinct t.scale, t.first_seen_at from runs as t) as r
    inner join rescalings as s on s.scale = r.scale and s.fetched_at <= r.first_seen_at
    group by r.scale, r.first_seen_at
)

select
    'lmarena' as source,     -- source name
    r.key,                   -- the row's key in the source
    name_before_effort(r.spelling) as spelling, -- the source's own name for the model, its effort taken off; it renames models at times
    'Chatbot Arena' as benchmark_spelling, -- the source's own name for the benchmark
    r.scale || coalesce(', from ' || strftime(s.rescaled_at, '%Y-%m-%d'), '') as benchmark_release, -- scale of the rating: ratings on two scales never compare
    'elo' as metric,         -- what is counted
    effort_in_name(r.spelling) as configuration, -- effort or budget, which the source writes behind the name
    cast(null as varchar) as system, -- scaffold or agent; none
    r.score,                 -- rating in Elo points
    'elo' as unit,           -- unit of the score
    'independent' as evidence, -- who stands behind it: votes of the public
    'LMArena' as publisher,  -- who publishes it
    cast(null as decimal(12, 4)) as run_cost_usd, -- what the run cost, USD; not stated
    r.votes as test_cases,   -- votes behind the rating: few votes, early rating
    cast(null as date) as stated_on, -- day the payload states; none, and the fetch may lag the board
    r.first_fetch_id as fetch_id, -- fetch that first showed it
    r.first_seen_at,         -- when it was first seen, UTC
    r.previous_fetch_at,     -- last fetch without it, UTC; null if the source was not read before
    r.last_seen_at,          -- last fetch that still showed it, UTC; null while it goes on
    r.ended_at,              -- first fetch without it, UTC; null while it goes on
    case
        when r.score is null then 'no number'
        when r.score not between 400 and 2500 then 'not a rating: outside 400 to 2,500 points'
        when r.scale = 'arena scale of neither side of 2025-06'
            then 'read while the scale was being changed: on which it stands is unknown'
    end as quarantine_reason -- why it is not used; null if it is
from runs as r
left join scales as s on s.scale = r.scale and s.first_seen_at = r.first_seen_at
