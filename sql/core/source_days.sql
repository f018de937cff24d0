-- On which day each source had last had something new to say, for every day since its first. The row of
-- 9999-12-31 holds for every later day. A table, so that a question for a day is a look-up: resolving
-- prices for many days at once would count the readings anew for each.
-- key: source, on_day
with followed as (
    select
        r.source,
        r.read_on,
        lead(r.read_on) over (partition by r.source order by r.read_on) as next_read_on
    from core.source_readings as r
),

spelled_out as (
    select f.source, d.on_day, f.read_on
    from followed as f
    inner join staging.calendar as d
        on d.on_day >= f.read_on and (f.next_read_on is null or d.on_day < f.next_read_on)
    union all
    select f.source, date '9999-12-31' as on_day, f.read_on
    from followed as f
    where f.next_read_on is null
)

select
    s.source,                -- source
    s.on_day,                -- day asked about
    s.read_on                -- day its content was last read and was new
from spelled_out as s
