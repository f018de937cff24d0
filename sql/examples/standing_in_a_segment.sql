-- Who was ablest in mathematics on 2024-09-12, with hindsight?
select s.capability_rank, s.model_id, s.price_3to1_usd_per_mtok, round(s.capability, 1) as capability,
    round(s.capability_low, 1) as low, round(s.capability_high, 1) as high
from standing_on('math_reasoning', '2024-09-12', null) as s
order by s.capability_rank
limit 5
