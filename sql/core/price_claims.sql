-- What every source says a model costs, with both clocks; nothing is chosen here.
-- A claim holds from valid_from_latest on, as far as is known, until an end becomes known. A jump of 4x
-- or more, from the name's former price or at its first sight from all that other lineages say, counts
-- from the day another lineage shows the new price; it and what follows it stand in quarantine before.
-- What a claim follows from is told by group in core.price_states.
-- key: claim_id
-- keep: claims_state_id of core.price_states
-- check start_is_ordered: valid_from_earliest is null or valid_from_earliest <= valid_from_latest
-- check not_known_before_it_was_seen: known_at is not null
-- check price_is_credible: input_usd_per_mtok > 0 and output_usd_per_mtok > 0
with runs as (
    select
        p.source,
        p.spelling,
        n.target,
        n.host_id,
        n.variant,
        n.known_since,
        p.stated_from,
        p.input_usd_per_mtok,
        p.output_usd_per_mtok,
        p.cache_read_usd_per_mtok,
        p.cache_write_usd_per_mtok,
        p.fetch_id,
        p.first_seen_at,
        p.previous_fetch_at,
        p.last_seen_at,
        p.ended_at,
        p.quarantine_reason,
        lead(p.first_seen_at) over (
            partition by p.source, p.spelling order by p.first_seen_at
        ) as next_run_at
    from core.price_observations as p
    inner join core.names as n on n.source = p.source and n.spelling = p.spelling
    inner join core.price_states as g on g.target = n.target
    where n.status = 'resolved'
),

-- When the key was next missing from the feed altogether, whatever it said until then.
chains as (
    select
        r.*,
        min(case when r.ended_at is not null and (r.next_run_at is null or r.next_run_at > r.ended_at)
            then r.ended_at end) over (
            partition by r.source, r.spelling order by r.first_seen_at
            rows between current row and unbounded following
        ) as absent_at
    from runs as r
),

named as (
    select
        c.source,
        s.lineage,
        c.spelling,
        c.target,
        c.host_id,
        c.variant,
        c.stated_from,
        c.input_usd_per_mtok,
        c.output_usd_per_mtok,
        c.cache_read_usd_per_mtok,
        c.cache_write_usd_per_mtok,
        c.fetch_id,
        c.first_seen_at,
        c.previous_fetch_at,
        c.last_seen_at,
        c.ended_at,
        c.absent_at,
        case when c.known_since > c.first_seen_at then c.known_since else c.first_seen_at end
            as known_at,
        lag(c.input_usd_per_mtok) over series as former_input,
        lag(c.output_usd_per_mtok) over series as former_output
    from chains as c
    inner join raw.sources as s on s.source = c.source
    where c.quarantine_reason is null
    window series as (partition by c.source, c.spelling order by c.first_seen_at)
),

-- What others said of the same offering, under the same name: feeds as they changed, and the edition.
said as (
    select
        n.target,
        n.host_id,
        n.variant,
        n.lineage,
        n.input_usd_per_mtok,
        n.output_usd_per_mtok,
        n.known_at,
        n.ended_at
    from named as n
    union all
    select
        a.alias as target,
        e.host_id,
        e.variant,
        e.lineage,
        e.input_usd_per_mtok,
        e.output_usd_per_mtok,
        cast(e.published_on as timestamp) as known_at,
        cast(e.valid_to as timestamp) as ended_at
    from seeds.prices as e
    inner join core.aliases as a on a.model_id = e.model_id
    inner join core.price_states as g on g.target = e.model_id
),

-- The first price under a name, against the nearest that another lineage said at the time.
first_sights as (
    select
        n.source,
        n.spelling,
        n.first_seen_at,
        min(greatest(
            n.input_usd_per_mtok / s.input_usd_per_mtok, s.input_usd_per_mtok / n.input_usd_per_mtok,
            n.output_usd_per_mtok / s.output_usd_per_mtok, s.output_usd_per_mtok / n.output_usd_per_mtok
        )) as times
    from named as n
    inner join said as s
        on s.target = n.target and s.host_id = n.host_id and s.variant = n.variant
        and s.lineage <> n.lineage
        and s.known_at < n.known_at
        and (s.ended_at is null or s.ended_at > n.known_at)
    where n.former_input is null
    group by n.source, n.spelling, n.first_seen_at
),

-- Runs without a jump between them are one level; the first is level 0 unless it is a jump itself.
levelled as (
    select
        n.*,
        sum(case
            when greatest(
                n.input_usd_per_mtok / n.former_input, n.former_input / n.input_usd_per_mtok,
                n.output_usd_per_mtok / n.former_output, n.former_output / n.output_usd_per_mtok
            ) >= 4 or f.times >= 4
                then 1
            else 0
        end) over (
            partition by n.source, n.spelling order by n.first_seen_at
            rows between unbounded preceding and current row
        ) as level
    from named as n
    left join first_sights as f
        on f.source = n.source and f.spelling = n.spelling and f.first_seen_at = n.first_seen_at
),

confirmations as (
    select
        l.source,
        l.spelling,
        l.level,
        l.first_seen_at,
        greatest(l.known_at, min(s.known_at)) as confirmed_at
    from levelled as l
    inner join said as s
        on s.target = l.target and s.host_id = l.host_id and s.variant = l.variant
        and s.lineage <> l.lineage
        and s.input_usd_per_mtok = l.input_usd_per_mtok
        and s.output_usd_per_mtok = l.output_usd_per_mtok
    where l.level > 0
    group by l.source, l.spelling, l.level, l.first_seen_at, l.known_at
),

levels as (
    select
        l.source,
        l.spelling,
        l.level,
        min(l.known_at) as known_at,
        arg_min(l.input_usd_per_mtok, l.first_seen_at) as first_input,
        arg_min(l.output_usd_per_mtok, l.first_seen_at) as first_output,
        arg_max(l.input_usd_per_mtok, l.first_seen_at) as last_input,
        arg_max(l.output_usd_per_mtok, l.first_seen_at) as last_output,
        min(c.confirmed_at) as confirmed_at
    from levelled as l
    left join confirmations as c
        on c.source = l.source and c.spelling = l.spelling and c.first_seen_at = l.first_seen_at
    group by l.source, l.spelling, l.level
),

-- Levels that take a jump back which nobody else had seen: they need no witness of their own.
believed_before as (
    select
        l.source,
        l.spelling,
        l.level,
        l.known_at,
        l.first_input,
        l.first_output,
        max(b.level) as believed_level
    from levels as l
    inner join levels as b
        on b.source = l.source and b.spelling = l.spelling
        and b.level < l.level
        and (b.level = 0 or b.confirmed_at <= l.known_at)
    group by l.source, l.spelling, l.level, l.known_at, l.first_input, l.first_output
),

returns as (
    select
        l.source,
        l.spelling,
        l.level,
        l.known_at as confirmed_at
    from believed_before as l
    inner join levels as b
        on b.source = l.source and b.spelling = l.spelling and b.level = l.believed_level
    where
        l.believed_level < l.level - 1
        and greatest(
            l.first_input / b.last_input, b.last_input / l.first_input,
            l.first_output / b.last_output, b.last_output / l.first_output
        ) < 4
),

witnessed as (
    select
        l.*,
        lead(l.first_seen_at) over (
            partition by l.source, l.spelling order by l.first_seen_at
        ) as replaced_at,
        min(least(c.confirmed_at, r.confirmed_at)) over (
            partition by l.source, l.spelling, l.level order by l.first_seen_at
            rows between unbounded preceding and current row
        ) as confirmed_at
    from levelled as l
    left join confirmations as c
        on c.source = l.source and c.spelling = l.spelling and c.first_seen_at = l.first_seen_at
    left join returns as r on r.source = l.source and r.spelling = l.spelling and r.level = l.level
),

guarded as (
    select
        w.*,
        greatest(w.known_at, case when w.level > 0 then w.confirmed_at end) as sure_at
    from witnessed as w
    where w.level = 0 or w.confirmed_at is not null
),

-- The price itself may be older than the claim: a feed that adds a cache price, or anything else,
-- to an unchanged price of input and output has not changed that price.
marked as (
    select
        g.*,
        case
            when g.input_usd_per_mtok = lag(g.input_usd_per_mtok) over series
                and g.output_usd_per_mtok = lag(g.output_usd_per_mtok) over series
                and coalesce(lag(g.absent_at) over series > g.first_seen_at, true)
                and g.stated_from is not distinct from lag(g.stated_from) over series
                then 0
            else 1
        end as is_new_price,
        case
            when g.input_usd_per_mtok = lag(g.input_usd_per_mtok) over series
                and g.output_usd_per_mtok = lag(g.output_usd_per_mtok) over series
                then 0
            else 1
        end as is_other_price
    from guarded as g
    window series as (partition by g.source, g.spelling order by g.first_seen_at)
),

numbered as (
    select
        m.*,
        sum(m.is_new_price) over (
            partition by m.source, m.spelling order by m.first_seen_at
            rows between unbounded preceding and current row
        ) as price_number,
        sum(m.is_other_price) over (
            partition by m.source, m.spelling order by m.first_seen_at
            rows between unbounded preceding and current row
        ) as other_price_number
    from marked as m
),

ended as (
    select
        g.*,
        first_value(g.first_seen_at) over (
            partition by g.source, g.spelling, g.price_number order by g.first_seen_at
        ) as price_seen_at,
        first_value(g.previous_fetch_at) over (
            partition by g.source, g.spelling, g.price_number order by g.first_seen_at
        ) as price_previous_at,
        min(coalesce(g.stated_from, cast(g.first_seen_at as date))) over (
            partition by g.source, g.spelling, g.other_price_number
        ) as taken_up_on,
        -- A name's first price is no change of price, however late the feed takes the name up; nor
        -- is the same price when the name comes back after a time without it.
        first_value(
            g.former_input <> g.input_usd_per_mtok or g.former_output <> g.output_usd_per_mtok
        ) over (
            partition by g.source, g.spelling, g.price_number order by g.first_seen_at
        ) as is_changed_price,
        lead(g.first_seen_at) over series as next_seen_at,
        lead(g.sure_at) over series as next_sure_at,
        lead(g.previous_fetch_at) over series as next_previous_at,
        lead(g.input_usd_per_mtok) over series as next_input,
        lead(g.output_usd_per_mtok) over series as next_output
    from numbered as g
    window series as (partition by g.source, g.spelling order by g.first_seen_at)
),

-- The former price stands for a month after a jump nobody confirms and that is not taken back; with
-- the first reading after that it has ended, for neither price can be vouched for.
doubted as (
    select
        e.source,
        e.spelling,
        e.first_seen_at,
        min(cast(r.read_on as timestamp)) as doubted_at
    from ended as e
    inner join core.source_readings as r
        on r.source = e.source and r.read_on >= cast(e.replaced_at as date) + 30
    where
        (e.next_sure_at is null or e.next_sure_at > e.replaced_at)
        and (e.absent_at is null or e.absent_at > e.replaced_at)
    group by e.source, e.spelling, e.first_seen_at
),

-- A price ends when it is known to: with the next one believed, with the name's absence, or in doubt,
-- whichever is known first.
closed as (
    select
        e.*,
        case
            when d.doubted_at < coalesce(e.next_sure_at, d.doubted_at + interval 1 day)
                and d.doubted_at < coalesce(e.absent_at, d.doubted_at + interval 1 day)
                then d.doubted_at
        end as doubted_at,
        e.next_seen_at < coalesce(e.absent_at, e.next_seen_at + interval 1 day)
            and e.next_sure_at <= coalesce(e.absent_at, e.next_sure_at) as is_replaced
    from ended as e
    left join doubted as d
        on d.source = e.source and d.spelling = e.spelling and d.first_seen_at = e.first_seen_at
),

fed as (
    select
        e.source,
        e.lineage,
        e.spelling,
        e.target,
        e.host_id,
        e.variant,
        e.input_usd_per_mtok,
        e.output_usd_per_mtok,
        e.cache_read_usd_per_mtok,
        e.cache_write_usd_per_mtok,
        coalesce(e.stated_from, cast(e.price_previous_at as date)) as valid_from_earliest,
        coalesce(e.stated_from, cast(e.price_seen_at as date)) as valid_from_latest,
        coalesce(e.stated_from, cast(e.first_seen_at as date)) as holds_from,
        e.taken_up_on,
        e.sure_at as known_at,
        case
            when e.doubted_at is not null then cast(e.last_seen_at as date) + 1
            when e.is_replaced and e.next_input = e.input_usd_per_mtok and e.next_output = e.output_usd_per_mtok
                then cast(e.next_seen_at as date)
            when e.is_replaced then cast(coalesce(e.last_seen_at, e.next_previous_at) as date) + 1
            when e.absent_at is not null then cast(coalesce(e.last_seen_at, e.absent_at) as date) + 1
        end as valid_to_earliest,
        cast(case
            when e.doubted_at is not null then e.replaced_at
            when e.is_replaced then e.next_seen_at
            else e.absent_at
        end as date) as valid_to_latest,
        case
            when e.doubted_at is not null then e.doubted_at
            when e.is_replaced then e.next_sure_at
            else e.absent_at
        end as ended_known_at,
        coalesce(
            e.stated_from,
            case when e.is_changed_price then cast(e.price_seen_at as date) end
        ) as changed_on,
        'feed' as evidence,
        s.url as source_url,
        s.title as publisher,
        cast(e.first_seen_at as date) as published_on,
        s.licence,
        e.fetch_id
    from closed as e
    inner join raw.sources as s on s.source = e.source
),

stated_marked as (
    select
        p.*,
        case
            when p.input_usd_per_mtok = lag(p.input_usd_per_mtok) over series
                and p.output_usd_per_mtok = lag(p.output_usd_per_mtok) over series
                then 0
            else 1
        end as is_new_price
    from seeds.prices as p
    inner join core.price_states as g on g.target = p.model_id
    window series as (
        partition by p.model_id, p.host_id, p.variant, p.lineage
        order by p.valid_from_latest, p.published_on, p.publisher
    )
),

stated_numbered as (
    select
        m.*,
        sum(m.is_new_price) over (
            partition by m.model_id, m.host_id, m.variant, m.lineage
            order by m.valid_from_latest, m.published_on, m.publisher
            rows between unbounded preceding and current row
        ) as price_number
    from stated_marked as m
),

stated as (
    select
        p.*,
        first_value(p.valid_from_earliest) over price as price_from_earliest,
        first_value(p.valid_from_latest) over price as price_from_latest,
        lead(p.valid_from_latest) over series as next_from,
        lead(p.valid_from_earliest) over series as next_from_earliest,
        lead(p.input_usd_per_mtok) over series as next_input,
        lead(p.output_usd_per_mtok) over series as next_output,
        lead(p.published_on) over series as next_published_on
    from stated_numbered as p
    window
        series as (
            partition by p.model_id, p.host_id, p.variant, p.lineage
            order by p.valid_from_latest, p.published_on, p.publisher
        ),
        price as (
            partition by p.model_id, p.host_id, p.variant, p.lineage, p.price_number
            order by p.valid_from_latest, p.published_on, p.publisher
        )
),

curated as (
    select
        'edition' as source,
        s.lineage,
        s.model_id || ' on ' || s.host_id || ' in ' || s.lineage || ' by ' || s.publisher as spelling,
        s.model_id as target,
        s.host_id,
        s.variant,
        s.input_usd_per_mtok,
        s.output_usd_per_mtok,
        s.cache_read_usd_per_mtok,
        s.cache_write_usd_per_mtok,
        s.price_from_earliest as valid_from_earliest,
        s.price_from_latest as valid_from_latest,
        s.valid_from_latest as holds_from,
        s.price_from_latest as taken_up_on,
        cast(s.published_on as timestamp) as known_at,
        coalesce(
            s.valid_to,
            case
                when s.next_input = s.input_usd_per_mtok and s.next_output = s.output_usd_per_mtok
                    then s.next_from
                when s.next_from > coalesce(s.next_from_earliest, s.next_from)
                    then greatest(s.next_from_earliest, s.valid_from_latest) + 1
                else s.next_from
            end
        ) as valid_to_earliest,
        coalesce(s.valid_to, s.next_from) as valid_to_latest,
        cast(coalesce(s.next_published_on, s.valid_to) as timestamp) as ended_known_at,
        case
            when s.price_number > 1 or s.price_from_earliest = s.price_from_latest
                then s.price_from_latest
        end as changed_on,
        s.evidence,
        s.source_url,
        s.publisher,
        s.published_on,
        s.licence,
        cast(null as varchar) as fetch_id
    from stated as s
),

everything as (
    select f.* from fed as f
    union all
    select c.* from curated as c
),

pointings as (
    select
        a.alias,
        a.source as said_by,
        a.model_id,
        a.valid_from,
        a.valid_to,
        a.known_on,
        a.ended_known_on,
        lag(a.model_id) over (partition by a.alias order by a.valid_from) as former_model_id
    from core.aliases as a
    inner join core.price_states as g on g.target = a.alias
),

pointed as (
    select
        e.*,
        a.model_id,
        a.alias <> a.model_id as is_alias,
        a.valid_from as pointed_from,
        a.valid_to as pointed_to,
        cast(a.known_on as timestamp) as pointing_known_at,
        cast(a.ended_known_on as timestamp) as pointing_ended_known_at
    from everything as e
    inner join pointings as a
        on a.alias = e.target
        and a.valid_to > e.holds_from
        -- A feed that took a price up under a moving name said it of the version the name meant then.
        -- It says nothing of the next one until it changes that price, unless it says itself what the
        -- name means; or unless the name stands for whatever is sold under it.
        and (
            e.taken_up_on >= a.valid_from
            or coalesce(a.former_model_id, a.model_id) = a.model_id
            or a.said_by = e.source
            or a.model_id = a.alias
        )
        -- A name that moved after a source was last read, but before that was known to be its last
        -- word, was believed to be sold at that price for a while.
        and (
            e.valid_to_earliest is null
            or a.valid_from < e.valid_to_earliest
            or a.valid_from < cast(e.ended_known_at as date)
        )
),

-- What hosts other than the vendor have charged for a version, and since when that is known.
street_prices as (
    select
        p.model_id,
        p.input_usd_per_mtok,
        p.output_usd_per_mtok,
        min(p.known_at) as known_at
    from pointed as p
    inner join core.models as m on m.model_id = p.model_id
    inner join core.vendors as v on v.vendor_id = m.vendor_id
    where p.host_id <> v.list_price_host_id and p.variant = 'standard'
    group by p.model_id, p.input_usd_per_mtok, p.output_usd_per_mtok
)

select
    md5(p.source || '|' || p.spelling || '|' || p.host_id || '|' || p.variant || '|'
        || cast(p.holds_from as varchar) || '|' || cast(p.published_on as varchar) || '|'
        || cast(p.pointed_from as varchar)) as claim_id, -- our id of the claim
    p.model_id || ' on ' || p.host_id || ' as ' || p.variant as offering_id, -- model version x host x variant
    p.model_id,              -- version sold
    p.host_id,               -- who serves it
    p.variant,               -- way of serving
    p.source,                -- feed, or `edition`
    p.lineage,               -- source family; only different families confirm each other
    p.spelling,              -- name the source uses
    p.is_alias,              -- the source names an alias, not the version
    p.evidence,              -- feed, vendor_statement, dated_observation or secondary
    p.input_usd_per_mtok,    -- input price, USD per million tokens
    p.output_usd_per_mtok,   -- output price, USD per million tokens
    p.cache_read_usd_per_mtok, -- cached input read, USD per million tokens
    p.cache_write_usd_per_mtok, -- cache write, USD per million tokens
    case
        when p.pointed_from > p.valid_from_latest or p.pointed_from > p.valid_from_earliest
            then p.pointed_from
        else p.valid_from_earliest
    end as valid_from_earliest, -- first day it may have held; null if unknown
    greatest(p.valid_from_latest, p.pointed_from) as valid_from_latest, -- first day it is known to have held
    greatest(p.holds_from, p.pointed_from) as holds_from, -- first day this claim itself speaks for: later where only other meters changed
    greatest(p.known_at, p.pointing_known_at) as known_at, -- when it could be known, UTC
    case
        when p.pointed_to < coalesce(p.valid_to_earliest, date '9999-12-31') then p.pointed_to
        else p.valid_to_earliest
    end as valid_to_earliest, -- first day it may no longer have held, with all that is known; null while no end is known
    case
        when p.pointed_to < coalesce(p.valid_to_latest, date '9999-12-31') then p.pointed_to
        else p.valid_to_latest
    end as valid_to_latest,  -- first day it is known not to hold; null while no end is known
    case
        when p.pointed_to < coalesce(p.valid_to_earliest, date '9999-12-31')
            then p.pointing_ended_known_at
        else p.ended_known_at
    end as ended_known_at,   -- when the end became known, UTC
    p.valid_to_earliest as listing_valid_to, -- first day the source's own statement may no longer hold; null while no end is known
    p.ended_known_at as listing_ended_known_at, -- when that became known, UTC
    case when p.pointed_to < date '9999-12-31' then p.pointed_to end as name_valid_to, -- first day the source's name means another version; null while it means this one
    p.pointing_ended_known_at as name_ended_known_at, -- when that became known, UTC
    p.evidence = 'feed' and p.changed_on is null and p.variant = 'standard' and h.known_at is not null
        and v.list_price_host_id is not null as equals_street_price, -- the feed always showed, as a list price, what another host charged by then
    p.changed_on,            -- day this source is seen or stated to have changed to it; null if it always said so
    p.source_url,            -- where it is stated
    p.publisher,             -- who states it
    p.published_on,          -- day it was published or fetched
    p.licence,               -- licence of the source
    p.fetch_id,              -- fetch it came with, raw.fetches; null for the edition
    g.claims_state_id        -- what the claim follows from, core.price_states
from pointed as p
inner join core.price_states as g on g.target = p.model_id
inner join core.models as m on m.model_id = p.model_id
left join core.vendors as v on v.vendor_id = m.vendor_id and v.list_price_host_id = p.host_id
left join street_prices as h
    on h.model_id = p.model_id
    and h.input_usd_per_mtok = p.input_usd_per_mtok
    and h.output_usd_per_mtok = p.output_usd_per_mtok
    and h.known_at <= p.known_at
