-- When each version was first seen on offer, by its vendor or on OpenRouter, and the last reading of that
-- listing without it. A version that goes missing and comes back keeps its first day.
-- key: model_id
-- check gap_is_ordered: offered_after is null or offered_after <= offered_on
with offered as (
    select
        c.model_id,
        c.valid_from_earliest,
        c.valid_from_latest,
        cast(c.known_at as date) as known_on,
        row_number() over (
            partition by c.model_id
            order by c.valid_from_latest, c.valid_from_earliest nulls first, c.claim_id
        ) as place
    from core.price_claims as c
    inner join core.offerings as o on o.offering_id = c.offering_id
    where o.is_list_price or (o.host_id = 'openrouter' and o.variant in ('standard', 'free'))
),

-- A day of use is a day of sale: it narrows the gap in which a listing appeared.
used as (
    select u.model_id, min(u.period_from) as used_on
    from core.usage as u
    where u.model_id is not null and u.period_to = u.period_from + 1
    group by u.model_id
)

select
    o.model_id,              -- version
    case
        when o.valid_from_earliest is null then null
        else least(o.valid_from_earliest, o.valid_from_latest, coalesce(u.used_on, o.valid_from_latest))
    end as offered_after,    -- last reading of the listing without it, or its stated first day; null if it was there when first read
    least(o.valid_from_latest, coalesce(u.used_on, o.valid_from_latest)) as offered_on, -- first day it is known to have been on offer
    o.known_on               -- day this could first be known
from offered as o
left join used as u on u.model_id = o.model_id
where o.place = 1
