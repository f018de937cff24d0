-- The day each version was, or is to be, shut down by its vendor, from what was believed by a day (null:
-- now): the edition's statement where there is one, else the latest day a feed states.
-- from shutdowns_known('2026-05-01') where shutdown_on > '2026-05-01'
create or replace macro shutdowns_known(known_by) as table
select
    s.model_id,
    s.shutdown_on,
    s.known_on
from core.shutdowns as s
where
    s.known_from <= coalesce(cast(known_by as date), date '9999-12-31')
    and (s.known_to is null or s.known_to > coalesce(cast(known_by as date), date '9999-12-31'))
