-- What can be bought: a model version from a host in a variant.
-- key: offering_id
select distinct
    c.offering_id,           -- model version x host x variant
    c.model_id,              -- version
    c.host_id,               -- who serves it
    c.variant,               -- way of serving
    v.list_price_host_id is not null and c.variant = 'standard' as is_list_price -- sold by the vendor itself, standard service
from core.price_claims as c
inner join core.models as m on m.model_id = c.model_id
left join core.vendors as v on v.vendor_id = m.vendor_id and v.list_price_host_id = c.host_id
