-- Which models were the best buy at their price on 2024-09-12, and how sure is that?
select f.model_id, f.price_3to1_usd_per_mtok, round(f.capability, 1) as capability,
    round(f.probability_on_frontier, 2) as probability_on_frontier
from frontier_on('math_reasoning', '2024-09-12', null) as f
