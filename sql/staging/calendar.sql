-- Every day from the first fetch to the newest.
-- key: on_day
with bounds as (
    select
        min(cast(f.fetched_at as date)) as first_day,
        max(cast(f.fetched_at as date)) as last_day
    from raw.fetches as f
)

select
    cast(g.on_day as date) as on_day -- day
from bounds as b
cross join generate_series(b.first_day, b.last_day, interval 1 day) as g(on_day)
