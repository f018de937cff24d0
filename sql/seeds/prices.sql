-- Dated list and street prices of the bundled edition, USD per million tokens.
-- key: model_id, host_id, variant, valid_from_latest, lineage, publisher, published_on
-- check price_is_credible: price_fault(input_usd_per_mtok, output_usd_per_mtok) is null
-- check start_is_ordered: valid_from_earliest is null or valid_from_earliest <= valid_from_latest
-- check end_is_after_start: valid_to is null or valid_to > valid_from_latest
-- check evidence_is_named: evidence in ('vendor_statement', 'dated_observation', 'secondary')
-- check has_source_date_and_licence: source_url like 'https://%' and publisher is not null and published_on is not null and licence is not null
select
    c.model_id, -- version sold
    c.host_id, -- who sells it
    c.variant, -- standard, batch, non_thinking (where thinking costs more) ...
    cast(c.input_usd_per_mtok as decimal(18, 9)) as input_usd_per_mtok, -- input price, USD per million tokens
    cast(c.output_usd_per_mtok as decimal(18, 9)) as output_usd_per_mtok, -- output price, USD per million tokens
    cast(c.cache_read_usd_per_mtok as decimal(18, 9)) as cache_read_usd_per_mtok, -- cached input read, USD per million tokens
    cast(c.cache_write_usd_per_mtok as decimal(18, 9)) as cache_write_usd_per_mtok, -- cache write, USD per million tokens
    cast(c.valid_from_earliest as date) as valid_from_earliest, -- first day it may have held
    cast(c.valid_from_latest as date) as valid_from_latest, -- first day it is known to have held
    cast(c.valid_to as date) as valid_to, -- first day it no longer held, where a dated fact says so
    c.lineage, -- source family the fact comes from; `vendor` for the vendor itself
    c.evidence, -- vendor_statement, dated_observation or secondary
    c.source_url, -- where the fact is stated
    c.publisher, -- who states it
    cast(c.published_on as date) as published_on, -- day it was published: its known time
    c.licence, -- licence of the source
    c.note -- caveats
from csv_prices as c
