-- Of when the newest thing is that each source says: by the days it states itself where it states any
-- (runs, posts, weeks of usage), else by the day a row of it was last seen new or changed. A publisher
-- that commits the same rows again every day grows no newer.
-- key: source
with told as (
    select p.source, 'prices' as thing, cast(null as date) as stated_on, p.first_seen_at
    from core.price_observations as p
    union all
    select r.source, 'results' as thing, r.stated_on, r.first_seen_at
    from staging.every_results as r
    union all
    select l.source, 'releases' as thing, l.released_on as stated_on, l.first_seen_at
    from staging.every_releases as l
    union all
    select t.source, 'retirements' as thing, cast(null as date) as stated_on, t.first_seen_at
    from staging.every_retirements as t
    union all
    select u.source, 'usage' as thing, u.period_to as stated_on, u.first_seen_at
    from staging.every_usage as u
    union all
    select s.source, 'shares' as thing, s.stated_on, s.first_seen_at
    from staging.every_shares as s
    union all
    select i.source, 'index' as thing, cast(null as date) as stated_on, i.first_seen_at
    from staging.every_index as i
),

things as (
    select
        t.source,
        t.thing,
        -- A day after its own reading is a slip or a forecast, and says nothing of freshness.
        max(case when t.stated_on <= cast(t.first_seen_at as date) then t.stated_on end) as stated_on,
        max(cast(t.first_seen_at as date)) as seen_on
    from told as t
    group by t.source, t.thing
)

select
    h.source,                -- source
    max(coalesce(h.stated_on, h.seen_on)) as newest_on -- day of the newest thing it says
from things as h
group by h.source
