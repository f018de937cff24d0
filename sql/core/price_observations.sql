-- What the price feeds said, as runs, with every reason for which a run is not used.
-- key: source, spelling, first_seen_at
with corrected as (
    select
        p.source,
        p.spelling,
        p.host_spelling,
        p.stated_from,
        p.input_usd_per_mtok,
        p.output_usd_per_mtok,
        p.cache_read_usd_per_mtok,
        p.cache_write_usd_per_mtok,
        p.fetch_id,
        p.first_seen_at,
        p.previous_fetch_at,
        p.last_seen_at,
        p.ended_at,
        coalesce(p.quarantine_reason, 'corrected: ' || c.reason) as quarantine_reason
    from staging.every_prices as p
    left join seeds.price_corrections as c
        on c.source = p.source and c.spelling = p.spelling
        and c.input_usd_per_mtok = p.input_usd_per_mtok
        and c.output_usd_per_mtok = p.output_usd_per_mtok
)

select
    o.source,                -- feed
    o.spelling,              -- the feed's own name for the offering
    o.host_spelling,         -- the feed's name for who serves it
    o.stated_from,           -- day the price holds from, where the feed states one
    o.input_usd_per_mtok,    -- input price, USD per million tokens
    o.output_usd_per_mtok,   -- output price, USD per million tokens
    o.cache_read_usd_per_mtok, -- cached input read, USD per million tokens
    o.cache_write_usd_per_mtok, -- cache write, USD per million tokens
    o.fetch_id,              -- fetch that first showed it
    o.first_seen_at,         -- when it was first seen, UTC
    o.previous_fetch_at,     -- last fetch without it, UTC; null if the feed was not read before
    o.last_seen_at,          -- last fetch that still showed it, UTC; null while it goes on
    o.ended_at,              -- first fetch without it, UTC; null while it goes on
    o.quarantine_reason -- why it is not used; null if it is
from corrected as o
