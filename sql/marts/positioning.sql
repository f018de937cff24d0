-- Where every model stands in every segment, around each launch and on the newest day.
-- `side` says whether the launch's own models are counted: the effect is the difference of the two.
-- key: day_id, side, segment_id, model_id
-- keep: standing_id of analysis.day_states
-- check margin_only_if_dominated: is_on_frontier = (dominated_by is null)
-- check premium_is_not_negative: premium_to_frontier_share >= 0
-- check probability_is_one: probability_on_frontier between 0 and 1 or side = 'without'
with day_offers as (
    select
        asked.day_id,
        asked.event_id,
        asked.known_by,
        p.model_id,
        p.host,
        p.variant,
        p.is_list_price,
        p.input_usd_per_mtok,
        p.output_usd_per_mtok,
        p.cache_read_usd_per_mtok,
        p.is_disputed,
        p.source,
        p.claim_id
    from analysis.day_states as asked
    cross join prices_on(asked.as_of, asked.known_by) as p
),

side_offers as (
    select d.*, d.day_id || ' | with' as market_id, true as is_drawn
    from day_offers as d
    union all
    select d.*, d.day_id || ' | without' as market_id, false as is_drawn
    from day_offers as d
    left join core.event_models as v on v.event_id = d.event_id and v.model_id = d.model_id
    where d.event_id is not null and v.model_id is null
),

-- What the runs known by a day cost per task, on benchmarks of a segment's abilities.
costs as (
    select
        d.day_id,
        k.segment_id,
        c.benchmark_id,
        c.model_id,
        c.cost_per_task_usd,
        row_number() over (
            partition by d.day_id, k.segment_id, c.benchmark_id, c.model_id
            order by c.score_share desc, c.known_on desc, c.result_id
        ) as place
    from analysis.day_states as d
    inner join marts.cost_per_task as c
        on c.known_on <= d.known_by and (c.superseded_on is null or c.superseded_on > d.known_by)
    inner join core.benchmarks as b on b.benchmark_id = c.benchmark_id
    inner join core.segment_baskets as k on k.ability_id = b.ability_id
),

-- One benchmark per segment and day, so that its members compare: the one that costs most of them.
cost_benchmarks as (
    select
        c.day_id,
        c.segment_id,
        c.benchmark_id,
        row_number() over (
            partition by c.day_id, c.segment_id order by count(*) desc, c.benchmark_id
        ) as place
    from costs as c
    where c.place = 1
    group by c.day_id, c.segment_id, c.benchmark_id
),

sides as (
    select
        d.day_id,
        d.event_id,
        d.basis,
        d.as_of,
        d.standing_id,
        w.side,
        d.day_id || ' | ' || w.side as market_id
    from analysis.day_states as d
    cross join (select 'with' as side union all select 'without' as side) as w
)

select
    d.day_id,                -- day and known time, core.segment_days
    d.event_id,              -- launch, if the day belongs to one
    d.basis,                 -- day_after, hindsight or newest
    d.side,                  -- with or without the launch's own models
    d.as_of,                 -- market day
    s.segment_id,            -- segment
    s.model_id,              -- version
    s.input_usd_per_mtok,    -- list price of input, USD per million tokens
    s.output_usd_per_mtok,   -- list price of output, USD per million tokens
    s.price_3to1_usd_per_mtok, -- list price at 3 input to 1 output, USD per million tokens
    s.price_98to2_usd_per_mtok, -- list price at 98 input to 2 output, USD per million tokens
    s.price_98to2_cached_usd_per_mtok, -- the same with most input read from the cache (core.workloads), USD per million tokens
    s.price_quantile,        -- share of the models on offer that are cheaper
    s.is_disputed,           -- sources disagree on the price
    s.claim_id,              -- price fact, core.price_claims
    s.street_price_3to1_usd_per_mtok, -- cheapest other host's price at 3:1, USD per million tokens; compared with nothing here
    s.street_host,           -- that host
    c.cost_per_task_usd,     -- what a task cost in its best run on cost_benchmark_id, USD; null where not published
    b.benchmark_id as cost_benchmark_id, -- benchmark whose runs have a published cost
    s.effort,                -- effort or token budget it stands at
    s.capability,            -- in the segment's basket, index points
    s.capability_low,        -- lower end of the 80% interval, index points
    s.capability_high,       -- upper end of the 80% interval, index points
    s.results,               -- results behind it
    s.independent_results,   -- those by neither the vendor nor a quotation
    s.evidence_share,        -- share of the basket with evidence
    s.abilities_without_evidence, -- abilities of the basket without any
    s.capability_known_on,   -- day of the fit used
    s.capability_rank,       -- 1 is the most capable member
    s.members,               -- models in the segment that day
    s.is_on_frontier,        -- nothing is as cheap and as capable
    s.probability_on_frontier, -- P(nothing as cheap is as capable), from draws of the joint posterior; null without the launch
    s.dominated_by,          -- most capable model that is no dearer and no worse
    s.dominated_by_points,   -- by how much, index points
    s.dominated_cheaper_share, -- how much cheaper it is, share of the price
    s.premium_to_frontier_share, -- overpaid for as much capability at 3:1, share; 0 on the frontier
    s.premium_to_frontier_98to2_share, -- the same at 98:2
    s.premium_to_frontier_98to2_cached_share, -- the same at 98:2 with caching
    d.standing_id            -- hash of all it follows from, analysis.day_states
from standings('side_offers') as s
inner join sides as d on d.market_id = s.market_id
left join cost_benchmarks as b
    on b.day_id = d.day_id and b.segment_id = s.segment_id and b.place = 1
left join costs as c
    on c.day_id = b.day_id and c.segment_id = b.segment_id and c.benchmark_id = b.benchmark_id
    and c.model_id = s.model_id and c.place = 1
