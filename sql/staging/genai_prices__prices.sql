-- genai-prices' base-tier prices as runs, in USD per million tokens. A price with a start date in
-- the future is an announcement; it begins with the first reading on or after its day that shows it.
-- key: spelling, first_seen_at
-- check run_ends_after_it_begins: ended_at is null or ended_at > first_seen_at
with runs as (
    select
        r.key,
        r.fields->>'$.provider' as host_spelling,
        try_cast(r.fields->>'$.start_date' as date) as stated_from,
        cast(coalesce(r.fields->>'$.prices.input_mtok.base', r.fields->>'$.prices.input_mtok') as decimal(38, 18)) as input_price,
        cast(coalesce(r.fields->>'$.prices.output_mtok.base', r.fields->>'$.prices.output_mtok') as decimal(38, 18)) as output_price,
        cast(coalesce(r.fields->>'$.prices.cache_read_mtok.base', r.fields->>'$.prices.cache_read_mtok') as decimal(38, 18)) as cache_read,
        cast(coalesce(r.fields->>'$.prices.cache_write_mtok.base', r.fields->>'$.prices.cache_write_mtok') as decimal(38, 18)) as cache_write,
        r.first_fetch_id,
        r.first_seen_at,
        r.previous_fetch_at,
        r.last_seen_at,
        r.ended_at
    from raw.genai_prices__prices as r
),

readings as (
    select
        f.fetch_id,
        f.fetched_at,
        lag(f.fetched_at) over (order by f.fetched_at) as previous_at
    from raw.fetches as f
    where f.source = 'genai_prices' and f.status <> 'failed'
),

begun as (
    select
        r.key,
        r.first_seen_at,
        arg_min(g.fetch_id, g.fetched_at) as begun_fetch_id,
        arg_min(g.previous_at, g.fetched_at) as begun_previous_at,
        min(g.fetched_at) as begun_at
    from runs as r
    inner join readings as g
        on cast(g.fetched_at as date) >= r.stated_from
        and (r.ended_at is null or g.fetched_at < r.ended_at)
    where r.stated_from > cast(r.first_seen_at as date)
    group by r.key, r.first_seen_at
),

in_force as (
    select
        r.key,
        r.host_spelling,
        r.stated_from,
        r.input_price,
        r.output_price,
        r.cache_read,
        r.cache_write,
        coalesce(b.begun_fetch_id, r.first_fetch_id) as first_fetch_id,
        coalesce(b.begun_at, r.first_seen_at) as first_seen_at,
        coalesce(b.begun_previous_at, r.previous_fetch_at) as previous_fetch_at,
        r.last_seen_at,
        r.ended_at
    from runs as r
    left join begun as b on b.key = r.key and b.first_seen_at = r.first_seen_at
)

select
    'genai_prices' as source, -- source name
    r.key as spelling,       -- the feed's own name for the offering, `@` and the start date where dated
    r.host_spelling,         -- the feed's name for who serves it
    r.stated_from,           -- day the price holds from, where the feed states one
    cast(r.input_price as decimal(18, 9)) as input_usd_per_mtok, -- input price, USD per million tokens
    cast(r.output_price as decimal(18, 9)) as output_usd_per_mtok, -- output price, USD per million tokens
    cast(r.cache_read as decimal(18, 9)) as cache_read_usd_per_mtok, -- cached input read, USD per million tokens
    cast(r.cache_write as decimal(18, 9)) as cache_write_usd_per_mtok, -- cache write, USD per million tokens
    r.first_fetch_id as fetch_id, -- fetch that first showed it in force
    r.first_seen_at,         -- when it was first seen in force, UTC; when announced, if it is not yet
    r.previous_fetch_at,     -- last fetch without it, UTC; null if the feed was not read before
    r.last_seen_at,          -- last fetch that still showed it, UTC; null while it goes on
    r.ended_at,              -- first fetch without it, UTC; null while it goes on
    case
        when r.stated_from > cast(r.first_seen_at as date) then 'announced for a later day, not yet in force'
        else price_fault(r.input_price, r.output_price)
    end as quarantine_reason -- why it is not used; null if it is
from in_force as r
