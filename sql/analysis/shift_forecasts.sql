-- What a repricing or a withdrawal is forecast to do to every model's volume, with 80% intervals: the share
-- model run backwards and forwards on the product concerned, by what was known when it was, and with hindsight.
-- key: event_id, basis, model_id
-- check intervals_are_ordered: change_low <= change_median and change_median <= change_high and effect_low <= effect_high
-- check probabilities_are_ones: probability_falls between 0 and 1 and probability_taken between 0 and 1 and probability_gains between 0 and 1
-- python: pipelines.analysis.shift_effects
-- keep: inputs_hash
select
    cast(f.event_id as varchar) as event_id, -- price change or retirement, core.events
    cast(f.basis as varchar) as basis, -- day_after or hindsight, core.shift_days
    cast(f.model_id as varchar) as model_id, -- version
    cast(f.vendor_id as varchar) as vendor_id, -- vendor
    cast(f.concerned_is_listed as boolean) as concerned_is_listed, -- the volume of the product repriced or withdrawn is on the usage list
    cast(f.share_model as varchar) as share_model, -- form of the share model
    cast(f.change_median as double) as change_median, -- change of volume from before to after, share; growth and noise are in it
    cast(f.change_low as double) as change_low, -- lower end of the 80% interval, share
    cast(f.change_high as double) as change_high, -- upper end, share
    cast(f.probability_falls as double) as probability_falls, -- P(volume falls by more than 5%)
    cast(f.probability_falls_anyway as double) as probability_falls_anyway, -- the same without the event
    cast(f.effect_median as double) as effect_median, -- change of its volume that the event alone makes, share
    cast(f.effect_low as double) as effect_low, -- lower end of the 80% interval, share
    cast(f.effect_high as double) as effect_high, -- upper end, share
    cast(f.probability_taken as double) as probability_taken, -- P(the event takes more than 5% of its volume)
    cast(f.probability_gains as double) as probability_gains, -- P(the event adds more than 5% to its volume)
    cast(f.trained_on as bigint) as trained_on, -- past launches the parameters rest on; 0: priors alone
    cast(f.usage as varchar) as usage, -- what of usage stands behind it, in words
    cast(f.inputs_hash as varchar) as inputs_hash -- over everything it is made from
from computed_shift_forecasts as f
