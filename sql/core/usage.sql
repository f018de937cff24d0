-- Tokens used, by model and period; series count differently and are never added up or compared.
-- A name is read as it pointed on the first day of the period, or, where it began inside the period,
-- on the last.
-- key: source, series, period_from, spelling, first_seen_at
-- check period_is_not_empty: period_to > period_from
with named as (
    select distinct n.source, n.spelling, n.variant, n.known_since
    from core.usage_names as n
),

stated as (
    select
        u.source,
        u.series,
        u.period_from,
        u.period_to,
        u.spelling,
        u.tokens,
        u.share,
        u.rank,
        u.fetch_id,
        u.first_seen_at,
        u.ended_at,
        n.variant,
        n.known_since
    from staging.every_usage as u
    left join named as n on n.source = u.source and n.spelling = u.spelling
    where u.quarantine_reason is null
)

select
    t.source,                -- feed
    t.series,                -- the bucket: only numbers of one series compare
    t.period_from,           -- first day of the period
    t.period_to,             -- first day after the period
    t.spelling,              -- the feed's own name; `other` for all the models it does not name
    coalesce(a.model_id, b.model_id) as model_id, -- version used; null if unresolved: its tokens count in totals
    t.variant,               -- way of serving: standard, free ...; null if unresolved
    t.tokens,                -- tokens in the period; null if only a share is stated
    t.share,                 -- share of all tokens, as stated
    t.rank,                  -- rank, as stated
    t.fetch_id,              -- fetch that first showed it
    t.first_seen_at,         -- when it was first seen, UTC
    case when t.known_since > t.first_seen_at then t.known_since else t.first_seen_at end as known_at, -- known time, UTC
    t.ended_at               -- fetch that restated it, UTC; null while it holds
from stated as t
left join core.usage_names as a
    on a.source = t.source and a.spelling = t.spelling
    and a.valid_from <= t.period_from and t.period_from < a.valid_to
left join core.usage_names as b
    on b.source = t.source and b.spelling = t.spelling
    and b.valid_from < t.period_to and t.period_to <= b.valid_to
