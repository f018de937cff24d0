-- Tokens a week of the 9 or 10 models most used on OpenRouter, without the rest, as a third party
-- kept them; rounded to whole billions from 2026-02-16. The weeks before the collection began were
-- filled in later: their known time is the archive's, not a reader's of that week.
-- key: key, first_seen_at
-- check run_ends_after_it_begins: ended_at is null or ended_at > first_seen_at
-- check one_week: period_to = period_from + 7
with runs as (
    select
        r.key,
        r.fields->>'$.slug' as spelling,
        cast(r.fields->>'$.date' as date) as day,
        cast(r.fields->>'$.total_tokens' as bigint) as tokens,
        cast(r.fields->>'$.rank' as integer) as rank,
        r.first_fetch_id,
        r.first_seen_at,
        r.previous_fetch_at,
        r.last_seen_at,
        r.ended_at
    from raw.openrouter_rankings_weekly__usage as r
),

weeks as (
    select
        u.*,
        -- A Sunday is the last day of its week. A later file, of a Monday, is the seven days before
        -- it: the page's running week of the Sunday gives 92% of it, as at eight in the morning.
        isodow(u.day) = 7 as ends_on_sunday
    from runs as u
)

select
    'openrouter_rankings_weekly' as source, -- source name
    w.key,                   -- date of the file and model
    case when w.ends_on_sunday then 'weekly_sunday' else 'weekly_rolling' end as series, -- calendar weeks, or seven days before the day of the file
    w.spelling,              -- OpenRouter's permanent name, `:free` and the like kept
    case when w.ends_on_sunday then w.day - 6 else w.day - 7 end as period_from, -- first day
    case when w.ends_on_sunday then w.day + 1 else w.day end as period_to, -- day after the last
    w.tokens,                -- prompt and completion tokens
    cast(null as double) as share, -- not stated, and not to be had without the rest
    w.rank,                  -- rank in the week, 1 the most used
    w.first_fetch_id as fetch_id, -- fetch that first showed it
    w.first_seen_at,         -- when it was first seen, UTC
    w.previous_fetch_at,     -- last fetch without it, UTC; null if the file was not read before
    w.last_seen_at,          -- last fetch that still showed it, UTC; null while it goes on
    w.ended_at,              -- first fetch without it, UTC; null while it goes on
    case when w.tokens <= 0 then 'no tokens counted' end as quarantine_reason -- why it is not used; null if it is
from weeks as w
