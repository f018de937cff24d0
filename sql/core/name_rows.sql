-- How many rows each source has said under each of its names of models, by what is said.
-- A row is something said, unchanged, however many days it stood; those in quarantine are told apart.
-- key: source, thing, spelling
with said as (
    select p.source, 'prices' as thing, p.spelling, p.quarantine_reason
    from core.price_observations as p
    union all
    select r.source, 'results' as thing, r.spelling, r.quarantine_reason
    from staging.every_results as r
    union all
    select l.source, 'releases' as thing, l.spelling, l.quarantine_reason
    from staging.every_releases as l
    union all
    select t.source, 'retirements' as thing, t.spelling, t.quarantine_reason
    from staging.every_retirements as t
    union all
    select u.source, 'usage' as thing, u.spelling, u.quarantine_reason
    from staging.every_usage as u
    where u.spelling <> 'other'
)

select
    s.source,                -- source
    s.thing,                 -- what is said: prices, results, releases, retirements, usage
    s.spelling,              -- the source's own name
    count(*) as rows,        -- rows ever seen
    cast(sum(case when s.quarantine_reason is null then 1 else 0 end) as bigint) as rows_used -- of them not in quarantine
from said as s
where s.spelling is not null
group by s.source, s.thing, s.spelling
