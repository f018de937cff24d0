-- Which versions an event is about: launched (entrants), repriced, retired, or newly pointed to.
-- key: event_id, model_id
with launched as (
    select r.event_id, r.model_id
    from core.releases as r
    where r.event_id is not null
),

everything as (
    select l.event_id, l.model_id, 'entrant' as role
    from launched as l
    union all
    select
        e.event_id,
        e.model_id,
        case e.event_kind
            when 'launch' then 'entrant'
            when 'price_change' then 'repriced'
            when 'retirement' then 'retired'
            else 'pointed_to'
        end as role
    from core.events as e
    where e.model_id is not null and e.event_id not in (select l.event_id from launched as l)
)

select
    v.event_id,              -- event, core.events
    v.model_id,              -- version
    v.role                   -- entrant, repriced, retired or pointed_to
from everything as v
