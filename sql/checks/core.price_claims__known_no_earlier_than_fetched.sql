-- No price is known before the payload that states it was fetched: back-filled history looks ahead.
select c.source, c.spelling, c.known_at, f.fetched_at
from core.price_claims as c
inner join raw.fetches as f on f.fetch_id = c.fetch_id
where c.known_at < f.fetched_at
