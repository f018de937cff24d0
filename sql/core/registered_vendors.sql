-- Vendors that no seed knows: sources name them as makers of models.
-- key: vendor_id
-- python: pipelines.identity
select
    cast(v.vendor_id as varchar) as vendor_id,   -- our id of the vendor, after its spelling
    cast(v.name as varchar) as name,             -- as the source writes it
    cast(v.registered_by as varchar) as registered_by, -- source that named it first
    cast(v.known_since as timestamp) as known_since -- when it was first named, UTC
from computed_registered_vendors as v
