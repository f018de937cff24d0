-- Every usable date of a launch, of the edition and of the feeds: one row per claim and what it dates.
-- A feed that lists other firms' models under many hosts speaks with one voice, its vendor's own row.
-- key: source, key, about, first_seen_at
-- check is_dated: claimed_on is not null and known_at is not null
with curated as (
    select
        'edition' as source,
        'edition' as lineage,
        r.model_id as key,
        r.model_id,
        r.announced_on,
        r.api_available_on,
        r.source_url,
        r.publisher,
        cast(r.published_on as timestamp) as known_at,
        r.licence
    from seeds.releases as r
),

stated as (
    select
        c.source,
        c.lineage,
        c.key,
        c.model_id,
        'announcement' as about,
        'curated' as evidence,
        c.announced_on as claimed_on,
        c.source_url,
        c.publisher,
        c.known_at as first_seen_at,
        c.known_at,
        cast(null as timestamp) as ended_at,
        c.licence
    from curated as c
    where c.announced_on is not null
    union all
    select
        c.source,
        c.lineage,
        c.key,
        c.model_id,
        'api' as about,
        'curated' as evidence,
        c.api_available_on as claimed_on,
        c.source_url,
        c.publisher,
        c.known_at as first_seen_at,
        c.known_at,
        cast(null as timestamp) as ended_at,
        c.licence
    from curated as c
    where c.api_available_on is not null
    union all
    select
        s.source,
        o.lineage,
        s.key,
        s.model_id,
        s.kind as about,
        case
            when s.kind in ('announcement', 'api') then 'vendor_post'
            when o.kind <> 'pricing' then 'database'
            when split_part(s.key, '/', 1) = split_part(s.model_id, '/', 1) then 'vendor_listing'
            else 'host_listing'
        end as evidence,
        s.released_on as claimed_on,
        s.source_url,
        o.title as publisher,
        s.first_seen_at,
        s.known_at,
        s.ended_at,
        o.licence
    from core.releases_seen as s
    inner join raw.sources as o on o.source = s.source
    where s.quarantine_reason is null and s.model_id is not null and s.released_on is not null
)

select
    c.source,                -- feed, or `edition`
    c.lineage,               -- source family; only different families confirm each other
    c.key,                   -- the source's key of the claim
    c.model_id,              -- version launched
    c.about,                 -- announcement, api (first paid API access) or database (a release date, of which the source does not say)
    c.evidence,              -- curated, vendor_post, database, vendor_listing (its own row in a list) or host_listing
    c.claimed_on,            -- day claimed, UTC
    c.source_url,            -- where it is stated
    c.publisher,             -- who states it
    c.first_seen_at,         -- when it was published or first seen, UTC
    c.known_at,              -- known time, UTC: with its name understood
    c.ended_at,              -- first fetch without it, UTC; null while it goes on
    c.licence                -- licence of the source
from stated as c
