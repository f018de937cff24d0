-- Runs on the SWE-bench boards, in percent of issues resolved; non-commercial licence.
-- The entity is an agent system: only a run of one named model says something about that model. The
-- model is the tag's; in files without tags, what the entry's name says after its last ` + `.
-- key: key, first_seen_at
-- check run_ends_after_it_begins: ended_at is null or ended_at > first_seen_at
-- check used_scores_are_in_bounds: quarantine_reason is not null or score between 0 and 100
-- check used_scores_name_a_model: quarantine_reason is not null or spelling is not null
with runs as (
    select
        o.key,
        o.fields->>'$.board' as board,
        o.fields->>'$.name' as entry,
        cast(o.fields->'$.models' as varchar[]) as models,
        o.fields->>'$.attempts' as attempts,
        o.fields->>'$.checked' as is_checked,
        cast(o.fields->>'$.resolved' as decimal(38, 18)) as resolved,
        cast(o.fields->>'$.cost' as decimal(38, 18)) as cost,
        cast(o.fields->>'$.instance_cost' as decimal(38, 18)) as instance_cost,
        try_cast(o.fields->>'$.date' as date) as run_on,
        v.key as also_on,
        o.first_fetch_id,
        o.first_seen_at,
        o.previous_fetch_at,
        o.last_seen_at,
        o.ended_at
    from raw.swebench__results as o
    left join (select distinct w.key from raw.swebench__results as w) as v
        on o.fields->>'$.board' = 'bash-only' and v.key = 'Verified/' || (o.fields->>'$.folder')
),

named as (
    select
        r.*,
        case
            when len(r.models) = 1 then r.models[1]
            when r.models is null and contains(r.entry, ' + ')
                then trim(regexp_extract(r.entry, '.* \+ (.*)$', 1))
        end as model,
        case
            when contains(r.entry, ' + ') then trim(regexp_extract(r.entry, '(.*) \+ .*$', 1))
            when r.board = 'bash-only' then 'mini-SWE-agent'
            else r.entry
        end as system
    from runs as r
),

dated as (
    select
        n.*,
        coalesce(
            try_strptime(nullif(regexp_extract(n.model, '(20\d{6})', 1), ''), '%Y%m%d'),
            try_cast(nullif(regexp_extract(n.model, '(20\d{2}-\d{2}-\d{2})', 1), '') as timestamp)
        ) as version_at
    from named as n
)

select
    'swebench' as source,    -- source name
    r.key,                   -- board and the submission's folder
    r.model as spelling,     -- the one model named; null where none or several are
    r.board as benchmark_spelling, -- board; bash-only is Verified with one small agent
    cast(null as varchar) as benchmark_release, -- release of the benchmark; the boards are separate
    case when r.attempts = '2+' then 'best-of-n' else 'resolved' end as metric, -- resolved; best-of-n where the system tried more than once
    cast(null as varchar) as configuration, -- effort or budget; not given
    r.system,                -- the agent, as the entry calls itself
    cast(r.resolved as decimal(9, 3)) as score, -- issues resolved, percent
    'percent' as unit,       -- percent
    case when r.is_checked = 'true' then 'independent' else 'quoted' end as evidence, -- independent where the benchmark's makers reproduced it; else the system's own makers' figure
    'SWE-bench' as publisher, -- who states it
    -- Newer files give the cost of the run beside that of one issue; a cost that is not larger is
    -- not the whole run's.
    cast(case when r.cost > coalesce(r.instance_cost, 0) then r.cost end as decimal(12, 4)) as run_cost_usd, -- what the whole run cost, USD
    cast(null as bigint) as test_cases, -- issues behind the score; not in the file
    r.run_on as stated_on,   -- day of the run
    r.first_fetch_id as fetch_id, -- fetch that first showed it
    r.first_seen_at,         -- when it was first seen, UTC
    r.previous_fetch_at,     -- last fetch without it, UTC; null if the source was not read before
    r.last_seen_at,          -- last fetch that still showed it, UTC; null while it goes on
    r.ended_at,              -- first fetch without it, UTC; null while it goes on
    case
        when r.resolved not between 0 and 100 then 'outside 0 to 100 percent'
        when r.also_on is not null then 'the same run stands on the Verified board'
        when len(r.models) > 1 then 'several models: a system, not a model'
        when r.model is null then 'names no model'
        -- A bracket without its opening one: the name's ` + ` stood inside a list of models.
        when regexp_matches(r.model, '( & |, | / |(?i)\bmixed\b)') or regexp_matches(r.model, '^[^(]*\)') then 'several models: a system, not a model'
        when r.version_at > r.run_on then 'tagged with a version dated after the run'
    end as quarantine_reason -- why it is not used; null if it is
from dated as r
