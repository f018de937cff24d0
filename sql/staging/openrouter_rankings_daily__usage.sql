-- Tokens a day on OpenRouter: the 50 most used models, and `other` for the rest. Each vendor counts
-- by its own tokenizer. Days are restated for some days after; a day sliding out of the window that
-- is served withdraws nothing: `ended_at` is when the day was restated.
-- key: key, first_seen_at
-- keep: state_id of staging.openrouter_daily_spans
-- check run_ends_after_it_begins: ended_at is null or ended_at > first_seen_at
-- check one_day: period_to = period_from + 1
with runs as (
    select
        r.key,
        r.fields->>'$.model_permaslug' as spelling,
        cast(r.fields->>'$.date' as date) as day,
        cast(r.fields->>'$.total_tokens' as bigint) as tokens,
        r.first_fetch_id,
        r.first_seen_at,
        r.previous_fetch_at,
        r.last_seen_at,
        r.ended_at,
        g.first_day_then,
        g.state_id
    from raw.openrouter_rankings_daily__usage as r
    inner join staging.openrouter_daily_spans as g
        on g.part = r.part
        and g.first_seen_at = r.first_seen_at
        and g.ended_at_or_never = coalesce(r.ended_at, timestamp '9999-12-31')
),

judged as (
    select
        u.*,
        u.ended_at is not null and coalesce(u.day >= u.first_day_then, true) as is_restated
    from runs as u
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
    cast(null as varchar) as quarantine_reason, -- why it is not used; null if it is
    j.state_id               -- hash of what it follows from, staging.openrouter_daily_spans
from judged as j
