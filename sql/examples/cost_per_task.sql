-- Cheaper per token, but cheaper per task?
select c.model_id, c.configuration, c.price_3to1_usd_per_mtok, round(c.cost_per_task_usd, 4) as cost_per_task_usd,
    round(c.cost_per_solved_task_usd, 4) as cost_per_solved_task_usd
from marts.cost_per_task as c
where c.benchmark_id = 'aider_polyglot' and c.superseded_on is null
order by c.cost_per_solved_task_usd, c.model_id, c.configuration
limit 8
