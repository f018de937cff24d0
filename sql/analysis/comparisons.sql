-- How probable it is that an entrant is the abler, for each launch, basket and other model: from the
-- newest fit, and from the fits of the days around the launch. Any other two: comparison_on.
-- Only where both have a result in some ability of the basket: of others nothing is said.
-- key: known_on, event_id, basket_kind, basket_id, entrant_id, incumbent_id
-- keep: state_id of analysis.comparison_states
-- check probability_is_one: probability_entrant_above between 0 and 1
with pairs as (
    select
        f.known_on,
        f.event_id,
        f.state_id,
        n.basket_kind,
        n.basket_id,
        n.model_id as entrant_id,
        o.model_id as incumbent_id,
        least(n.evidence_share, o.evidence_share) as least_evidence_share,
        n.capability - o.capability as difference,
        sqrt(
            power(n.factor_1 - o.factor_1, 2)
            + power(n.factor_2 - o.factor_2, 2)
            + power(n.factor_3 - o.factor_3, 2)
            + power(n.factor_4 - o.factor_4, 2)
            + power(n.factor_5 - o.factor_5, 2)
            + power(n.factor_6 - o.factor_6, 2)
            + power(n.own_sd, 2) + power(o.own_sd, 2) + 1e-12
        ) as difference_sd
    from analysis.comparison_states as f
    inner join core.event_models as r on r.event_id = f.event_id and r.role = 'entrant'
    inner join analysis.capabilities as n on n.known_on = f.known_on and n.model_id = r.model_id
    inner join analysis.capabilities as o
        on o.known_on = n.known_on
        and o.basket_kind = n.basket_kind
        and o.basket_id = n.basket_id
        and o.model_id <> n.model_id
        and n.evidence_share > 0
        and o.evidence_share > 0
)

select
    p.known_on,              -- day by which the evidence was known
    p.event_id,              -- launch
    p.basket_kind,           -- overall, ability or segment
    p.basket_id,             -- `overall`, an ability or a segment
    p.entrant_id,            -- version launched
    p.incumbent_id,          -- version compared with
    normal_probability(p.difference / p.difference_sd) as probability_entrant_above, -- P(entrant is at least as capable)
    round(p.difference, 6) as difference, -- entrant minus incumbent, index points
    round(p.difference - 1.2815515655446004 * p.difference_sd, 6) as difference_low, -- lower end of the 80% interval, index points
    round(p.difference + 1.2815515655446004 * p.difference_sd, 6) as difference_high, -- upper end of the 80% interval, index points
    p.least_evidence_share, -- share of the basket with results, of the one with less
    p.state_id               -- hash of all it follows from, analysis.comparison_states
from pairs as p
