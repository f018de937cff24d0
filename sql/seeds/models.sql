-- Model versions of the bundled edition: what a vendor serves under one dated name.
-- key: model_id
-- check id_is_vendor_slash_version: model_id like vendor_id || '/%'
-- check has_source_date_and_licence: source_url like 'https://%' and publisher is not null and published_on is not null and licence is not null
select
    c.model_id, -- `vendor/version`
    c.vendor_id, -- vendor
    c.name, -- display name, unique
    cast(c.is_reasoning as boolean) as is_reasoning, -- hidden chain of thought before answering
    cast(c.is_open_weights as boolean) as is_open_weights, -- weights can be downloaded
    cast(c.context_tokens as bigint) as context_tokens, -- context window, tokens
    cast(c.is_released as boolean) as is_released, -- was ever sold or open; false for checkpoints only shown
    c.source_url, -- where the fact is stated
    c.publisher, -- who states it
    cast(c.published_on as date) as published_on, -- day it was published: its known time
    c.licence, -- licence of the source
    c.note -- caveats
from csv_models as c
