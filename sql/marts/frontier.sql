-- The Pareto frontier of every segment over all days, in one pass: who is abler than all that cost no
-- more, on each change of the market. Equal price and equal capability share a place.
-- One pass: the best capability in each bucket of log price rules out most members; a running maximum
-- over price decides the few that are left. For what was known by an earlier day ask frontier_on.
-- The members are read twice rather than kept once: a copy of them all would not fit in memory.
-- key: segment_id, on_day, model_id
-- keep: state_id of analysis.member_days
with buckets as (
    select
        m.segment_id,
        m.on_day,
        price_bucket(m.price) as bucket,
        max(m.capability) as best
    from marts.segment_members as m
    inner join analysis.member_days as d on d.on_day = m.on_day
    group by m.segment_id, m.on_day, price_bucket(m.price)
),

promising as (
    select
        b.segment_id,
        b.on_day,
        b.bucket,
        b.best,
        coalesce(max(b.best) over (
            partition by b.segment_id, b.on_day order by b.bucket
            rows between unbounded preceding and 1 preceding
        ), -1e308) as best_cheaper
    from buckets as b
),

candidates as (
    select m.segment_id, m.on_day, m.until_day, m.model_id, m.price, m.capability, m.state_id
    from marts.segment_members as m
    inner join promising as p
        on p.segment_id = m.segment_id
        and p.on_day = m.on_day
        and p.bucket = price_bucket(m.price)
        and p.best > p.best_cheaper
        and m.capability > p.best_cheaper
),

prices as (
    select c.segment_id, c.on_day, c.price, max(c.capability) as capability
    from candidates as c
    group by c.segment_id, c.on_day, c.price
),

compared as (
    select
        p.*,
        coalesce(max(p.capability) over (
            partition by p.segment_id, p.on_day order by p.price
            rows between unbounded preceding and 1 preceding
        ), -1e308) as best_cheaper
    from prices as p
),

steps as (
    select
        c.*,
        row_number() over (partition by c.segment_id, c.on_day order by c.price) as step
    from compared as c
    where c.capability > c.best_cheaper
)

select
    c.segment_id,            -- segment
    c.on_day,                -- first day, on which some list price changed
    c.until_day,             -- first day after; 9999-12-31 while it lasts
    s.step,                  -- 1 is the cheapest
    c.model_id,              -- version
    c.price,                 -- list price at 3:1, USD per million tokens
    c.capability,            -- in the segment's basket, index points
    c.state_id               -- hash of all it follows from, analysis.member_days
from candidates as c
inner join steps as s
    on s.segment_id = c.segment_id
    and s.on_day = c.on_day
    and s.price = c.price
    and s.capability = c.capability
