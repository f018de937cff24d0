-- How much of what each source says is under a name that was understood: by what is said (prices,
-- results, releases, retirements, usage) and by what the name names.
-- A row is something said, unchanged, however many days it stood; one in quarantine counts too.
-- key: source, thing, kind
-- check shares_are_shares: resolved_share between 0 and 1 and coalesce(used_resolved_share, 0) between 0 and 1
with named as (
    select r.source, r.thing, n.kind, r.spelling, n.status, r.rows, r.rows_used
    from core.name_rows as r
    inner join core.names as n on n.source = r.source and n.spelling = r.spelling
),

unresolved as (
    select
        n.source,
        n.thing,
        n.kind,
        n.spelling || ' (' || cast(n.rows as varchar)
        || case when n.status = 'ambiguous' then ', ambiguous)' else ')' end as label,
        row_number() over (partition by n.source, n.thing, n.kind order by n.rows desc, n.spelling) as place
    from named as n
    where n.status <> 'resolved'
),

frequent as (
    select
        u.source,
        u.thing,
        u.kind,
        max(case when u.place = 1 then u.label end)
        || coalesce('; ' || max(case when u.place = 2 then u.label end), '')
        || coalesce('; ' || max(case when u.place = 3 then u.label end), '') as names
    from unresolved as u
    where u.place <= 3
    group by u.source, u.thing, u.kind
),

counted as (
    select
        n.source,
        n.thing,
        n.kind,
        sum(n.rows) as rows,
        sum(case when n.status = 'resolved' then n.rows else 0 end) as rows_resolved,
        sum(n.rows_used) as rows_used,
        sum(case when n.status = 'resolved' then n.rows_used else 0 end) as rows_used_resolved,
        count(*) as names,
        sum(case when n.status = 'resolved' then 1 else 0 end) as names_resolved
    from named as n
    group by n.source, n.thing, n.kind
)

select
    c.source,                -- source
    c.thing,                 -- what is said: prices, results, releases, retirements, usage
    c.kind,                  -- model to chat with, or what else the names say they name, as in core.names
    cast(c.rows as bigint) as rows, -- rows ever seen
    cast(c.rows_resolved as bigint) as rows_resolved, -- of them under a name that was understood
    cast(c.rows_resolved as double) / c.rows as resolved_share, -- share of rows understood
    cast(c.rows_used as bigint) as rows_used, -- rows not in quarantine for what they say
    cast(c.rows_used_resolved as bigint) as rows_used_resolved, -- of them under a name that was understood
    cast(c.rows_used_resolved as double) / nullif(c.rows_used, 0) as used_resolved_share, -- share of those understood; null if all are in quarantine
    cast(c.names as bigint) as names, -- names ever seen
    cast(c.names_resolved as bigint) as names_resolved, -- of them understood
    f.names as frequent_unresolved -- the up to three names not understood that most rows carry, with their rows; null if none
from counted as c
left join frequent as f on f.source = c.source and f.thing = c.thing and f.kind = c.kind
