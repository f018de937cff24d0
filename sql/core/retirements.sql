-- When versions were deprecated and shut down by their vendor: the edition's statement, else what the
-- vendor's page last said by a feed. Every claim stays in core.retirement_claims.
-- key: model_id
select
    t.model_id,              -- version retired
    t.deprecated_on,         -- day the retirement was announced; null if not known
    t.shutdown_on,           -- first day without service; null if not stated
    t.replacement_model_id,  -- replacement the vendor names
    t.evidence,              -- curated, or vendor_page as a feed read it
    t.is_disputed,           -- sources state different days of shutdown
    t.source,                -- feed, or `edition`
    t.source_url,            -- where it is stated
    t.publisher,             -- who states it
    cast(t.known_at as date) as published_on, -- known time
    t.licence                -- licence of the source
from retirements_known(null) as t
