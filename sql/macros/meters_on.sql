-- The meters that sources state for a day, from what was known by another day (null: now); as stated.
-- from meters_on('2026-07-01', null) where model_id = 'openai/gpt-5.5-2026-04-23' and from_tokens > 0
create or replace macro meters_on(as_of, known_by) as table
select
    m.*,
    o.is_list_price
from core.price_meters as m
inner join core.offerings as o on o.offering_id = m.offering_id
where
    m.valid_from <= cast(as_of as date)
    and cast(m.known_at as date) <= coalesce(cast(known_by as date), date '9999-12-31')
    and (
        m.ended_known_at is null
        or cast(m.ended_known_at as date) > coalesce(cast(known_by as date), date '9999-12-31')
        or cast(as_of as date) < m.valid_to
    )
