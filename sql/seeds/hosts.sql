-- Who serves models: the vendors' own APIs, clouds and inference firms.
-- key: host_id
-- check has_source_date_and_licence: source_url like 'https://%' and publisher is not null and published_on is not null and licence is not null
select
    c.host_id, -- our id of the host
    c.name, -- name as a person writes it
    c.vendor_id, -- vendor that owns the host, if one does
    c.source_url, -- where the fact is stated
    c.publisher, -- who states it
    cast(c.published_on as date) as published_on, -- day it was published: its known time
    c.licence, -- licence of the source
    c.note -- caveats
from csv_hosts as c
