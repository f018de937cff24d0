-- When each version was launched, from what was known by a day (null: now): the curated launch where
-- there is one, else the best supported date of the feeds. Order: a post of the vendor; agreement of
-- independent families; a database; the vendor's own row of a list; other hosts' rows of a list, of
-- which the most frequent day speaks. (Of 11 models that Epoch and models.dev date differently, Epoch
-- has a day of the curated launch 9 times, models.dev 5.)
-- from releases_known('2025-12-31') where evidence <> 'curated'
create or replace macro releases_known(known_by) as table
with live as (
    select
        c.*,
        case c.evidence
            when 'curated' then 0
            when 'vendor_post' then 1
            when 'database' then 2
            when 'vendor_listing' then 3
            else 4
        end as evidence_rank,
        max(case when c.evidence = 'curated' then 1 else 0 end) over (partition by c.model_id) as is_curated
    from core.release_claims as c
    where
        cast(c.known_at as date) <= coalesce(cast(known_by as date), date '9999-12-31')
        and (
            c.ended_at is null
            or cast(c.ended_at as date) > coalesce(cast(known_by as date), date '9999-12-31')
        )
),

-- Each family has one voice for a model and what it dates.
voices as (
    select
        l.model_id,
        l.about,
        l.lineage,
        l.claimed_on,
        min(l.evidence_rank) as evidence_rank,
        min(l.known_at) as known_at,
        min(cast(l.evidence_rank as varchar) || '|' || l.source || '|' || l.key || '|' || cast(l.first_seen_at as varchar)) as claim,
        row_number() over (
            partition by l.model_id, l.about, l.lineage
            order by min(l.evidence_rank), count(*) desc, l.claimed_on
        ) as place
    from live as l
    where l.is_curated = 0 or l.evidence = 'curated'
    group by l.model_id, l.about, l.lineage, l.claimed_on
),

votes as (
    select
        v.model_id,
        v.about,
        v.claimed_on,
        count(*) as lineages,
        min(v.evidence_rank) as evidence_rank,
        min(v.known_at) as known_at,
        min(v.claim) as claim,
        row_number() over (
            partition by v.model_id, v.about
            order by
                case when min(v.evidence_rank) < 2 then min(v.evidence_rank) else 2 end,
                count(*) desc, min(v.evidence_rank), v.claimed_on
        ) as place
    from voices as v
    where v.place = 1
    group by v.model_id, v.about, v.claimed_on
),

dated as (
    select
        v.model_id,
        max(case when v.about = 'announcement' then v.claimed_on end) as announced_on,
        max(case when v.about = 'api' then v.claimed_on end) as api_available_on,
        max(case when v.about = 'database' then v.claimed_on end) as database_on,
        min(v.evidence_rank) as evidence_rank
    from votes as v
    where v.place = 1
    group by v.model_id
),

-- The database date counts only where no dated post does.
settled as (
    select
        d.model_id,
        d.announced_on,
        d.api_available_on,
        d.evidence_rank,
        coalesce(d.announced_on, d.api_available_on, d.database_on) as released_on,
        case
            when d.announced_on is not null then 'announcement'
            when d.api_available_on is not null then 'api'
            else 'database'
        end as released_by
    from dated as d
),

-- A host's row dates its own offer as often as the launch: against better evidence it disputes nothing.
counted as (
    select
        s.model_id,
        count(distinct l.claimed_on) as dates_claimed,
        max(case
            when l.claimed_on = s.announced_on or l.claimed_on = s.api_available_on or l.claimed_on = s.released_on
                then 0
            when l.evidence_rank = 4 and s.evidence_rank < 4 then 0
            else 1
        end) as others
    from settled as s
    inner join live as l on l.model_id = s.model_id
    group by s.model_id
)

select
    s.model_id,
    s.announced_on,
    s.api_available_on,
    s.released_on,
    case v.evidence_rank
        when 0 then 'curated'
        when 1 then 'vendor_post'
        when 2 then 'database'
        when 3 then 'vendor_listing'
        else 'host_listing'
    end as evidence,
    v.lineages,
    substr(v.claim, 3) as claim,
    n.dates_claimed,
    n.others = 1 as is_disputed,
    v.known_at
from settled as s
inner join votes as v on v.model_id = s.model_id and v.about = s.released_by and v.place = 1
inner join counted as n on n.model_id = s.model_id
