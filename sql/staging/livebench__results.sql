-- LiveBench scores by category and overall, computed as the site does: the mean over categories of
-- the mean over a category's tasks, a task without score left out. A score belongs to its release:
-- tasks change, and so does every model's figure.
-- key: key, first_seen_at
-- check run_ends_after_it_begins: ended_at is null or ended_at > first_seen_at
-- check used_scores_are_in_bounds: quarantine_reason is not null or score between 0 and 100
-- check used_scores_name_a_model: quarantine_reason is not null or spelling is not null
with tables as (
    select
        o.key,
        o.fields->>'$.release' as release,
        o.fields->>'$.model' as model,
        o.fields->'$.tasks' as tasks,
        len(json_keys(o.fields->'$.tasks')) as scored,
        o.first_fetch_id,
        o.first_seen_at,
        o.previous_fetch_at,
        o.last_seen_at,
        o.ended_at
    from raw.livebench__tables as o
),

-- The categories as last read: which task belongs where is a definition, not an observation.
latest as (
    select
        c.fields->>'$.release' as release,
        c.fields->>'$.category' as category,
        cast(c.fields->'$.tasks' as varchar[]) as tasks,
        row_number() over (partition by c.key order by c.first_seen_at desc) as recency
    from raw.livebench__categories as c
),

scores as (
    select
        t.key,
        t.first_seen_at,
        l.category,
        avg(cast(json_extract_string(t.tasks, '$."' || k.task || '"') as decimal(38, 6))) as score,
        count(json_extract_string(t.tasks, '$."' || k.task || '"')) as scored
    from tables as t
    inner join latest as l on l.release = t.release and l.recency = 1
    cross join unnest(l.tasks) as k(task)
    group by t.key, t.first_seen_at, l.category
),

overall as (
    select
        s.key,
        s.first_seen_at,
        avg(s.score) as score,
        sum(s.scored) as scored,
        count(*) - count(s.score) as missing
    from scores as s
    group by s.key, s.first_seen_at
),

everything as (
    select
        t.key || '/' || s.category as key,
        t.key as table_key,
        t.first_seen_at,
        s.category,
        'mean over tasks' as metric,
        s.score,
        0 as missing,
        s.score is null as is_empty
    from tables as t
    inner join scores as s on s.key = t.key and s.first_seen_at = t.first_seen_at
    union all
    select
        t.key || '/Global average' as key,
        t.key as table_key,
        t.first_seen_at,
        'Global average' as category,
        'mean over categories' as metric,
        v.score,
        coalesce(v.missing, 0) as missing,
        v.score is null as is_empty
    from tables as t
    left join overall as v on v.key = t.key and v.first_seen_at = t.first_seen_at
)

select
    'livebench' as source,   -- source name
    e.key,                   -- release, model and category
    r.model as spelling,     -- LiveBench's name for the model, effort suffix and all
    e.category as benchmark_spelling, -- category as the release names it, or Global average
    r.release as benchmark_release, -- release, YYYY_MM_DD
    e.metric,                -- mean over the category's tasks, or over categories
    case
        when regexp_matches(r.model, '-thinking-\d+k$')
            then 'thinking ' || upper(regexp_extract(r.model, '-thinking-(\d+k)$', 1))
        when regexp_matches(r.model, '-(highthinking|thinking)$') then 'thinking'
        when regexp_matches(r.model, '-\d{8}-base$') then 'no thinking'
        -- After a date or a word such as beta only: elsewhere `medium` is the name of a size.
        when regexp_matches(r.model, '-(\d\d|beta)-(minimal|low|medium|high|xhigh)$')
            then 'effort ' || regexp_extract(r.model, '-([a-z]+)$', 1)
    end as configuration,    -- effort or budget, as the name's suffix says
    cast(null as varchar) as system, -- agent around the model; none
    cast(e.score as decimal(9, 3)) as score, -- percent
    'percent' as unit,       -- percent
    'independent' as evidence, -- LiveBench runs all models itself
    'LiveBench' as publisher, -- who states it
    cast(null as decimal(12, 4)) as run_cost_usd, -- what the whole run cost, USD; not given
    cast(null as bigint) as test_cases, -- questions behind the score; not in the files
    cast(null as date) as stated_on, -- no day inside the payload
    r.first_fetch_id as fetch_id, -- fetch that first showed it
    r.first_seen_at,         -- when it was first seen, UTC
    r.previous_fetch_at,     -- last fetch without it, UTC; null if the source was not read before
    r.last_seen_at,          -- last fetch that still showed it, UTC; null while it goes on
    r.ended_at,              -- first fetch without it, UTC; null while it goes on
    case
        when e.is_empty and e.metric = 'mean over categories' then 'the categories of this release were never read'
        when e.is_empty then 'no task of the category has a score'
        when e.missing > 0 then 'a whole category is missing'
        when not coalesce(v.scored = r.scored, true) then 'tasks that stand in no category'
        when e.score not between 0 and 100 then 'outside 0 to 100 percent'
    end as quarantine_reason -- why it is not used; null if it is
from everything as e
inner join tables as r on r.key = e.table_key and r.first_seen_at = e.first_seen_at
left join overall as v on v.key = r.key and v.first_seen_at = r.first_seen_at
