-- LMArena's back-filled rating history, in Elo points: inner dates are claims, known when fetched.
-- Where the history turns from one rating to another, all models shift together: before 2024-06-29
-- the file holds ratings 94 points lower at the median, which jump by 20 from date to date and are
-- not what the publisher's own table said. Such a break before the first table of the publisher
-- that we hold (2024-07-09) is found by its common shift of 40 points, and the rows quarantined.
-- key: key, first_seen_at
-- check run_ends_after_it_begins: ended_at is null or ended_at > first_seen_at
-- check score_is_a_rating: quarantine_reason is not null or score between 0 and 4000
with runs as (
    select
        r.key,
        r.fields->>'$.model' as spelling,
        cast(try_strptime(r.fields->>'$.day', '%Y%m%d') as date) as stated_on,
        try_cast(r.fields->>'$.score' as decimal(9, 3)) as score,
        r.first_fetch_id,
        r.first_seen_at,
        r.previous_fetch_at,
        r.last_seen_at,
        r.ended_at
    from raw.lmarena_history__results as r
),

steps as (
    select
        r.stated_on,
        r.first_seen_at,
        lag(r.stated_on) over (partition by r.spelling order by r.stated_on, r.first_seen_at)
            as stated_before,
        r.score - lag(r.score) over (partition by r.spelling order by r.stated_on, r.first_seen_at)
            as shift
    from runs as r
),

breaks as (
    select max(b.stated_on) as stated_on
    from (
        select s.stated_on
        from steps as s
        where s.stated_on <= date '2024-07-09' and s.stated_before < s.stated_on
        group by s.stated_on
        having count(*) >= 10 and abs(median(s.shift)) >= 40
    ) as b
)

select
    'lmarena_history' as source, -- source name
    r.key,                   -- the row's key in the source: model and date
    name_before_effort(r.spelling) as spelling, -- the source's own name for the model, its effort taken off
    'Chatbot Arena' as benchmark_spelling, -- the source's own name for the benchmark
    case
        when r.stated_on < b.stated_on
            then 'arena history before ' || strftime(b.stated_on, '%Y-%m-%d')
        when r.stated_on < date '2025-05-24' then 'arena pre-2025-06 scale'
        when r.stated_on >= date '2025-06-18' then 'arena 2025-06 scale'
        else 'arena scale of neither side of 2025-06'
    end as benchmark_release, -- scale of the rating: ratings on two scales never compare
    'elo' as metric,         -- what is counted
    effort_in_name(r.spelling) as configuration, -- effort or budget, which the source writes behind the name
    cast(null as varchar) as system, -- scaffold or agent; none
    r.score,                 -- rating in Elo points
    'elo' as unit,           -- unit of the score
    'independent' as evidence, -- who stands behind it: votes of the public
    'LMArena' as publisher,  -- who publishes it
    cast(null as decimal(12, 4)) as run_cost_usd, -- what the run cost, USD; not stated
    cast(null as bigint) as test_cases, -- votes behind the rating; not in the history
    r.stated_on,             -- day the rating is said to be of: a claim, not when it was known
    r.first_fetch_id as fetch_id, -- fetch that first showed it
    r.first_seen_at,         -- when it was first seen, UTC: its known time
    r.previous_fetch_at,     -- last fetch without it, UTC; null if the source was not read before
    r.last_seen_at,          -- last fetch that still showed it, UTC; null while it goes on
    r.ended_at,              -- first fetch without it, UTC; null while it goes on
    case
        when r.stated_on is null then 'not a date'
        when r.score is null then 'no number'
        when r.score not between 400 and 2500 then 'not a rating: outside 400 to 2,500 points'
        when r.stated_on > cast(r.first_seen_at as date) then 'dated after it was fetched'
        when r.stated_on < b.stated_on
            then 'another rating than the published one: all models shift together on '
                || strftime(b.stated_on, '%Y-%m-%d')
        when r.stated_on >= date '2025-05-24' and r.stated_on < date '2025-06-18'
            then 'read while the scale was being changed: on which it stands is unknown'
    end as quarantine_reason -- why it is not used; null if it is
from runs as r
cross join breaks as b
