-- Where a source's release date of a version is neither our announcement day nor our first day of sale.
-- key: model_id, source, kind, released_on
with claims as (
    select
        s.model_id,
        s.source,
        s.kind,
        s.released_on,
        count(distinct s.key) as names,
        min(s.known_at) as known_at,
        max(case when s.ended_at is null then 1 else 0 end) as going_on
    from core.releases_seen as s
    where s.quarantine_reason is null and s.model_id is not null and s.released_on is not null
    group by s.model_id, s.source, s.kind, s.released_on
)

select
    c.model_id,              -- version
    c.source,                -- source that dates it
    c.kind,                  -- announcement, api or database
    c.released_on,           -- day the source states
    r.announced_on,          -- our day of the announcement
    r.api_available_on,      -- our first day of paid API access
    r.evidence,              -- what our day rests on: curated, vendor_post, database, vendor_listing or host_listing
    case when r.announced_on is not null then date_diff('day', r.announced_on, c.released_on) end as days_after_announcement, -- source's day less announcement, days
    case when r.api_available_on is not null then date_diff('day', r.api_available_on, c.released_on) end as days_after_api, -- source's day less first day of sale, days
    c.released_on <> r.released_on and coalesce(c.released_on <> r.api_available_on, true) as is_disputed, -- differs from our day of release and from that of first API access
    c.names,                 -- names of the source that claim it
    c.known_at,              -- when the claim was first known, UTC
    c.going_on = 1 as is_current -- the source still says so
from claims as c
inner join core.releases as r on r.model_id = c.model_id
