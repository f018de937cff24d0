-- What every feed says of when a model was released, resolved to versions: one row per source's claim.
-- A name is read as it pointed on the day claimed.
-- key: source, key, first_seen_at
with claims as (
    select
        l.source,
        l.key,
        l.spelling,
        l.title,
        l.released_on,
        l.kind,
        l.source_url,
        l.fetch_id,
        l.first_seen_at,
        l.ended_at,
        l.quarantine_reason,
        n.target,
        n.status,
        n.known_since
    from staging.every_releases as l
    left join core.names as n
        on n.source = l.source and n.spelling = l.spelling and l.quarantine_reason is null
),

-- Sources date a launch some days early too; a name that has meant one version only is then that
-- one. Not longer before: an undated name may once have meant a version that is gone from it.
settled as (
    select a.alias, min(a.model_id) as model_id, min(a.valid_from) as valid_from
    from core.aliases as a
    group by a.alias
    having count(distinct a.model_id) = 1
)

select
    c.source,                -- feed
    c.key,                   -- the feed's key of the claim
    c.spelling,              -- the feed's own name; null if its post announces no model
    coalesce(a.model_id, s.model_id) as model_id, -- version meant; null if unresolved or not used
    c.title,                 -- what the feed calls it
    c.released_on,           -- day claimed, UTC
    c.kind,                  -- announcement, api or database
    c.source_url,            -- where it is stated
    c.fetch_id,              -- fetch that first showed it
    c.first_seen_at,         -- when it was first seen, UTC
    case when c.known_since > c.first_seen_at then c.known_since else c.first_seen_at end as known_at, -- known time, UTC
    c.ended_at,              -- first fetch without it, UTC; null while it goes on
    c.quarantine_reason      -- why it is not used; null if it is
from claims as c
left join core.aliases as a
    on a.alias = c.target and a.valid_from <= c.released_on and c.released_on < a.valid_to
left join settled as s
    on s.alias = c.target
    and c.released_on < s.valid_from
    and s.valid_from <= c.released_on + 31
