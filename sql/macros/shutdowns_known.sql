-- The day each version was, or is to be, shut down by its vendor, from what was believed by a day (null:
-- now): the edition's statement where there is one, else the latest day a feed states.
-- from shutdowns_known('2026-05-01') where shutdown_on > '2026-05-01'
create or replace macro shutdowns_known(known_by) as table
select
    s.model_id,
    coalesce(
        max(case when s.source = 'edition' then s.shutdown_on end), max(s.shutdown_on)
    ) as shutdown_on,
    cast(coalesce(
        min(case when s.source = 'edition' then s.believed_at end), min(s.believed_at)
    ) as date) as known_on
from core.shutdowns as s
where
    cast(s.believed_at as date) <= coalesce(cast(known_by as date), date '9999-12-31')
    and (
        s.withdrawn_at is null
        or cast(s.withdrawn_at as date) > coalesce(cast(known_by as date), date '9999-12-31')
    )
group by s.model_id
