-- What happened in the market: launches, changes of list price, retirements and moves of aliases, found in
-- the other core tables and not listed by hand. Scores make no event, so a re-based scale makes none.
-- No event is a change of price that is later taken back, that brings a source to what another had said
-- all along, or that leaves by 4x or more a price only one source had: those are corrections. What
-- happened in more than 45 days between two readings has no day, and is no event either.
-- key: event_id
-- check kind_is_known: event_kind in ('launch', 'price_change', 'retirement', 'alias_move')
-- check severity_is_known: severity in ('major', 'notable', 'minor')
-- check effect_follows_its_gap: effective_from_earliest <= effective_on
-- The edition's launches. Where the day of API access is not stated, the day of release stands for it
-- if the version is seen on offer soon after; else the launch is not held to be a major one.
with launches as (
    select
        r.event_id,
        'launch' as event_kind,
        case when count(*) = 1 then min(r.model_id) end as model_id,
        min(m.vendor_id) as vendor_id,
        min(coalesce(r.release_title, r.event_id)) as title,
        min(r.announced_on) as announced_on,
        min(coalesce(r.api_available_on, r.released_on)) as effective_from_earliest,
        min(coalesce(r.api_available_on, r.released_on)) as effective_on,
        max(r.published_on) as known_on,
        cast(null as date) as withdrawn_known_on,
        count(*) as models,
        min(r.availability_scope) as availability_scope,
        max(case when r.is_limited_at_first then 1 when not r.is_limited_at_first then 0 end) = 1 as is_limited_at_first,
        case
            when max(case when r.api_available_on is not null or o.offered_on <= r.released_on + 45 then 1 else 0 end) = 1
                then 'major'
            else 'notable'
        end as severity,
        case
            when min(r.api_available_on) is not null then 'the edition'
            else 'the edition, day of API access not stated'
        end as evidence,
        cast(null as varchar) as former_model_id,
        cast(null as double) as former_price,
        cast(null as double) as price
    from core.releases as r
    inner join core.models as m on m.model_id = r.model_id
    left join core.first_offers as o on o.model_id = r.model_id
    where r.event_id is not null
    group by r.event_id
),

-- Launches that only feeds date, and versions that appear in a listing between two readings. A date
-- after the version was already on offer is wrong; time zones make two days of slack.
found as (
    select
        m.model_id,
        m.vendor_id,
        m.name,
        r.announced_on,
        coalesce(r.api_available_on, r.released_on) as dated_on,
        r.evidence,
        r.lineages,
        r.published_on,
        o.offered_after,
        o.offered_on,
        o.known_on as offered_known_on,
        r.model_id is not null
            and coalesce(r.api_available_on, r.released_on) <= coalesce(o.offered_on, r.released_on) + 2
            as is_dated
    from core.models as m
    left join core.releases as r on r.model_id = m.model_id
    left join core.first_offers as o on o.model_id = m.model_id
    where m.is_released and r.event_id is null
),

detected as (
    select
        'launch of ' || f.model_id as event_id,
        'launch' as event_kind,
        f.model_id,
        f.vendor_id,
        f.name as title,
        case when f.is_dated then f.announced_on end as announced_on,
        case when f.is_dated then f.dated_on else f.offered_after end as effective_from_earliest,
        case when f.is_dated then f.dated_on else f.offered_on end as effective_on,
        case when f.is_dated then f.published_on else f.offered_known_on end as known_on,
        cast(null as date) as withdrawn_known_on,
        1 as models,
        cast(null as varchar) as availability_scope,
        cast(null as boolean) as is_limited_at_first,
        case
            when f.is_dated and (f.evidence = 'vendor_post' or f.lineages >= 2) then 'major'
            when f.is_dated and f.evidence in ('database', 'vendor_listing') then 'notable'
            else 'minor'
        end as severity,
        case
            when f.is_dated then f.evidence || ', ' || f.lineages || ' independent source'
                || case when f.lineages > 1 then 's' else '' end
            else 'appeared in a listing between two readings'
        end as evidence,
        cast(null as varchar) as former_model_id,
        cast(null as double) as former_price,
        cast(null as double) as price
    from found as f
    where f.is_dated or f.offered_on <= f.offered_after + 45
),

list_prices as (
    select
        p.offering_id,
        p.model_id,
        m.vendor_id,
        m.name,
        p.valid_from,
        p.valid_from_earliest,
        p.lineages,
        cast(p.input_usd_per_mtok * 0.75 + p.output_usd_per_mtok * 0.25 as double) as price,
        p.input_usd_per_mtok,
        p.output_usd_per_mtok,
        lag(p.valid_to) over history as former_valid_to,
        lag(p.input_usd_per_mtok) over history as former_input,
        lag(p.output_usd_per_mtok) over history as former_output,
        lag(cast(p.input_usd_per_mtok * 0.75 + p.output_usd_per_mtok * 0.25 as double)) over history as former_price
    from core.prices as p
    inner join core.models as m on m.model_id = p.model_id
    where p.is_list_price
    window history as (partition by p.offering_id order by p.valid_from)
),

-- Who said the new price, and since when.
new_price as (
    select
        l.offering_id,
        l.valid_from,
        min(cast(c.known_at as date)) as known_on,
        min(c.holds_from) as said_on,
        count(distinct c.lineage) as lineages,
        max(case when c.evidence <> 'feed' then 1 else 0 end) as is_stated,
        max(case when c.changed_on is not null then 1 else 0 end) as is_seen_changing
    from list_prices as l
    inner join core.price_claims as c
        on c.offering_id = l.offering_id
        and c.input_usd_per_mtok = l.input_usd_per_mtok
        and c.output_usd_per_mtok = l.output_usd_per_mtok
        and (c.valid_to_earliest is null or c.valid_to_earliest > l.valid_from)
    where l.former_price is not null
    group by l.offering_id, l.valid_from
),

-- Who had said the former one.
former_price as (
    select
        l.offering_id,
        l.valid_from,
        count(distinct c.lineage) as lineages,
        max(case when c.evidence <> 'feed' then 1 else 0 end) as is_stated
    from list_prices as l
    inner join core.price_claims as c
        on c.offering_id = l.offering_id
        and c.input_usd_per_mtok = l.former_input
        and c.output_usd_per_mtok = l.former_output
        and c.holds_from < l.valid_from
    group by l.offering_id, l.valid_from
),

repriced as (
    select
        l.*,
        coalesce(l.former_valid_to, l.valid_from) as free_from,
        n.known_on,
        n.said_on,
        n.lineages as new_lineages,
        n.is_stated,
        n.is_seen_changing,
        f.lineages >= 2 or f.is_stated = 1 as is_former_sure,
        greatest(l.price / l.former_price, l.former_price / l.price) as ratio
    from list_prices as l
    inner join new_price as n on n.offering_id = l.offering_id and n.valid_from = l.valid_from
    inner join former_price as f on f.offering_id = l.offering_id and f.valid_from = l.valid_from
    where l.former_input <> l.input_usd_per_mtok or l.former_output <> l.output_usd_per_mtok
),

-- The former price came back: what was seen in between was a mistake, and so is its end.
taken_back as (
    select
        r.offering_id,
        r.valid_from,
        min(greatest(b.known_on, b.valid_from)) as known_on
    from repriced as r
    inner join repriced as b
        on b.offering_id = r.offering_id and b.valid_from > r.valid_from
        and b.price = r.former_price
    group by r.offering_id, r.valid_from
),

takes_back as (
    select distinct
        b.offering_id,
        b.valid_from
    from repriced as b
    inner join repriced as r
        on r.offering_id = b.offering_id and r.valid_from < b.valid_from
        and r.former_price = b.price
),

price_changes as (
    select
        'price of ' || r.model_id || ' from ' || cast(r.valid_from as varchar) as event_id,
        'price_change' as event_kind,
        r.model_id,
        r.vendor_id,
        r.name || case when r.price < r.former_price then ' becomes cheaper' else ' becomes dearer' end as title,
        cast(null as date) as announced_on,
        least(r.free_from, r.said_on, r.valid_from) as effective_from_earliest,
        r.valid_from as effective_on,
        r.known_on,
        t.known_on as withdrawn_known_on,
        1 as models,
        cast(null as varchar) as availability_scope,
        cast(null as boolean) as is_limited_at_first,
        case
            when r.new_lineages < 2 and r.is_stated = 0 then 'minor'
            when r.ratio >= 2 then 'major'
            when r.ratio >= 1.25 then 'notable'
            else 'minor'
        end as severity,
        case when r.is_stated = 1 then 'stated, ' else '' end
            || 'said by ' || r.new_lineages || ' independent source'
            || case when r.new_lineages > 1 then 's' else '' end as evidence,
        cast(null as varchar) as former_model_id,
        r.former_price,
        r.price
    from repriced as r
    left join taken_back as t on t.offering_id = r.offering_id and t.valid_from = r.valid_from
    left join takes_back as b on b.offering_id = r.offering_id and b.valid_from = r.valid_from
    where
        b.offering_id is null
        and r.is_seen_changing = 1
        -- Feeds follow each other within days; a week earlier is not the same change.
        and r.said_on >= r.free_from - 7
        and (r.ratio < 4 or r.is_former_sure)
        and r.valid_from <= r.free_from + 45
),

retirements as (
    select
        'retirement of ' || r.model_id as event_id,
        'retirement' as event_kind,
        r.model_id,
        m.vendor_id,
        m.name || ' is shut down' as title,
        r.deprecated_on as announced_on,
        r.shutdown_on as effective_from_earliest,
        r.shutdown_on as effective_on,
        r.published_on as known_on,
        cast(null as date) as withdrawn_known_on,
        1 as models,
        cast(null as varchar) as availability_scope,
        cast(null as boolean) as is_limited_at_first,
        case when r.replacement_model_id is null then 'notable' else 'minor' end as severity,
        r.evidence,
        r.replacement_model_id as former_model_id,
        cast(null as double) as former_price,
        cast(null as double) as price
    from core.retirements as r
    inner join core.models as m on m.model_id = r.model_id
    where r.shutdown_on is not null
),

pointings as (
    select
        a.alias,
        a.model_id,
        a.valid_from,
        a.known_on,
        lag(a.model_id) over history as former_model_id,
        lag(a.valid_to) over history as former_valid_to
    from core.aliases as a
    where a.source is null
    window history as (partition by a.alias order by a.valid_from)
),

alias_moves as (
    select
        'alias ' || p.alias || ' from ' || cast(p.valid_from as varchar) as event_id,
        'alias_move' as event_kind,
        p.model_id,
        m.vendor_id,
        p.alias || ' points to another version' as title,
        cast(null as date) as announced_on,
        least(p.former_valid_to, p.valid_from) as effective_from_earliest,
        p.valid_from as effective_on,
        p.known_on,
        cast(null as date) as withdrawn_known_on,
        1 as models,
        cast(null as varchar) as availability_scope,
        cast(null as boolean) as is_limited_at_first,
        'minor' as severity,
        'dated alias' as evidence,
        p.former_model_id,
        cast(null as double) as former_price,
        cast(null as double) as price
    from pointings as p
    inner join core.models as m on m.model_id = p.model_id
    where p.former_model_id <> p.model_id
),

everything as (
    select l.* from launches as l
    union all
    select d.* from detected as d
    union all
    select p.* from price_changes as p
    union all
    select r.* from retirements as r
    union all
    select a.* from alias_moves as a
)

select
    e.event_id,              -- our id of the event
    e.event_kind,            -- launch, price_change, retirement or alias_move
    e.model_id,              -- version concerned; null for a launch of several, see core.event_models
    e.vendor_id,             -- its vendor
    e.title,                 -- what happened, in a few words
    e.announced_on,          -- day of the announcement; null if none is known
    e.effective_from_earliest, -- first day its effect may have begun: equal to effective_on unless seen between two readings
    e.effective_on,          -- day its effect can begin: first API access, first day of the price, last of the service; not the announcement
    e.known_on,              -- day it could be known
    e.withdrawn_known_on,    -- day it became known that it had not happened; null while it stands
    e.models,                -- versions concerned
    e.availability_scope,    -- who had access at first; null if not stated
    e.is_limited_at_first,   -- not everybody had access on the first day; null if not known
    e.severity,              -- major, notable or minor
    e.evidence,              -- how we know
    e.former_model_id,       -- version the alias pointed to before, or that the vendor names as replacement
    e.former_price as former_price_3to1_usd_per_mtok, -- list price before, 3 input to 1 output, USD per million tokens
    e.price as price_3to1_usd_per_mtok -- list price after, 3 input to 1 output, USD per million tokens
from everything as e
