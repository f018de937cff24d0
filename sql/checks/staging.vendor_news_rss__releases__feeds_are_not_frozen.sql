-- A news feed read for 60 days after its newest post has probably stopped being generated.
-- severity: warning
select
    f.part,
    f.last_read_on,
    p.newest_on
from (
    select
        a.part,
        cast(max(a.fetched_at) as date) as last_read_on
    from raw.fetches as a
    where a.source = 'vendor_news_rss' and a.status <> 'failed'
    group by a.part
) as f
inner join (
    select
        split_part(r.key, '|', 1) as part,
        max(r.released_on) as newest_on
    from staging.vendor_news_rss__releases as r
    where r.quarantine_reason is null
    group by split_part(r.key, '|', 1)
) as p on p.part = f.part
where f.last_read_on > p.newest_on + 60
