-- What the names on usage lists meant, by period: a table beside core.usage, which has a row per name and day and
-- is left as it is while what other feeds' names mean changes.
-- key: source, spelling, valid_from
with stated as (
    select distinct u.source, u.spelling
    from staging.every_usage as u
    where u.quarantine_reason is null
)

select
    s.source,                -- feed
    s.spelling,              -- the feed's own name
    n.variant,               -- way of serving: standard, free ...; null if unresolved
    n.known_since,           -- since when the name can be resolved, UTC; null if it cannot
    a.model_id,              -- version meant in the period, core.models; null if it is not known
    coalesce(a.valid_from, date '0001-01-01') as valid_from, -- first day of the period
    coalesce(a.valid_to, date '9999-12-31') as valid_to -- first day after the period
from stated as s
inner join core.names as n on n.source = s.source and n.spelling = s.spelling
left join core.aliases as a on a.alias = n.target
