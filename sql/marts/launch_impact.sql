-- What a launch did to everyone's position: per segment and model, on the day it could first be used,
-- with the launch's models counted against without them. No demand forecast is made here, so nobody is
-- called a loser: `exposed` and `cannibalised` say that a position is lost, not that volume is.
-- key: event_id, basis, segment_id, model_id
-- check verdict_is_a_word_of_the_method: verdict in ('winner', 'cannibalised', 'exposed', 'unaffected')
-- check probability_is_one: verdict_probability between 0 and 1 or is_entrant
with entrants as (
    select r.event_id, r.model_id, m.vendor_id
    from core.event_models as r
    inner join core.models as m on m.model_id = r.model_id
),

after_launch as (
    select p.*, m.vendor_id, e.model_id is not null as is_entrant
    from marts.positioning as p
    inner join core.models as m on m.model_id = p.model_id
    left join entrants as e on e.event_id = p.event_id and e.model_id = p.model_id
    where p.side = 'with' and p.event_id is not null
),

before_launch as (
    select p.*
    from marts.positioning as p
    where p.side = 'without'
),

-- The entrant most likely to beat each incumbent without costing more.
threats as (
    select
        a.event_id,
        a.basis,
        a.segment_id,
        a.model_id,
        n.model_id as entrant_id,
        n.vendor_id as entrant_vendor_id,
        n.price_3to1_usd_per_mtok as entrant_price,
        n.price_3to1_usd_per_mtok <= a.price_3to1_usd_per_mtok as entrant_is_no_dearer,
        c.probability_entrant_above,
        c.difference,
        row_number() over (
            partition by a.event_id, a.basis, a.segment_id, a.model_id
            order by
                case when n.price_3to1_usd_per_mtok <= a.price_3to1_usd_per_mtok then 0 else 1 end,
                c.probability_entrant_above desc, n.model_id
        ) as place
    from after_launch as a
    inner join after_launch as n
        on n.event_id = a.event_id and n.basis = a.basis and n.segment_id = a.segment_id
        and n.is_entrant
    inner join analysis.comparisons as c
        on c.event_id = a.event_id and c.known_on = a.capability_known_on
        and c.basket_kind = 'segment' and c.basket_id = a.segment_id
        and c.entrant_id = n.model_id and c.incumbent_id = a.model_id
    where not a.is_entrant
),

judged as (
    select
        a.event_id,
        a.basis,
        a.as_of,
        a.segment_id,
        a.model_id,
        a.vendor_id,
        a.is_entrant,
        a.price_3to1_usd_per_mtok,
        a.capability,
        a.results,
        a.evidence_share,
        a.capability_rank,
        b.capability_rank as capability_rank_before,
        a.members,
        a.is_on_frontier,
        b.is_on_frontier as was_on_frontier,
        b.dominated_by as was_dominated_by,
        a.dominated_by,
        a.dominated_by_points,
        a.dominated_cheaper_share,
        a.premium_to_frontier_share,
        b.premium_to_frontier_share as premium_before_share,
        t.entrant_id,
        t.entrant_vendor_id,
        t.entrant_price,
        t.entrant_is_no_dearer,
        t.probability_entrant_above,
        t.difference as entrant_lead_points,
        case
            when t.entrant_is_no_dearer then t.probability_entrant_above
            else 0
        end as probability_dominated
    from after_launch as a
    left join before_launch as b
        on b.event_id = a.event_id and b.basis = a.basis and b.segment_id = a.segment_id
        and b.model_id = a.model_id
    left join threats as t
        on t.event_id = a.event_id and t.basis = a.basis and t.segment_id = a.segment_id
        and t.model_id = a.model_id and t.place = 1
),

called as (
    select
        j.*,
        case
            when j.is_entrant and j.is_on_frontier then 'winner'
            when j.is_entrant then 'unaffected'
            when j.was_on_frontier and j.probability_dominated >= 0.5
                and j.vendor_id = j.entrant_vendor_id then 'cannibalised'
            when j.was_on_frontier and j.probability_dominated >= 0.5 then 'exposed'
            else 'unaffected'
        end as verdict
    from judged as j
)

select
    c.event_id,              -- launch
    c.basis,                 -- day_after (known the day after) or hindsight (all that is known)
    c.as_of,                 -- day the launch could first be used
    c.segment_id,            -- segment
    c.model_id,              -- model judged
    c.is_entrant,            -- it was launched itself
    c.verdict,               -- winner, cannibalised, exposed or unaffected
    case
        when c.is_entrant then null
        when c.verdict in ('cannibalised', 'exposed') then c.probability_dominated
        else 1 - c.probability_dominated
    end as verdict_probability, -- P(the position is lost), or that it is not; null for entrants
    case
        when c.is_entrant and c.is_on_frontier then 'enters on the frontier'
        when c.is_entrant then 'enters behind ' || c.dominated_by
        when c.was_on_frontier and not c.is_on_frontier then 'frontier lost to ' || c.dominated_by
        when not c.was_on_frontier then 'was already dominated by ' || c.was_dominated_by
        when c.entrant_id is null then 'the entrant is outside the segment or not measured in it'
        when not c.entrant_is_no_dearer then 'the entrant costs more'
        else 'keeps its place on the frontier'
    end as deciding_fact,    -- the position fact that decides
    c.was_on_frontier,       -- on the frontier without the launch's models
    c.is_on_frontier,        -- on the frontier with them
    c.dominated_by,          -- most capable model that is no dearer and no worse
    c.dominated_by_points,   -- by how much, index points
    c.dominated_cheaper_share, -- how much cheaper it is, share of the price
    c.capability_rank_before, -- rank without the launch's models
    c.capability_rank,       -- rank with them
    c.members,               -- models in the segment
    c.premium_before_share,  -- overpaid for as much capability without the launch's models
    c.premium_to_frontier_share, -- and with them
    c.price_3to1_usd_per_mtok, -- list price at 3:1, USD per million tokens
    c.capability,            -- in the segment's basket, index points
    c.results,               -- results behind it
    c.evidence_share,        -- share of the basket with evidence
    c.entrant_id,            -- entrant that matters most to it
    c.entrant_price,         -- its list price at 3:1, USD per million tokens
    c.probability_entrant_above, -- P(the entrant is at least as capable in the basket)
    c.entrant_lead_points,   -- entrant minus this model, index points
    'no demand forecast was made' as demand -- whether volume was forecast
from called as c
