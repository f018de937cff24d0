-- What did the same capability cost a year earlier?
select p.on_day, p.model_id, p.price_3to1_usd_per_mtok, p.model_a_year_earlier,
    p.price_a_year_earlier_usd_per_mtok, round(p.times_cheaper_in_a_year, 1) as times_cheaper
from marts.price_of_capability as p
where p.segment_id = 'math_reasoning' and p.capability_level = 130 and p.times_cheaper_in_a_year is not null
order by p.on_day desc
limit 6
