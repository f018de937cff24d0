-- Retirements from providers' deprecation pages. `announcement_date` is the day of the first scrape
-- since 2026-03, and `deprecation_date` repeats the shutdown where a page states no other; neither
-- is then a day of deprecation. A row dropping out after its shutdown withdraws nothing, because pages
-- drop old rows: it holds until the list credibly says otherwise. Before its shutdown it is withdrawn.
-- key: key, first_seen_at
-- check run_ends_after_it_begins: ended_at is null or ended_at > first_seen_at
-- check shut_down_after_deprecation: shutdown_on is null or deprecated_on is null or shutdown_on > deprecated_on or quarantine_reason is not null
with runs as (
    select
        r.key,
        r.fields->>'$.model_id' as spelling,
        r.fields->>'$.provider' as host_spelling,
        nullif(r.fields->>'$.announcement_date', '') as announcement,
        nullif(r.fields->>'$.deprecation_date', '') as deprecation,
        nullif(r.fields->>'$.shutdown_date', '') as shutdown,
        nullif(r.fields->>'$.first_observed', '') as first_observed,
        trim(split_part(coalesce(r.fields->>'$.replacement_models[0]', r.fields->>'$.replacement_model'), ',', 1)) as replacement,
        r.fields->>'$.url' as url,
        r.first_fetch_id,
        r.first_seen_at,
        r.previous_fetch_at,
        r.last_seen_at,
        r.ended_at
    from raw.deprecations_rss__retirements as r
),

dated as (
    select
        u.*,
        try_cast(u.shutdown as date) as shutdown_on,
        -- A first scrape is no announcement, and nothing is announced on or after its end.
        case
            when try_cast(u.deprecation as date) < try_cast(u.shutdown as date) then try_cast(u.deprecation as date)
            when u.shutdown is null and u.deprecation <> u.first_observed then try_cast(u.deprecation as date)
            when
                u.deprecation is null and u.announcement is distinct from u.first_observed
                and coalesce(u.announcement <> u.shutdown, true)
                then try_cast(u.announcement as date)
        end as deprecated_on,
        split_part(u.spelling, '-', 1) || '-' as family,
        (u.shutdown is not null and try_cast(u.shutdown as date) is null)
        or (u.announcement is not null and try_cast(u.announcement as date) is null) as has_prose_date
    from runs as u
),

tables as (
    select
        d.*,
        -- Where some dates of a provider are prose, its table was read by the wrong columns, and
        -- the names that look right are those of the replacements.
        bool_or(d.has_prose_date) over (partition by d.host_spelling, d.first_fetch_id) as is_misread
    from dated as d
),

judged as (
    select
        d.*,
        case
            when
                regexp_matches(d.spelling, '[,(\n]|\b(and|or|models?|snapshots?)\b')
                or len(string_split(d.spelling, ' ')) > 5
                then 'not one model: a heading, a sentence or several names'
            when regexp_matches(d.spelling, '[a-z0-9.]' || regexp_escape(d.family))
                then 'several names run together'
            when d.has_prose_date then 'a date in prose, with conditions'
            when d.is_misread then 'its table was misread: other rows of it have prose for dates'
            when
                d.deprecation is null and d.announcement = d.shutdown
                then 'shut down on the day of its announcement: one date read into both columns'
            when d.deprecated_on > d.shutdown_on then 'shut down before its deprecation'
            when d.shutdown_on is null and d.deprecated_on is null then 'no day of deprecation or shutdown'
        end as quarantine_reason
    from tables as d
),

followed as (
    select
        j.*,
        coalesce(j.quarantine_reason is null and j.shutdown_on <= cast(j.ended_at as date), false) as is_dropped_after_shutdown,
        lead(j.first_seen_at) over (partition by j.key, j.quarantine_reason is null order by j.first_seen_at) as next_said_at
    from judged as j
)

select
    'deprecations_rss' as source, -- source name
    j.key,                   -- provider and model
    j.spelling,              -- the provider's name for the model
    j.host_spelling,         -- the list's name for the provider
    j.deprecated_on,         -- day the retirement was announced; null if only the day of a scrape is known
    j.shutdown_on,           -- day the provider stops serving it; null if not stated
    case when not regexp_matches(j.replacement, '\s') then j.replacement end as replacement_spelling, -- replacement the provider names, the first of several; null if none or in prose
    j.url as source_url,     -- the provider's page
    j.first_fetch_id as fetch_id, -- fetch that first showed it
    j.first_seen_at,         -- when it was first seen, UTC
    j.previous_fetch_at,     -- last fetch without it, UTC; null if the list was not read before
    case when not j.is_dropped_after_shutdown or j.next_said_at is not null then j.last_seen_at end as last_seen_at, -- last fetch that still said so, UTC; null while it holds
    case when j.is_dropped_after_shutdown then j.next_said_at else j.ended_at end as ended_at, -- fetch that said otherwise or withdrew it, UTC; null while it holds
    j.quarantine_reason      -- why it is not used; null if it is
from followed as j
