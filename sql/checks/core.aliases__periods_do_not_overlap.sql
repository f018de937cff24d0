-- A name points to one version at a time.
select
    a.alias,
    a.model_id,
    b.model_id as other_model_id
from core.aliases as a
inner join core.aliases as b
    on b.alias = a.alias and b.valid_from > a.valid_from and b.valid_from < a.valid_to
