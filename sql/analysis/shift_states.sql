-- What the market around each repricing and withdrawal follows from, as a hash; see analysis.day_states.
-- key: event_id, basis
-- python: pipelines.analysis.day_states
select
    cast(s.event_id as varchar) as event_id, -- price change or retirement, core.shift_days
    cast(s.basis as varchar) as basis, -- day_after or hindsight
    cast(s.as_of as date) as as_of, -- first day of the new price, or without service
    cast(s.known_by as date) as known_by, -- known time; 9999-12-31 is everything
    cast(s.market_id as varchar) as market_id -- hash of all that prices_on answers from, and of when each model was launched
from computed_shift_states as s
