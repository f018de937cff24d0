-- What was launched in a month, and for whom?
select e.event_id, e.announced_on, e.effective_on, e.availability_scope
from core.events as e
where e.event_kind = 'launch' and e.severity = 'major'
    and e.effective_on between '2024-09-01' and '2024-09-30'
order by e.effective_on, e.event_id
