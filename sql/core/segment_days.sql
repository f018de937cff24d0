-- For which days and known times standings are kept as tables: around each major launch, and the newest day.
-- A launch is judged on the first day it could be used and a list price of it is dated, if that is within
-- 120 days of its first use; else on the day of first use, where it then has no place for want of a price.
-- key: day_id
with priced as (
    select e.event_id, min(greatest(c.holds_from, e.effective_on)) as first_priced_on
    from core.events as e
    inner join core.event_models as r on r.event_id = e.event_id
    inner join core.price_claims as c on c.model_id = r.model_id
    inner join core.offerings as o on o.offering_id = c.offering_id
    where o.is_list_price and c.holds_from <= e.effective_on + 120
        and e.event_kind = 'launch' and e.severity = 'major'
    group by e.event_id
),

launches as (
    select
        e.event_id,
        coalesce(p.first_priced_on, e.effective_on) as as_of
    from core.events as e
    left join priced as p on p.event_id = e.event_id
    where e.event_kind = 'launch' and e.severity = 'major'
),

newest as (
    select max(c.published_on) as as_of
    from core.price_claims as c
),

days as (
    select l.event_id || ' day after' as day_id, l.event_id, 'day_after' as basis, l.as_of, l.as_of + 1 as known_by
    from launches as l
    union all
    select l.event_id || ' hindsight' as day_id, l.event_id, 'hindsight' as basis, l.as_of, date '9999-12-31' as known_by
    from launches as l
    union all
    select 'newest' as day_id, null as event_id, 'newest' as basis, n.as_of, date '9999-12-31' as known_by
    from newest as n
)

select
    d.day_id,                -- our id of the day and its known time
    d.event_id,              -- launch it belongs to; null for the newest day
    d.basis,                 -- day_after (what was known the day after the launch), hindsight or newest
    d.as_of,                 -- market day
    d.known_by -- known time; 9999-12-31 is everything
from days as d
