-- When each version was deprecated and shut down by its own vendor, from what was known by a day
-- (null: now): the edition's statement where there is one, else what the vendor's page last said by a
-- feed. A host that stops serving a model retires only its own offering and does not count here.
-- from retirements_known('2026-05-01') where shutdown_on > '2026-05-01'
create or replace macro retirements_known(known_by) as table
with live as (
    select
        c.*,
        case when c.source = 'edition' then 0 else 1 end as is_feed
    from core.retirement_claims as c
    where
        cast(c.known_at as date) <= coalesce(cast(known_by as date), date '9999-12-31')
        and (
            c.ended_at is null
            or cast(c.ended_at as date) > coalesce(cast(known_by as date), date '9999-12-31')
        )
),

ranked as (
    select
        l.*,
        row_number() over (
            partition by l.model_id
            order by l.is_feed, l.known_at desc, case when l.shutdown_on is null then 1 else 0 end, l.shutdown_on, l.source, l.key
        ) as place,
        max(l.shutdown_on) over (partition by l.model_id) <> min(l.shutdown_on) over (partition by l.model_id) as is_disputed
    from live as l
)

select
    r.model_id,
    r.deprecated_on,
    r.shutdown_on,
    case
        when cast(r.replacement_known_at as date) <= coalesce(cast(known_by as date), date '9999-12-31')
            then r.replacement_model_id
    end as replacement_model_id,
    r.source,
    r.evidence,
    coalesce(r.is_disputed, false) as is_disputed,
    r.source_url,
    r.publisher,
    r.known_at,
    r.licence
from ranked as r
where r.place = 1
