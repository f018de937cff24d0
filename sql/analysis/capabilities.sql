-- How able each model is, overall, per ability and per segment basket, from what was known by a day.
-- A version stands at the effort at which it is ablest; where people wait, at an unstated one.
-- Covariance: two models of one fit and basket differ with variance
-- sum((factor of one - factor of other)^2) + own_sd^2 of each (`comparison_on`).
-- Standard deviations and loads are rounded to a thousandth of a point, which halves the table.
-- key: known_on, basket_kind, basket_id, model_id
-- check interval_holds_the_estimate: capability between capability_low and capability_high
-- keep: fit_id
-- python: pipelines.analysis.capability
select
    c.known_on,              -- day by which the evidence was known
    c.fit_id,                -- fit, analysis.fits
    c.basket_kind,           -- overall, ability or segment
    c.basket_id,             -- `overall`, an ability or a segment
    c.model_id,              -- version
    cast(c.effort as varchar) as effort, -- effort or token budget it stands at; `unstated` if its publishers do not say
    round(c.capability, 6) as capability, -- index points
    round(c.capability_low, 6) as capability_low, -- lower end of the 80% interval, index points
    round(c.capability_high, 6) as capability_high, -- upper end of the 80% interval, index points
    round(c.capability_sd, 3) as capability_sd, -- standard deviation, index points
    round(c.own_sd, 3) as own_sd, -- part of it no other model shares, index points
    round(c.factor_1, 3) as factor_1, -- load on the first common source of uncertainty, index points
    round(c.factor_2, 3) as factor_2, -- load on the second, index points
    round(c.factor_3, 3) as factor_3, -- load on the third, index points
    round(c.factor_4, 3) as factor_4, -- load on the fourth, index points
    round(c.factor_5, 3) as factor_5, -- load on the fifth, index points
    round(c.factor_6, 3) as factor_6, -- load on the sixth, index points
    cast(c.results as bigint) as results, -- measurements in the basket's abilities
    cast(c.independent_results as bigint) as independent_results, -- those not by the vendor, quoted or second-hand
    c.evidence_share,        -- share of the basket's weight with at least one result
    cast(c.abilities_without_evidence as varchar) as abilities_without_evidence, -- abilities of the basket without any result
    cast(c.is_anchored as boolean) as is_anchored -- an anchor model was measured, so that values compare across days
from computed_capabilities as c
