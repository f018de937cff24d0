-- What is overpaid for as much capability, at three mixes of tokens?
select p.model_id, round(p.premium_to_frontier_share, 2) as at_3_to_1,
    round(p.premium_to_frontier_98to2_share, 2) as at_98_to_2,
    round(p.premium_to_frontier_98to2_cached_share, 2) as cached
from marts.positioning as p
where p.day_id = 'newest' and p.segment_id = 'premium_reasoning'
order by p.premium_to_frontier_share desc, p.model_id
limit 8
