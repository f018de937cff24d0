-- What did o1-mini cost on its launch day, and who says so?
select p.input_usd_per_mtok, p.output_usd_per_mtok, p.publisher, p.source_url
from prices_on('2024-09-12', null) as p
where p.model_id = 'openai/o1-mini-2024-09-12' and p.is_list_price
