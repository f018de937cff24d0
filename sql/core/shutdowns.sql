-- Shutdowns of versions by their own vendor that are believed, and since when: they bound its list price.
-- The edition's statement counts at once, and so does a feed's that is read before its day. A feed that
-- states a day already past is believed when its page has said so for a month: in November 2025 one read
-- Google's page as if Gemini 2.5 Pro had been shut down in June, for three weeks.
-- key: source, key, shutdown_on, first_seen_at
-- check believed_before_it_is_withdrawn: withdrawn_at is null or withdrawn_at > believed_at
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
)

select
    b.model_id,              -- version shut down
    b.shutdown_on,           -- first day without service by its vendor
    b.source,                -- feed, or `edition`
    b.key,                   -- the source's key of the claim
    b.first_seen_at,         -- when it was published or first seen, UTC
    b.believed_at,           -- since when it is believed, UTC
    b.ended_at as withdrawn_at -- when its source said otherwise, UTC; null while it holds
from believed as b
where b.believed_at is not null and (b.ended_at is null or b.believed_at < b.ended_at)
