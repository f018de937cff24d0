-- Models that pin the capability scale, so that values of different days compare.
-- key: model_id
-- check has_source_date_and_licence: (source_url like 'https://%' or source_url like 'docs/%') and publisher is not null and published_on is not null and licence is not null
select
    c.model_id, -- version
    cast(c.index_value as double) as index_value, -- value it has by definition, index points
    c.source_url, -- where the fact is stated
    c.publisher, -- who states it
    cast(c.published_on as date) as published_on, -- day it was published: its known time
    c.licence, -- licence of the source
    c.note -- caveats
from csv_capability_anchors as c
