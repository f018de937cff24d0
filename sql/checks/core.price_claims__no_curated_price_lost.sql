-- Every price of the edition names a known model and a known lineage, so that none is lost in a join.
select p.model_id, p.lineage, p.valid_from_latest
from seeds.prices as p
left join core.models as m on m.model_id = p.model_id
left join seeds.lineages as l on l.lineage_id = p.lineage
where m.model_id is null or l.lineage_id is null
