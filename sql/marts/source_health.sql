-- How each source is doing, in one word, and what to do about it: when it was last read, of when its
-- newest fact is, what it lost or gained, what of it is held back, disputed or not understood.
-- Reckoned from the newest attempt of all, so that the table is the same whenever it is built.
-- key: source
-- check a_word_that_asks_for_something_says_what: (what_to_do is null) = (status = 'ok')
with attempts as (
    select
        f.source,
        count(*) as fetches,
        max(f.fetched_at) as last_attempt_at,
        max(case when f.status <> 'failed' then f.fetched_at end) as last_good_at,
        max(max(f.fetched_at)) over () as looked_at
    from raw.fetches as f
    group by f.source
),

last_good as (
    select f.source, f.part, max(case when f.status <> 'failed' then f.fetched_at end) as good_at
    from raw.fetches as f
    group by f.source, f.part
),

-- Attempts since each part was last read well, and that one.
numbered as (
    select
        f.source,
        f.part,
        f.fetched_at,
        f.status,
        f.problem,
        f.held_back,
        g.good_at as part_good_at,
        row_number() over (partition by f.source, f.part order by f.fetched_at desc, f.fetch_id desc) as place
    from raw.fetches as f
    inner join last_good as g on g.source = f.source and g.part = f.part
    where g.good_at is null or f.fetched_at >= g.good_at
),

-- Since when each part has failed without a good reading.
failing as (
    select n.source, n.part, min(n.fetched_at) as failing_since
    from numbered as n
    where n.status = 'failed' and (n.part_good_at is null or n.fetched_at > n.part_good_at)
    group by n.source, n.part
),

-- Parts that failed when the source was last tried.
failed as (
    select
        n.source,
        min(g.failing_since) as failing_since,
        max(case when n.part = '' then n.problem else n.part || ': ' || n.problem end) as problem,
        sum(n.held_back) as rows_held_back
    from numbered as n
    inner join attempts as a on a.source = n.source
    left join failing as g on g.source = n.source and g.part = n.part
    where n.place = 1 and n.status = 'failed' and cast(n.fetched_at as date) = cast(a.last_attempt_at as date)
    group by n.source
),

good_before as (
    select f.source, f.part, max(f.fetched_at) as good_at
    from raw.fetches as f
    inner join last_good as g on g.source = f.source and g.part = f.part
    where f.status <> 'failed' and f.fetched_at < g.good_at
    group by f.source, f.part
),

good as (
    select
        f.source,
        f.part,
        f.observed,
        f.rejected,
        row_number() over (partition by f.source, f.part order by f.fetched_at desc, f.fetch_id desc) as place
    from raw.fetches as f
    inner join last_good as g on g.source = f.source and g.part = f.part
    left join good_before as b on b.source = f.source and b.part = f.part
    where f.status <> 'failed' and f.fetched_at >= coalesce(b.good_at, g.good_at)
),

-- The last good payloads, and those before them where there were any.
sizes as (
    select
        l.source,
        sum(l.observed) as observed,
        sum(l.rejected) as rejected,
        sum(case when b.source is not null then l.observed - b.observed end) as grown
    from good as l
    left join good as b on b.source = l.source and b.part = l.part and b.place = 2
    where l.place = 1
    group by l.source
),

quarantined as (
    select q.source, count(*) as rows_quarantined
    from core.quarantine as q
    where q.ended_at is null
    group by q.source
),

disputed as (
    select c.source, count(distinct c.offering_id) as prices_disputed
    from core.price_claims as c
    inner join core.prices as p on p.offering_id = c.offering_id and p.valid_to is null
    where
        p.is_disputed
        and c.valid_to_earliest is null
        and (c.input_usd_per_mtok <> p.input_usd_per_mtok or c.output_usd_per_mtok <> p.output_usd_per_mtok)
    group by c.source
),

drift as (
    select
        d.source,
        count(*) as fields_drifted,
        sum(case when d.is_read and d.gone_at is not null then 1 else 0 end) as fields_lost
    from marts.schema_drift as d
    inner join attempts as a on a.source = d.source
    where cast(coalesce(d.gone_at, d.first_seen_at) as date) > cast(a.last_good_at as date) - 30
    group by d.source
),

unresolved as (
    select
        u.source,
        sum(case when u.kind = 'model' then 1 else 0 end) as names_unresolved
    from core.unresolved_names as u
    group by u.source
),

judged as (
    select
        s.source,
        case
            when not s.is_used then 'left out'
            when not s.is_live then 'archive'
            when
                s.key_variable is not null
                and (a.last_attempt_at is null or cast(a.last_attempt_at as date) < cast(a.looked_at as date) - 1)
                then 'no key'
            when a.last_attempt_at is null then 'not read'
            when f.rows_held_back > 0 then 'shrunk'
            when f.source is not null then 'broken'
            when a.last_good_at is null then 'broken'
            when date_diff('day', cast(a.last_good_at as date), cast(a.looked_at as date)) > greatest(2, 2 * s.cadence_days) then 'overdue'
            when date_diff('day', n.newest_on, cast(a.last_good_at as date)) > greatest(30, 4 * s.cadence_days) then 'stale'
            when d.fields_lost > 0 then 'drifted'
            else 'ok'
        end as status
    from raw.sources as s
    left join attempts as a on a.source = s.source
    left join failed as f on f.source = s.source
    left join core.newest_facts as n on n.source = s.source
    left join drift as d on d.source = s.source
)

select
    s.source,                -- source
    j.status,                -- ok, broken, shrunk, overdue, stale, drifted, no key, not read, left out or archive
    case j.status
        when 'broken' then 'the last good payload stays in force; if it lasts, see at the address whether it moved or changed'
        when 'shrunk' then 'the missing rows are kept; the smaller feed is believed after a week, or at once if it recovers'
        when 'overdue' then 'run `bellwether run`; if it was not tried, look at the schedule'
        when 'stale' then 'it answers, but says nothing new: see whether its publisher moved or ended it'
        when 'drifted' then 'fields we read are gone: compare `marts.schema_drift` with the reader'
        when 'no key' then 'set ' || s.key_variable || ' to read it'
        when 'not read' then 'run `bellwether run` without --offline'
        when 'left out' then 'nothing: its terms do not allow commercial use, or state none'
        when 'archive' then 'nothing: it has no live address, its history is kept'
    end as what_to_do,       -- what an operator should do; null if nothing
    s.title,                 -- its title
    s.kind,                  -- pricing, benchmark, release, usage
    s.url,                   -- where it is read
    s.is_live,               -- fetched on every run; false where only an archive exists
    s.key_variable,          -- environment variable of the key it needs; null if none
    s.cadence_days,          -- how often its publisher says something new, days
    a.last_attempt_at,       -- last time it was read, UTC
    a.last_good_at,          -- last time that worked for any part, UTC
    n.newest_on as newest_fact_on, -- day of the newest thing it says, by its own dates where it states any
    f.failing_since,         -- first failure of what failed when it was last read, without a good reading since, UTC; null if nothing did
    f.problem,               -- what went wrong when it was last read; null if nothing did
    coalesce(a.fetches, 0) as fetches, -- attempts so far
    z.observed as rows_observed, -- rows of the last good payloads, all parts, that met the contract
    cast(z.grown as bigint) as rows_change, -- how many more or fewer than in the good payloads before; null if there were none
    z.rejected as rows_rejected, -- rows of them that did not meet the contract
    f.rows_held_back,        -- rows not believed yet because the feed shrank
    coalesce(d.fields_drifted, 0) as fields_drifted, -- fields that came or went in the 30 days before the last good fetch
    coalesce(q.rows_quarantined, 0) as rows_quarantined, -- rows now in quarantine
    coalesce(p.prices_disputed, 0) as prices_disputed, -- its prices in force that differ from the resolved ones
    cast(coalesce(u.names_unresolved, 0) as bigint) as names_unresolved, -- names of models to chat with that are not understood
    s.licence,               -- licence
    s.may_redistribute,      -- its data may be passed on
    s.may_use_commercially -- its terms allow commercial use
from raw.sources as s
inner join judged as j on j.source = s.source
left join attempts as a on a.source = s.source
left join core.newest_facts as n on n.source = s.source
left join sizes as z on z.source = s.source
left join failed as f on f.source = s.source
left join drift as d on d.source = s.source
left join quarantined as q on q.source = s.source
left join disputed as p on p.source = s.source
left join unresolved as u on u.source = s.source
