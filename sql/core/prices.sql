-- The resolved price history of every offering, with all that is known: one row per change.
-- For what was known by an earlier day ask prices_on(as_of, known_by).
-- key: offering_id, valid_from
-- keep: prices_state_id of core.price_states
-- check period_is_not_empty: valid_to is null or valid_to > valid_from
-- check price_is_positive: input_usd_per_mtok > 0 and output_usd_per_mtok > 0
with claims as (
    select c.offering_id, c.model_id, c.holds_from, c.valid_to_earliest
    from core.price_claims as c
    inner join core.price_states as g on g.target = c.model_id
),

days as (
    select c.offering_id, c.holds_from as on_day
    from claims as c
    union
    select c.offering_id, c.valid_to_earliest as on_day
    from claims as c
    where c.valid_to_earliest is not null
    union
    select c.offering_id, a.api_available_on as on_day
    from claims as c
    inner join core.availability as a on a.model_id = c.model_id
    where a.api_available_on is not null
    union
    select c.offering_id, a.shutdown_on as on_day
    from claims as c
    inner join core.availability as a on a.model_id = c.model_id
    where a.shutdown_on is not null
),

answers as (
    select
        asked.offering_id,
        asked.on_day,
        p.input_usd_per_mtok,
        p.output_usd_per_mtok,
        p.cache_read_usd_per_mtok,
        p.valid_from_earliest,
        p.lineages,
        p.is_disputed
    from days as asked
    cross join price_of(asked.offering_id, asked.on_day, null) as p
),

everyday as (
    select
        d.offering_id,
        d.on_day,
        a.input_usd_per_mtok,
        a.output_usd_per_mtok,
        a.cache_read_usd_per_mtok,
        a.valid_from_earliest,
        a.lineages,
        a.is_disputed
    from days as d
    left join answers as a on a.offering_id = d.offering_id and a.on_day = d.on_day
),

marked as (
    select
        e.*,
        case
            when e.input_usd_per_mtok is not distinct from lag(e.input_usd_per_mtok) over history
                and e.output_usd_per_mtok is not distinct from lag(e.output_usd_per_mtok) over history
                and e.cache_read_usd_per_mtok
                    is not distinct from lag(e.cache_read_usd_per_mtok) over history
                and e.is_disputed is not distinct from lag(e.is_disputed) over history
                and lag(e.on_day) over history is not null
                then 0
            else 1
        end as is_change
    from everyday as e
    window history as (partition by e.offering_id order by e.on_day)
),

changes as (
    select
        m.*,
        lead(m.on_day) over (partition by m.offering_id order by m.on_day) as next_change
    from marked as m
    where m.is_change = 1
)

select
    c.offering_id,           -- model version x host x variant
    o.model_id,              -- version
    o.host_id,               -- who serves it
    o.variant,               -- way of serving
    o.is_list_price,         -- sold by the vendor itself, standard service
    c.on_day as valid_from,  -- first day it is known to have held
    c.next_change as valid_to, -- first day it is not known to hold; null while it does
    c.input_usd_per_mtok,    -- input price, USD per million tokens
    c.output_usd_per_mtok,   -- output price, USD per million tokens
    c.cache_read_usd_per_mtok, -- cached input read, USD per million tokens
    c.valid_from_earliest,   -- first day it may have held; null if unknown
    c.lineages,              -- independent lineages that agreed when it began
    c.is_disputed,           -- another lineage disagreed when it began
    g.prices_state_id        -- what the price follows from, core.price_states
from changes as c
inner join core.offerings as o on o.offering_id = c.offering_id
inner join core.price_states as g on g.target = o.model_id
where c.input_usd_per_mtok is not null
