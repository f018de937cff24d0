-- Firms that make models.
-- key: vendor_id
select
    v.vendor_id,          -- our id
    v.name,               -- name as a person writes it
    v.list_price_host_id -- host whose price is the vendor's list price; null if it sells none itself
from seeds.vendors as v
