-- Market shares published in reports, as runs: who states which share of what, by which definition.
-- Never to be added up or mixed: spend, usage, messages and paying firms are different markets, some
-- publishers have a stake, and a share within one vendor's users is no market share.
-- key: key, first_seen_at
-- check run_ends_after_it_begins: ended_at is null or ended_at > first_seen_at
-- check share_is_a_share: quarantine_reason is not null or share between 0 and 1
with runs as (
    select
        r.key,
        r.fields->>'$.source' as publication,
        r.fields->>'$.period' as period,
        r.fields->>'$.entity' as spelling,
        r.fields->>'$.metric' as measure,
        try_cast(nullif(r.fields->>'$.value', '') as decimal(9, 3)) as stated_value,
        r.fields->>'$.unit' as unit,
        nullif(r.fields->>'$.definition', '') as definition,
        split_part(r.fields->>'$.url', ' ', 1) as first_word_of_url,
        nullif(r.fields->>'$.how_read', '') as how_read,
        regexp_extract_all(r.fields->>'$.period', '\d{4}(?:-\d{2}){0,2}') as dates,
        r.first_fetch_id,
        r.first_seen_at,
        r.previous_fetch_at,
        r.last_seen_at,
        r.ended_at
    from raw.published_shares__shares as r
)

select
    'published_shares' as source, -- source name
    r.key,                   -- the row's key: publication, period, entity and measure
    trim(regexp_replace(r.publication, '\s(Q\d )?\d{4}(-\d{2}){0,2}$', '')) as publisher, -- who states it
    r.publication || ': ' || r.measure as series, -- names the figure's kind, so that series are never mixed
    r.spelling,              -- what has the share: a vendor, a model, a family or a kind of model
    r.measure,               -- share of what, in the publication's words
    r.period,                -- period as stated; may be a year, a month, a day or a range
    cast(r.dates[1] || case length(r.dates[1]) when 4 then '-01-01' when 7 then '-01' else '' end as date) as period_from, -- first day of the period stated
    cast(
        cast(r.dates[-1] || case length(r.dates[-1]) when 4 then '-01-01' when 7 then '-01' else '' end as date)
        + case length(r.dates[-1])
            when 4 then interval 1 year
            when 7 then interval 1 month
            else interval 1 day
        end as date
    ) as period_to,          -- first day after the period stated
    case when starts_with(r.unit, '%') then cast(r.stated_value * 0.01 as double) end as share, -- share of 1
    nullif(regexp_extract(r.unit, '^%\s*\((.*)\)$', 1), '') as caveat, -- what the publication adds: about, over, from which value
    r.definition,            -- how the publication measured it
    case
        when r.first_word_of_url like 'https://%' and not ends_with(r.first_word_of_url, '...')
            then r.first_word_of_url
    end as source_url,       -- where it is stated; null where the address was not kept whole
    r.how_read,              -- how the figure came to us: the page itself, a copy, a search excerpt
    cast(nullif(regexp_extract(r.publication, '\d{4}-\d{2}-\d{2}$'), '') as date) as stated_on, -- day of the publication, where its name holds it
    r.first_fetch_id as fetch_id, -- fetch that first showed it
    r.first_seen_at,         -- when it was first seen, UTC: its known time
    r.previous_fetch_at,     -- last fetch without it, UTC; null if the source was not read before
    r.last_seen_at,          -- last fetch that still showed it, UTC; null while it goes on
    r.ended_at,              -- first fetch without it, UTC; null while it goes on
    case
        when r.stated_value is null then 'words, no number: ' || r.unit
        when not starts_with(r.unit, '%') then 'no share: ' || r.unit
        when r.stated_value not between 0 and 100 then 'outside 0 to 100 percent'
    end as quarantine_reason -- why it is not used; null if it is
from runs as r
