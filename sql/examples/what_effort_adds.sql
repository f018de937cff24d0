-- What does more effort add to a model's capability?
select k.name, round(k.effect, 1) as points, round(k.effect_low, 1) as low, round(k.effect_high, 1) as high, k.results
from analysis.condition_effects as k
where k.condition = 'effort' and k.known_on = (select max(f.known_on) from analysis.fits as f)
order by k.effect, k.name
