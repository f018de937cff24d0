-- Every alias points to a known model, in periods that do not overlap.
select a.alias, a.model_id, 'unknown model' as problem
from core.aliases as a
left join core.models as m on m.model_id = a.model_id
where m.model_id is null
union all
select a.alias, b.model_id, 'periods overlap' as problem
from core.aliases as a
inner join core.aliases as b
    on b.alias = a.alias and b.valid_from > a.valid_from and b.valid_from < a.valid_to
