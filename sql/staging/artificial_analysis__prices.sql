-- Artificial Analysis' prices as runs, in USD per million tokens: the median over hosts it measured.
-- It is no vendor's list price (a model sold by one cloud only shows that cloud's). A model has a row
-- per effort level, taken together here; where they differ, none counts. A price missing at the
-- source is null or 0.
-- key: spelling, first_seen_at
-- check run_ends_after_it_begins: ended_at is null or ended_at > first_seen_at
with runs as (
    select
        r.key,
        name_before_effort(r.fields->>'$.name') as spelling,
        try_cast(r.fields->>'$.price_1m_input_tokens' as decimal(38, 12)) as input_price,
        try_cast(r.fields->>'$.price_1m_output_tokens' as decimal(38, 12)) as output_price,
        try_cast(r.fields->>'$.price_1m_cache_hit_tokens' as decimal(38, 12)) as cache_read,
        try_cast(r.fields->>'$.price_1m_cache_write_tokens' as decimal(38, 12)) as cache_write,
        r.first_fetch_id,
        r.first_seen_at,
        r.previous_fetch_at,
        r.last_seen_at,
        r.ended_at
    from raw.artificial_analysis__prices as r
),

together as (
    select
        r.key,
        r.spelling,
        r.input_price,
        r.output_price,
        r.cache_read,
        r.cache_write,
        r.first_fetch_id,
        r.first_seen_at,
        r.previous_fetch_at,
        r.last_seen_at,
        r.ended_at,
        row_number() over (
            partition by r.spelling, r.first_seen_at order by r.ended_at desc nulls first, r.key
        ) as preference,
        min(r.input_price) over same_model <> max(r.input_price) over same_model
            or min(r.output_price) over same_model <> max(r.output_price) over same_model
            as is_disagreed
    from runs as r
    window same_model as (partition by r.spelling, r.first_seen_at)
)

select
    'artificial_analysis' as source, -- source name
    r.spelling,              -- the source's display name for the model, its effort taken off
    'median of hosts' as host_spelling, -- the feed's name for who serves it
    cast(null as date) as stated_from, -- day the price holds from, where the feed states one
    cast(r.input_price as decimal(18, 9)) as input_usd_per_mtok, -- input price, USD per million tokens
    cast(r.output_price as decimal(18, 9)) as output_usd_per_mtok, -- output price, USD per million tokens
    cast(r.cache_read as decimal(18, 9)) as cache_read_usd_per_mtok, -- cached input read, USD per million tokens
    cast(r.cache_write as decimal(18, 9)) as cache_write_usd_per_mtok, -- cache write, USD per million tokens
    r.first_fetch_id as fetch_id, -- fetch that first showed it
    r.first_seen_at,         -- when it was first seen, UTC
    r.previous_fetch_at,     -- last fetch without it, UTC; null if the feed was not read before
    r.last_seen_at,          -- last fetch that still showed it, UTC; null while it goes on
    r.ended_at,              -- first fetch without it, UTC; null while it goes on
    case
        when r.is_disagreed then 'effort levels of one model with different prices'
        else price_fault(r.input_price, r.output_price)
    end as quarantine_reason -- why it is not used; null if it is
from together as r
where r.preference = 1
