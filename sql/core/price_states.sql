-- What the prices of all that moving names and versions connect follow from, as hashes: claims, resolved
-- prices and meters are made anew where theirs is another. A name and the versions it has meant are one
-- group, with every name that has meant one of them; nothing of a price follows from outside its group.
-- key: target
-- python: pipelines.price_states
select
    cast(s.target as varchar) as target, -- moving name or model version
    cast(s.claims_state_id as varchar) as claims_state_id, -- hash of what core.price_claims says of the group
    cast(s.prices_state_id as varchar) as prices_state_id, -- hash of what core.prices says of it
    cast(s.meters_state_id as varchar) as meters_state_id -- hash of what core.price_meters says of it
from computed_price_states as s
