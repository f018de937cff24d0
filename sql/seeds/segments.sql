-- Kinds of demand: a basket of abilities, a workload, a price band and a latency need.
-- key: segment_id
-- check band_is_ordered: price_band_low_share < price_band_high_share
-- check mix_sums_to_one: abs(input_share + output_share - 1) < 0.0001
-- check has_source_date_and_licence: (source_url like 'https://%' or source_url like 'docs/%') and publisher is not null and published_on is not null and licence is not null
select
    c.segment_id, -- our id
    c.name, -- name in a sentence
    c.kind, -- models or companies
    cast(c.price_band_low_share as double) as price_band_low_share, -- lower end of the price band, as a quantile of what is on offer that day
    cast(c.price_band_high_share as double) as price_band_high_share, -- upper end of the price band, as a quantile of what is on offer that day
    cast(c.input_share as double) as input_share, -- share of input among the tokens of its workload
    cast(c.output_share as double) as output_share, -- share of output among the tokens of its workload
    cast(c.needs_low_latency as boolean) as needs_low_latency, -- models that think before answering are out
    c.rationale, -- why the segment is drawn so
    c.source_url, -- where the fact is stated
    c.publisher, -- who states it
    cast(c.published_on as date) as published_on, -- day it was published: its known time
    c.licence, -- licence of the source
    c.note -- caveats
from csv_segments as c
