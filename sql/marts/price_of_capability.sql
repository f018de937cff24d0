-- What a level of capability cost on the first of each month, and what the same cost a year earlier:
-- the cheapest list price of a member of the segment that reaches it.
-- key: segment_id, capability_level, on_day
-- check price_is_known_or_reason_given: (price_3to1_usd_per_mtok is null) = (reason is not null)
with newest as (
    select max(d.as_of) as as_of
    from core.segment_days as d
    where d.basis = 'newest'
),

bounds as (
    select min(m.on_day) as first_day
    from marts.segment_members as m
),

months as (
    select cast(g.on_day as date) as on_day
    from bounds as b
    cross join newest as n
    cross join generate_series(date '2020-01-01', date '2120-01-01', interval 1 month) as g(on_day)
    where g.on_day >= date_trunc('month', b.first_day + 31) and g.on_day <= n.as_of
),

levels as (
    select cast(l.capability_level as double) as capability_level
    from generate_series(100, 160, 10) as l(capability_level)
),

asked as (
    select s.segment_id, l.capability_level, m.on_day
    from months as m
    cross join levels as l
    cross join core.segments as s
    where s.kind = 'models'
),

reaching as (
    select
        a.segment_id,
        a.capability_level,
        a.on_day,
        m.model_id,
        m.price,
        row_number() over (
            partition by a.segment_id, a.capability_level, a.on_day
            order by m.price, m.capability desc, m.model_id
        ) as place
    from asked as a
    inner join marts.frontier as m
        on m.segment_id = a.segment_id
        and m.on_day <= a.on_day
        and m.until_day > a.on_day
        and m.capability >= a.capability_level
)

select
    a.segment_id,            -- segment
    a.capability_level,      -- level in the segment's basket, index points
    a.on_day,                -- first of a month
    r.model_id,              -- cheapest version that reaches it
    r.price as price_3to1_usd_per_mtok, -- its list price at 3:1, USD per million tokens
    y.model_id as model_a_year_earlier, -- cheapest that reached it a year earlier
    y.price as price_a_year_earlier_usd_per_mtok, -- what it cost then, USD per million tokens
    y.price / r.price as times_cheaper_in_a_year, -- price a year earlier over price now
    case when r.model_id is null then 'no member of the segment with a known list price reaches it' end as reason -- why there is no price
from asked as a
left join reaching as r
    on r.segment_id = a.segment_id and r.capability_level = a.capability_level
    and r.on_day = a.on_day and r.place = 1
left join reaching as y
    on y.segment_id = a.segment_id and y.capability_level = a.capability_level
    and y.on_day = a.on_day - interval 1 year and y.place = 1
