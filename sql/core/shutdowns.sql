-- Shutdowns of versions by their own vendor, as believed from day to day: they bound its list price.
-- The edition's statement counts at once, and so does a feed's that is read before its day. A feed that
-- states a day already past is believed when its page has said so for a month: in November 2025 one read
-- Google's page as if Gemini 2.5 Pro had been shut down in June, for three weeks.
-- key: model_id, known_from
-- check period_is_not_empty: known_to is null or known_to > known_from
with marked as (
    select
        c.*,
        case
            when lag(c.ended_at) over claim = c.first_seen_at and lag(c.shutdown_on) over claim = c.shutdown_on
                then 0
            else 1
        end as is_new
    from core.retirement_claims as c
    where c.shutdown_on is not null
    window claim as (partition by c.source, c.key, c.model_id order by c.first_seen_at)
),

numbered as (
    select
        m.*,
        sum(m.is_new) over (
            partition by m.source, m.key, m.model_id order by m.first_seen_at
            rows between unbounded preceding and current row
        ) as number
    from marked as m
),

statements as (
    select
        n.source,
        n.key,
        n.model_id,
        n.shutdown_on,
        min(n.first_seen_at) as first_seen_at,
        min(n.known_at) as known_at,
        case when count(*) = count(n.ended_at) then max(n.ended_at) end as ended_at
    from numbered as n
    group by n.source, n.key, n.model_id, n.shutdown_on, n.number
),

believed as (
    select
        s.source,
        s.key,
        s.model_id,
        s.shutdown_on,
        s.first_seen_at,
        s.ended_at,
        case
            when s.source = 'edition' or cast(s.known_at as date) <= s.shutdown_on then s.known_at
            else min(cast(r.read_on as timestamp))
        end as believed_at
    from statements as s
    left join core.source_readings as r
        on r.source = s.source
        and r.read_on >= cast(s.known_at as date) + 30
        and (s.ended_at is null or cast(r.read_on as timestamp) < s.ended_at)
    group by s.source, s.key, s.model_id, s.shutdown_on, s.first_seen_at, s.ended_at, s.known_at
),

statements_believed as (
    select
        b.model_id,
        b.shutdown_on,
        b.source,
        cast(b.believed_at as date) as believed_on,
        cast(b.ended_at as date) as withdrawn_on
    from believed as b
    where
        b.believed_at is not null
        and (b.ended_at is null or cast(b.believed_at as date) < cast(b.ended_at as date))
),

days as (
    select b.model_id, b.believed_on as on_day from statements_believed as b
    union
    select b.model_id, b.withdrawn_on as on_day from statements_believed as b where b.withdrawn_on is not null
),

followed as (
    select
        d.model_id,
        d.on_day,
        lead(d.on_day) over (partition by d.model_id order by d.on_day) as next_day
    from days as d
)

select
    f.model_id,              -- version shut down
    f.on_day as known_from,  -- first day this was what was believed
    max(f.next_day) as known_to, -- first day something else was; null while it is
    coalesce(
        max(case when b.source = 'edition' then b.shutdown_on end), max(b.shutdown_on)
    ) as shutdown_on,        -- first day without service by its vendor: the edition's, else the latest a feed states
    coalesce(
        min(case when b.source = 'edition' then b.believed_on end), min(b.believed_on)
    ) as known_on            -- since when a shutdown is believed
from followed as f
inner join statements_believed as b
    on b.model_id = f.model_id
    and b.believed_on <= f.on_day
    and (b.withdrawn_on is null or b.withdrawn_on > f.on_day)
group by f.model_id, f.on_day
