-- Which benchmarks are hardest, and which tell models apart best?
select d.benchmark, round(d.difficulty, 1) as difficulty, round(d.slope, 2) as slope, d.results
from analysis.benchmark_difficulties as d
where d.results >= 20 and d.known_on = (select max(f.known_on) from analysis.fits as f)
order by d.difficulty desc, d.benchmark
limit 8
