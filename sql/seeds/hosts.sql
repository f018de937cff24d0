-- Who serves models: the vendors' own APIs, clouds and inference firms.
-- key: host_id
-- check lists_is_known: lists in ('own', 'many', 'slugs', 'copies')
-- check has_source_date_and_licence: source_url like 'https://%' and publisher is not null and published_on is not null and licence is not null
select
    c.host_id, -- our id of the host
    c.name, -- name as a person writes it
    c.vendor_id, -- vendor that owns the host, if one does
    c.lists, -- own: its owner's models under the owner's names; many: other makers' too; slugs: under names of its own making; copies: it publishes others' weights again
    c.names_like, -- the source whose names of models it uses; null if its own
    c.name_prefix, -- what it writes before every model's name, with its dash; null for nothing
    cast(c.sells_tuned as boolean) as sells_tuned, -- it sells models tuned to be asked only, and leaves `instruct` out of their names
    c.source_url, -- where the fact is stated
    c.publisher, -- who states it
    cast(c.published_on as date) as published_on, -- day it was published: its known time
    c.licence, -- licence of the source
    c.note -- caveats
from csv_hosts as c
