-- What effort adds to a model, and by how much vendors' own and quoted figures run above independent runs.
-- key: known_on, condition, name
-- keep: fit_id
-- python: pipelines.analysis.capability
select
    k.known_on,              -- day by which the evidence was known
    k.fit_id,                -- fit, analysis.fits
    k.condition,             -- effort or evidence
    k.name,                  -- effort level, against unstated; kind of evidence, against independent
    k.effect,                -- what it adds to a result, index points
    k.effect_low,            -- lower end of the 80% interval, index points
    k.effect_high,           -- upper end of the 80% interval, index points
    k.weight,                -- weight of such a result against the reference; 1 for efforts
    cast(k.results as bigint) as results -- results behind it
from computed_condition_effects as k
