-- Firms that make models.
-- key: vendor_id
-- check has_source_date_and_licence: source_url like 'https://%' and publisher is not null and published_on is not null and licence is not null
select
    c.vendor_id, -- our id of the vendor
    c.name, -- name as a person writes it
    c.list_price_host_id, -- host whose price is the vendor's list price; null if it sells none itself
    c.source_url, -- where the fact is stated
    c.publisher, -- who states it
    cast(c.published_on as date) as published_on, -- day it was published: its known time
    c.licence, -- licence of the source
    c.note -- caveats
from csv_vendors as c
