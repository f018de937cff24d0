-- Every usable statement of a vendor's retiring its own version, of the edition and of the feeds.
-- key: source, key, first_seen_at
-- check says_when: deprecated_on is not null or shutdown_on is not null
with stated as (
    select
        'edition' as source,
        t.model_id as key,
        t.model_id,
        'curated' as evidence,
        t.deprecated_on,
        t.shutdown_on,
        t.replacement_model_id,
        cast(t.published_on as timestamp) as replacement_known_at,
        t.source_url,
        t.publisher,
        cast(t.published_on as timestamp) as first_seen_at,
        cast(t.published_on as timestamp) as known_at,
        cast(null as timestamp) as ended_at,
        t.licence
    from seeds.retirements as t
    union all
    select
        s.source,
        s.key,
        s.model_id,
        'vendor_page' as evidence,
        s.deprecated_on,
        s.shutdown_on,
        s.replacement_model_id,
        s.replacement_known_at,
        s.source_url,
        o.title as publisher,
        s.first_seen_at,
        s.known_at,
        s.ended_at,
        o.licence
    from core.retirements_seen as s
    inner join raw.sources as o on o.source = s.source
    where s.quarantine_reason is null and s.model_id is not null and s.is_by_vendor
)

select
    c.source,                -- feed, or `edition`
    c.key,                   -- the source's key of the claim
    c.model_id,              -- version retired
    c.evidence,              -- curated, or vendor_page as a feed read it
    c.deprecated_on,         -- day the retirement was announced; null if not known
    c.shutdown_on,           -- first day without service; null if not stated
    c.replacement_model_id,  -- replacement the vendor names
    c.replacement_known_at,  -- when it was known which version that is, UTC
    c.source_url,            -- where it is stated
    c.publisher,             -- who states it
    c.first_seen_at,         -- when it was published or first seen, UTC
    c.known_at,              -- known time, UTC: with its name understood
    c.ended_at,              -- fetch that said otherwise, UTC; null while it holds
    c.licence                -- licence of the source
from stated as c
