-- How much each ability weighs in a segment.
-- key: segment_id, ability_id
-- check weight_is_a_share: weight > 0 and weight <= 1
-- check has_source_date_and_licence: (source_url like 'https://%' or source_url like 'docs/%') and publisher is not null and published_on is not null and licence is not null
select
    c.segment_id, -- segment
    c.ability_id, -- ability
    cast(c.weight as double) as weight, -- share of the basket
    c.source_url, -- where the fact is stated
    c.publisher, -- who states it
    cast(c.published_on as date) as published_on, -- day it was published: its known time
    c.licence, -- licence of the source
    c.note -- caveats
from csv_segment_baskets as c
