-- Which models does another host sell for less than their vendor?
select distinct p.model_id, p.price_3to1_usd_per_mtok as list_price, p.street_price_3to1_usd_per_mtok as street_price, p.street_host
from marts.positioning as p
where p.day_id = 'newest' and p.street_price_3to1_usd_per_mtok < p.price_3to1_usd_per_mtok
order by p.model_id
limit 8
