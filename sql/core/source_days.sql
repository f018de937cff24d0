-- On which day each source had last had something new to say, for every day since its first. The row of
-- 9999-12-31 holds for every later day. A table, so that a question for a day is a look-up: resolving
-- prices for many days at once would count the readings anew for each.
-- key: source, on_day
with heard as (
    select r.source, min(r.read_on) as first_on, max(r.read_on) as last_on
    from core.source_readings as r
    group by r.source
),

days as (
    select w.source, d.on_day, r.read_on
    from heard as w
    inner join staging.calendar as d on d.on_day >= w.first_on
    left join core.source_readings as r on r.source = w.source and r.read_on = d.on_day
),

spelled_out as (
    select
        d.source,
        d.on_day,
        max(d.read_on) over (
            partition by d.source order by d.on_day
            rows between unbounded preceding and current row
        ) as read_on
    from days as d
    union all
    select w.source, date '9999-12-31' as on_day, w.last_on as read_on
    from heard as w
)

select
    s.source,                -- source
    s.on_day,                -- day asked about
    s.read_on                -- day its content was last read and was new
from spelled_out as s
