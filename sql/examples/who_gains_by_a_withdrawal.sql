-- Who wins and who loses by repricings and withdrawals, by what was known the day after?
select i.event_id, i.segment_id, i.model_id, i.verdict, round(i.verdict_probability, 2) as probability, i.deciding_fact
from marts.event_impact as i
where i.basis = 'day_after' and i.verdict not in ('unaffected', 'withdrawn')
order by i.effective_on desc, i.event_id, i.segment_id, i.model_id
limit 5
