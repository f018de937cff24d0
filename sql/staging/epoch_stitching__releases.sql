-- When the frozen repository says each model version was released; versions it gives no date for are absent.
-- key: key, first_seen_at
-- check run_ends_after_it_begins: ended_at is null or ended_at > first_seen_at
select
    'epoch_stitching' as source,  -- source name
    r.key,                   -- `release/` and the version
    -- Two ids end in a space.
    trim(r.fields->>'$.model_version') as spelling, -- Epoch's model version, effort suffix and all
    r.fields->>'$.title' as title, -- shown name, where given
    try_cast(r.fields->>'$.released_on' as date) as released_on, -- day of release
    'database' as kind,      -- announcement, api or database
    'https://github.com/epoch-research/benchmark-stitching/blob/main/data/model_versions.csv' as source_url, -- where it is stated
    r.first_fetch_id as fetch_id, -- fetch that first showed it
    r.first_seen_at,         -- when it was first seen, UTC
    r.previous_fetch_at,     -- last fetch without it, UTC; null if the source was not read before
    r.last_seen_at,          -- last fetch that still showed it, UTC; null while it goes on
    r.ended_at,              -- first fetch without it, UTC; null while it goes on
    case
        when try_cast(r.fields->>'$.released_on' as date) is null then 'no ISO date'
    end as quarantine_reason -- why it is not used; null if it is
from raw.epoch_stitching__releases as r
