-- Launches, repricings and withdrawals of which no verdict is made, and why. An event is judged by what was known
-- the day after it, so what became known later (a price, a result) does not help.
-- key: event_id
-- check says_why: because is not null
with judged as (
    select distinct v.event_id
    from marts.verdicts as v
),

-- Of every launch that could have been judged and was not: what was known of the versions launched.
launch_offers as (
    select
        d.event_id,
        d.as_of,
        d.known_by,
        v.model_id,
        o.offering_id
    from core.segment_days as d
    left join judged as j on j.event_id = d.event_id
    inner join core.event_models as v on v.event_id = d.event_id
    left join core.offerings as o on o.model_id = v.model_id and o.is_list_price
    where d.basis = 'day_after' and j.event_id is null
),

launch_prices as (
    select distinct asked.event_id
    from launch_offers as asked
    cross join price_of(asked.offering_id, asked.as_of, asked.known_by) as p
),

concerned as (
    select l.event_id, l.model_id, l.known_by
    from launch_offers as l
    union all
    select s.event_id, s.model_id, s.known_by
    from core.shift_days as s
    left join judged as j on j.event_id = s.event_id
    where s.basis = 'day_after' and s.why_not is null and j.event_id is null
),

fits as (
    select k.known_by, max(f.known_on) as known_on
    from (select distinct c.known_by from concerned as c) as k
    inner join analysis.fits as f on f.known_on <= k.known_by
    group by k.known_by
),

measured as (
    select distinct c.event_id
    from concerned as c
    inner join fits as f on f.known_by = c.known_by
    inner join analysis.capabilities as a
        on a.known_on = f.known_on and a.model_id = c.model_id
        and a.basket_kind = 'overall' and a.results > 0
),

newest as (
    select d.as_of
    from core.segment_days as d
    where d.basis = 'newest'
)

select
    e.event_id,              -- event, core.events
    e.event_kind,            -- launch, price_change or retirement
    e.effective_on,          -- day its effect can begin
    e.known_on,              -- day it could be known
    e.severity,              -- major, notable or minor
    e.model_id,              -- version concerned; null for a launch of several
    e.title,                 -- what happened, in a few words
    case
        when s.why_not is not null then s.why_not
        when e.effective_on > n.as_of then 'not in force yet'
        when e.event_kind = 'launch' and e.severity <> 'major' and e.evidence like 'the edition%'
            then 'the day of first use is not stated'
        when e.event_kind = 'launch' and e.severity <> 'major' and e.evidence like 'appeared in a listing%'
            then 'known only by appearing in a listing'
        when e.event_kind = 'launch' and e.severity <> 'major' then 'one source alone dates it'
        when e.event_kind = 'launch' and p.event_id is null then 'no list price was known the day after'
        when m.event_id is null then 'no result was known the day after'
        else 'in no segment by price, latency and results'
    end as because           -- why no verdict is made
from core.events as e
cross join newest as n
left join judged as j on j.event_id = e.event_id
left join core.shift_days as s on s.event_id = e.event_id and s.basis = 'day_after'
left join launch_prices as p on p.event_id = e.event_id
left join measured as m on m.event_id = e.event_id
where e.event_kind <> 'alias_move' and j.event_id is null
