-- Which of our benchmarks a source's own benchmark name means; what is not here stays unresolved.
-- key: source, spelling, release_or_any
-- check has_source_date_and_licence: source_url like 'https://%' and publisher is not null and published_on is not null and licence is not null
-- check reason_is_given: reason is not null
select
    c.spelling, -- the source's own benchmark name
    c.source, -- source
    c.benchmark_release, -- the one release it holds for; null for any
    c.benchmark_id, -- benchmark meant
    c.reason, -- why we say so
    c.source_url, -- where the fact is stated
    c.publisher, -- who states it
    cast(c.published_on as date) as published_on, -- day it was published: its known time
    c.licence, -- licence of the source
    c.note, -- caveats
    coalesce(c.benchmark_release, 'any') as release_or_any -- release, or any
from csv_benchmark_spellings as c
