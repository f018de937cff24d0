-- What a launch takes from its own vendor: share of the entrants' volume, diversion from the predecessor,
-- revenue and revenue a token, forecast with 80% intervals, and what the usage lists then showed.
-- key: event_id, basis, vendor_id
-- check diversion_is_ordered: predecessor_diversion_low <= predecessor_diversion_high or predecessor_id is null
-- check observed_is_ordered: observed_diversion_low <= observed_diversion_high or observed_diversion_low is null
with predecessors as (
    select
        f.*,
        row_number() over (
            partition by f.event_id, f.basis, f.vendor_id
            order by f.diversion_median desc, f.product
        ) as place
    from analysis.demand_forecasts as f
    where f.role = 'predecessor'
),

-- The backtest grades a predecessor against its own successor, also where several launches share a period.
observed as (
    select
        e.event_id,
        b.model_id,
        min(b.observed_diversion_low) as observed_low,
        max(b.observed_diversion_high) as observed_high,
        min(l.series) as series
    from analysis.backtest_launches as l
    inner join analysis.backtest_forecasts as b on b.origin = l.origin
    inner join (select distinct v.event_id from analysis.vendor_effects as v) as e
        on ', ' || l.event_ids || ', ' like '%, ' || e.event_id || ', %'
    where b.scheme = 'rolling origin' and b.model = 'no change' and b.observed_diversion_low is not null
    group by e.event_id, b.model_id
)

select
    v.event_id,              -- launch
    v.basis,                 -- day_after (known the day after) or hindsight (all that is known)
    v.vendor_id,             -- vendor of the entrants
    v.entrants_share_median, -- entrants' part of all volume after
    v.entrants_share_low,    -- lower end of the 80% interval
    v.entrants_share_high,   -- upper end
    v.cannibalisation_median, -- part of the entrants' volume taken from the vendor's own models
    v.cannibalisation_low,   -- lower end of the 80% interval
    v.cannibalisation_high,  -- upper end
    v.new_demand_median,     -- part taken from none of the models that take part
    v.revenue_change_median, -- change of revenue at list price and 98:2, share; null if a price is not known
    v.revenue_change_low,    -- lower end of the 80% interval
    v.revenue_change_high,   -- upper end
    v.revenue_per_token_change_median, -- change of revenue a token, share
    p.model_id as predecessor_id, -- version an entrant succeeds that gives most; null if there is none
    p.diversion_median as predecessor_diversion_median, -- part of the entrants' volume that it loses
    p.diversion_low as predecessor_diversion_low, -- lower end of the 80% interval
    p.diversion_high as predecessor_diversion_high, -- upper end
    p.change_median as predecessor_change_median, -- forecast change of its volume, share
    p.probability_taken as probability_predecessor_cannibalised, -- P(the entrants take more than 5% of its volume)
    o.observed_low as observed_diversion_low, -- what it lost on the usage list, to whomever, as part of its successor's volume, or its lower bound
    o.observed_high as observed_diversion_high, -- upper bound; null where it was not seen
    o.series as observed_in, -- usage series, core.usage
    v.trained_on,            -- past launches the forecast rests on; 0: published estimates alone
    v.usage                  -- what of usage stands behind it, in words
from analysis.vendor_effects as v
left join predecessors as p
    on p.event_id = v.event_id and p.basis = v.basis and p.vendor_id = v.vendor_id and p.place = 1
left join observed as o on o.event_id = v.event_id and o.model_id = p.model_id
