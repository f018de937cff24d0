-- Whose position did a launch take, and how surely?
select i.segment_id, i.model_id, i.verdict, round(i.verdict_probability, 2) as probability, i.deciding_fact
from marts.launch_impact as i
where i.event_id = 'o1-mini' and i.basis = 'hindsight' and i.verdict in ('loser', 'cannibalised', 'exposed')
order by i.segment_id, i.model_id
