-- Every result of the edition names a known model and a known benchmark, so that none is lost in a join.
select r.model_id, r.benchmark_id, r.score
from seeds.results as r
left join core.models as m on m.model_id = r.model_id
left join core.benchmarks as b on b.benchmark_id = r.benchmark_id
where m.model_id is null or b.benchmark_id is null
