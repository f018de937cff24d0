-- How the verdicts on record fared, live ones and back-casts apart: share upheld beside the probability said,
-- Brier and log score, by kind of event, horizon, verdict and segment. Only what evidence could have refuted is
-- scored. `volume falls` grades P(volume falls by more than 5%) of every model judged, once an event.
-- key: record, event_kind, horizon_days, verdict, segment_id
-- check parts_add_up: scored + upheld_only + not_observed + pending = verdicts
-- check brier_is_a_share: brier_score between 0 and 1 or brier_score is null
with graded as (
    select
        v.record,
        v.event_kind,
        g.horizon_days,
        v.verdict,
        v.segment_id,
        g.outcome,
        v.verdict_probability as said,
        case when g.is_scored and g.outcome = 'upheld' then 1e0 when g.is_scored then 0e0 end as came
    from marts.verdicts as v
    inner join marts.verdict_grades as g on g.verdict_id = v.verdict_id
    where v.is_standing
),

volumes as (
    select
        v.record,
        v.event_kind,
        g.horizon_days,
        'volume falls' as verdict,
        'all' as segment_id,
        case
            when min(g.outcome) = 'pending' then 'pending'
            when max(case when g.has_fallen is not null then 1 else 0 end) = 0 then 'not observed'
            else 'graded'
        end as outcome,
        min(v.probability_volume_falls) as said,
        max(case when g.has_fallen then 1e0 when not g.has_fallen then 0e0 end) as came
    from marts.verdicts as v
    inner join marts.verdict_grades as g on g.verdict_id = v.verdict_id
    where v.is_standing and v.probability_volume_falls is not null
    group by v.record, v.event_kind, g.horizon_days, v.event_id, v.model_id
),

by_verdict as (
    select g.* from graded as g
    union all
    select g.record, g.event_kind, g.horizon_days, g.verdict, 'all' as segment_id, g.outcome, g.said, g.came
    from graded as g
    union all
    select g.record, g.event_kind, g.horizon_days, 'all' as verdict, 'all' as segment_id, g.outcome, g.said, g.came
    from graded as g
    union all
    select v.* from volumes as v
),

everything as (
    select b.* from by_verdict as b
    union all
    select b.record, 'all' as event_kind, b.horizon_days, b.verdict, b.segment_id, b.outcome, b.said, b.came
    from by_verdict as b
)

select
    e.record,                -- live, back-cast, or not recorded
    e.event_kind,            -- launch, price_change, retirement or all
    e.horizon_days,          -- days after the event
    e.verdict,               -- verdict, all of them, or `volume falls`
    e.segment_id,            -- segment, or all
    count(*) as verdicts,    -- made
    sum(case when e.came is not null then 1 else 0 end) as scored, -- of them graded on evidence that could have said the opposite
    sum(case when e.came is null and e.outcome = 'upheld' then 1 else 0 end) as upheld_only, -- upheld by a withdrawal or cut of price, which can refute nothing
    sum(case when e.outcome = 'not observed' then 1 else 0 end) as not_observed, -- due, but nothing observed decides
    sum(case when e.outcome = 'pending' then 1 else 0 end) as pending, -- not due yet
    avg(e.came) as upheld_share, -- share of the scored that came true
    -- Rounded, since a mean's last digits follow the order of its rows. Shares are doubles (1e0): other engines give
    -- the mean of decimals five places.
    round(avg(case when e.came is not null then e.said end), 9) as mean_probability, -- of the scored, as said: equal to the share upheld if well calibrated
    round(avg(power(e.said - e.came, 2)), 9) as brier_score, -- mean squared difference where a probability was said; less is better
    round(avg(
        ln(greatest(case when e.came = 1 then e.said else 1 - e.said end, 1e-3))
        * case when e.came is not null then 1 end
    ), 9) as log_score -- mean log probability of what came, none counted below 0.001; more is better
from everything as e
group by e.record, e.event_kind, e.horizon_days, e.verdict, e.segment_id
