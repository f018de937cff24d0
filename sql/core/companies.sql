-- Products and firms that are not models, with their role towards model APIs.
-- key: company_id
select
    c.company_id,            -- our id
    c.name,                  -- name
    c.segment_id,            -- segment
    c.kind,                  -- start-up, non-profit, listed, product ...
    c.role,                  -- substitute, buyer, open_producer, vendor_owned, formal_proof or low_overlap
    c.founded,               -- when it began, as the source says
    c.began_on_earliest,     -- first day of the period in which it began; null if not known
    c.began_on_latest,       -- last day of it; null if not known
    c.role_since,            -- first day of its role, if that is later than its beginning
    c.role_until,            -- first day of another role; null while it lasts
    c.sells,                 -- what it sells or gives
    c.price_to_user,         -- what the user pays, as the source says
    c.capability_benchmark_id, -- benchmark on which its own capability is published
    c.capability_score,      -- its score there, percent
    c.observed,              -- what was observed after the launch
    c.evidence_grade,        -- read, secondary, memory or not found
    c.source_url,            -- where it is stated
    c.publisher,             -- who states it
    c.published_on,          -- known time
    c.licence                -- licence of the source
from seeds.companies as c
