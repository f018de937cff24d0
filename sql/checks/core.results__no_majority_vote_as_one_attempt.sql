-- A figure listed as one attempt that is elsewhere listed as a majority vote, while another source has a
-- lower one for one attempt, has probably lost its label (cons@64 as pass@1).
-- severity: warning
select r.model_id, r.benchmark_id, r.score, r.source, v.metric as elsewhere, v.source as elsewhere_in
from core.results as r
inner join core.results as v
    on v.model_id = r.model_id and v.benchmark_id = r.benchmark_id and v.score = r.score
    and v.unit = r.unit and v.metric like 'cons@%'
inner join core.results as o
    on o.model_id = r.model_id and o.benchmark_id = r.benchmark_id and o.metric = r.metric
    and o.unit = r.unit and o.score < r.score
where r.metric = 'pass@1'
group by r.model_id, r.benchmark_id, r.score, r.source, v.metric, v.source
