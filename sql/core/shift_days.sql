-- Repricings and withdrawals, and by what each is judged: what was known the day after it (or, if it became known
-- later, on that day), and with hindsight; and the list price of the product without the event and with it. One
-- that is not judged says why not.
-- key: event_id, basis
-- check judged_has_its_prices: why_not is not null or (price_before_usd_per_mtok > 0 and (event_kind = 'retirement' or price_after_usd_per_mtok > 0))
with newest as (
    select max(c.published_on) as as_of
    from core.price_claims as c
),

shifts as (
    select
        e.event_id,
        b.basis,
        e.event_kind,
        e.model_id,
        e.vendor_id,
        e.severity,
        e.effective_from_earliest - 1 as before_on,
        e.effective_on,
        case b.basis when 'day_after' then greatest(e.effective_on + 1, e.known_on) else date '9999-12-31' end as known_by,
        e.withdrawn_known_on,
        e.price_3to1_usd_per_mtok as price,
        e.former_price_3to1_usd_per_mtok as former_price,
        o.offering_id
    from core.events as e
    cross join (select 'day_after' as basis union all select 'hindsight' as basis) as b
    left join core.offerings as o on o.model_id = e.model_id and o.is_list_price
    where e.event_kind in ('price_change', 'retirement')
),

-- A price as believed by then: that of the day before, and the one in force when the change was known.
asked_days as (
    select a.event_id, a.basis, 'before' as side, a.offering_id, a.before_on as on_day, a.known_by
    from shifts as a
    union all
    select
        a.event_id,
        a.basis,
        'after' as side,
        a.offering_id,
        case a.basis when 'day_after' then a.known_by else a.effective_on end as on_day,
        a.known_by
    from shifts as a
    where a.event_kind = 'price_change'
),

believed as (
    select
        asked.event_id, asked.basis, asked.side, p.input_usd_per_mtok, p.output_usd_per_mtok,
        p.cache_read_usd_per_mtok
    from asked_days as asked
    cross join price_of(asked.offering_id, asked.on_day, asked.known_by) as p
),

priced as (
    select
        a.*,
        n.as_of as newest_on,
        cast(b.input_usd_per_mtok * 0.75 + b.output_usd_per_mtok * 0.25 as double) as price_before,
        cast(f.input_usd_per_mtok * 0.75 + f.output_usd_per_mtok * 0.25 as double) as price_after,
        b.input_usd_per_mtok as input_before,
        b.output_usd_per_mtok as output_before,
        b.cache_read_usd_per_mtok as cache_read_before,
        f.input_usd_per_mtok as input_after,
        f.output_usd_per_mtok as output_after,
        f.cache_read_usd_per_mtok as cache_read_after
    from shifts as a
    cross join newest as n
    left join believed as b on b.event_id = a.event_id and b.basis = a.basis and b.side = 'before'
    left join believed as f on f.event_id = a.event_id and f.basis = a.basis and f.side = 'after'
)

select
    p.event_id,              -- price change or retirement, core.events
    p.basis,                 -- day_after (by what was known the day after it, or when it became known) or hindsight
    p.event_kind,            -- price_change or retirement
    p.model_id,              -- version repriced or withdrawn
    p.vendor_id,             -- its vendor
    p.before_on,             -- day before it could have begun
    p.effective_on,          -- first day of the new price, or without service
    p.known_by,              -- nothing known later is used; 9999-12-31 is everything
    p.price_before as price_before_usd_per_mtok, -- its list price at 3:1 on before_on, USD per million tokens; null if not known
    p.price_after as price_after_usd_per_mtok, -- its new list price at 3:1; null if not known, and of a retirement
    p.input_before as input_before_usd_per_mtok, -- its list price of input on before_on, USD per million tokens
    p.output_before as output_before_usd_per_mtok, -- of output
    p.cache_read_before as cache_read_before_usd_per_mtok, -- of cached input read
    p.input_after as input_after_usd_per_mtok, -- its new list price of input, USD per million tokens
    p.output_after as output_after_usd_per_mtok, -- of output
    p.cache_read_after as cache_read_after_usd_per_mtok, -- of cached input read
    case
        when p.effective_on > p.newest_on then 'not in force yet'
        when p.withdrawn_known_on <= p.known_by then 'taken back before it could be judged'
        when p.severity = 'minor' and p.event_kind = 'price_change'
            and greatest(p.price / p.former_price, p.former_price / p.price) < 1.25
            then 'a change of less than a quarter'
        when p.severity = 'minor' and p.event_kind = 'price_change' then 'one source alone says so'
        when p.severity = 'minor' then 'the vendor names a replacement'
        when p.price_before is null then 'no list price was known for the day before'
        when p.event_kind = 'price_change' and coalesce(abs(p.price_after / p.price - 1) > 0.000001, true)
            then 'the new price was not believed when it became known'
    end as why_not -- why it is not judged; null if it is
from priced as p
