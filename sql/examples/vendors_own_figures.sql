-- Do vendors' own figures run above independent ones?
select k.name, round(k.effect, 1) as points_above_independent, round(k.effect_low, 1) as low,
    round(k.effect_high, 1) as high, round(k.weight, 2) as weight, k.results
from analysis.condition_effects as k
where k.condition = 'evidence' and k.known_on = (select max(f.known_on) from analysis.fits as f)
order by k.name
