-- What a major launch is forecast to do to its own vendor: cannibalisation, new demand, revenue and revenue
-- a token, with against without the launch, with 80% intervals.
-- key: event_id, basis, vendor_id
-- check cannibalisation_is_ordered: cannibalisation_low <= cannibalisation_high
-- python: pipelines.analysis.effects
-- keep: inputs_hash
select
    cast(f.event_id as varchar) as event_id, -- launch
    cast(f.basis as varchar) as basis, -- day_after (known the day after the launch) or hindsight
    cast(f.vendor_id as varchar) as vendor_id, -- vendor of the entrants
    cast(f.entrants_share_median as double) as entrants_share_median, -- entrants' part of all volume after
    cast(f.entrants_share_low as double) as entrants_share_low, -- lower end of the 80% interval
    cast(f.entrants_share_high as double) as entrants_share_high, -- upper end
    cast(f.cannibalisation_median as double) as cannibalisation_median, -- part of the entrants' volume taken from the vendor's own models
    cast(f.cannibalisation_low as double) as cannibalisation_low, -- lower end of the 80% interval
    cast(f.cannibalisation_high as double) as cannibalisation_high, -- upper end
    cast(f.new_demand_median as double) as new_demand_median, -- part taken from none of the models that take part
    cast(f.new_demand_low as double) as new_demand_low, -- lower end of the 80% interval
    cast(f.new_demand_high as double) as new_demand_high, -- upper end
    cast(f.revenue_change_median as double) as revenue_change_median, -- change of revenue at list price and 98:2, share; null if a price is not known
    cast(f.revenue_change_low as double) as revenue_change_low, -- lower end of the 80% interval
    cast(f.revenue_change_high as double) as revenue_change_high, -- upper end
    cast(f.revenue_per_token_change_median as double) as revenue_per_token_change_median, -- change of revenue a token, share
    cast(f.revenue_per_token_change_low as double) as revenue_per_token_change_low, -- lower end of the 80% interval
    cast(f.revenue_per_token_change_high as double) as revenue_per_token_change_high, -- upper end
    cast(f.trained_on as bigint) as trained_on, -- past launches the parameters rest on; 0: priors alone
    cast(f.usage as varchar) as usage, -- what of usage stands behind it, in words
    cast(f.inputs_hash as varchar) as inputs_hash -- over everything it is made from
from computed_vendor_effects as f
