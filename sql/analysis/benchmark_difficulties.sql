-- How hard each benchmark is and how sharply it tells models apart, from what was known by a day.
-- key: known_on, benchmark
-- python: pipelines.analysis.capability
select
    d.known_on,              -- day by which the evidence was known
    d.benchmark,             -- benchmark and release
    d.difficulty_logit,      -- capability at which half the points are got, logit scale
    d.difficulty_sd,         -- standard deviation, logit scale
    d.slope,                 -- how sharply it separates; 1 is average
    d.results,               -- results behind it
    d.noise_share            -- noise of a score in this fit, share of points
from computed_benchmark_difficulties as d
