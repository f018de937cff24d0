-- Firms and people that make models: the edition's, and those that sources name as makers.
-- key: vendor_id
with every_vendor as (
    select
        v.vendor_id,
        v.name,
        v.list_price_host_id,
        'edition' as registered_by,
        timestamp '1970-01-01 00:00:00' as known_since
    from seeds.vendors as v
    union all
    select
        r.vendor_id,
        r.name,
        cast(null as varchar) as list_price_host_id,
        r.registered_by,
        r.known_since
    from core.registered_vendors as r
)

select
    v.vendor_id,          -- our id
    v.name,               -- name as a person writes it
    v.list_price_host_id, -- host whose price is the vendor's list price; null if it sells none itself
    v.registered_by,      -- `edition`, or the source that named it first
    v.known_since         -- when it was registered, UTC
from every_vendor as v
