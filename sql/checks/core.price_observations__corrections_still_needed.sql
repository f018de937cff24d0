-- A correction whose feed is loaded back to its day finds the wrong price it names; else it is out of date.
-- severity: warn
select c.source, c.spelling, c.reason
from seeds.price_corrections as c
where
    exists (
        select 1
        from core.price_observations as o
        where o.source = c.source and cast(o.first_seen_at as date) <= c.published_on
    )
    and not exists (
        select 1
        from core.price_observations as o
        where o.source = c.source and o.spelling = c.spelling
            and o.input_usd_per_mtok = c.input_usd_per_mtok
    )
