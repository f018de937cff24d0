-- The days on which each source had something new to say: its payload was read, and was another.
-- A feed that answers the same bytes for ever was last heard of on the last of these days.
-- key: source, read_on
with told as (
    select
        f.source,
        f.fetched_at,
        f.sha256,
        lag(f.sha256) over (partition by f.source, f.part order by f.fetched_at) as former_sha256
    from raw.fetches as f
    where f.status = 'ok' and coalesce(f.held_back, 0) = 0
)

select distinct
    t.source,                -- source
    cast(t.fetched_at as date) as read_on -- day its content was read and was new
from told as t
where t.former_sha256 is null or t.sha256 <> t.former_sha256
