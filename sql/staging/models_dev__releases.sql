-- Release dates in models.dev, as runs of what it said of one model; price changes do not matter
-- here. The date is the model's, filled in by contributors, and no day of first sale.
-- key: key, first_seen_at
-- keep: state_id of staging.models_dev_states
-- check run_ends_after_it_begins: ended_at is null or ended_at > first_seen_at
-- check is_dated_unless_quarantined: released_on is not null or quarantine_reason is not null
with runs as (
    select
        r.key,
        regexp_extract(r.key, '[^/]+$') as bare_name,
        r.fields->>'$.name' as title,
        r.fields->>'$.release_date' as stated,
        r.first_fetch_id,
        r.first_seen_at,
        r.previous_fetch_at,
        r.last_seen_at,
        r.ended_at,
        g.state_id
    from raw.models_dev__prices as r
    inner join staging.models_dev_states as g on g.part_of_keys = hash(r.key) % 4096
    where r.fields->>'$.release_date' is not null
),

compared as (
    select
        u.*,
        coalesce(
            lag(u.ended_at) over w = u.first_seen_at
            and lag(u.stated) over w = u.stated
            and lag(u.title) over w is not distinct from u.title,
            false
        ) as goes_on
    from runs as u
    window w as (partition by u.key order by u.first_seen_at)
),

numbered as (
    select
        c.*,
        count(case when not c.goes_on then 1 end) over (partition by c.key order by c.first_seen_at) as statement
    from compared as c
),

statements as (
    select
        n.key,
        n.bare_name,
        n.title,
        n.stated,
        case when length(n.stated) = 10 then try_cast(n.stated as date) end as released_on,
        arg_min(n.first_fetch_id, n.first_seen_at) as first_fetch_id,
        min(n.first_seen_at) as first_seen_at,
        -- A struct, because arg_min would pass over the null that says "not read before".
        arg_min({'at': n.previous_fetch_at}, n.first_seen_at) as previous_fetch,
        case when bool_and(n.ended_at is not null) then max(n.last_seen_at) end as last_seen_at,
        case when bool_and(n.ended_at is not null) then max(n.ended_at) end as ended_at,
        n.state_id
    from numbered as n
    group by n.key, n.statement, n.bare_name, n.title, n.stated, n.state_id
),

moving_names as (
    select regexp_extract(a.spelling, '[^/]+$') as bare_name
    from seeds.aliases as a
    where a.source is null
    group by regexp_extract(a.spelling, '[^/]+$')
    having count(distinct a.model_id) > 1
),

-- Families whose names end in the day of a build: before the launch on most of the launches known.
build_dated_families as (
    select v.family
    from (
        select
            split_part(split_part(e.model_id, '/', 2), '-', 1) as family,
            try_cast(regexp_replace(regexp_extract(replace(split_part(e.model_id, '/', 2), '-', ''), '20[0-9]{6}$'), '^(.{4})(..)(..)$', '\1-\2-\3') as date) as built_on,
            least(e.announced_on, e.api_available_on) as released_on
        from seeds.releases as e
    ) as v
    where v.built_on is not null
    group by v.family
    having avg(case when v.built_on < v.released_on then 1.0 else 0.0 end) > 0.5
)

select
    'models_dev' as source,  -- source name
    s.key,                   -- provider and model
    s.key as spelling,       -- the feed's own name for the offering
    s.title,                 -- the feed's display name
    s.released_on,           -- day of release as the feed states it; null if it states a month
    'database' as kind,      -- a database's figure, not a vendor's statement
    'https://models.dev' as source_url, -- the catalogue
    s.first_fetch_id as fetch_id, -- fetch that first showed it
    s.first_seen_at,         -- when it was first seen, UTC
    s.previous_fetch.at as previous_fetch_at, -- last fetch without it, UTC; null if the feed was not read before
    s.last_seen_at,          -- last fetch that still showed it, UTC; null while it goes on
    s.ended_at,              -- first fetch without it, UTC; null while it goes on
    case
        when s.released_on is null then 'a month or no date, not a day'
        when s.released_on < date '2018-01-01' then 'before there was any such model: a placeholder'
        when s.released_on > cast(s.first_seen_at as date) + 1 then 'dated after it was listed'
        when
            contains(s.bare_name, 'latest') or m.bare_name is not null
            then 'a moving alias: the date is of one of the versions it has meant'
        when
            contains(s.bare_name, replace(s.stated, '-', ''))
            and exists (select 1 from build_dated_families as f where contains(s.bare_name, f.family || '-'))
            then 'the day of the build in the name, not of a release'
    end as quarantine_reason, -- why it is not used; null if it is
    s.state_id               -- hash of what it follows from, staging.models_dev_states
from statements as s
left join moving_names as m on m.bare_name = s.bare_name
