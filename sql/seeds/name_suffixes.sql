-- Words joined behind a version's name that name no other version: how it is served, or asked.
-- Only words of which no vendor, host or source in the scope makes another version's name.
-- key: word, vendor_or_any, source_or_any, host_or_any
-- check kind_is_known: kind in ('variant', 'recast', 'configuration')
-- check has_source_date_and_licence: source_url like 'https://%' and publisher is not null and published_on is not null and licence is not null
select
    c.word, -- the word, lower case, its parts joined by `-`
    c.kind, -- variant (way of serving), recast (weights converted) or configuration (way of asking)
    c.meaning, -- what it says, in our words
    c.vendor_id, -- the one vendor whose names may lose it; null for any
    c.source, -- the one source that writes it; null for any
    c.host_id, -- the one host that writes it; null for any
    c.reason, -- why we say so
    c.source_url, -- where it is seen
    c.publisher, -- who states it
    cast(c.published_on as date) as published_on, -- day it was published: its known time
    c.licence, -- licence of the source
    c.note, -- caveats
    coalesce(c.vendor_id, 'any') as vendor_or_any, -- vendor, or any
    coalesce(c.source, 'any') as source_or_any, -- source, or any
    coalesce(c.host_id, 'any') as host_or_any -- host, or any
from csv_name_suffixes as c
