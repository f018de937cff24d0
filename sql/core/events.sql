-- Launch events: one row per launch, with the day from which it can have an effect.
-- key: event_id
with launches as (
    select
        r.event_id,
        min(coalesce(r.release_title, r.event_id)) as title,
        min(r.announced_on) as announced_on,
        min(r.api_available_on) as effective_on,
        max(r.published_on) as known_on,
        count(*) as models,
        min(r.availability_scope) as availability_scope,
        max(case when r.is_limited_at_first then 1 else 0 end) as limited
    from core.releases as r
    where r.event_id is not null and r.api_available_on is not null
    group by r.event_id
)

select
    l.event_id,              -- our id of the launch
    l.title,                 -- what it was called
    l.announced_on,          -- day of the announcement
    l.effective_on,          -- day its effect can begin: first API access, not the announcement
    l.known_on,              -- day all of it was known
    l.models,                -- versions launched
    l.availability_scope,    -- who had access at first
    l.limited = 1 as is_limited_at_first -- not everybody had access on the first day
from launches as l
