-- How sources write vendors: as owner in a path, as organisation in a table, as word before a name.
-- A vendor of no line here is known by its own spelling, less case, separators and a trailing `ai`.
-- key: spelling
-- check has_source_date_and_licence: source_url like 'https://%' and publisher is not null and published_on is not null and licence is not null
select
    c.spelling, -- lower case, words joined by `-`
    c.vendor_id, -- vendor meant, seeds.vendors
    cast(c.is_product as boolean) as is_product, -- the word is a part of its models' names too (`qwen`, `mistral`)
    c.reason, -- why we say so
    c.source_url, -- where the fact is stated
    c.publisher, -- who states it
    cast(c.published_on as date) as published_on, -- day it was published: its known time
    c.licence, -- licence of the source
    c.note -- caveats
from csv_vendor_spellings as c
