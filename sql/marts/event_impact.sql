-- What a repricing or a withdrawal does to everyone, per segment and model, with all that is known: places on
-- the frontier the day before and on the day, and the volume forecast, joined to a verdict. A place counts as
-- lost or won through the event only where the product concerned is what dominates, or dominated.
-- winner: place won, or the event adds more than 5% to its volume with P >= 0.6. loser, cannibalised and
-- exposed: place lost, as for launches (marts.launch_impact). withdrawn: the product that is shut down.
-- key: event_id, segment_id, model_id
-- check verdict_is_a_word_of_the_method: verdict in ('winner', 'loser', 'cannibalised', 'exposed', 'unaffected', 'withdrawn')
-- check probability_is_one: verdict_probability between 0 and 1 or (verdict = 'unaffected' and coalesce(was_on_frontier, false) = false)
with shifts as (
    select distinct
        e.event_id,
        e.event_kind,
        e.model_id,
        e.vendor_id,
        e.effective_on,
        e.effective_from_earliest
    from core.events as e
    inner join analysis.shift_forecasts as f on f.event_id = e.event_id
),

before_event as (
    select s.event_id, m.segment_id, m.model_id, m.price_3to1_usd_per_mtok as price, m.capability, m.is_on_frontier
    from shifts as s
    inner join marts.segment_standing as m
        on m.valid_from <= s.effective_from_earliest - 1
        and (m.valid_to is null or m.valid_to > s.effective_from_earliest - 1)
),

after_event as (
    select s.event_id, m.segment_id, m.model_id, m.price_3to1_usd_per_mtok as price, m.capability, m.is_on_frontier
    from shifts as s
    inner join marts.segment_standing as m
        on m.valid_from <= s.effective_on and (m.valid_to is null or m.valid_to > s.effective_on)
),

everyone as (
    select b.event_id, b.segment_id, b.model_id from before_event as b
    union
    select a.event_id, a.segment_id, a.model_id from after_event as a
),

newest as (
    select max(f.known_on) as known_on from analysis.fits as f
),

able as (
    select c.*
    from analysis.capabilities as c
    inner join newest as n on n.known_on = c.known_on
    where c.basket_kind = 'segment' and c.evidence_share > 0
),

placed as (
    select
        v.event_id,
        s.event_kind,
        s.effective_on,
        v.segment_id,
        v.model_id,
        v.model_id = s.model_id as is_concerned,
        o.vendor_id = s.vendor_id as is_own,
        s.model_id as concerned_id,
        b.is_on_frontier as was_on_frontier,
        a.is_on_frontier as is_on_frontier,
        b.price as price_before,
        a.price as price_after,
        cb.price as concerned_price_before,
        ca.price as concerned_price_after,
        case
            when x.model_id is not null and y.model_id is not null
                then normal_probability((x.capability - y.capability) / sqrt(
                    power(x.factor_1 - y.factor_1, 2) + power(x.factor_2 - y.factor_2, 2)
                    + power(x.factor_3 - y.factor_3, 2) + power(x.factor_4 - y.factor_4, 2)
                    + power(x.factor_5 - y.factor_5, 2) + power(x.factor_6 - y.factor_6, 2)
                    + power(x.own_sd, 2) + power(y.own_sd, 2) + 1e-12
                ))
        end as probability_concerned_above
    from everyone as v
    inner join shifts as s on s.event_id = v.event_id
    inner join core.models as o on o.model_id = v.model_id
    left join before_event as b
        on b.event_id = v.event_id and b.segment_id = v.segment_id and b.model_id = v.model_id
    left join after_event as a
        on a.event_id = v.event_id and a.segment_id = v.segment_id and a.model_id = v.model_id
    left join before_event as cb
        on cb.event_id = v.event_id and cb.segment_id = v.segment_id and cb.model_id = s.model_id
    left join after_event as ca
        on ca.event_id = v.event_id and ca.segment_id = v.segment_id and ca.model_id = s.model_id
    left join able as x on x.basket_id = v.segment_id and x.model_id = s.model_id
    left join able as y on y.basket_id = v.segment_id and y.model_id = v.model_id
    -- Segments in which the product concerned had or has no place are not touched.
    where cb.model_id is not null or ca.model_id is not null
),

judged as (
    select
        p.*,
        case
            when p.is_concerned or not p.was_on_frontier then null
            when p.concerned_price_after <= p.price_after and p.concerned_price_before > p.price_before
                then p.probability_concerned_above
            else 0
        end as probability_place_lost,
        not p.is_concerned and p.is_on_frontier and not p.was_on_frontier
            and p.concerned_price_before <= p.price_before and p.probability_concerned_above >= 0.5
            and (p.concerned_price_after is null or p.concerned_price_after > p.price_after) as has_won_place,
        f.change_median,
        f.change_low,
        f.change_high,
        f.probability_falls,
        f.effect_median,
        f.effect_low,
        f.effect_high,
        f.probability_taken,
        f.probability_gains,
        f.trained_on,
        f.usage
    from placed as p
    left join analysis.shift_forecasts as f on f.event_id = p.event_id and f.model_id = p.model_id
),

called as (
    select
        j.*,
        case
            when j.is_concerned and j.event_kind = 'retirement' then 'withdrawn'
            when j.is_concerned and j.is_on_frontier and not j.was_on_frontier then 'winner'
            when j.is_concerned and j.was_on_frontier and not coalesce(j.is_on_frontier, false)
                and j.probability_falls >= 0.6 then 'loser'
            when j.is_concerned and j.was_on_frontier and not coalesce(j.is_on_frontier, false) then 'exposed'
            when j.is_concerned then 'unaffected'
            when j.probability_place_lost >= 0.5 and not j.is_on_frontier and j.is_own
                and j.probability_taken >= 0.6 then 'cannibalised'
            when j.probability_place_lost >= 0.5 and not j.is_on_frontier and j.probability_falls >= 0.6 then 'loser'
            when j.probability_place_lost >= 0.5 and not j.is_on_frontier then 'exposed'
            when j.has_won_place or j.probability_gains >= 0.6 then 'winner'
            else 'unaffected'
        end as verdict
    from judged as j
)

select
    c.event_id,              -- price change or retirement, core.events
    c.event_kind,            -- price_change or retirement
    c.effective_on,          -- day of the new price, or first without service
    c.segment_id,            -- segment
    c.model_id,              -- model judged
    c.is_concerned,          -- it was repriced or withdrawn itself
    c.verdict,               -- winner, loser, cannibalised, exposed, unaffected or withdrawn
    case
        when c.verdict = 'withdrawn' or (c.is_concerned and c.verdict in ('winner', 'exposed')) then 1
        when c.is_concerned and c.verdict = 'loser' then c.probability_falls
        when c.verdict = 'winner' then greatest(
            coalesce(c.probability_gains, 0),
            case when c.has_won_place then c.probability_concerned_above else 0 end
        )
        when c.verdict = 'cannibalised' then c.probability_place_lost * c.probability_taken
        when c.verdict = 'loser' then c.probability_place_lost * c.probability_falls
        when c.verdict = 'exposed' then c.probability_place_lost
        when c.is_concerned then case when c.was_on_frontier then 1 end
        else 1 - c.probability_place_lost
    end as verdict_probability, -- P(what the verdict says); 1 where prices alone decide; null for a model that had no place to lose
    case
        when c.verdict = 'withdrawn' and c.was_on_frontier then 'leaves its place on the frontier'
        when c.verdict = 'withdrawn' then 'had no place on the frontier'
        when c.is_on_frontier and not coalesce(c.was_on_frontier, false) then 'comes onto the frontier'
        when c.was_on_frontier and not coalesce(c.is_on_frontier, false) then 'leaves the frontier'
        when c.was_on_frontier then 'keeps its place on the frontier'
        else 'had no place on the frontier to lose'
    end as deciding_fact,    -- position fact that decides
    case
        when c.probability_falls is not null
            then 'P(volume falls by more than 5%) ' || cast(cast(c.probability_falls as decimal(4, 2)) as varchar)
                || ', P(the event takes more than 5% of it) '
                || cast(cast(c.probability_taken as decimal(4, 2)) as varchar)
                || ', P(it adds more than 5%) ' || cast(cast(c.probability_gains as decimal(4, 2)) as varchar)
    end as demand_fact,      -- the forecast of volume; null where none was made
    c.was_on_frontier,       -- on the frontier the day before; null if not in the segment
    c.is_on_frontier,        -- on the frontier on the day; null if not in the segment
    c.probability_place_lost, -- P(the product concerned, no dearer only now, is at least as able); null without a place
    c.price_before as price_before_usd_per_mtok, -- list price at 3:1 the day before, USD per million tokens
    c.price_after as price_after_usd_per_mtok, -- on the day; null if not in the segment
    c.concerned_id,          -- model repriced or withdrawn
    c.concerned_price_before as concerned_price_before_usd_per_mtok, -- its list price at 3:1 the day before
    c.concerned_price_after as concerned_price_after_usd_per_mtok, -- on the day; null once withdrawn
    c.probability_concerned_above, -- P(it is at least as able as this model in the basket)
    c.change_median as volume_change_median, -- forecast change of its whole volume, share; growth and noise are in it
    c.change_low as volume_change_low, -- lower end of the 80% interval, share
    c.change_high as volume_change_high, -- upper end, share
    c.probability_falls as probability_volume_falls, -- P(volume falls by more than 5%)
    c.effect_median as volume_effect_median, -- what the event alone does to it, share
    c.effect_low as volume_effect_low, -- lower end of the 80% interval, share
    c.effect_high as volume_effect_high, -- upper end, share
    c.probability_taken as probability_volume_taken, -- P(the event takes more than 5% of its volume)
    c.probability_gains as probability_volume_gained, -- P(the event adds more than 5% to it)
    coalesce(c.usage, 'no volume was forecast') as demand -- what of usage stands behind the forecast
from called as c
