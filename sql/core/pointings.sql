-- Where a moving name pointed, as far as listings show it; what the edition knows is seeds.aliases.
-- key: alias, valid_from
-- check period_is_not_empty: valid_to > valid_from
-- python: pipelines.identity
select
    cast(p.alias as varchar) as alias,           -- moving name: `vendor/name`, or a spelling ` in <source>`
    cast(p.source as varchar) as source,         -- the one source whose spelling it is; null for any
    cast(p.model_id as varchar) as model_id,     -- version it points to in the period, core.models
    cast(p.valid_from as date) as valid_from,    -- first day of the period
    cast(p.valid_to as date) as valid_to,        -- first day after the period
    cast(p.known_on as date) as known_on,        -- day the listing showed it
    cast(p.ended_known_on as date) as ended_known_on, -- day it was seen to have ended; null while it lasts
    cast(p.reason as varchar) as reason          -- why we say so
from computed_pointings as p
