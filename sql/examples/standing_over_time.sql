-- How did one model's standing go over time?
select s.valid_from, s.valid_to, s.price_3to1_usd_per_mtok, s.capability_rank, s.members, s.is_on_frontier,
    round(s.premium_to_frontier_share, 2) as premium
from marts.segment_standing as s
where s.segment_id = 'math_reasoning' and s.model_id = 'openai/o1-mini-2024-09-12'
order by s.valid_from
limit 8
