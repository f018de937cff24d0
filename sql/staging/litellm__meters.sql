-- LiteLLM's prices beside the four base ones, as runs: tiers, services, hours of the day, sound, pictures, searches.
-- key: key, first_seen_at
-- check run_ends_after_it_begins: ended_at is null or ended_at > first_seen_at
select
    'litellm' as source, -- source name
    r.key,                   -- the meter's key in the source
    r.fields->>'$.spelling' as spelling, -- the source's name for the offering, as in its prices
    r.fields->>'$.host' as host_spelling, -- the source's name for who serves it
    r.fields->>'$.meter' as meter, -- what is counted: input, output, cache_read, reasoning, input_audio, web_search ...
    r.fields->>'$.unit' as unit, -- what the price is of: million tokens, image, second, search ...
    r.fields->>'$.service' as service, -- standard, batch, priority, flex ...
    cast(r.fields->>'$.from_tokens' as bigint) as from_tokens, -- holds for requests of at least so many input tokens
    r.fields->>'$.window_from' as window_from, -- hour of the day it begins, UTC, HH:MM; null for all day
    r.fields->>'$.window_to' as window_to, -- hour of the day it ends, UTC, HH:MM
    try_cast(r.fields->>'$.stated_from' as date) as stated_from, -- day the price holds from, where the source states one
    cast(cast(r.fields->>'$.price' as decimal(38, 18)) as decimal(18, 9)) as price_usd, -- price, USD per unit
    r.first_fetch_id as fetch_id, -- fetch that first showed it
    r.first_seen_at,         -- when it was first seen, UTC
    r.previous_fetch_at,     -- last fetch without it, UTC; null if the source was not read before
    r.last_seen_at,          -- last fetch that still showed it, UTC; null while it goes on
    r.ended_at,              -- first fetch without it, UTC; null while it goes on
    meter_fault(cast(r.fields->>'$.price' as decimal(38, 18)), r.fields->>'$.unit') as quarantine_reason -- why it is not used; null if it is
from raw.litellm__meters as r
