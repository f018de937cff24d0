-- The verdicts that a run puts on record, by what was known the day after the event: what the rule says of
-- every launch, for its entrants, for those who held a place on a frontier it entered, and for all it touches;
-- and of repricings and withdrawals that are major or notable, for the product concerned, for those who held a
-- place where it had one, and for all it touches.
-- key: event_id, segment_id, model_id
with entered as (
    select distinct i.event_id, i.segment_id
    from marts.launch_impact as i
    where i.basis = 'day_after' and i.is_entrant
),

forms as (
    select
        f.event_id,
        max(case when f.role = 'rival' then f.share_model end) as of_rivals,
        max(case when f.role <> 'rival' then f.share_model end) as of_own,
        min(f.inputs_hash) as inputs_hash
    from analysis.demand_forecasts as f
    where f.basis = 'day_after'
    group by f.event_id
),

-- One form of the share model speaks for all products around a repricing or a withdrawal.
shift_forms as (
    select f.event_id, min(f.share_model) as share_model, min(f.inputs_hash) as inputs_hash
    from analysis.shift_forecasts as f
    where f.basis = 'day_after'
    group by f.event_id
),

launches as (
    select
        i.event_id,
        'launch' as event_kind,
        i.as_of,
        i.as_of + 1 as known_by,
        i.segment_id,
        i.model_id,
        i.is_entrant,
        i.verdict,
        i.verdict_probability,
        i.is_entrant and i.verdict = 'winner' as has_won_place,
        i.probability_place_lost,
        i.probability_volume_falls,
        i.probability_volume_taken,
        cast(null as double) as probability_volume_gained,
        i.volume_change_median,
        i.volume_change_low,
        i.volume_change_high,
        i.deciding_fact,
        i.comparison_fact,
        i.demand_fact,
        i.price_3to1_usd_per_mtok,
        i.capability,
        coalesce(f.of_own, 'none') as own_share_model,
        coalesce(f.of_rivals, 'none') as rival_share_model,
        f.inputs_hash as forecast_inputs_hash
    from marts.launch_impact as i
    inner join entered as e on e.event_id = i.event_id and e.segment_id = i.segment_id
    left join forms as f on f.event_id = i.event_id
    where i.basis = 'day_after' and (i.is_entrant or i.was_on_frontier or i.verdict <> 'unaffected')
),

-- Where the product concerned had no place on the frontier and gets none, no place can change hands, and
-- to say so of everybody who has one is easy: only what the rule says else counts there.
shifts as (
    select
        i.event_id,
        i.event_kind,
        i.effective_on as as_of,
        i.known_by,
        i.segment_id,
        i.model_id,
        i.is_concerned as is_entrant,
        i.verdict,
        i.verdict_probability,
        i.has_won_place,
        i.probability_place_lost,
        i.probability_volume_falls,
        i.probability_volume_taken,
        i.probability_volume_gained,
        i.volume_change_median,
        i.volume_change_low,
        i.volume_change_high,
        i.deciding_fact,
        i.comparison_fact,
        i.demand_fact,
        coalesce(i.price_after_usd_per_mtok, i.price_before_usd_per_mtok) as price_3to1_usd_per_mtok,
        i.capability,
        coalesce(f.share_model, 'none') as own_share_model,
        coalesce(f.share_model, 'none') as rival_share_model,
        f.inputs_hash as forecast_inputs_hash
    from marts.event_impact as i
    left join shift_forms as f on f.event_id = i.event_id
    where i.basis = 'day_after'
        and (i.is_concerned or i.verdict <> 'unaffected' or (i.was_on_frontier and i.concerned_has_place))
),

everything as (
    select l.* from launches as l
    union all
    select s.* from shifts as s
)

select
    e.event_id,              -- event, core.events
    e.event_kind,            -- launch, price_change or retirement
    e.as_of,                 -- day judged: first use (and price) of what was launched, first day of a new price or without service
    e.known_by,              -- nothing known later is used
    e.segment_id,            -- segment
    e.model_id,              -- model judged
    e.is_entrant,            -- the event is about it
    e.verdict,               -- winner, loser, cannibalised, exposed, unaffected or withdrawn
    e.verdict_probability,   -- P(what the verdict says); null for a model that had no place to lose
    e.has_won_place,         -- comes onto the frontier through the event; a winner that does not gains volume
    e.probability_place_lost, -- P(place on the frontier lost through the event); null without a place
    e.probability_volume_falls, -- P(volume falls by more than 5%); null where no volume was forecast
    e.probability_volume_taken, -- P(the event takes more than 5% of its volume)
    e.probability_volume_gained, -- P(the event adds more than 5% to it); null for launches
    e.volume_change_median,  -- forecast change of its whole volume, share
    e.volume_change_low,     -- lower end of the 80% interval, share
    e.volume_change_high,    -- upper end, share
    e.deciding_fact,         -- position fact that decides
    e.comparison_fact,       -- the product launched, repriced or withdrawn beside it
    e.demand_fact,           -- the forecast of volume
    e.price_3to1_usd_per_mtok, -- list price at 3:1, USD per million tokens
    e.capability,            -- in the segment's basket, index points
    e.own_share_model,       -- form of the share model for models of the vendor concerned
    e.rival_share_model,     -- and for rivals
    e.forecast_inputs_hash   -- over everything the forecast is made from; null without one
from everything as e
