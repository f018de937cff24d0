-- Benchmark names of the feeds that no row of seeds.benchmark_spellings decides, most frequent on top.
-- key: source, spelling, release_or_none
with unmapped as (
    select
        r.source,
        r.benchmark_spelling as spelling,
        coalesce(r.benchmark_release, 'none') as release_or_none,
        count(*) as observations,
        count(distinct r.spelling) as names
    from staging.every_results as r
    left join seeds.benchmark_spellings as p
        on p.source = r.source
        and p.spelling = r.benchmark_spelling
        and (p.benchmark_release is null or p.benchmark_release = r.benchmark_release)
    where r.quarantine_reason is null and p.benchmark_id is null
    group by r.source, r.benchmark_spelling, coalesce(r.benchmark_release, 'none')
)

select
    u.source,                -- feed
    u.spelling,              -- the feed's own benchmark name
    u.release_or_none,       -- release it gives, or none
    u.observations,          -- runs seen under it
    u.names                  -- models it was stated of
from unmapped as u
order by u.observations desc
