-- sanand0/llmpricing's input prices as runs, in USD per million tokens. There is no output price, so
-- none is a price of the market; they stand here as evidence, and in quarantine for what they lack.
-- key: spelling, first_seen_at
-- check run_ends_after_it_begins: ended_at is null or ended_at > first_seen_at
with runs as (
    select
        r.fields->>'$.model' as model,
        r.fields->>'$.launch' as launched_in,
        r.fields->>'$.end' as ended_in,
        cast(r.fields->>'$.cpmi' as decimal(38, 18)) as input_price,
        r.first_fetch_id,
        r.first_seen_at,
        r.previous_fetch_at,
        r.last_seen_at,
        r.ended_at
    from raw.sanand0_llmpricing__prices as r
)

select
    'sanand0_llmpricing' as source, -- source name
    -- One model may have two rows, the older price with its last month.
    r.model || coalesce(' until ' || r.ended_in, '') as spelling, -- the feed's own name for the model, and the month a row ended
    cast(null as varchar) as host_spelling, -- the feed's name for who serves it: it names none
    -- `launch` is a month: its first day would put a price before the model's own launch.
    cast(null as date) as stated_from, -- day the price holds from, where the feed states one
    cast(r.input_price as decimal(18, 9)) as input_usd_per_mtok, -- input price, USD per million tokens
    cast(null as decimal(18, 9)) as output_usd_per_mtok, -- output price, USD per million tokens: not stated
    cast(null as decimal(18, 9)) as cache_read_usd_per_mtok, -- cached input read, USD per million tokens: not stated
    cast(null as decimal(18, 9)) as cache_write_usd_per_mtok, -- cache write, USD per million tokens: not stated
    r.first_fetch_id as fetch_id, -- fetch that first showed it
    r.first_seen_at,         -- when it was first seen, UTC
    r.previous_fetch_at,     -- last fetch without it, UTC; null if the feed was not read before
    r.last_seen_at,          -- last fetch that still showed it, UTC; null while it goes on
    r.ended_at,              -- first fetch without it, UTC; null while it goes on
    case
        when r.input_price is null then 'no price given'
        -- `end` meant the month a price ended, later the month the model was retired.
        when r.ended_in is not null then 'ended in ' || r.ended_in || ', a price or the model: the feed has meant both'
        else 'only an input price: the feed has no other'
    end as quarantine_reason -- why it is not used; null if it is
from runs as r
