-- Monthly price indices of the market by three methods, with intervals; see pipelines.analysis.price_index.
-- key: method, on_month
-- keep: state_id
-- check value_or_reason: (index_value is null) = (reason is not null)
-- python: pipelines.analysis.price_index
select
    i.method,                -- matched_fisher, hedonic, or fixed_level_ and a capability
    cast(i.on_month as date) as on_month, -- first of a month
    cast(i.index_value as double) as index_value, -- price level; 100 in the first month that has one
    cast(i.index_low as double) as index_low, -- lower end of the 80% interval
    cast(i.index_high as double) as index_high, -- upper end of the 80% interval; null if the level may not be on offer
    cast(i.price as double) as price_usd_per_mtok, -- cheapest list price at 3:1 of a fixed level, USD per million tokens
    cast(i.price_low as double) as price_low_usd_per_mtok, -- lower end of its 80% interval
    cast(i.price_high as double) as price_high_usd_per_mtok, -- upper end of its 80% interval; null if the level may not be on offer
    cast(i.models as bigint) as models, -- versions behind it: matched, in the smaller month, or reaching the level
    cast(i.reason as varchar) as reason, -- why there is no value
    cast(i.state_id as varchar) as state_id -- hash of all that the indices of all months follow from
from computed_price_indices as i
