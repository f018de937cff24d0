-- llm-prices' prices as runs, in USD per million tokens. The history holds all rows, so it decides;
-- the current list, which is of the day the site was built, speaks for an id the history lacks.
-- A price dated ahead begins with the first reading on or after its day, and ends on its last.
-- key: spelling, first_seen_at
-- check run_ends_after_it_begins: ended_at is null or ended_at > first_seen_at
with runs as (
    select
        r.key,
        r.part,
        r.fields->>'$.id' as id,
        r.fields->>'$.name' as name,
        r.fields->>'$.vendor' as vendor,
        try_cast(r.fields->>'$.from_date' as date) as from_date,
        try_cast(r.fields->>'$.to_date' as date) as to_date,
        cast(r.fields->>'$.input' as decimal(38, 18)) as input_price,
        cast(r.fields->>'$.output' as decimal(38, 18)) as output_price,
        cast(r.fields->>'$.input_cached' as decimal(38, 18)) as cache_read,
        r.first_fetch_id,
        r.first_seen_at,
        r.previous_fetch_at,
        r.last_seen_at,
        r.ended_at
    from raw.llm_prices__prices as r
),

deciding as (
    select r.*
    from runs as r
    where
        r.part = 'historical-v1.json'
        or not exists (
            select 1
            from runs as h
            where h.part = 'historical-v1.json' and h.id = r.id
        )
),

readings as (
    select
        f.part,
        f.fetch_id,
        f.fetched_at,
        lag(f.fetched_at) over (partition by f.part order by f.fetched_at) as previous_at
    from raw.fetches as f
    where f.source = 'llm_prices' and f.status <> 'failed'
),

begun as (
    select
        d.key,
        d.first_seen_at,
        arg_min(g.fetch_id, g.fetched_at) as begun_fetch_id,
        arg_min(g.previous_at, g.fetched_at) as begun_previous_at,
        min(g.fetched_at) as begun_at
    from deciding as d
    inner join readings as g
        on g.part = d.part
        and cast(g.fetched_at as date) >= d.from_date
        and (d.ended_at is null or g.fetched_at < d.ended_at)
    where d.from_date > cast(d.first_seen_at as date)
    group by d.key, d.first_seen_at
),

dated as (
    select
        d.id,
        d.name,
        d.vendor,
        d.from_date,
        d.to_date,
        d.input_price,
        d.output_price,
        d.cache_read,
        coalesce(b.begun_fetch_id, d.first_fetch_id) as first_fetch_id,
        coalesce(b.begun_at, d.first_seen_at) as first_seen_at,
        case when b.begun_at is null then d.previous_fetch_at else b.begun_previous_at end
            as previous_fetch_at,
        d.last_seen_at,
        d.ended_at
    from deciding as d
    left join begun as b on b.key = d.key and b.first_seen_at = d.first_seen_at
),

judged as (
    select
        d.*,
        d.to_date > cast(d.first_seen_at as date)
        and coalesce(cast(d.to_date as timestamp) < d.ended_at, true) as lapses,
        case
            when d.from_date > cast(d.first_seen_at as date) then ' from ' || d.from_date
            when d.to_date <= cast(d.first_seen_at as date) then ' until ' || d.to_date
        end as other_time,
        case
            when d.from_date > cast(d.first_seen_at as date) then 'announced for a later day, not yet in force'
            when d.to_date <= cast(d.first_seen_at as date) then 'ended before it was first seen'
            when d.name like '%>%' then 'a context tier of another row, not a model'
            when d.name like '%(image gen)%' then 'a price of image generation'
            else price_fault(d.input_price, d.output_price)
        end as quarantine_reason
    from dated as d
)

select
    'llm_prices' as source,  -- source name
    j.id || coalesce(j.other_time, '') as spelling, -- the feed's own id, and the day where the row holds at another time
    -- No host where the id is no model's name, lest a vendor's listing seem to register it.
    case when j.name not like '%>%' and j.other_time is null then j.vendor end as host_spelling, -- the feed's name for who serves it: the vendor; null for rows that are no model's
    j.from_date as stated_from, -- day the price holds from, where the feed states one
    cast(j.input_price as decimal(18, 9)) as input_usd_per_mtok, -- input price, USD per million tokens
    cast(j.output_price as decimal(18, 9)) as output_usd_per_mtok, -- output price, USD per million tokens
    cast(j.cache_read as decimal(18, 9)) as cache_read_usd_per_mtok, -- cached input read, USD per million tokens
    cast(null as decimal(18, 9)) as cache_write_usd_per_mtok, -- cache write, USD per million tokens: not stated
    j.first_fetch_id as fetch_id, -- fetch that first showed it in force
    j.first_seen_at,         -- when it was first seen in force, UTC
    j.previous_fetch_at,     -- last fetch before that, UTC; null if the feed was not read before
    case
        when j.lapses then greatest(cast(j.to_date - 1 as timestamp), j.first_seen_at)
        else j.last_seen_at
    end as last_seen_at,     -- last fetch that still showed it, or its stated last day, UTC; null while it goes on
    case when j.lapses then cast(j.to_date as timestamp) else j.ended_at end as ended_at, -- first fetch without it, or its stated end, UTC; null while it goes on
    j.quarantine_reason      -- why it is not used; null if it is
from judged as j
