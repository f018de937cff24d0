-- How probable it is that one model is abler than another in every basket, from what was known by a
-- day (null: now); null where one of them has no result in the basket. Models by id or alias.
-- from comparison_on('openai/o1-mini', 'openai/o1-preview', '2024-09-13')
create or replace macro comparison_on(one_name, other_name, known_by) as table
with fit as (
    select max(f.known_on) as known_on
    from analysis.fits as f
    where f.known_on <= coalesce(cast(known_by as date), date '9999-12-31')
),

named as (
    select
        m.model_id,
        case when m.asked = 'one' then 1 else 2 end as side
    from (
        select a.model_id, 'one' as asked
        from model_on(one_name, coalesce(cast(known_by as date), current_date)) as a
        union
        select a.model_id, 'other' as asked
        from model_on(other_name, coalesce(cast(known_by as date), current_date)) as a
    ) as m
)

select
    c.known_on,
    c.basket_kind,
    c.basket_id,
    c.model_id,
    c.effort,
    c.capability,
    d.model_id as other_id,
    d.effort as other_effort,
    d.capability as other_capability,
    case when least(c.evidence_share, d.evidence_share) > 0 then normal_probability(
        (c.capability - d.capability) / sqrt(
            power(c.factor_1 - d.factor_1, 2)
            + power(c.factor_2 - d.factor_2, 2)
            + power(c.factor_3 - d.factor_3, 2)
            + power(c.factor_4 - d.factor_4, 2)
            + power(c.factor_5 - d.factor_5, 2)
            + power(c.factor_6 - d.factor_6, 2)
            + power(c.own_sd, 2) + power(d.own_sd, 2) + 1e-12
        )
    ) end as probability_above,
    c.results,
    d.results as other_results,
    c.abilities_without_evidence,
    d.abilities_without_evidence as other_abilities_without_evidence
from fit as f
inner join named as n on n.side = 1
inner join named as o on o.side = 2
inner join analysis.capabilities as c on c.known_on = f.known_on and c.model_id = n.model_id
inner join analysis.capabilities as d
    on d.known_on = f.known_on and d.model_id = o.model_id
    and d.basket_kind = c.basket_kind and d.basket_id = c.basket_id
