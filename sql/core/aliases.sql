-- Where each name points, by period: aliases as dated, and every model version to itself.
-- key: alias, valid_from
-- check period_is_not_empty: valid_to > valid_from
with stated as (
    select
        a.spelling || case when a.source is null then '' else ' in ' || a.source end as alias,
        a.source,
        a.model_id,
        coalesce(a.valid_from, date '0001-01-01') as valid_from,
        coalesce(a.valid_to, date '9999-12-31') as valid_to,
        a.published_on as known_on,
        a.reason
    from seeds.aliases as a
),

dated as (
    select
        s.*,
        case
            when s.valid_to = date '9999-12-31' then null
            else coalesce(
                lead(s.known_on) over (partition by s.alias order by s.valid_from), s.valid_to
            )
        end as ended_known_on
    from stated as s
),

-- An alias counts once there is a version for it to point to.
periods as (
    select
        d.alias,
        d.source,
        d.model_id,
        d.valid_from,
        d.valid_to,
        greatest(d.known_on, cast(m.known_since as date)) as known_on,
        d.ended_known_on,
        d.reason
    from dated as d
    inner join core.models as m on m.model_id = d.model_id
),

shown as (
    select
        p.alias,
        p.source,
        p.model_id,
        p.valid_from,
        p.valid_to,
        p.known_on,
        p.ended_known_on,
        p.reason
    from core.pointings as p
),

versions as (
    select
        m.model_id as alias,
        cast(null as varchar) as source,
        m.model_id,
        date '0001-01-01' as valid_from,
        date '9999-12-31' as valid_to,
        date '0001-01-01' as known_on,
        'the version itself' as reason
    from core.models as m
),

everything as (
    select
        p.alias, p.source, p.model_id, p.valid_from, p.valid_to, p.known_on, p.ended_known_on,
        p.reason
    from periods as p
    union all
    select
        s.alias, s.source, s.model_id, s.valid_from, s.valid_to, s.known_on, s.ended_known_on,
        s.reason
    from shown as s
    where s.alias not in (select p.alias from periods as p)
    union all
    select
        v.alias, v.source, v.model_id, v.valid_from, v.valid_to, v.known_on,
        cast(null as date) as ended_known_on, v.reason
    from versions as v
    where v.alias not in (select p.alias from periods as p)
        and v.alias not in (select s.alias from shown as s)
)

select
    e.alias,          -- name: `vendor/name` or a bare display name, with ` in <source>` if one source's own
    e.source,         -- the one source whose spelling it is; null for any
    e.model_id,       -- version it points to in the period
    e.valid_from,     -- first day of the period
    e.valid_to,       -- first day after the period
    e.known_on,       -- day the pointing was published
    e.ended_known_on, -- day it became known that the period ended; null while it lasts
    e.reason          -- why we say so
from everything as e
