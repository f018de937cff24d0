-- Posts of the vendors' news feeds, with what a title announces. A post dropping out of its feed
-- withdraws nothing (some feeds show the last ten only): `ended_at` is when the feed credibly said
-- otherwise of the same post.
-- key: key, first_seen_at
-- check run_ends_after_it_begins: ended_at is null or ended_at > first_seen_at
-- check is_dated_unless_quarantined: released_on is not null or quarantine_reason is not null
with items as (
    select
        r.key,
        r.fields->>'$.title' as title,
        r.fields->>'$.link' as link,
        cast(cast(replace(r.fields->>'$.published', 'Z', '') as timestamp) as date) as published_on,
        coalesce(r.fields->>'$.is_dated_at_build', 'false') = 'true' as is_dated_at_build,
        r.first_fetch_id,
        r.first_seen_at,
        r.previous_fetch_at,
        r.last_seen_at
    from raw.vendor_news_rss__releases as r
),

dated as (
    select
        i.*,
        case
            when i.published_on is null then 'the post has no date'
            when i.is_dated_at_build then 'dated with the moment of the crawl'
            -- A day of grace for time zones; beyond it nobody can have read the post already.
            when i.published_on > cast(i.first_seen_at as date) + 1 then 'dated after it was read'
        end as fault
    from items as i
),

compared as (
    select
        d.*,
        min(case when d.fault is null then d.published_on end) over (
            partition by d.key order by d.first_seen_at rows between unbounded preceding and 1 preceding
        ) as first_dated_on
    from dated as d
),

judged as (
    select
        c.*,
        -- A publisher that touches an old post moves its date; the launch was the first date.
        coalesce(c.fault, case when c.published_on > c.first_dated_on then 're-dated: it was first dated ' || c.first_dated_on end) as quarantine_reason
    from compared as c
),

named as (
    select
        j.*,
        -- "Introducing X 4 for developers", "Announcing X 4: ...": X 4. Cut short, a name without a
        -- version becomes another thing's name, so such a name must be the whole title.
        case
            when regexp_matches(j.title, '[0-9]') then nullif(trim(regexp_extract(
                j.title,
                '^(?:Introducing|Announcing|Meet|Hello|Launching|Releasing|(?:Open )?Release of)\s+(?:the\s+)?(?:'
                || '([^:,;!–—(|]*?[0-9].*?)(?:\s*[:,;!–—(|].*|\s+(?:for|in|and|with|on|is|to|from|now)\b.*)?'
                || '|.*)$',
                1
            )), '')
            when not regexp_matches(j.title, '\b(for|in|and|with|on|is|to|from|our)\b') and len(string_split(j.title, ' ')) <= 4
                then nullif(trim(regexp_extract(j.title, '^(?:Introducing|Announcing|Meet|Hello|Launching|Releasing|(?:Open )?Release of)\s+([^:,;!–—(|.]+)$', 1)), '')
        end as announced,
        -- A bare name: few words, one of them with a digit, no sentence.
        case
            when regexp_matches(j.title, '[0-9]') and not regexp_matches(j.title, '[:,;!?$%]')
                and len(string_split(j.title, ' ')) <= 4
                then j.title
        end as bare_name
    from judged as j
)

select
    'vendor_news_rss' as source, -- source name
    n.key,                   -- feed and address of the post
    coalesce(n.announced, n.bare_name) as spelling, -- what the title announces; null if it is no launch's title
    n.title,                 -- title of the post
    n.published_on as released_on, -- day of the post, UTC
    'announcement' as kind,  -- a post announces; sale may begin later
    n.link as source_url,    -- the post
    n.first_fetch_id as fetch_id, -- fetch that first showed it
    n.first_seen_at,         -- when it was first seen, UTC
    n.previous_fetch_at,     -- last fetch without it, UTC; null if the feed was not read before
    case
        when lead(n.first_seen_at) over (partition by n.key, n.quarantine_reason is null order by n.first_seen_at) is not null
            then n.last_seen_at
    end as last_seen_at,     -- last fetch that still said so, UTC; null while it holds
    lead(n.first_seen_at) over (partition by n.key, n.quarantine_reason is null order by n.first_seen_at) as ended_at, -- first fetch that credibly said otherwise, UTC; null while it holds
    n.quarantine_reason      -- why it is not used; null if it is
from named as n
