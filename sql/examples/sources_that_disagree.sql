-- Which sources disagreed on prices on a day, how often, and why?
select d.source, d.other_source, d.cause, count(*) as models
from disagreements_on('2026-07-01', null) as d
group by d.source, d.other_source, d.cause
order by d.source, d.other_source, d.cause
