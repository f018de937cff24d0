-- Tokens a day on OpenRouter: the 50 most used models, and `other` for the rest. Each vendor counts
-- by its own tokenizer. Days are restated for some days after; a day sliding out of the window that
-- is served withdraws nothing: `ended_at` is when the day was restated.
-- key: key, first_seen_at
-- check run_ends_after_it_begins: ended_at is null or ended_at > first_seen_at
-- check one_day: period_to = period_from + 1
with runs as (
    select
        r.key,
        r.part,
        r.fields->>'$.model_permaslug' as spelling,
        cast(r.fields->>'$.date' as date) as day,
        cast(r.fields->>'$.total_tokens' as bigint) as tokens,
        r.first_fetch_id,
        r.first_seen_at,
        r.previous_fetch_at,
        r.last_seen_at,
        r.ended_at
    from raw.openrouter_rankings_daily__usage as r
),

-- Runs of one day begin and end together: one of them speaks for all.
spans as (
    select
        r.part,
        r.first_seen_at,
        r.ended_at,
        min(r.day) as first_day
    from runs as r
    group by r.part, r.first_seen_at, r.ended_at
),

windows as (
    select
        e.part,
        e.ended_at,
        min(u.first_day) as first_day
    from (select distinct v.part, v.ended_at from spans as v where v.ended_at is not null) as e
    inner join spans as u
        on u.part = e.part and u.first_seen_at <= e.ended_at and (u.ended_at is null or u.ended_at > e.ended_at)
    group by e.part, e.ended_at
),

judged as (
    select
        u.*,
        u.ended_at is not null and coalesce(u.day >= w.first_day, true) as is_restated
    from runs as u
    left join windows as w on w.part = u.part and w.ended_at = u.ended_at
)

select
    'openrouter_rankings_daily' as source, -- source name
    j.key,                   -- day and model
    'daily' as series,       -- complete UTC days
    j.spelling,              -- OpenRouter's permanent name, `:free` and the like kept; `other` for all the rest
    j.day as period_from,    -- the day, UTC
    j.day + 1 as period_to,  -- the day after
    j.tokens,                -- prompt and completion tokens
    cast(null as double) as share, -- not stated; a day's total with `other` is complete
    cast(null as integer) as rank, -- not stated
    j.first_fetch_id as fetch_id, -- fetch that first showed it
    j.first_seen_at,         -- when it was first seen, UTC
    j.previous_fetch_at,     -- last fetch without it, UTC; null if the data was not read before
    case when j.is_restated then j.last_seen_at end as last_seen_at, -- last fetch that still said so, UTC; null while it holds
    case when j.is_restated then j.ended_at end as ended_at, -- fetch that restated it, UTC; null while it holds
    cast(null as varchar) as quarantine_reason -- why it is not used; null if it is
from judged as j
