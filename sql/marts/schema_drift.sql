-- Fields of the sources' rows that came or went since a source was first read: schema drift.
-- A new field may say something no table uses yet; one that is gone may be missing where it was used.
-- key: source, thing, path, kind
-- check it_has_come_or_gone: has_come or gone_at is not null
with fields as (
    select
        f.source,
        f.thing,
        f.path,
        f.kind,
        max(case when f.is_read then 1 else 0 end) = 1 as is_read,
        min(f.first_seen_at) as first_seen_at,
        case when count(*) = count(f.ended_at) then max(f.ended_at) end as gone_at,
        sum(case when f.ended_at is null then f.rows else 0 end) as rows_going,
        max(f.rows) as most_rows
    from raw.fields as f
    group by f.source, f.thing, f.path, f.kind
),

things as (
    select f.source, f.thing, min(f.first_seen_at) as first_read_at
    from raw.fields as f
    group by f.source, f.thing
)

select
    f.source,                -- source
    f.thing,                 -- what its rows are: prices, results, ...
    f.path,                  -- the field: names from the row down joined by dots, [] in a list
    f.kind,                  -- string, number, boolean, list or object; a retyped field stands twice
    f.first_seen_at > t.first_read_at as has_come, -- not in the first payload that was read
    f.first_seen_at,         -- first fetch that had it, UTC
    f.gone_at,               -- first good fetch without it, UTC; null while some part has it
    case when f.gone_at is null then f.rows_going else f.most_rows end as rows_with_it, -- rows that carried it when it came
    f.is_read -- the wire contract reads it, or something in it
from fields as f
inner join things as t on t.source = f.source and t.thing = f.thing
where f.first_seen_at > t.first_read_at or f.gone_at is not null
