-- What a major launch is forecast to do to the volume of every other model, with 80% intervals: from what
-- was known the day after, and with hindsight.
-- key: event_id, basis, product
-- check intervals_are_ordered: change_low <= change_median and change_median <= change_high and taken_low <= taken_high
-- check probabilities_are_ones: probability_falls between 0 and 1 and probability_taken between 0 and 1
-- python: pipelines.analysis.effects
-- keep: inputs_hash
select
    cast(f.event_id as varchar) as event_id, -- launch
    cast(f.basis as varchar) as basis, -- day_after (known the day after the launch) or hindsight
    cast(f.product as varchar) as product, -- as the usage list names it, or the version
    cast(f.model_id as varchar) as model_id, -- version; null if the list's name is not resolved
    cast(f.vendor_id as varchar) as vendor_id, -- vendor
    cast(f.role as varchar) as role, -- predecessor (an entrant succeeds it), sibling (of an entrant's vendor) or rival
    cast(f.successor_id as varchar) as successor_id, -- entrant that succeeds it; null for others
    cast(f.counts as boolean) as takes_part, -- its volume is part of the market forecast
    cast(f.is_listed as boolean) as is_listed, -- its volume before the launch is known
    cast(f.model as varchar) as share_model, -- form of the share model, chosen by the backtest for its role
    cast(f.change_median as double) as change_median, -- change of volume from before to after, share; growth and noise are in it
    cast(f.change_low as double) as change_low, -- lower end of the 80% interval, share
    cast(f.change_high as double) as change_high, -- upper end, share
    cast(f.probability_falls as double) as probability_falls, -- P(volume falls by more than 5%)
    cast(f.probability_falls_anyway as double) as probability_falls_anyway, -- the same without the launch
    cast(f.taken_median as double) as taken_median, -- part of its volume that the entrants take, with against without the launch
    cast(f.taken_low as double) as taken_low, -- lower end of the 80% interval, share
    cast(f.taken_high as double) as taken_high, -- upper end, share
    cast(f.probability_taken as double) as probability_taken, -- P(the entrants take more than 5% of its volume)
    cast(f.diversion_median as double) as diversion_median, -- part of the entrants' volume that comes from it
    cast(f.diversion_low as double) as diversion_low, -- lower end of the 80% interval, share
    cast(f.diversion_high as double) as diversion_high, -- upper end, share
    cast(f.trained_on as bigint) as trained_on, -- past launches the parameters rest on; 0: priors alone
    cast(f.usage as varchar) as usage, -- what of usage stands behind it, in words
    cast(f.inputs_hash as varchar) as inputs_hash -- over everything it is made from
from computed_demand_forecasts as f
