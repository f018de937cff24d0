-- models.dev's prices as runs, in USD per million tokens, as the feed states them.
-- key: spelling, first_seen_at
-- keep: state_id of staging.models_dev_states
-- check run_ends_after_it_begins: ended_at is null or ended_at > first_seen_at
with runs as (
    select
        r.key,
        r.fields->>'$.provider' as host_spelling,
        cast(r.fields->>'$.cost.input' as decimal(38, 18)) as input_price,
        cast(r.fields->>'$.cost.output' as decimal(38, 18)) as output_price,
        cast(r.fields->>'$.cost.cache_read' as decimal(38, 18)) as cache_read,
        cast(r.fields->>'$.cost.cache_write' as decimal(38, 18)) as cache_write,
        r.first_fetch_id,
        r.first_seen_at,
        r.previous_fetch_at,
        r.last_seen_at,
        r.ended_at,
        g.state_id
    from raw.models_dev__prices as r
    inner join staging.models_dev_states as g on g.part_of_keys = hash(r.key) % 4096
)

select
    'models_dev' as source,     -- source name
    r.key as spelling,       -- the feed's own name for the offering
    r.host_spelling,         -- the feed's name for who serves it
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
    price_fault(r.input_price, r.output_price) as quarantine_reason, -- why it is not used; null if it is
    r.state_id               -- hash of what it follows from, staging.models_dev_states
from runs as r
