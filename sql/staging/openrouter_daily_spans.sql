-- From when to when OpenRouter served days of usage as they are, a row per such span, with a hash of what it
-- said: staging.openrouter_rankings_daily__usage is made anew for the spans where it is another.
-- key: part, first_seen_at, ended_at_or_never
-- python: pipelines.openrouter_daily_spans
select
    cast(s.part as varchar) as part, -- file of the source
    cast(s.first_seen_at as timestamp) as first_seen_at, -- fetch that first showed the span's days so, UTC
    cast(s.ended_at_or_never as timestamp) as ended_at_or_never, -- first fetch that no longer did, UTC; 9999-12-31 while it goes on
    cast(s.first_day_then as date) as first_day_then, -- first day in what was served when it ended; null if nothing was, or while it goes on
    cast(s.state_id as varchar) as state_id -- hash of what was said, and of that day
from computed_openrouter_daily_spans as s
