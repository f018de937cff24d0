-- Launches: when each version was announced and when it could be used, by whom. The edition's where
-- it has one; for the rest the best supported date of the feeds (releases_known), which belongs to
-- no launch event of ours. Every date claimed stays in core.release_claims.
-- key: model_id
-- check is_dated: released_on is not null and published_on is not null
-- check curated_dates_stand: evidence <> 'curated' or event_id is not null
select
    r.event_id,              -- launch, several versions may share one; null for a version only feeds date
    k.model_id,              -- version launched
    coalesce(r.event_type, 'launch') as event_type, -- launch
    r.release_title,         -- what the launch was called
    k.announced_on,          -- day of the announcement; null if no dated announcement is known
    k.api_available_on,      -- first day of paid API access, by anyone; null if not known
    r.generally_available_on, -- first day everybody had access, where evidenced
    r.availability_scope,    -- who had access at first; null if not known
    (
        lower(r.availability_scope) like '%tier%'
        or lower(r.availability_scope) like '%waitlist%'
        or lower(r.availability_scope) like '%limited%'
    ) and coalesce(r.generally_available_on > r.api_available_on, true) as is_limited_at_first, -- not everybody had access on the first day; null if not known
    k.released_on,           -- the announcement, else the first API access, else a database's release date
    k.evidence,              -- curated, vendor_post, database, vendor_listing or host_listing: the best first
    k.lineages,              -- independent families that claim released_on
    k.dates_claimed,         -- different days claimed by all sources
    k.is_disputed,           -- a source claims a day that is neither announcement nor API access; of hosts' lists only where nothing better dates it
    c.source,                -- feed, or `edition`
    c.source_url,            -- where it is stated
    c.publisher,             -- who states it
    cast(k.known_at as date) as published_on, -- known time
    c.licence,               -- licence of the source
    r.note                   -- caveats
from releases_known(null) as k
inner join core.release_claims as c
    on c.source || '|' || c.key || '|' || cast(c.first_seen_at as varchar) = k.claim
    and c.model_id = k.model_id and c.claimed_on = k.released_on
    and c.about = case
        when k.announced_on is not null then 'announcement'
        when k.api_available_on is not null then 'api'
        else 'database'
    end
left join seeds.releases as r on r.model_id = k.model_id and k.evidence = 'curated'
