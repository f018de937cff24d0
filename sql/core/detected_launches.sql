-- When each version that the edition does not date could first be had, as the feeds show it: the day most
-- lineages state, or the gap between two readings of a feed in which it appeared. A version that every
-- feed held when it was first read has no row: since when is unknown. A version that goes missing and
-- comes back has one row, that of its first day.
-- key: model_id
-- check gap_is_ordered: available_from_earliest <= available_on
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

first_offered as (
    select o.model_id, o.valid_from_earliest, o.valid_from_latest, o.known_on
    from offered as o
    where o.place = 1
),

-- A day of use is a day of sale: it narrows the gap in which a listing appeared.
first_used as (
    select u.model_id, min(u.period_from) as used_on
    from core.usage as u
    where u.model_id is not null and u.period_to - u.period_from = 1
    group by u.model_id
),

votes as (
    select
        s.model_id,
        r.lineage,
        s.released_on,
        max(case when n.host_id = v.list_price_host_id then 1 else 0 end) as is_vendors_own,
        count(*) as names,
        min(cast(s.known_at as date)) as known_on
    from core.releases_seen as s
    inner join core.models as m on m.model_id = s.model_id
    inner join core.vendors as v on v.vendor_id = m.vendor_id
    inner join raw.sources as r on r.source = s.source
    left join core.names as n on n.source = s.source and n.spelling = s.spelling
    left join first_offered as f on f.model_id = s.model_id
    where
        s.quarantine_reason is null
        and s.released_on is not null
        -- Sold before the day stated: the day is wrong. Time zones make two days of slack.
        and s.released_on <= coalesce(f.valid_from_latest, s.released_on) + 2
    group by s.model_id, r.lineage, s.released_on
),

-- One vote a lineage: its row of the vendor's own listing, else what most of its rows say.
spoken as (
    select
        v.*,
        row_number() over (
            partition by v.model_id, v.lineage
            order by v.is_vendors_own desc, v.names desc, v.released_on
        ) as place
    from votes as v
),

counted as (
    select
        s.model_id,
        s.released_on,
        count(*) as lineages,
        min(s.known_on) as known_on
    from spoken as s
    where s.place = 1
    group by s.model_id, s.released_on
),

chosen as (
    select
        c.*,
        row_number() over (
            partition by c.model_id order by c.lineages desc, c.released_on
        ) as place
    from counted as c
),

found as (
    select
        m.model_id,
        m.vendor_id,
        m.name,
        c.released_on,
        coalesce(c.lineages, 0) as lineages,
        c.known_on as dated_known_on,
        f.valid_from_earliest as listed_after,
        f.valid_from_latest as listed_on,
        f.known_on as listed_known_on,
        u.used_on
    from core.models as m
    left join chosen as c on c.model_id = m.model_id and c.place = 1
    left join first_offered as f on f.model_id = m.model_id
    left join first_used as u on u.model_id = m.model_id
    where
        m.is_released
        and m.model_id not in (select r.model_id from core.releases as r)
        and (c.released_on is not null or f.valid_from_earliest is not null)
)

select
    f.model_id,              -- version
    f.vendor_id,             -- vendor
    f.name,                  -- display name
    case
        when f.released_on is not null then f.released_on
        else least(f.listed_after, f.listed_on, coalesce(f.used_on, f.listed_on))
    end as available_from_earliest, -- first day it may have been on sale
    case
        when f.released_on is not null then f.released_on
        else least(f.listed_on, coalesce(f.used_on, f.listed_on))
    end as available_on,     -- first day it is known to have been on sale
    case
        when f.released_on is not null then f.dated_known_on else f.listed_known_on
    end as known_on,         -- day this could first be known
    f.lineages,              -- independent lineages that state the day; 0 if it was only seen to appear
    case
        when f.released_on is not null then 'dated by ' || f.lineages || ' independent source'
            || case when f.lineages > 1 then 's' else '' end
        else 'appeared in a listing between two readings'
    end as evidence          -- how we know
from found as f
