-- Which models stayed on the frontier longest?
select d.segment_id, d.model_id, d.first_on_frontier_on, d.days_on_frontier, d.is_on_frontier_now
from marts.days_on_frontier as d
where d.days_on_frontier > 0
order by d.days_on_frontier desc, d.segment_id, d.model_id
limit 8
