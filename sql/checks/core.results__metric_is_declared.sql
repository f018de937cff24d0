-- Every metric of a result says whether it is one fair attempt (seeds.metrics).
select r.model_id, r.benchmark_id, r.metric
from seeds.results as r
left join seeds.metrics as k on k.metric = r.metric
where k.metric is null
