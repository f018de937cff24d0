-- Everything a price source said that is not used, with the reason; never dropped, never published.
-- key: source, fetch_id, spelling, stage, reason
with wire as (
    select distinct
        q.source,
        q.fetch_id,
        q.key as spelling,
        'wire' as stage,
        q.reason,
        cast(null as decimal(18, 9)) as input_usd_per_mtok,
        cast(null as decimal(18, 9)) as output_usd_per_mtok,
        f.fetched_at as first_seen_at,
        cast(null as timestamp) as ended_at
    from raw.quarantine as q
    inner join raw.fetches as f on f.fetch_id = q.fetch_id
),

faults as (
    select
        p.source,
        p.fetch_id,
        p.spelling,
        'staging' as stage,
        p.quarantine_reason as reason,
        p.input_usd_per_mtok,
        p.output_usd_per_mtok,
        p.first_seen_at,
        p.ended_at
    from core.price_observations as p
    where p.quarantine_reason is not null
),

unconfirmed as (
    select
        p.source,
        p.fetch_id,
        p.spelling,
        'core' as stage,
        'jump of 4x or more that no other lineage shows' as reason,
        p.input_usd_per_mtok,
        p.output_usd_per_mtok,
        p.first_seen_at,
        p.ended_at
    from core.price_observations as p
    inner join core.names as n on n.source = p.source and n.spelling = p.spelling
    where
        p.quarantine_reason is null
        and n.status = 'resolved'
        and not exists (
            select 1
            from core.price_claims as c
            where c.source = p.source and c.spelling = p.spelling and c.fetch_id = p.fetch_id
        )
        and exists (
            select 1
            from core.price_observations as f
            where
                f.source = p.source
                and f.spelling = p.spelling
                and f.first_seen_at < p.first_seen_at
                and f.quarantine_reason is null
        )
),

everything as (
    select w.* from wire as w
    union all
    select f.* from faults as f
    union all
    select u.* from unconfirmed as u
)

select
    e.source,               -- feed
    e.fetch_id,             -- fetch it came with
    e.spelling,             -- the feed's own name
    e.stage,                -- wire (broke the contract), staging (not a credible price) or core (unconfirmed)
    e.reason,               -- why it is not used
    e.input_usd_per_mtok,   -- input price as converted, USD per million tokens
    e.output_usd_per_mtok,  -- output price as converted, USD per million tokens
    e.first_seen_at,        -- when it was first seen, UTC
    e.ended_at -- when it was gone, UTC; null while it goes on
from everything as e
