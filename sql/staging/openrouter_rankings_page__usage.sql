-- Tokens in the running week of OpenRouter's rankings page, by section, as copied each day. A copy
-- on a Monday holds some 5% of a week: only copies of the same weekday compare. What a copy says of
-- its day stays said: `ended_at` is always null.
-- key: key, first_seen_at
-- check positive_unless_quarantined: (tokens > 0 and share > 0) or quarantine_reason is not null
with places as (
    select
        r.key,
        r.fields->>'$.section' as section,
        cast(r.fields->>'$.copied_on' as date) as copied_on,
        r.fields->>'$.spelling' as spelling,
        cast(r.fields->>'$.tokens' as bigint) as tokens,
        cast(r.fields->>'$.share_pct' as double) / 100 as share,
        cast(r.fields->>'$.rank' as integer) as rank,
        r.first_fetch_id,
        r.first_seen_at,
        r.previous_fetch_at
    from raw.openrouter_rankings_page__usage as r
),

totals as (
    select
        p.section,
        p.copied_on,
        sum(p.tokens) / nullif(sum(p.share), 0) as tokens
    from places as p
    group by p.section, p.copied_on
)

select
    'openrouter_rankings_page' as source, -- source name
    p.key,                   -- section, day of the copy, and name
    'running_week:' || p.section as series, -- section; the sections are different buckets, never to be mixed
    p.spelling,              -- OpenRouter's permanent name; in market_share a vendor
    -- Weeks began on Monday, those of the vendors' section on Sunday until it was changed.
    case
        when p.section = 'market_share' and p.copied_on < date '2026-04-30'
            then cast(date_trunc('week', p.copied_on + 1) as date) - 1
        else cast(date_trunc('week', p.copied_on) as date)
    end as period_from,      -- first day of the running week
    p.copied_on + 1 as period_to, -- day after the copy, whose own day is cut short at the hour it was made
    p.tokens,                -- prompt and completion tokens
    p.share,                 -- share of the section's total, 0 to 1
    p.rank,                  -- place in the section, 1 the most used
    p.first_fetch_id as fetch_id, -- fetch that first showed it
    p.first_seen_at,         -- when it was first seen, UTC
    p.previous_fetch_at,     -- last fetch without it, UTC; null if the page was not read before
    cast(null as timestamp) as last_seen_at, -- null: it holds
    cast(null as timestamp) as ended_at, -- null: it holds
    case
        when p.section = 'market_share' then 'a vendor''s tokens, not a model''s'
        -- Proof: requests and images stand here as tokens on a fifth of the days, and the charts
        -- of programming and of all models swap places; nothing tells on which other days.
        when p.section <> 'models' then 'the copier put charts under each other''s labels; this section cannot be verified'
        -- On a Monday the models' week is some 25% of the vendors' week that began on Sunday; a
        -- chart of requests or of one language is below 5%.
        when coalesce(t.tokens < 0.1 * m.tokens, true) then 'another chart under this label: a fraction of the vendors'' total'
    end as quarantine_reason -- why it is not used; null if it is
from places as p
left join totals as t on t.section = p.section and t.copied_on = p.copied_on
left join totals as m on m.section = 'market_share' and m.copied_on = p.copied_on
