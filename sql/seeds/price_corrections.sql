-- Prices of a feed that we hold to be wrong, with the reason; they are quarantined, never replaced.
-- key: source, spelling, input_usd_per_mtok, output_usd_per_mtok
-- check has_source_date_and_licence: source_url like 'https://%' and publisher is not null and published_on is not null and licence is not null
select
    c.source, -- feed
    c.spelling, -- name in the feed
    cast(c.input_usd_per_mtok as decimal(18, 9)) as input_usd_per_mtok, -- wrong input price as converted, USD per million tokens
    cast(c.output_usd_per_mtok as decimal(18, 9)) as output_usd_per_mtok, -- wrong output price as converted, USD per million tokens
    c.reason, -- why it is wrong
    c.source_url, -- where the fact is stated
    c.publisher, -- who states it
    cast(c.published_on as date) as published_on, -- day it was published: its known time
    c.licence, -- licence of the source
    c.note -- caveats
from csv_price_corrections as c
