-- How each source is doing: last attempt, last good fetch, rows, quarantine, unresolved names.
-- key: source
with attempts as (
    select
        f.source,
        count(*) as fetches,
        max(f.fetched_at) as last_attempt_at,
        max(case when f.status <> 'failed' then f.fetched_at end) as last_good_at,
        max(case when f.status = 'failed' then f.fetched_at end) as last_failed_at
    from raw.fetches as f
    group by f.source
),

parts as (
    select f.source, f.part, max(f.fetched_at) as last_good_at
    from raw.fetches as f
    where f.status <> 'failed'
    group by f.source, f.part
),

last_good as (
    select f.source, sum(f.observed) as observed, sum(f.rejected) as rejected
    from raw.fetches as f
    inner join parts as p
        on p.source = f.source and p.part = f.part and p.last_good_at = f.fetched_at
    where f.status <> 'failed'
    group by f.source
),

last_failed as (
    select f.source, max(f.problem) as problem, sum(f.held_back) as rows_held_back
    from raw.fetches as f
    inner join attempts as a on a.source = f.source and a.last_failed_at = f.fetched_at
    group by f.source
),

quarantined as (
    select q.source, count(*) as rows_quarantined
    from core.quarantine as q
    where q.ended_at is null
    group by q.source
),

drift as (
    select d.source, count(*) as fields_drifted
    from marts.schema_drift as d
    inner join attempts as a on a.source = d.source
    where cast(coalesce(d.gone_at, d.first_seen_at) as date) > cast(a.last_good_at as date) - 30
    group by d.source
),

unresolved as (
    select u.source, count(*) as names_unresolved
    from core.unresolved_names as u
    group by u.source
)

select
    s.source,                -- source
    s.title,                 -- its title
    s.kind,                  -- pricing, benchmark, release, usage
    s.licence,               -- licence
    s.is_live,               -- fetched on every run; false where only an archive exists
    s.key_variable,          -- environment variable of the key it needs; null if none
    a.last_attempt_at,       -- last time it was read, UTC
    a.last_good_at,          -- last time that worked, UTC
    case when a.last_failed_at = a.last_attempt_at then p.problem end as problem, -- what went wrong last, if the last attempt failed
    coalesce(a.fetches, 0) as fetches, -- attempts so far
    g.observed as rows_observed, -- rows of the last good payloads, all parts, that met the contract
    g.rejected as rows_rejected, -- rows of them that did not
    case when a.last_failed_at = a.last_attempt_at then p.rows_held_back end as rows_held_back, -- rows not believed yet because the feed shrank
    coalesce(d.fields_drifted, 0) as fields_drifted, -- fields that came or went in the 30 days before the last good fetch
    coalesce(q.rows_quarantined, 0) as rows_quarantined, -- rows now in quarantine
    coalesce(u.names_unresolved, 0) as names_unresolved -- spellings not resolved
from raw.sources as s
left join attempts as a on a.source = s.source
left join last_good as g on g.source = s.source
left join last_failed as p on p.source = s.source
left join drift as d on d.source = s.source
left join quarantined as q on q.source = s.source
left join unresolved as u on u.source = s.source
