-- Where each name points, by period: aliases as dated, and every model version to itself.
-- key: alias, valid_from
-- check period_is_not_empty: valid_to > valid_from
with periods as (
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

undated as (
    select
        u.alias,
        cast(null as varchar) as source,
        u.model_id,
        date '0001-01-01' as valid_from,
        date '9999-12-31' as valid_to,
        cast(m.known_since as date) as known_on,
        'undated name of the only dated version' as reason
    from core.undated_names as u
    inner join core.models as m on m.model_id = u.model_id
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
    select p.alias, p.source, p.model_id, p.valid_from, p.valid_to, p.known_on, p.reason
    from periods as p
    union all
    select v.alias, v.source, v.model_id, v.valid_from, v.valid_to, v.known_on, v.reason
    from undated as v
    where v.alias not in (select p.alias from periods as p)
    union all
    select v.alias, v.source, v.model_id, v.valid_from, v.valid_to, v.known_on, v.reason
    from versions as v
    where v.alias not in (select p.alias from periods as p)
)

select
    e.alias,          -- name: `vendor/name` or a bare display name, with ` in <source>` if one source's own
    e.source,         -- the one source whose spelling it is; null for any
    e.model_id,       -- version it points to in the period
    e.valid_from,     -- first day of the period
    e.valid_to,       -- first day after the period
    e.known_on,       -- day the pointing was published
    case
        when e.valid_to = date '9999-12-31' then null
        else coalesce(
            lead(e.known_on) over (partition by e.alias order by e.valid_from), e.valid_to
        )
    end as ended_known_on, -- day it became known that the period ended; null while it lasts
    e.reason          -- why we say so
from everything as e
