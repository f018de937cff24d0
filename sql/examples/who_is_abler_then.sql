-- What could be said of that the day after the launch, and what not?
select c.basket_id, round(c.probability_above, 2) as probability_above,
    c.abilities_without_evidence, c.other_abilities_without_evidence
from comparison_on('openai/o1-mini', 'openai/o1-preview', '2024-09-13') as c
where c.basket_kind = 'ability'
order by c.basket_id
