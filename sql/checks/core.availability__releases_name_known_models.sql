-- Every release and retirement names a known model.
select r.model_id
from seeds.releases as r
left join core.models as m on m.model_id = r.model_id
where m.model_id is null
union all
select t.model_id
from seeds.retirements as t
left join core.models as m on m.model_id = t.model_id
where m.model_id is null
