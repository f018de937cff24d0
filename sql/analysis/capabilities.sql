-- How able each model is, overall, per ability and per segment basket, from what was known by a day.
-- key: known_on, basket_kind, basket_id, model_id
-- check interval_holds_the_estimate: capability between capability_low and capability_high
-- python: pipelines.analysis.capability
select
    c.known_on,              -- day by which the evidence was known
    c.basket_kind,           -- overall, ability or segment
    c.basket_id,             -- `overall`, an ability or a segment
    c.model_id,              -- version
    c.capability,            -- index points; 20 are one logit of an average benchmark
    c.capability_low,        -- lower end of the 80% interval, index points
    c.capability_high,       -- upper end of the 80% interval, index points
    c.capability_sd,         -- standard deviation, index points
    c.results,               -- results behind it
    c.evidence_share,        -- share of the basket's weight with at least one result
    c.abilities_without_evidence, -- abilities of the basket without any result
    c.is_anchored            -- an anchor model was measured, so that values compare across days
from computed_capabilities as c
