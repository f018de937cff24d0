-- LLMStats' prices as runs, in USD per million tokens; the files state USD per token.
-- The collection is dead since May 2025: 90 days after a file was read it says nothing more.
-- key: spelling, first_seen_at
-- check run_ends_after_it_begins: ended_at is null or ended_at > first_seen_at
with readings as (
    select
        f.part,
        f.fetched_at,
        lag(f.fetched_at) over (partition by f.part order by f.fetched_at) as before_at
    from raw.fetches as f
    where f.source = 'llmstats' and f.status <> 'failed'
),

numbered as (
    select
        g.part,
        g.fetched_at,
        count(case when g.before_at + interval 90 day >= g.fetched_at then null else 1 end)
            over (partition by g.part order by g.fetched_at) as stretch
    from readings as g
),

-- Stretches of readings of a file with no more than 90 days between two of them.
stretches as (
    select
        n.part,
        min(n.fetched_at) as first_at,
        max(n.fetched_at) as last_at,
        max(n.fetched_at) + interval 90 day as silent_at,
        lag(max(n.fetched_at)) over (partition by n.part order by n.stretch) as last_before
    from numbered as n
    group by n.part, n.stretch
),

runs as (
    select
        r.key,
        r.fields->>'$.provider' as host_spelling,
        cast(r.fields->>'$.price_per_input_token' as decimal(38, 18)) * 1000000 as input_price,
        cast(r.fields->>'$.price_per_output_token' as decimal(38, 18)) * 1000000 as output_price,
        r.first_fetch_id,
        greatest(r.first_seen_at, s.first_at) as first_seen_at,
        case when s.first_at > r.first_seen_at then s.last_before else r.previous_fetch_at end as previous_fetch_at,
        case when r.ended_at <= s.silent_at then r.last_seen_at else s.last_at end as last_seen_at,
        case when r.ended_at <= s.silent_at then r.ended_at else s.silent_at end as ended_at
    from raw.llmstats__prices as r
    inner join stretches as s
        on s.part = r.part
        and s.last_at >= r.first_seen_at and (r.ended_at is null or s.first_at < r.ended_at)
)

select
    'llmstats' as source,    -- source name
    r.key as spelling,       -- the feed's own name for the offering: its name for the host, then the model's
    r.host_spelling,         -- the feed's name for who serves it
    -- `updated_at` is not bumped when a price changes, so it dates nothing.
    cast(null as date) as stated_from, -- day the price holds from, where the feed states one
    cast(r.input_price as decimal(18, 9)) as input_usd_per_mtok, -- input price, USD per million tokens
    cast(r.output_price as decimal(18, 9)) as output_usd_per_mtok, -- output price, USD per million tokens
    cast(null as decimal(18, 9)) as cache_read_usd_per_mtok, -- cached input read, USD per million tokens: not stated
    cast(null as decimal(18, 9)) as cache_write_usd_per_mtok, -- cache write, USD per million tokens: not stated
    r.first_fetch_id as fetch_id, -- fetch that first showed it
    r.first_seen_at,         -- when it was first seen, UTC
    r.previous_fetch_at,     -- last fetch without it, UTC; null if the feed was not read before
    r.last_seen_at,          -- last fetch that still showed it, UTC
    r.ended_at,              -- first fetch without it, or 90 days after the last reading, UTC
    case
        -- Its own commits of those weeks are called "testing data" and "fake data".
        when cast(r.first_seen_at as date) between date '2024-10-01' and date '2024-10-31'
            then 'from the weeks in which the producer committed test data'
        -- All rows above 10 were slipped digits (a fiftyfold and a thirteenfold one among them);
        -- no host of its time sold output at more than eight times input.
        when r.output_price > 10 * r.input_price and r.input_price > 0
            then 'output more than 10 times input: a slipped digit'
        else price_fault(r.input_price, r.output_price)
    end as quarantine_reason -- why it is not used; null if it is
from runs as r
