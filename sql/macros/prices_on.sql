-- Every offering's resolved price on a day, from what was known by another day (null: now).
-- from prices_on('2024-09-12', '2024-09-13') where is_list_price
-- (`asked` is an alias no macro uses inside: a macro's arguments are put in as text.)
create or replace macro prices_on(as_of, known_by) as table
select
    asked.model_id,
    asked.offering_id,
    asked.host_id as host,
    asked.variant,
    asked.is_list_price,
    p.input_usd_per_mtok,
    p.output_usd_per_mtok,
    p.cache_read_usd_per_mtok,
    p.valid_from_earliest,
    p.valid_from_latest,
    p.known_at,
    c.source,
    c.claim_id,
    c.publisher,
    c.source_url,
    c.published_on,
    c.licence,
    c.evidence,
    p.lineages,
    p.is_disputed
from core.offerings as asked
cross join price_of(asked.offering_id, as_of, known_by) as p
inner join core.price_claims as c on c.source || ':' || c.claim_id = p.first_claim
