-- Which benchmark is a part of which composite: a composite is no evidence beside its own parts.
-- key: part_id, whole_id
-- check has_source_date_and_licence: source_url like 'https://%' and publisher is not null and published_on is not null and licence is not null
select
    c.part_id, -- benchmark
    c.whole_id, -- composite that counts it in
    c.source_url, -- where the fact is stated
    c.publisher, -- who states it
    cast(c.published_on as date) as published_on, -- day it was published: its known time
    c.licence, -- licence of the source
    c.note -- caveats
from csv_benchmark_parts as c
