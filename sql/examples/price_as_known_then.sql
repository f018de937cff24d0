-- What would we have said a day later, from what was known by then?
select p.model_id, p.input_usd_per_mtok, p.output_usd_per_mtok, p.known_at
from prices_on('2024-09-12', '2024-09-13') as p
where p.model_id like 'openai/o1-%' and p.is_list_price
order by p.model_id
