-- tokencost's prices as runs, in USD per million tokens; the file states USD per token, with the
-- noise of binary floats (1.0499999999999999e-06), which rounding to nine decimals removes.
-- A late copy: 90 days after a reading it is silent until it is read again, lest it outlive what
-- LiteLLM has dropped. A silence that lies ahead is not known: the next reading puts it off.
-- key: spelling, first_seen_at
-- check run_ends_after_it_begins: ended_at is null or ended_at > first_seen_at
with readings as (
    select
        f.fetched_at,
        lag(f.fetched_at) over (order by f.fetched_at) as before_at
    from raw.fetches as f
    where f.source = 'tokencost' and f.status <> 'failed'
),

numbered as (
    select
        g.fetched_at,
        count(case when g.before_at + interval 90 day >= g.fetched_at then null else 1 end)
            over (order by g.fetched_at) as stretch
    from readings as g
),

-- Stretches of readings with no more than 90 days between two of them.
stretches as (
    select
        min(n.fetched_at) as first_at,
        max(n.fetched_at) as last_at,
        max(n.fetched_at) + interval 90 day as silent_at,
        lag(max(n.fetched_at)) over (order by n.stretch) as last_before
    from numbered as n
    group by n.stretch
),

newest as (
    select max(f.fetched_at) as fetched_at
    from raw.fetches as f
),

spans as (
    select
        s.first_at,
        s.last_at,
        s.last_before,
        case when cast(s.silent_at as date) <= cast(w.fetched_at as date) then s.silent_at end as silent_at
    from stretches as s
    cross join newest as w
),

runs as (
    select
        r.key,
        r.fields->>'$.litellm_provider' as host_spelling,
        cast(r.fields->>'$.input_cost_per_token' as decimal(38, 18)) * 1000000 as input_price,
        cast(r.fields->>'$.output_cost_per_token' as decimal(38, 18)) * 1000000 as output_price,
        cast(r.fields->>'$.cache_read_input_token_cost' as decimal(38, 18)) * 1000000 as cache_read,
        cast(r.fields->>'$.cache_creation_input_token_cost' as decimal(38, 18)) * 1000000 as cache_write,
        r.first_fetch_id,
        greatest(r.first_seen_at, s.first_at) as first_seen_at,
        case when s.first_at > r.first_seen_at then s.last_before else r.previous_fetch_at end as previous_fetch_at,
        case when s.silent_at is null or r.ended_at <= s.silent_at then r.last_seen_at else s.last_at end as last_seen_at,
        case when s.silent_at is null or r.ended_at <= s.silent_at then r.ended_at else s.silent_at end as ended_at
    from raw.tokencost__prices as r
    inner join spans as s
        on s.last_at >= r.first_seen_at and (r.ended_at is null or s.first_at < r.ended_at)
)

select
    'tokencost' as source,   -- source name
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
    r.ended_at,              -- first fetch without it, or 90 days after the last reading once they are over, UTC; null while it goes on
    price_fault(r.input_price, r.output_price) as quarantine_reason -- why it is not used; null if it is
from runs as r
