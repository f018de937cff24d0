-- Model versions: the edition's, and those a vendor's own listing in a feed has registered.
-- key: model_id
-- python: pipelines.identity
select
    m.model_id,       -- `vendor/version`
    m.vendor_id,      -- vendor, core.vendors
    m.name,           -- display name
    cast(m.is_reasoning as boolean) as is_reasoning, -- hidden chain of thought before answering; null if not known
    cast(m.is_open_weights as boolean) as is_open_weights, -- weights can be downloaded; null if not known
    cast(m.context_tokens as bigint) as context_tokens, -- context window, tokens
    cast(m.is_released as boolean) as is_released, -- was ever sold or open
    cast(m.is_moving_name as boolean) as is_moving_name, -- a name the vendor may re-point, kept apart as which version it meant when is not known
    m.registered_by,  -- `edition`, or the source whose listing showed it first
    cast(m.known_since as timestamp) as known_since -- when it was registered, UTC
from computed_models as m
