-- What a launch does to everyone, per segment and model: the position on the day it could first be used,
-- with the launch's models counted against without them, and the volume forecast, joined to a verdict.
-- A place on the frontier is lost to an entrant that costs no more and is at least as able with P >= 0.5.
-- loser: place lost, and P(volume falls by more than 5%) >= 0.6, which it is not without the launch. exposed:
-- place lost, no such fall forecast, or one that would come anyway.
-- cannibalised: an entrant of its own vendor is at least as able there with P >= 0.5, place or no place,
-- and takes more than 5% of its volume with P >= 0.6. Volume is the model's whole: none is known by segment.
-- key: event_id, basis, segment_id, model_id
-- keep: state_id of marts.impact_states
-- check verdict_is_a_word_of_the_method: verdict in ('winner', 'loser', 'cannibalised', 'exposed', 'unaffected')
-- check probability_is_one: verdict_probability between 0 and 1 or (verdict = 'unaffected' and coalesce(was_on_frontier, false) = false)
-- check no_loser_without_a_forecast: verdict not in ('loser', 'cannibalised') or probability_volume_falls is not null
with entrants as (
    select r.event_id, r.model_id, m.vendor_id
    from core.event_models as r
    inner join core.models as m on m.model_id = r.model_id
),

after_launch as (
    select p.*, i.state_id, m.vendor_id, e.model_id is not null as is_entrant
    from marts.positioning as p
    inner join marts.impact_states as i on i.event_id = p.event_id and i.basis = p.basis
    inner join core.models as m on m.model_id = p.model_id
    left join entrants as e on e.event_id = p.event_id and e.model_id = p.model_id
    where p.side = 'with' and p.event_id is not null
),

before_launch as (
    select p.*
    from marts.positioning as p
    inner join marts.impact_states as i on i.event_id = p.event_id and i.basis = p.basis
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
        a.state_id,
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
        a.probability_on_frontier,
        case
            when b.is_on_frontier and t.entrant_is_no_dearer then t.probability_entrant_above
            when b.is_on_frontier then 0
        end as probability_place_lost,
        case
            when t.entrant_vendor_id = a.vendor_id then t.probability_entrant_above
            else 0
        end as probability_own_is_as_able,
        d.role,
        d.usage,
        d.change_median,
        d.change_low,
        d.change_high,
        d.probability_falls,
        d.probability_falls_anyway,
        d.probability_taken,
        d.taken_median,
        d.taken_low,
        d.taken_high,
        d.trained_on
    from after_launch as a
    left join before_launch as b
        on b.event_id = a.event_id and b.basis = a.basis and b.segment_id = a.segment_id
        and b.model_id = a.model_id
    left join threats as t
        on t.event_id = a.event_id and t.basis = a.basis and t.segment_id = a.segment_id
        and t.model_id = a.model_id and t.place = 1
    left join analysis.demand_forecasts as d
        on d.event_id = a.event_id and d.basis = a.basis and d.model_id = a.model_id
),

called as (
    select
        j.*,
        case
            when j.is_entrant and j.is_on_frontier then 'winner'
            when j.is_entrant then 'unaffected'
            when j.probability_own_is_as_able >= 0.5 and j.probability_taken >= 0.6 then 'cannibalised'
            when j.probability_place_lost >= 0.5 and j.probability_falls >= 0.6
                and j.probability_falls_anyway < 0.6 then 'loser'
            when j.probability_place_lost >= 0.5 then 'exposed'
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
    c.verdict,               -- winner, loser, cannibalised, exposed or unaffected
    case
        when c.is_entrant and c.verdict = 'winner' then c.probability_on_frontier
        when c.is_entrant then 1 - c.probability_on_frontier
        when c.verdict = 'cannibalised' then c.probability_own_is_as_able * c.probability_taken
        when c.verdict = 'loser' then c.probability_place_lost * c.probability_falls
        when c.verdict = 'exposed' then c.probability_place_lost
        else 1 - c.probability_place_lost
    end as verdict_probability, -- P(what the verdict says); null for a model that had no place to lose
    case
        when c.is_entrant and c.is_on_frontier then 'enters on the frontier'
        when c.is_entrant then 'enters behind ' || c.dominated_by
        when c.was_on_frontier and not c.is_on_frontier then 'frontier lost to ' || c.dominated_by
        when c.was_on_frontier is null then 'is in the segment only with the launch'
        when not c.was_on_frontier then 'was already dominated by ' || c.was_dominated_by
        when c.entrant_id is null then 'the entrant is outside the segment or not measured in it'
        when not c.entrant_is_no_dearer then 'the entrant costs more'
        else 'keeps its place on the frontier'
    end as deciding_fact,    -- the position fact that decides
    case
        when c.entrant_id is not null
            then 'P(' || c.entrant_id || ' is at least as able) '
                || cast(cast(c.probability_entrant_above as decimal(4, 2)) as varchar) || ', at '
                || cast(cast(c.entrant_price / c.price_3to1_usd_per_mtok as decimal(12, 2)) as varchar)
                || ' times its price'
    end as comparison_fact,  -- the entrant beside it: ability and price; null if none is placed there
    case
        when c.probability_falls is not null
            then 'P(volume falls by more than 5%) '
                || cast(cast(c.probability_falls as decimal(4, 2)) as varchar)
                || ', without the launch ' || cast(cast(c.probability_falls_anyway as decimal(4, 2)) as varchar)
                || ', P(the launch takes more than 5% of it) '
                || cast(cast(c.probability_taken as decimal(4, 2)) as varchar)
    end as demand_fact,      -- the forecast of volume; null for entrants and where none was made
    c.was_on_frontier,       -- on the frontier without the launch's models
    c.is_on_frontier,        -- on the frontier with them
    c.probability_place_lost, -- P(an entrant that costs no more is at least as able); null without a place
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
    c.role as demand_role,   -- predecessor, sibling or rival of the entrants; null without a forecast
    c.change_median as volume_change_median, -- forecast change of its whole volume, share; growth and noise are in it
    c.change_low as volume_change_low, -- lower end of the 80% interval, share
    c.change_high as volume_change_high, -- upper end, share
    c.probability_falls as probability_volume_falls, -- P(volume falls by more than 5%)
    c.probability_falls_anyway as probability_volume_falls_anyway, -- the same without the launch
    c.taken_median as volume_taken_median, -- part of its volume that the entrants take, share
    c.taken_low as volume_taken_low, -- lower end of the 80% interval, share
    c.taken_high as volume_taken_high, -- upper end, share
    c.probability_taken as probability_volume_taken, -- P(the entrants take more than 5% of its volume)
    c.trained_on as demand_trained_on, -- past launches the forecast rests on; 0: published estimates alone
    coalesce(c.usage, case when c.is_entrant then 'analysis.vendor_effects holds the forecast of entrants' else 'no volume was forecast' end) as demand, -- what of usage stands behind the forecast, or why there is none
    c.state_id               -- hash of all it follows from, marts.impact_states
from called as c
