-- Mixes of tokens at which the prices of a model are added up to one.
-- key: workload_id
-- check shares_are_shares: output_share between 0 and 1 and cached_share between 0 and 1
-- check has_source_date_and_licence: (source_url like 'https://%' or source_url like 'docs/%') and publisher is not null and published_on is not null and licence is not null
select
    c.workload_id, -- our id
    cast(c.output_share as double) as output_share, -- share of tokens that are written
    cast(c.cached_share as double) as cached_share, -- share of tokens read that come from the cache
    c.description, -- whose mix it is
    c.source_url, -- where the fact is stated
    c.publisher, -- who states it
    cast(c.published_on as date) as published_on, -- day it was published: its known time
    c.licence, -- licence of the source
    c.note -- caveats
from csv_workloads as c
