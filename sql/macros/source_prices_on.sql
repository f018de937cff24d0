-- What each source called a version's price on a day, from what was known by another day (null: now): its
-- standard price on the vendor's own host, or of a marketplace the price it charges itself. Where a source
-- has several names for the version, the one that changed last, as in price_of. What the edition quotes
-- is its lineage's (`vendor`, `litellm`), where that is not itself read.
-- from source_prices_on('2026-07-01', null) where model_id = 'openai/o3-2025-04-16'
create or replace macro source_prices_on(as_of, known_by) as table
with named as (
    select
        c.*,
        case when c.source = 'edition' then c.lineage else c.source end as said_by,
        o.is_list_price,
        row_number() over (
            partition by c.model_id, case when c.source = 'edition' then c.lineage else c.source end
            order by
                case when c.source = 'edition' then 1 else 0 end,
                case when o.is_list_price then 0 else 1 end,
                case when c.changed_on is null then 1 else 0 end, c.changed_on desc,
                case when c.is_alias then 1 else 0 end, c.known_at desc, c.claim_id
        ) as place
    from price_claims_on(as_of, known_by) as c
    inner join core.offerings as o on o.offering_id = c.offering_id
    where
        c.variant = 'standard'
        and (o.is_list_price or c.host_id = c.source)
)

select
    n.model_id,
    n.said_by as source,
    n.lineage,
    n.host_id as host,
    n.is_list_price,
    n.spelling,
    n.is_alias,
    n.input_usd_per_mtok,
    n.output_usd_per_mtok,
    n.valid_from_latest,
    n.changed_on,
    n.equals_street_price,
    n.known_at,
    n.source_url,
    n.claim_id
from named as n
where n.place = 1
