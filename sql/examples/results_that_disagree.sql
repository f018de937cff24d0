-- Where do a vendor and an independent publisher differ most on one benchmark?
select v.model_id, v.benchmark_id, v.score as vendor, i.score as independent, i.publisher
from results_known(null) as v
inner join results_known(null) as i
    on i.model_id = v.model_id and i.benchmark_id = v.benchmark_id and i.evidence = 'independent'
    and i.benchmark_release is not distinct from v.benchmark_release and i.unit = v.unit
where v.evidence = 'official' and v.unit = 'percent' and v.is_headline_metric and i.is_headline_metric
order by abs(v.score - i.score) desc, v.model_id, v.benchmark_id, i.publisher, i.score
limit 8
