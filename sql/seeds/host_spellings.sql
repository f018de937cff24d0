-- How each feed spells a host.
-- key: source, spelling
-- check spelling_is_lower_case: spelling = lower(spelling)
-- check has_source_date_and_licence: source_url like 'https://%' and publisher is not null and published_on is not null and licence is not null
select
    c.source, -- feed
    c.spelling, -- provider or key prefix as the feed writes it, lower case
    c.host_id, -- the host meant
    c.own_models_of, -- vendor whose models alone stand under it, where the host has others too; null if not so
    c.source_url, -- where the fact is stated
    c.publisher, -- who states it
    cast(c.published_on as date) as published_on, -- day it was published: its known time
    c.licence, -- licence of the source
    c.note -- caveats
from csv_host_spellings as c
