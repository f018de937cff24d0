-- Every verdict on record, live or back-cast, and those not yet on record. None is ever rewritten: a
-- back-cast made again from other inputs, or by another rule, stands beside the old one.
-- key: verdict_id
-- check record_is_known: record in ('live', 'back-cast', 'not recorded')
with recorded as (
    select
        v.*,
        dense_rank() over (
            partition by v.event_id
            order by case when v.is_backcast then 1 else 0 end, v.made_at desc, v.checksum
        ) as place
    from raw.verdicts as v
),

everything as (
    select
        r.checksum || ' ' || r.segment_id || ' ' || r.model_id as verdict_id,
        case when r.is_backcast then 'back-cast' else 'live' end as record,
        r.place = 1 as is_standing,
        r.event_id,
        r.event_kind,
        r.as_of,
        r.known_by,
        r.made_at,
        r.model_version,
        r.inputs_hash,
        r.segment_id,
        r.model_id,
        r.is_entrant,
        r.verdict,
        r.verdict_probability,
        r.has_won_place,
        r.probability_place_lost,
        r.probability_volume_falls,
        r.probability_volume_taken,
        r.probability_volume_gained,
        r.volume_change_median,
        r.volume_change_low,
        r.volume_change_high,
        r.deciding_fact,
        r.comparison_fact,
        r.demand_fact
    from recorded as r
    union all
    select
        'not recorded ' || d.event_id || ' ' || d.segment_id || ' ' || d.model_id as verdict_id,
        'not recorded' as record,
        true as is_standing,
        d.event_id,
        d.event_kind,
        d.as_of,
        d.known_by,
        cast(null as timestamp) as made_at,
        cast(null as varchar) as model_version,
        cast(null as varchar) as inputs_hash,
        d.segment_id,
        d.model_id,
        d.is_entrant,
        d.verdict,
        d.verdict_probability,
        d.has_won_place,
        d.probability_place_lost,
        d.probability_volume_falls,
        d.probability_volume_taken,
        d.probability_volume_gained,
        d.volume_change_median,
        d.volume_change_low,
        d.volume_change_high,
        d.deciding_fact,
        d.comparison_fact,
        d.demand_fact
    from marts.verdicts_due as d
    where d.event_id not in (select r.event_id from raw.verdicts as r)
)

select
    e.verdict_id,            -- entry of the ledger, segment and model
    e.record,                -- live (made within a week of the day after the event), back-cast or not recorded
    e.is_standing,           -- it speaks for its event: the live one, else the newest back-cast
    e.event_id,              -- event, core.events
    e.event_kind,            -- launch, price_change or retirement
    e.as_of,                 -- day judged
    e.known_by,              -- nothing known later was used
    e.made_at,               -- when it was put on record, UTC; null if it is not
    e.model_version,         -- version of the rule, and forms of the share model
    e.inputs_hash,           -- over everything it rests on
    e.segment_id,            -- segment
    e.model_id,              -- model judged
    e.is_entrant,            -- the event is about it
    e.verdict,               -- winner, loser, cannibalised, exposed, unaffected or withdrawn
    e.verdict_probability,   -- P(what the verdict says); null for a model that had no place to lose
    e.has_won_place,         -- comes onto the frontier through the event; null of what older releases recorded
    e.probability_place_lost, -- P(place on the frontier lost); null without a place
    e.probability_volume_falls, -- P(volume falls by more than 5%); null without a forecast
    e.probability_volume_taken, -- P(the event takes more than 5% of its volume)
    e.probability_volume_gained, -- P(the event adds more than 5% to it); null for launches
    e.volume_change_median,  -- forecast change of its whole volume, share
    e.volume_change_low,     -- lower end of the 80% interval, share
    e.volume_change_high,    -- upper end, share
    e.deciding_fact,         -- position fact that decides
    e.comparison_fact,       -- the product launched, repriced or withdrawn beside it
    e.demand_fact            -- the forecast of volume
from everything as e
