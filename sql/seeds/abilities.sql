-- What capability is divided into; each benchmark is evidence for one.
-- key: ability_id
-- check has_source_date_and_licence: (source_url like 'https://%' or source_url like 'docs/%') and publisher is not null and published_on is not null and licence is not null
select
    c.ability_id, -- our id
    c.name, -- name in a sentence
    c.description, -- what it covers
    c.source_url, -- where the fact is stated
    c.publisher, -- who states it
    cast(c.published_on as date) as published_on, -- day it was published: its known time
    c.licence, -- licence of the source
    c.note -- caveats
from csv_abilities as c
