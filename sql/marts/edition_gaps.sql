-- What the feeds say that the bundled edition lacks or says otherwise, newest first: list prices of its
-- models that it never states, versions that a vendor's listing registered, launches and retirements of its
-- models that it does not date so, and vendors' posts of models that nothing knows. Feeds err: what a person
-- judges wrong goes to `seeds.price_corrections`, what is right into the edition.
-- key: gap_id
-- check kind_is_known: kind in ('price', 'version', 'launch', 'post', 'retirement')
-- check feeds_speak: feeds_say is not null and known_on is not null
with stated_prices as (
    select distinct c.offering_id, c.input_usd_per_mtok, c.output_usd_per_mtok
    from core.price_claims as c
    where c.source = 'edition'
),

last_stated as (
    select
        c.offering_id,
        c.input_usd_per_mtok,
        c.output_usd_per_mtok,
        row_number() over (
            partition by c.offering_id
            order by c.valid_from_latest desc, c.published_on desc, c.lineage, c.claim_id
        ) as place
    from core.price_claims as c
    where c.source = 'edition'
),

-- A resolved list price of the edition's models that the edition does not state, with the feed that
-- said it first.
new_prices as (
    select
        c.model_id,
        c.input_usd_per_mtok,
        c.output_usd_per_mtok,
        c.offering_id,
        c.source,
        c.source_url,
        cast(c.known_at as date) as known_on,
        row_number() over (
            partition by c.offering_id, c.input_usd_per_mtok, c.output_usd_per_mtok
            order by c.known_at, c.source, c.claim_id
        ) as place
    from core.price_claims as c
    inner join core.prices as r
        on r.offering_id = c.offering_id
        and r.input_usd_per_mtok = c.input_usd_per_mtok
        and r.output_usd_per_mtok = c.output_usd_per_mtok
    inner join core.models as m on m.model_id = c.model_id and m.registered_by = 'edition'
    left join stated_prices as s
        on s.offering_id = c.offering_id
        and s.input_usd_per_mtok = c.input_usd_per_mtok
        and s.output_usd_per_mtok = c.output_usd_per_mtok
    where r.is_list_price and c.source <> 'edition' and s.offering_id is null
),

prices as (
    select
        'price' as kind,
        n.model_id,
        n.model_id || ' at ' || cast(n.input_usd_per_mtok as varchar) || '/' || cast(n.output_usd_per_mtok as varchar) as subject,
        case
            when l.offering_id is null then 'no list price'
            else cast(cast(l.input_usd_per_mtok as double) as varchar) || ' in, '
                || cast(cast(l.output_usd_per_mtok as double) as varchar) || ' out'
        end as edition_says,
        cast(cast(n.input_usd_per_mtok as double) as varchar) || ' in, '
            || cast(cast(n.output_usd_per_mtok as double) as varchar) || ' out' as feeds_say,
        n.source,
        n.source_url,
        n.known_on
    from new_prices as n
    left join last_stated as l on l.offering_id = n.offering_id and l.place = 1
    where n.place = 1
),

versions as (
    select
        'version' as kind,
        m.model_id,
        m.model_id as subject,
        cast(null as varchar) as edition_says,
        coalesce('listed, released ' || cast(r.released_on as varchar), 'listed') as feeds_say,
        m.registered_by as source,
        s.url as source_url,
        cast(m.known_since as date) as known_on
    from core.models as m
    inner join raw.sources as s on s.source = m.registered_by
    left join core.releases as r on r.model_id = m.model_id
    where m.registered_by <> 'edition'
),

launches as (
    select
        'launch' as kind,
        r.model_id,
        r.model_id as subject,
        'no launch' as edition_says,
        'released ' || cast(r.released_on as varchar) as feeds_say,
        r.source,
        r.source_url,
        r.published_on as known_on
    from core.releases as r
    inner join core.models as m on m.model_id = r.model_id and m.registered_by = 'edition'
    where r.evidence <> 'curated'
),

-- Posts that no rule read as a model. One of the same family and day as a launch of the edition is that
-- launch's ("Introducing Claude 4"); what came before the edition's first launch is not looked for.
unread_posts as (
    select
        p.source,
        p.source_url,
        p.spelling,
        p.title,
        p.released_on,
        p.first_seen_at,
        regexp_extract(lower(p.spelling), '^[a-z]+') as family
    from core.releases_seen as p
    where
        p.kind = 'announcement' and p.spelling is not null and p.model_id is null
        and p.quarantine_reason is null and p.ended_at is null and p.source_url is not null
),

own_launches as (
    select distinct
        regexp_extract(split_part(r.model_id, '/', 2), '^[a-z]+') as family,
        r.released_on,
        min(r.released_on) over () as first_on
    from core.releases as r
    where r.evidence = 'curated'
),

posts as (
    select
        'post' as kind,
        cast(null as varchar) as model_id,
        p.source_url || ' ' || p.spelling as subject,
        cast(null as varchar) as edition_says,
        min(p.title) || ', ' || cast(min(p.released_on) as varchar) as feeds_say,
        min(p.source) as source,
        p.source_url,
        cast(min(p.first_seen_at) as date) as known_on
    from unread_posts as p
    left join own_launches as l
        on l.family = p.family
        and l.released_on between p.released_on - 2 and p.released_on + 2
    where
        l.family is null
        and p.released_on >= (select min(o.first_on) from own_launches as o)
    group by p.source_url, p.spelling
),

-- What a feed last read on the vendor's own page.
vendor_pages as (
    select
        c.model_id,
        c.shutdown_on,
        c.source,
        c.source_url,
        cast(c.known_at as date) as known_on,
        row_number() over (
            partition by c.model_id order by c.known_at desc, c.shutdown_on, c.source, c.key
        ) as place
    from core.retirement_claims as c
    where c.source <> 'edition' and c.ended_at is null and c.shutdown_on is not null
),

retirements as (
    select
        'retirement' as kind,
        p.model_id,
        p.model_id as subject,
        coalesce('shut down ' || cast(t.shutdown_on as varchar), 'not retired') as edition_says,
        'shut down ' || cast(p.shutdown_on as varchar) as feeds_say,
        p.source,
        p.source_url,
        p.known_on
    from vendor_pages as p
    inner join core.models as m on m.model_id = p.model_id and m.registered_by = 'edition'
    left join core.retirement_claims as t on t.model_id = p.model_id and t.source = 'edition'
    where p.place = 1 and (t.shutdown_on is null or t.shutdown_on <> p.shutdown_on)
),

gaps as (
    select p.* from prices as p
    union all
    select v.* from versions as v
    union all
    select l.* from launches as l
    union all
    select p.* from posts as p
    union all
    select r.* from retirements as r
)

select
    g.kind || ': ' || g.subject as gap_id, -- our id of the gap
    g.kind,                  -- price, version, launch, post (a vendor's post of a model that nothing knows) or retirement
    g.model_id,              -- version; null for a post
    g.edition_says,          -- what the edition says; null if it does not have the version
    g.feeds_say,             -- what the feeds say
    g.source,                -- feed that says so, or said so first
    g.source_url,            -- where it is stated
    g.known_on               -- day it was first read
from gaps as g
