-- The resolved price of one offering on a day, from what was known by another day (null: now).
-- Rule (METHOD 2): within a lineage the original speaks before a copy, and the latest change first.
-- A price nobody has affirmed since a change was seen elsewhere is out of date. Of the others the
-- vendor's own statement counts first unless another lineage has seen a later change; then agreement
-- among lineages; then what is no host's price; then the latest change; then the most reliable lineage.
-- No row means unknown or not sold that day.
create or replace macro price_of(asked_offering_id, as_of, known_by) as table
with live as (
    select
        c.offering_id,
        c.lineage,
        c.input_usd_per_mtok,
        c.output_usd_per_mtok,
        c.cache_read_usd_per_mtok,
        c.valid_from_earliest,
        c.valid_from_latest,
        c.known_at,
        c.evidence,
        c.source,
        c.claim_id,
        c.equals_street_price,
        coalesce(c.changed_on, date '0001-01-01') as changed_on,
        l.reliability_rank,
        max(coalesce(h.read_on, n.read_on, c.published_on)) over (
            partition by c.offering_id, c.lineage, c.input_usd_per_mtok, c.output_usd_per_mtok
        ) as affirmed_on,
        row_number() over (
            partition by c.offering_id, c.lineage
            order by
                case when c.source in (c.lineage, 'edition') then 0 else 1 end,
                case when c.changed_on is null then 1 else 0 end, c.changed_on desc,
                case when c.is_alias then 1 else 0 end, c.known_at desc, c.claim_id
        ) as place
    from price_claims_on(as_of, known_by) as c
    inner join core.lineages as l on l.lineage_id = c.lineage
    inner join core.availability as v on v.model_id = c.model_id
    inner join core.offerings as o on o.offering_id = c.offering_id
    left join core.source_days as h
        on h.source = c.source and h.on_day = coalesce(cast(known_by as date), date '9999-12-31')
    left join core.source_days as n
        on n.source = c.source and n.on_day = date '9999-12-31'
        and n.read_on <= coalesce(cast(known_by as date), date '9999-12-31')
    left join core.shutdowns as g
        on g.model_id = c.model_id
        and g.known_from <= coalesce(cast(known_by as date), date '9999-12-31')
        and (g.known_to is null or g.known_to > coalesce(cast(known_by as date), date '9999-12-31'))
    where
        c.offering_id = asked_offering_id
        and not (
            coalesce(v.api_available_on, date '0001-01-01') > cast(as_of as date)
            and coalesce(v.released_known_on, date '0001-01-01')
                <= coalesce(cast(known_by as date), date '9999-12-31')
        )
        and not (o.is_list_price and coalesce(g.shutdown_on, date '9999-12-31') <= cast(as_of as date))
),

spoken as (
    select
        l.*,
        max(case when l.lineage <> 'vendor' then l.changed_on end)
            over (partition by l.offering_id) as others_changed_on
    from live as l
    where l.place = 1
),

votes as (
    select
        s.offering_id,
        s.input_usd_per_mtok,
        s.output_usd_per_mtok,
        count(*) as lineages,
        max(case
            when s.lineage = 'vendor'
                and coalesce(s.others_changed_on, date '0001-01-01') <= s.changed_on
                then 1
            else 0
        end) as vendor_says_so,
        max(s.changed_on) as changed_on,
        max(s.affirmed_on) as affirmed_on,
        min(case when s.equals_street_price then 1 else 0 end) as is_like_street,
        min(s.reliability_rank) as reliability_rank,
        max(s.cache_read_usd_per_mtok) as cache_read_usd_per_mtok,
        max(s.valid_from_earliest) as valid_from_earliest,
        min(s.valid_from_latest) as valid_from_latest,
        min(s.known_at) as known_at,
        min(s.source || ':' || s.claim_id) as first_claim
    from spoken as s
    group by s.offering_id, s.input_usd_per_mtok, s.output_usd_per_mtok
),

dated as (
    select
        v.*,
        max(v.input_usd_per_mtok) over (partition by v.offering_id) as highest_input,
        max(v.changed_on) over (partition by v.offering_id) as last_changed_on
    from votes as v
),

ranked as (
    select
        v.*,
        row_number() over (
            partition by v.offering_id
            order by
                v.vendor_says_so desc, v.lineages desc,
                case when v.input_usd_per_mtok < v.highest_input then v.is_like_street else 0 end,
                v.changed_on desc, v.reliability_rank,
                v.input_usd_per_mtok, v.output_usd_per_mtok
        ) as place,
        count(*) over (partition by v.offering_id) as alternatives
    from dated as v
    where v.affirmed_on >= v.last_changed_on or v.changed_on = v.last_changed_on
)

select
    r.input_usd_per_mtok,
    r.output_usd_per_mtok,
    r.cache_read_usd_per_mtok,
    least(r.valid_from_earliest, r.valid_from_latest) as valid_from_earliest,
    r.valid_from_latest,
    r.known_at,
    r.lineages,
    r.alternatives > 1 as is_disputed,
    r.first_claim
from ranked as r
where r.place = 1
