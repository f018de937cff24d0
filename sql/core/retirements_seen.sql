-- What every feed says of when a model is retired, resolved to versions: one row per source's claim.
-- A host that is not the vendor retires only its own offering.
-- key: source, key, first_seen_at
with claims as (
    select
        t.source,
        t.key,
        t.spelling,
        t.host_spelling,
        t.deprecated_on,
        t.shutdown_on,
        t.replacement_spelling,
        t.source_url,
        t.fetch_id,
        t.first_seen_at,
        t.ended_at,
        t.quarantine_reason,
        coalesce(t.deprecated_on, t.shutdown_on, cast(t.first_seen_at as date)) as meant_on,
        n.target,
        n.known_since,
        p.target as replacement_target,
        p.known_since as replacement_known_since,
        h.host_id
    from staging.every_retirements as t
    left join core.names as n
        on n.source = t.source and n.spelling = t.spelling and t.quarantine_reason is null
    left join core.names as p
        on p.source = t.source and p.spelling = t.replacement_spelling and t.quarantine_reason is null
    left join seeds.host_spellings as h
        on h.source = t.source and h.spelling = lower(t.host_spelling)
)

select
    c.source,                -- feed
    c.key,                   -- the feed's key of the claim
    c.spelling,              -- the feed's own name
    a.model_id,              -- version retired; null if unresolved or not used
    c.host_id,               -- who stops serving it; null if not known
    v.list_price_host_id is not null and v.list_price_host_id = c.host_id as is_by_vendor, -- the vendor itself retires it
    c.deprecated_on,         -- day the retirement was announced
    c.shutdown_on,           -- first day without service
    b.model_id as replacement_model_id, -- replacement named; null if none or unresolved
    case when b.model_id is not null then greatest(c.replacement_known_since, c.first_seen_at) end as replacement_known_at, -- when it was known which version that is, UTC
    c.source_url,            -- where it is stated
    c.fetch_id,              -- fetch that first showed it
    c.first_seen_at,         -- when it was first seen, UTC
    case when c.known_since > c.first_seen_at then c.known_since else c.first_seen_at end as known_at, -- known time, UTC
    c.ended_at,              -- first fetch without it, UTC; null while it goes on
    c.quarantine_reason      -- why it is not used; null if it is
from claims as c
left join core.aliases as a
    on a.alias = c.target and a.valid_from <= c.meant_on and c.meant_on < a.valid_to
left join core.aliases as b
    on b.alias = c.replacement_target and b.valid_from <= c.meant_on and c.meant_on < b.valid_to
left join core.models as m on m.model_id = a.model_id
left join core.vendors as v on v.vendor_id = m.vendor_id
