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

-- By month first: what holds on none of them, most of a long history, is not looked at level by level.
standing as (
    select
        s.segment_id,
        m.on_day,
        f.model_id,
        f.price,
        f.capability
    from months as m
    cross join core.segments as s
    inner join marts.frontier as f
        on f.segment_id = s.segment_id
        and f.on_day <= m.on_day
        and f.until_day > m.on_day
    where s.kind = 'models'
),

reaching as (
    select
        n.segment_id,
        l.capability_level,
        n.on_day,
        n.model_id,
        n.price,
        row_number() over (
            partition by n.segment_id, l.capability_level, n.on_day
            order by n.price, n.capability desc, n.model_id
        ) as place
    from standing as n
    inner join levels as l on n.capability >= l.capability_level
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
