-- Where is a model stronger than its overall capability, and on how many results?
select c.basket_id, c.effort, round(c.capability, 1) as capability, round(c.capability_sd, 1) as sd, c.results
from analysis.capabilities as c
where c.model_id = 'openai/o1-mini-2024-09-12' and c.basket_kind <> 'segment'
    and c.known_on = (select max(f.known_on) from analysis.fits as f)
order by c.capability desc
