-- Every alias names a vendor that is known: a line with a slip would be waited for in vain.
-- Its version may be one that a listing registers later, so that is no fault.
select
    a.spelling,
    a.model_id
from seeds.aliases as a
left join core.vendors as v on v.vendor_id = split_part(a.model_id, '/', 1)
where v.vendor_id is null
