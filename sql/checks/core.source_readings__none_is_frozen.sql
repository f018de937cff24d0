-- A source that has answered the same bytes for a month, or for four times its cadence, is probably frozen.
-- severity: warning
select
    r.source,
    r.last_new_on,
    f.last_read_on
from (
    select n.source, max(n.read_on) as last_new_on
    from core.source_readings as n
    group by n.source
) as r
inner join (
    select a.source, cast(max(a.fetched_at) as date) as last_read_on
    from raw.fetches as a
    where a.status <> 'failed'
    group by a.source
) as f on f.source = r.source
inner join raw.sources as s on s.source = r.source
where f.last_read_on > r.last_new_on + cast(greatest(30, 4 * s.cadence_days) as integer)
