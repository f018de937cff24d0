-- OpenRouter's prices as runs, in USD per million tokens; the list states USD per token as text.
-- Street prices: it resells, at the cheapest live host, so the host is always OpenRouter itself.
-- key: spelling, first_seen_at
-- check run_ends_after_it_begins: ended_at is null or ended_at > first_seen_at
with runs as (
    select
        r.key,
        cast(r.fields->>'$.pricing.prompt' as decimal(38, 18)) * 1000000 as input_price,
        cast(r.fields->>'$.pricing.completion' as decimal(38, 18)) * 1000000 as output_price,
        cast(r.fields->>'$.pricing.input_cache_read' as decimal(38, 18)) * 1000000 as cache_read,
        cast(r.fields->>'$.pricing.input_cache_write' as decimal(38, 18)) * 1000000 as cache_write,
        r.first_fetch_id,
        r.first_seen_at,
        r.previous_fetch_at,
        r.last_seen_at,
        r.ended_at
    from raw.openrouter__prices as r
)

select
    'openrouter' as source,  -- source name
    r.key as spelling,       -- the feed's own name for the offering, its variant after a colon
    'openrouter' as host_spelling, -- the feed's name for who serves it
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
        -- `-1` stands for "depends on the model chosen"; times a million it would be a negative price.
        when r.input_price < 0 or r.output_price < 0 then 'negative: a router with a variable price'
        when r.key like '%:free' then 'a free variant, limited in use: no price'
        when r.key like '~%' then 'an alias that moves; the list does not say to which version'
        else price_fault(r.input_price, r.output_price)
    end as quarantine_reason -- why it is not used; null if it is
from runs as r
