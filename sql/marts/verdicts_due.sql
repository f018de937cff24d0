-- The verdicts that a run puts on record: what the rule says of every launch by what was known the day
-- after it, for its entrants, for those who held a place on a frontier it entered, and for all it touches.
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
)

select
    i.event_id,              -- event, core.events
    'launch' as event_kind,  -- launch
    i.as_of,                 -- day judged: the first on which it could be used and had a price
    d.known_by,              -- nothing known later is used
    i.segment_id,            -- segment
    i.model_id,              -- model judged
    i.is_entrant,            -- it was launched itself
    i.verdict,               -- winner, loser, cannibalised, exposed or unaffected
    i.verdict_probability,   -- P(what the verdict says); null for a model that had no place to lose
    i.probability_place_lost, -- P(an entrant that costs no more is at least as able); null without a place
    i.probability_volume_falls, -- P(volume falls by more than 5%); null where no volume was forecast
    i.probability_volume_taken, -- P(the entrants take more than 5% of its volume)
    i.volume_change_median,  -- forecast change of its whole volume, share
    i.volume_change_low,     -- lower end of the 80% interval, share
    i.volume_change_high,    -- upper end, share
    i.deciding_fact,         -- position fact that decides
    i.comparison_fact,       -- the entrant beside it
    i.demand_fact,           -- the forecast of volume
    i.price_3to1_usd_per_mtok, -- list price at 3:1, USD per million tokens
    i.capability,            -- in the segment's basket, index points
    coalesce(f.of_own, 'none') as own_share_model, -- form of the share model for models of the launching vendor
    coalesce(f.of_rivals, 'none') as rival_share_model, -- and for rivals
    f.inputs_hash as forecast_inputs_hash -- over everything the forecast is made from; null without one
from marts.launch_impact as i
inner join entered as e on e.event_id = i.event_id and e.segment_id = i.segment_id
inner join core.segment_days as d on d.event_id = i.event_id and d.basis = i.basis
left join forms as f on f.event_id = i.event_id
where i.basis = 'day_after' and (i.is_entrant or i.was_on_frontier or i.verdict <> 'unaffected')
