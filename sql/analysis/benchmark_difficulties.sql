-- How hard each benchmark is and how sharply it tells models apart, from what was known by a day.
-- key: known_on, benchmark
-- keep: fit_id
-- python: pipelines.analysis.capability
select
    d.known_on,              -- day by which the evidence was known
    d.fit_id,                -- fit, analysis.fits
    d.benchmark,             -- benchmark and release
    d.difficulty,            -- capability at which half the points are got, index points
    d.difficulty_sd,         -- standard deviation, index points
    d.slope,                 -- how sharply it separates; 1 is average
    cast(d.results as bigint) as results, -- results behind it
    d.noise_share            -- noise of a score on it, share of points
from computed_benchmark_difficulties as d
