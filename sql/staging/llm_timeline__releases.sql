-- Launches named in an export of three vendors' news and changelogs. Its tags come from a matcher
-- that finds names anywhere in the text and drops `-preview`: a tag counts only where the title
-- announces it.
-- key: key, first_seen_at
-- check run_ends_after_it_begins: ended_at is null or ended_at > first_seen_at
with runs as (
    select
        r.key,
        split_part(r.key, '|', 1) as event,
        regexp_replace(lower(r.fields->>'$.vendor'), '[^a-z0-9]+', '-', 'g') as vendor,
        r.fields->>'$.model' as model,
        r.fields->>'$.event_date' as stated,
        r.fields->>'$.title' as title,
        r.fields->>'$.link' as link,
        -- What stands before a colon or comma, as words joined by hyphens.
        trim(regexp_replace(lower(regexp_extract(r.fields->>'$.title', '^[^:,]+')), '[^a-z0-9]+', '-', 'g'), '-') as headline,
        trim(regexp_replace(lower(r.fields->>'$.model'), '[^a-z0-9]+', '-', 'g'), '-') as name,
        regexp_replace(lower(r.fields->>'$.link'), '[^a-z0-9]+', '-', 'g') as address,
        r.first_fetch_id,
        r.first_seen_at,
        r.previous_fetch_at,
        r.last_seen_at,
        r.ended_at
    from raw.llm_timeline__releases as r
),

dated as (
    select
        u.*,
        case
            -- OpenAI's come from a feed with times in UTC. The exporter, in Korea, turned the
            -- others' days into midnights there: 15:00 UTC of the day before, cut to that day
            -- where no time is left. Another time of day is a real one.
            when u.vendor = 'openai' then cast(u.stated[1:10] as date)
            when length(u.stated) = 10 then cast(u.stated as date) + 1
            when u.stated[12:19] = '15:00:00' then cast(u.stated[1:10] as date) + 1
            else cast(u.stated[1:10] as date)
        end as released_on,
        -- With a verb of launching, the name or a second one after "and"; without, the name alone.
        regexp_matches(
            u.headline,
            '^(introducing|announcing|released|launched|we-ve-launched|hello|meet|new)-(the-)?'
            || '(' || u.vendor || '-)?(([a-z0-9]+-){1,5}and-)?(' || u.vendor || '-)?' || u.name
            || '($|-(preview|for|in|and|the|as|our)(-|$))'
        )
        or regexp_matches(
            u.headline,
            '^(' || u.vendor || '-)?' || u.name || '(-preview)?($|-is-here$|-(is-now-)?generally-available$)'
        ) as is_announced,
        exists (
            select 1 from runs as other
            where other.event = u.event and other.name <> u.name and starts_with(other.name, u.name)
        ) as is_part_of_another
    from runs as u
),

judged as (
    select
        d.*,
        -- The address keeps the word that the tag lost, and with it another model's name.
        d.model || case when contains(d.address, d.name || '-preview') then '-preview' else '' end as spelling,
        case
            when d.is_part_of_another then 'the tag is the beginning of another tag of the same post'
            when not d.is_announced then 'the title does not announce this name'
            when d.released_on > cast(d.first_seen_at as date) + 1 then 'dated after it was read'
        end as fault
    from dated as d
),

ranked as (
    select
        j.*,
        min(case when j.fault is null then j.released_on end) over (partition by j.vendor, j.spelling) as first_released_on
    from judged as j
)

select
    'llm_timeline' as source, -- source name
    d.key,                   -- event and tag
    d.spelling,              -- the export's name for the model
    d.title,                 -- title of the post or note
    d.released_on,           -- day, UTC, put right
    case
        when regexp_matches(d.link, '^https?://(ai\.google\.dev|(docs\.)?cloud\.google\.com|docs\.cloud\.google\.com|platform\.claude\.com)/')
            then 'api'
        else 'announcement'
    end as kind,             -- announcement, or api where it is the API's own changelog
    d.link as source_url,    -- the post or note
    d.first_fetch_id as fetch_id, -- fetch that first showed it
    d.first_seen_at,         -- when it was first seen, UTC
    d.previous_fetch_at,     -- last fetch without it, UTC; null if the export was not read before
    d.last_seen_at,          -- last fetch that still showed it, UTC; null while it goes on
    d.ended_at,              -- first fetch without it, UTC; null while it goes on
    coalesce(
        d.fault,
        case when d.released_on > d.first_released_on then 'announced before, on ' || d.first_released_on || ': an update' end
    ) as quarantine_reason   -- why it is not used; null if it is
from ranked as d
