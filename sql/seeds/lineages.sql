-- Families of price sources; agreement within a family confirms nothing.
-- key: lineage_id
-- check has_source_date_and_licence: (source_url like 'https://%' or source_url like 'docs/%') and publisher is not null and published_on is not null and licence is not null
select
    c.lineage_id, -- our id
    c.name, -- name in a sentence
    cast(c.reliability_rank as integer) as reliability_rank, -- 1 is trusted most when nothing else decides
    c.source_url, -- where the fact is stated
    c.publisher, -- who states it
    cast(c.published_on as date) as published_on, -- day it was published: its known time
    c.licence, -- licence of the source
    c.note -- caveats
from csv_lineages as c
