-- No result is known before the payload that states it was fetched: back-filled history looks ahead.
select r.source, r.spelling, r.benchmark_id, r.known_at, f.fetched_at
from core.results as r
inner join raw.fetches as f on f.fetch_id = r.fetch_id
where r.known_at < f.fetched_at
