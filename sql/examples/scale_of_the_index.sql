-- On which scale is capability stated on a day?
select f.known_on, f.anchors, round(f.points_per_logit, 1) as points_per_logit, f.is_unit_anchored, f.results, f.models
from analysis.fits as f
order by f.known_on desc
limit 5
