-- Which models are ablest overall today?
select c.model_id, c.effort, round(c.capability, 1) as capability, round(c.capability_low, 1) as low,
    round(c.capability_high, 1) as high
from analysis.capabilities as c
where c.basket_kind = 'overall' and c.evidence_share >= 0.5
    and c.known_on = (select max(f.known_on) from analysis.fits as f)
order by c.capability desc, c.model_id
limit 10
