-- Where each model stands in a segment on a day, as if the models of one launch (null: none) did not
-- exist. The rule is that of `standings`.
create or replace macro standing_excluding(asked_segment_id, as_of, known_by, left_out_event_id) as table
with asked_offers as (
    select
        'asked' as market_id,
        coalesce(cast(known_by as date), date '9999-12-31') as known_by,
        true as is_drawn,
        p.model_id,
        p.host,
        p.variant,
        p.is_list_price,
        p.input_usd_per_mtok,
        p.output_usd_per_mtok,
        p.cache_read_usd_per_mtok,
        p.is_disputed,
        p.source,
        p.claim_id
    from prices_on(as_of, known_by) as p
    where p.model_id not in (
        select v.model_id
        from core.event_models as v
        where v.event_id = coalesce(left_out_event_id, '')
    )
)

select s.*
from standings('asked_offers') as s
where s.segment_id = asked_segment_id
