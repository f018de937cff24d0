-- Where two feeds give one version different prices on a day (by more than half a percent), from what was
-- known by another day (null: now), with the likeliest cause and the source it speaks of; `resolved_*` is
-- the list price prices_on answers. Causes, the first that applies: unit, rounding, stale, tier, hours,
-- batch or another service, variant, host price, moving name, one meter, unexplained.
-- from disagreements_on('2026-07-01', null) where cause = 'stale'
create or replace macro disagreements_on(as_of, known_by) as table
with said as (
    select s.* from source_prices_on(as_of, known_by) as s
),

pairs as (
    select
        a.model_id,
        a.source,
        a.host,
        a.spelling,
        a.is_alias,
        a.input_usd_per_mtok,
        a.output_usd_per_mtok,
        a.valid_from_latest,
        a.changed_on,
        a.equals_street_price,
        b.source as other_source,
        b.host as other_host,
        b.spelling as other_spelling,
        b.is_alias as other_is_alias,
        b.input_usd_per_mtok as other_input,
        b.output_usd_per_mtok as other_output,
        b.valid_from_latest as other_valid_from,
        b.changed_on as other_changed_on,
        b.equals_street_price as other_equals_street_price,
        greatest(
            abs(a.input_usd_per_mtok / b.input_usd_per_mtok - 1),
            abs(a.output_usd_per_mtok / b.output_usd_per_mtok - 1),
            abs(b.input_usd_per_mtok / a.input_usd_per_mtok - 1),
            abs(b.output_usd_per_mtok / a.output_usd_per_mtok - 1)
        ) as difference_share
    from said as a
    inner join said as b on b.model_id = a.model_id and a.source < b.source
),

differing as (
    select p.* from pairs as p where p.difference_share > 0.005
),

-- What a feed, or the edition, said of the version's list price before, and no longer says.
former as (
    select distinct
        d.model_id,
        d.source,
        d.other_source,
        case when c.input_usd_per_mtok = d.input_usd_per_mtok then d.source else d.other_source end as stale_source
    from differing as d
    inner join core.price_claims as c
        on c.model_id = d.model_id
        and c.variant = 'standard'
        and (
            (c.input_usd_per_mtok = d.input_usd_per_mtok and c.output_usd_per_mtok = d.output_usd_per_mtok
                and (c.source = d.other_source or c.source = 'edition')
                and c.valid_from_latest < d.other_valid_from)
            or (c.input_usd_per_mtok = d.other_input and c.output_usd_per_mtok = d.other_output
                and (c.source = d.source or c.source = 'edition')
                and c.valid_from_latest < d.valid_from_latest)
        )
        and c.listing_valid_to <= cast(as_of as date)
        and cast(c.known_at as date) <= coalesce(cast(known_by as date), date '9999-12-31')
        and cast(c.listing_ended_known_at as date) <= coalesce(cast(known_by as date), date '9999-12-31')
),

stale as (
    select
        f.model_id,
        f.source,
        f.other_source,
        case when min(f.stale_source) = max(f.stale_source) then min(f.stale_source) end as stale_source
    from former as f
    group by f.model_id, f.source, f.other_source
),

heard as (
    select r.source, max(r.read_on) as read_on
    from core.source_readings as r
    where r.read_on <= coalesce(cast(known_by as date), date '9999-12-31')
    group by r.source
),

-- The same price in another way of serving, or as another meter, of the vendor's own.
variants as (
    select
        d.model_id,
        d.source,
        d.other_source,
        min(c.variant) as variant,
        min(case when c.input_usd_per_mtok = d.input_usd_per_mtok then d.source else d.other_source end)
            as doubtful_source
    from differing as d
    inner join price_claims_on(as_of, known_by) as c
        on c.model_id = d.model_id
        and c.variant <> 'standard'
        and (
            (c.input_usd_per_mtok = d.input_usd_per_mtok and c.output_usd_per_mtok = d.output_usd_per_mtok)
            or (c.input_usd_per_mtok = d.other_input and c.output_usd_per_mtok = d.other_output)
        )
    group by d.model_id, d.source, d.other_source
),

-- The same price as a tier, a service or hours of the day that somebody states.
tiers as (
    select
        d.model_id,
        d.source,
        d.other_source,
        min(case
            when i.window_from <> '' then 'hours'
            when i.from_tokens > 0 then 'tier'
            else i.service
        end) as tier,
        min(case when i.price_usd = d.input_usd_per_mtok then d.source else d.other_source end)
            as doubtful_source
    from differing as d
    inner join meters_on(as_of, known_by) as i
        on i.model_id = d.model_id and i.meter = 'input' and i.unit = 'million tokens' and i.is_list_price
        and (i.service <> 'standard' or i.from_tokens > 0 or i.window_from <> '')
    inner join meters_on(as_of, known_by) as o
        on o.offering_id = i.offering_id and o.source = i.source and o.spelling = i.spelling
        and o.meter = 'output' and o.unit = i.unit and o.service = i.service
        and o.from_tokens = i.from_tokens and o.window_from = i.window_from
        and o.window_to = i.window_to
    where
        (i.price_usd = d.input_usd_per_mtok and o.price_usd = d.output_usd_per_mtok)
        or (i.price_usd = d.other_input and o.price_usd = d.other_output)
    group by d.model_id, d.source, d.other_source
),

judged as (
    select
        d.*,
        v.variant,
        t.tier,
        t.doubtful_source as tier_source,
        s.stale_source,
        v.doubtful_source as variant_source,
        h.read_on,
        o.read_on as other_read_on,
        d.input_usd_per_mtok / d.other_input as input_ratio,
        d.output_usd_per_mtok / d.other_output as output_ratio
    from differing as d
    left join stale as s
        on s.model_id = d.model_id and s.source = d.source and s.other_source = d.other_source
    left join variants as v
        on v.model_id = d.model_id and v.source = d.source and v.other_source = d.other_source
    left join tiers as t
        on t.model_id = d.model_id and t.source = d.source and t.other_source = d.other_source
    left join heard as h on h.source = d.source
    left join heard as o on o.source = d.other_source
),

caused as (
    select
        j.*,
        case
            when abs(log10(j.input_ratio)) > 0.9 and abs(log10(j.output_ratio)) > 0.9
                and abs(log10(j.input_ratio) - round(log10(j.input_ratio), 0)) < 0.002
                and abs(log10(j.output_ratio) - round(log10(j.output_ratio), 0)) < 0.002
                then 'unit'
            when j.difference_share < 0.1 and (
                (round(j.input_usd_per_mtok, 2) = j.other_input or j.input_usd_per_mtok = j.other_input
                    or round(j.other_input, 2) = j.input_usd_per_mtok)
                and (round(j.output_usd_per_mtok, 2) = j.other_output or j.output_usd_per_mtok = j.other_output
                    or round(j.other_output, 2) = j.output_usd_per_mtok)
            ) then 'rounding'
            when j.stale_source is not null or j.read_on < j.other_changed_on or j.other_read_on < j.changed_on
                then 'stale'
            when j.tier is not null then j.tier
            when j.input_ratio = j.output_ratio and j.input_ratio in (0.5, 2) then 'batch'
            when j.variant is not null then 'variant'
            when j.host <> j.other_host
                or (j.equals_street_price and j.input_ratio < 1)
                or (j.other_equals_street_price and j.input_ratio > 1)
                then 'host price'
            when j.is_alias or j.other_is_alias then 'moving name'
            when j.input_usd_per_mtok = j.other_input or j.output_usd_per_mtok = j.other_output
                then 'one meter'
            else 'unexplained'
        end as cause
    from judged as j
)

select
    c.model_id,
    c.cause,
    case
        when c.cause <> 'stale' and c.cause = c.tier then c.tier_source
        when c.cause = 'stale' then coalesce(
            c.stale_source,
            case when c.read_on < c.other_changed_on then c.source else c.other_source end
        )
        when c.cause = 'variant' then c.variant_source
        when c.cause = 'batch' then case when c.input_ratio < 1 then c.source else c.other_source end
        when c.cause = 'host price' then case
            when c.host = c.source or (c.host = c.other_host and c.input_ratio < 1) then c.source
            else c.other_source
        end
        when c.cause = 'moving name' then case when c.is_alias then c.source else c.other_source end
    end as doubtful_source,
    c.source,
    c.input_usd_per_mtok,
    c.output_usd_per_mtok,
    c.other_source,
    c.other_input as other_input_usd_per_mtok,
    c.other_output as other_output_usd_per_mtok,
    cast(c.difference_share as double) as difference_share,
    r.input_usd_per_mtok as resolved_input_usd_per_mtok,
    r.output_usd_per_mtok as resolved_output_usd_per_mtok,
    c.spelling,
    c.other_spelling
from caused as c
left join (
    select p.model_id, p.input_usd_per_mtok, p.output_usd_per_mtok
    from prices_on(as_of, known_by) as p
    where p.is_list_price
) as r on r.model_id = c.model_id
