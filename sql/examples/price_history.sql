-- How did a model's list price go over time?
select p.valid_from, p.valid_to, p.input_usd_per_mtok, p.output_usd_per_mtok, p.is_disputed
from core.prices as p
where p.model_id = 'openai/o1-mini-2024-09-12' and p.is_list_price
order by p.valid_from
