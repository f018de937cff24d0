-- Launches: when each version was announced and when it could be used, by whom.
-- key: model_id
select
    r.event_id,              -- launch; several versions may share one
    r.model_id,              -- version launched
    r.event_type,            -- launch
    r.release_title,         -- what the launch was called
    r.announced_on,          -- day of the announcement
    r.api_available_on,      -- first day of paid API access, by anyone
    r.generally_available_on, -- first day everybody had access, where evidenced
    r.availability_scope,    -- who had access at first
    (
        lower(r.availability_scope) like '%tier%'
        or lower(r.availability_scope) like '%waitlist%'
        or lower(r.availability_scope) like '%limited%'
    ) and coalesce(r.generally_available_on > r.api_available_on, true) as is_limited_at_first, -- not everybody had access on the first day
    r.source_url,            -- where it is stated
    r.publisher,             -- who states it
    r.published_on,          -- known time
    r.licence,               -- licence of the source
    r.note                   -- caveats
from seeds.releases as r
