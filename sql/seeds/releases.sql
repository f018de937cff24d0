-- When each version was announced and when its API could be used, by whom.
-- key: model_id
-- check announced_no_later_than_sold_unless_previewed: announced_on is not null or api_available_on is not null
-- check has_source_date_and_licence: source_url like 'https://%' and publisher is not null and published_on is not null and licence is not null
select
    c.event_id, -- launch it belongs to
    c.model_id, -- version launched
    c.event_type, -- launch
    cast(c.announced_on as date) as announced_on, -- day of the announcement
    cast(c.api_available_on as date) as api_available_on, -- first day of paid API access, by anyone
    cast(c.generally_available_on as date) as generally_available_on, -- first day everybody had access, where evidenced
    c.availability_scope, -- who had access at first
    c.release_title, -- what the launch was called
    c.source_url, -- where the fact is stated
    c.publisher, -- who states it
    cast(c.published_on as date) as published_on, -- day it was published: its known time
    c.licence, -- licence of the source
    c.note -- caveats
from csv_releases as c
