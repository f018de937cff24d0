-- Spellings that rules cannot decide, dated: an alias points to a version for a period.
-- key: spelling, source_or_any, valid_from_or_always
-- check period_is_not_empty: valid_to is null or valid_from is null or valid_to > valid_from
-- check has_source_date_and_licence: source_url like 'https://%' and publisher is not null and published_on is not null and licence is not null
select
    c.spelling, -- `vendor/name` of an API alias, or a bare display name; lower case
    c.source, -- the one source it holds for; null for any
    c.model_id, -- version meant
    c.configuration, -- configuration the spelling implies, if any
    cast(c.valid_from as date) as valid_from, -- first day it points there; null if always
    cast(c.valid_to as date) as valid_to, -- first day it no longer does; null while it does
    c.reason, -- why we say so
    c.source_url, -- where the fact is stated
    c.publisher, -- who states it
    cast(c.published_on as date) as published_on, -- day it was published: its known time
    c.licence, -- licence of the source
    c.note, -- caveats
    coalesce(c.source, 'any') as source_or_any, -- source, or any
    coalesce(cast(c.valid_from as date), date '0001-01-01') as valid_from_or_always -- first day, or the first of all days
from csv_aliases as c
