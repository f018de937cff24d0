-- Is o1-mini abler than o1-preview, and in what?
select c.basket_id, round(c.probability_above, 2) as probability_above, c.results, c.other_results
from comparison_on('openai/o1-mini', 'openai/o1-preview', null) as c
where c.basket_kind <> 'segment'
order by c.probability_above desc nulls last
