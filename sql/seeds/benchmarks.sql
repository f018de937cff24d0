-- What each benchmark measures, its unit, and where guessing and the ceiling lie.
-- key: benchmark_id
-- check unit_is_known: unit in ('percent', 'elo')
-- check elo_has_a_reference: unit <> 'elo' or elo_reference is not null
-- check has_source_date_and_licence: source_url like 'https://%' and publisher is not null and published_on is not null and licence is not null
select
    c.benchmark_id, -- our id
    c.name, -- name as its authors write it
    c.ability_id, -- ability it is evidence for; `general` counts for the overall value only
    c.metric, -- metric its results use unless they say otherwise
    c.unit, -- percent (0 to 100) or elo
    cast(c.chance_share as double) as chance_share, -- share of points a guesser gets
    cast(c.ceiling_share as double) as ceiling_share, -- share of points a perfect model gets
    cast(c.elo_reference as double) as elo_reference, -- rating of the fixed opponent against which a rating becomes an expected score
    c.description, -- what it asks
    c.source_url, -- where the fact is stated
    c.publisher, -- who states it
    cast(c.published_on as date) as published_on, -- day it was published: its known time
    c.licence, -- licence of the source
    c.note -- caveats
from csv_benchmarks as c
