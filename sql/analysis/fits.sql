-- The fits of capability that are kept: one per day on which evidence changed what can be said.
-- A question is answered by the newest not after its known time; whether a day is kept depends on
-- nothing known later, so that the answer stays.
-- key: known_on
-- keep: fit_id
-- python: pipelines.analysis.capability
select
    f.known_on,              -- day by which the evidence was known
    f.fit_id,                -- hash of the results, the baskets, the anchors and the method
    cast(f.results as bigint) as results, -- measurements behind it
    cast(f.models as bigint) as models, -- versions measured
    cast(f.benchmarks as bigint) as benchmarks, -- benchmarks and releases of benchmarks
    cast(f.anchors as varchar) as anchors, -- models that fix the scale, by id; null: 100 is the mean model of the day
    f.points_per_logit,      -- index points of one logit of the average benchmark
    cast(f.is_unit_anchored as boolean) as is_unit_anchored, -- two anchors fix the unit too; otherwise it is a convention
    f.noise_share,           -- noise of a score, share of points, root mean square over benchmarks
    f.ability_sd             -- standard deviation of models' deviations in an ability, index points
from computed_fits as f
