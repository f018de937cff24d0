-- Every meter of every price that a source states, in long form with both clocks: the four base meters and
-- all others, as stated; nothing is chosen between sources. `from_tokens` is a cliff: all tokens of a request
-- with at least so many input tokens cost this. For a day ask meters_on(as_of, known_by).
-- key: source, spelling, offering_id, meter, unit, service, from_tokens, window_from, window_to, valid_from, known_at
-- keep: meters_state_id of core.price_states
-- check price_is_positive: price_usd > 0
-- check window_has_two_ends: (window_from = '') = (window_to = '')
-- check ends_after_it_begins: valid_to is null or valid_to >= valid_from
with base as (
    select
        c.source,
        c.spelling,
        c.offering_id,
        c.model_id,
        c.host_id,
        c.variant,
        m.meter,
        case m.meter
            when 'input' then c.input_usd_per_mtok
            when 'output' then c.output_usd_per_mtok
            when 'cache_read' then c.cache_read_usd_per_mtok
            else c.cache_write_usd_per_mtok
        end as price_usd,
        c.holds_from as valid_from,
        -- Under a name that moved after the source's last reading, before that was known to be its
        -- last, a price was believed for a while, and held on no day.
        case
            when c.valid_to_earliest < c.holds_from then c.holds_from
            else c.valid_to_earliest
        end as valid_to,
        c.known_at,
        c.ended_known_at,
        c.source_url,
        c.licence
    from core.price_claims as c
    inner join core.price_states as g on g.target = c.model_id
    cross join (
        select 'input' as meter
        union all
        select 'output' as meter
        union all
        select 'cache_read' as meter
        union all
        select 'cache_write' as meter
    ) as m
),

-- A meter with a future day is an announcement: it begins with the first reading on or after its day.
dated as (
    select
        s.source,
        s.key,
        s.first_seen_at,
        min(r.read_on) as begun_on
    from staging.every_meters as s
    inner join core.source_readings as r on r.source = s.source and r.read_on >= s.stated_from
    where
        s.stated_from > cast(s.first_seen_at as date)
        and (s.ended_at is null or r.read_on < cast(s.ended_at as date))
    group by s.source, s.key, s.first_seen_at
),

named as (
    select
        s.*,
        n.target,
        n.host_id,
        n.variant,
        coalesce(s.stated_from, cast(s.first_seen_at as date)) as begins_on,
        greatest(s.first_seen_at, n.known_since, cast(d.begun_on as timestamp)) as seen_at
    from staging.every_meters as s
    inner join core.names as n on n.source = s.source and n.spelling = s.spelling
    inner join core.price_states as g on g.target = n.target
    left join dated as d
        on d.source = s.source and d.key = s.key and d.first_seen_at = s.first_seen_at
    where
        s.quarantine_reason is null
        and n.status = 'resolved'
        and (s.stated_from is null or s.stated_from <= cast(s.first_seen_at as date) or d.begun_on is not null)
),

-- Said of the version the name meant when the price was taken up, as in core.price_claims.
others as (
    select
        n.source,
        n.spelling,
        a.model_id || ' on ' || n.host_id || ' as ' || n.variant as offering_id,
        a.model_id,
        n.host_id,
        n.variant,
        n.meter,
        n.unit,
        n.service,
        n.from_tokens,
        coalesce(n.window_from, '') as window_from,
        coalesce(n.window_to, '') as window_to,
        n.price_usd,
        n.begins_on as valid_from,
        case
            when a.valid_to < coalesce(cast(n.last_seen_at as date) + 1, date '9999-12-31') then a.valid_to
            when n.ended_at is not null then greatest(cast(n.last_seen_at as date) + 1, n.begins_on)
        end as valid_to,
        greatest(n.seen_at, cast(a.known_on as timestamp)) as known_at,
        case
            when a.valid_to < coalesce(cast(n.last_seen_at as date) + 1, date '9999-12-31')
                then cast(a.ended_known_on as timestamp)
            else n.ended_at
        end as ended_known_at,
        o.url as source_url,
        o.licence
    from named as n
    inner join core.aliases as a
        on a.alias = n.target and a.valid_from <= n.begins_on and a.valid_to > n.begins_on
    inner join raw.sources as o on o.source = n.source
),

everything as (
    select
        b.source,
        b.spelling,
        b.offering_id,
        b.model_id,
        b.host_id,
        b.variant,
        b.meter,
        'million tokens' as unit,
        'standard' as service,
        0 as from_tokens,
        '' as window_from,
        '' as window_to,
        b.price_usd,
        b.valid_from,
        b.valid_to,
        b.known_at,
        b.ended_known_at,
        b.source_url,
        b.licence
    from base as b
    where b.price_usd > 0
    union all
    select
        o.source,
        o.spelling,
        o.offering_id,
        o.model_id,
        o.host_id,
        o.variant,
        o.meter,
        o.unit,
        o.service,
        o.from_tokens,
        o.window_from,
        o.window_to,
        o.price_usd,
        o.valid_from,
        o.valid_to,
        o.known_at,
        o.ended_known_at,
        o.source_url,
        o.licence
    from others as o
)

select
    e.model_id,              -- version sold
    e.offering_id,           -- model version x host x variant
    e.host_id,               -- who serves it
    e.variant,               -- way of serving
    e.source,                -- feed, or `edition`
    e.spelling,              -- name the source uses
    e.meter,                 -- what is counted: input, output, cache_read, cache_write, cache_write_1h, reasoning, input_audio, web_search ...
    e.unit,                  -- what the price is of: million tokens, image, second, search ...
    e.service,               -- standard, batch, priority, flex ...
    e.from_tokens,           -- holds for requests of at least so many input tokens; 0 for all
    e.window_from,           -- hour of the day it begins, UTC, HH:MM; empty for all day
    e.window_to,             -- hour of the day it ends, UTC, HH:MM; empty for all day
    e.price_usd,             -- price, USD per unit
    e.valid_from,            -- first day it is known to have held
    e.valid_to,              -- first day it may no longer have held; null while no end is known
    e.known_at,              -- when it could be known, UTC
    e.ended_known_at,        -- when the end became known, UTC
    e.source_url,            -- where it is stated
    e.licence,               -- licence of the source
    g.meters_state_id        -- what the price follows from, core.price_states
from everything as e
inner join core.price_states as g on g.target = e.model_id
