-- Who was on the frontier of a day, from the stored history?
select f.model_id, round(f.price, 3) as price, round(f.capability, 1) as capability
from frontier_history_on('algorithmic_coding', '2025-03-01') as f
