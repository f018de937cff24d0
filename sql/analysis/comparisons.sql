-- How probable it is that an entrant is the abler, for each launch, basket and other model.
-- key: known_on, event_id, basket_kind, basket_id, entrant_id, incumbent_id
-- check probability_is_one: probability_entrant_above between 0 and 1
-- python: pipelines.analysis.capability
select
    c.known_on,              -- day by which the evidence was known
    c.event_id,              -- launch
    c.basket_kind,           -- overall, ability or segment
    c.basket_id,             -- `overall`, an ability or a segment
    c.entrant_id,            -- version launched
    c.incumbent_id,          -- version compared with
    c.probability_entrant_above, -- P(entrant is at least as capable)
    c.difference,            -- entrant minus incumbent, index points
    c.difference_low,        -- lower end of the 80% interval, index points
    c.difference_high        -- upper end of the 80% interval, index points
from computed_comparisons as c
