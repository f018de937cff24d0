-- What the market of each day of core.segment_days follows from, as hashes: a table that is kept by one of
-- them is made anew for the days where it is another. Over claims, ends, releases and shutdowns by the day they
-- became known, or with hindsight by the day from which they hold; readings count up to the day asked about.
-- key: day_id
-- python: pipelines.analysis.day_states
select
    cast(s.day_id as varchar) as day_id, -- day and known time, core.segment_days
    cast(s.event_id as varchar) as event_id, -- launch it belongs to; null for the newest day
    cast(s.basis as varchar) as basis, -- day_after, hindsight or newest
    cast(s.as_of as date) as as_of, -- market day
    cast(s.known_by as date) as known_by, -- known time; 9999-12-31 is everything
    cast(s.offers_id as varchar) as offers_id, -- hash of all that prices_on answers from
    cast(s.market_id as varchar) as market_id, -- the same, with when each model was launched
    cast(s.standing_id as varchar) as standing_id -- hash of all that marts.positioning follows from
from computed_day_states as s
