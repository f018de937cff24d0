-- Everything a source said that is not used, with the reason; never dropped, never published.
-- Release claims that are not used keep their reason in core.releases_seen.
-- key: source, fetch_id, spelling, stage, reason
with wire as (
    select
        q.source,
        q.fetch_id,
        q.key as spelling,
        'wire' as stage,
        q.reason,
        cast(null as decimal(18, 9)) as input_usd_per_mtok,
        cast(null as decimal(18, 9)) as output_usd_per_mtok,
        min(q.first_seen_at) as first_seen_at,
        case when count(*) = count(q.ended_at) then max(q.ended_at) end as ended_at
    from raw.quarantine as q
    group by q.source, q.fetch_id, q.key, q.reason
),

faults as (
    select
        p.source,
        p.fetch_id,
        p.spelling,
        'staging' as stage,
        p.quarantine_reason as reason,
        p.input_usd_per_mtok,
        p.output_usd_per_mtok,
        p.first_seen_at,
        p.ended_at
    from core.price_observations as p
    where p.quarantine_reason is not null
),

-- Nearly all runs are claimed: what their names mean is asked of the others only.
unclaimed as (
    select
        p.source,
        p.fetch_id,
        p.spelling,
        coalesce(p.stated_from, cast(p.first_seen_at as date)) as holds_from,
        p.input_usd_per_mtok,
        p.output_usd_per_mtok,
        p.first_seen_at,
        p.ended_at
    from core.price_observations as p
    where
        p.quarantine_reason is null
        and not exists (
            select 1
            from core.price_claims as c
            where c.source = p.source and c.spelling = p.spelling and c.fetch_id = p.fetch_id
        )
),

unused as (
    select
        p.source,
        p.fetch_id,
        p.spelling,
        n.target,
        p.holds_from,
        p.input_usd_per_mtok,
        p.output_usd_per_mtok,
        p.first_seen_at,
        p.ended_at
    from unclaimed as p
    inner join core.names as n on n.source = p.source and n.spelling = p.spelling
    where n.status = 'resolved'
),

unconfirmed as (
    select
        u.source,
        u.fetch_id,
        u.spelling,
        'core' as stage,
        case
            when max(a.alias) is null then 'a moving name on a day for which it is not known what it meant'
            else 'jump of 4x or more that no other lineage shows'
        end as reason,
        u.input_usd_per_mtok,
        u.output_usd_per_mtok,
        min(u.first_seen_at) as first_seen_at,
        case when count(*) = count(u.ended_at) then max(u.ended_at) end as ended_at
    from unused as u
    left join core.aliases as a
        on a.alias = u.target and a.valid_from <= u.holds_from and a.valid_to > u.holds_from
    group by u.source, u.fetch_id, u.spelling, u.input_usd_per_mtok, u.output_usd_per_mtok
),

moved as (
    select n.source, n.spelling, a.model_id, a.valid_from, a.known_on
    from core.aliases as a
    inner join core.names as n on n.target = a.alias
    where a.model_id <> a.alias
),

-- Said of the version the name meant then; of the next one it is not known to be said.
not_carried as (
    select
        p.source,
        p.fetch_id,
        p.spelling,
        'core' as stage,
        'the price a moving name had before it moved to ' || m.model_id as reason,
        p.input_usd_per_mtok,
        p.output_usd_per_mtok,
        greatest(p.first_seen_at, cast(max(m.known_on) as timestamp)) as first_seen_at,
        p.ended_at
    from core.price_observations as p
    inner join moved as m
        on m.source = p.source
        and m.spelling = p.spelling
        and m.valid_from > cast(p.first_seen_at as date)
        and (p.ended_at is null or m.valid_from < cast(p.ended_at as date))
    where
        p.quarantine_reason is null
        and not exists (
            select 1
            from core.price_claims as c
            where
                c.source = p.source and c.spelling = p.spelling and c.fetch_id = p.fetch_id
                and c.model_id = m.model_id
        )
    group by
        p.source, p.fetch_id, p.spelling, m.model_id, p.input_usd_per_mtok, p.output_usd_per_mtok,
        p.first_seen_at, p.ended_at
),

unlike_prices as (
    select r.source, r.fetch_id, r.key, r.quarantine_reason, r.first_seen_at, r.ended_at
    from staging.every_results as r
    union all
    select t.source, t.fetch_id, t.key, t.quarantine_reason, t.first_seen_at, t.ended_at
    from staging.every_retirements as t
    union all
    select u.source, u.fetch_id, u.key, u.quarantine_reason, u.first_seen_at, u.ended_at
    from staging.every_usage as u
    union all
    select m.source, m.fetch_id, m.key, m.quarantine_reason, m.first_seen_at, m.ended_at
    from staging.every_meters as m
),

other_faults as (
    select
        o.source,
        o.fetch_id,
        o.key as spelling,
        'staging' as stage,
        o.quarantine_reason as reason,
        cast(null as decimal(18, 9)) as input_usd_per_mtok,
        cast(null as decimal(18, 9)) as output_usd_per_mtok,
        min(o.first_seen_at) as first_seen_at,
        case when count(*) = count(o.ended_at) then max(o.ended_at) end as ended_at
    from unlike_prices as o
    where o.quarantine_reason is not null
    group by o.source, o.fetch_id, o.key, o.quarantine_reason
),

stated_results as (
    select r.source, r.spelling, r.benchmark_spelling, r.benchmark_release, count(*) as stated
    from staging.every_results as r
    where r.quarantine_reason is null
    group by r.source, r.spelling, r.benchmark_spelling, r.benchmark_release
),

used_results as (
    select f.source, f.spelling, count(*) as used
    from core.results as f
    group by f.source, f.spelling
),

understood_results as (
    select s.source, s.spelling, sum(s.stated) as stated
    from stated_results as s
    inner join core.names as n on n.source = s.source and n.spelling = s.spelling
    inner join seeds.benchmark_spellings as p
        on p.source = s.source
        and p.spelling = s.benchmark_spelling
        and (p.benchmark_release is null or p.benchmark_release = s.benchmark_release)
    where n.status = 'resolved'
    group by s.source, s.spelling
),

-- Names of whose results fewer are used than are understood: only theirs are looked at one by one.
partly_used as (
    select u.source, u.spelling
    from understood_results as u
    left join used_results as f on f.source = u.source and f.spelling = u.spelling
    where f.used is null or f.used < u.stated
),

looked_at as (
    select
        r.source, r.fetch_id, r.key, r.benchmark_spelling, r.benchmark_release, r.unit, r.first_seen_at,
        r.ended_at, md5(r.source || '|' || r.key || '|' || cast(r.first_seen_at as varchar)) as result_id
    from staging.every_results as r
    inner join partly_used as u on u.source = r.source and u.spelling = r.spelling
    where r.quarantine_reason is null
),

found_used as (
    select f.result_id
    from core.results as f
    inner join partly_used as u on u.source = f.source and u.spelling = f.spelling
),

-- Understood, but not usable: the name meant nothing on that day, or the unit is not the benchmark's.
unusable as (
    select
        r.source,
        r.fetch_id,
        r.key as spelling,
        'core' as stage,
        case
            when r.unit <> b.unit then 'not in the unit of the benchmark'
            else 'a moving name on a day for which it is not known what it meant'
        end as reason,
        cast(null as decimal(18, 9)) as input_usd_per_mtok,
        cast(null as decimal(18, 9)) as output_usd_per_mtok,
        min(r.first_seen_at) as first_seen_at,
        case when count(*) = count(r.ended_at) then max(r.ended_at) end as ended_at
    from looked_at as r
    inner join seeds.benchmark_spellings as p
        on p.source = r.source
        and p.spelling = r.benchmark_spelling
        and (p.benchmark_release is null or p.benchmark_release = r.benchmark_release)
    inner join core.benchmarks as b on b.benchmark_id = p.benchmark_id
    where not exists (select 1 from found_used as f where f.result_id = r.result_id)
    group by r.source, r.fetch_id, r.key, r.unit <> b.unit
),

everything as (
    select w.* from wire as w
    union all
    select o.* from other_faults as o
    union all
    select n.* from unusable as n
    union all
    select f.* from faults as f
    union all
    select u.* from unconfirmed as u
    union all
    select k.* from not_carried as k
)

-- A run told in stretches, with a silence of its source in between, is one fault all the same.
select
    e.source,               -- feed
    e.fetch_id,             -- fetch it came with
    e.spelling,             -- the feed's own name; for other things than prices the feed's key
    e.stage,                -- wire (broke the contract), staging (not credible) or core (unconfirmed)
    e.reason,               -- why it is not used
    max(e.input_usd_per_mtok) as input_usd_per_mtok, -- input price as converted, USD per million tokens
    max(e.output_usd_per_mtok) as output_usd_per_mtok, -- output price as converted, USD per million tokens
    min(e.first_seen_at) as first_seen_at, -- when it was first seen, UTC
    case when count(*) = count(e.ended_at) then max(e.ended_at) end as ended_at -- when it was gone, UTC; null while it goes on
from everything as e
group by e.source, e.fetch_id, e.spelling, e.stage, e.reason
