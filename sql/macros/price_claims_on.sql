-- The claims of price that hold on a day, from what was known by another day (null: now). A claim ends
-- with the source's own statement or when its name moves to another version; either end counts from
-- the day it was known. Nothing is chosen here: that is price_of's.
-- from price_claims_on('2024-09-12', '2024-09-13') where model_id = 'openai/o1-mini-2024-09-12'
create or replace macro price_claims_on(as_of, known_by) as table
select c.*
from core.price_claims as c
where
    c.holds_from <= cast(as_of as date)
    and cast(c.known_at as date) <= coalesce(cast(known_by as date), date '9999-12-31')
    and (
        c.listing_ended_known_at is null
        or cast(c.listing_ended_known_at as date) > coalesce(cast(known_by as date), date '9999-12-31')
        or cast(as_of as date) < c.listing_valid_to
    )
    and (
        c.name_ended_known_at is null
        or cast(c.name_ended_known_at as date) > coalesce(cast(known_by as date), date '9999-12-31')
        or cast(as_of as date) < c.name_valid_to
    )
