-- Epoch's Capabilities Index by model version, from the hub's zip. Versions of one group share
-- a value, so equal values are one measurement, not several.
-- key: key, first_seen_at
-- check run_ends_after_it_begins: ended_at is null or ended_at > first_seen_at
select
    'epoch_hub' as source,     -- source name
    r.key,                   -- the row's key
    trim(r.fields->>'$.model_version') as spelling, -- the source's name, verbatim
    r.fields->>'$.group' as group_name, -- the model of which it is a version or configuration
    'version' as scope,    -- version, or group: the best of a model's versions and efforts
    epoch_configuration(trim(r.fields->>'$.model_version')) as configuration, -- effort or budget joined to the name
    r.fields->>'$.title' as title, -- shown name
    cast(cast(r.fields->>'$.score' as decimal(38, 18)) as decimal(9, 3)) as index_points, -- index value in the publisher's own points
    cast(null as decimal(9, 3)) as index_points_low, -- lower end of its 90% interval, where given
    cast(null as decimal(9, 3)) as index_points_high, -- upper end of its 90% interval, where given
    r.fields->>'$.organisation' as organisation, -- who made it
    try_cast(r.fields->>'$.released_on' as date) as released_on, -- day of release, where given
    r.first_fetch_id as fetch_id, -- fetch that first showed it
    r.first_seen_at,         -- when it was first seen, UTC
    r.previous_fetch_at,     -- last fetch without it, UTC; null if the source was not read before
    r.last_seen_at,          -- last fetch that still showed it, UTC; null while it goes on
    r.ended_at,              -- first fetch without it, UTC; null while it goes on
    case
        when cast(r.fields->>'$.score' as decimal(38, 18)) not between 0 and 1000 then 'outside any index value'
    end as quarantine_reason -- why it is not used; null if it is
from raw.epoch_hub__index as r
