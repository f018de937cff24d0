-- Which version did an alias mean on a day?
select m.alias, m.model_id, m.valid_from, m.valid_to
from model_on('openai/gpt-4o', '2024-09-12') as m
