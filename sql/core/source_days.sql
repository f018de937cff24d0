-- On which day each source had last had something new to say, for every day since its first. The row of
-- 9999-12-31 holds for every later day. A table, so that a question for a day is a look-up: resolving
-- prices for many days at once would count the readings anew for each.
-- key: source, on_day
with readings as (
    select
        r.source,
        r.read_on,
        lead(r.read_on) over (partition by r.source order by r.read_on) as next_on
    from core.source_readings as r
),

ends as (
    select max(d.on_day) + 1 as end_on
    from staging.calendar as d
),

stretches as (
    select r.source, r.read_on, date_diff('day', r.read_on, coalesce(r.next_on, e.end_on)) as days
    from readings as r
    cross join ends as e
),

-- As many days as the calendar has, counted from any: one bound to join by, where two days are two.
days_since as (
    select cast(row_number() over (order by d.on_day) - 1 as integer) as days
    from staging.calendar as d
),

spelled_out as (
    select t.source, t.read_on + n.days as on_day, t.read_on
    from stretches as t
    inner join days_since as n on n.days < t.days
    union all
    select r.source, date '9999-12-31' as on_day, max(r.read_on) as read_on
    from core.source_readings as r
    group by r.source
)

select
    s.source,                -- source
    s.on_day,                -- day asked about
    s.read_on                -- day its content was last read and was new
from spelled_out as s
