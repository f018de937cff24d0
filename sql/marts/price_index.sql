-- How fast the market's price falls: monthly indices by three methods, and each against a year earlier.
-- key: method, on_month
-- check value_or_reason: (index_value is null) = (reason is not null)
select
    i.method,                -- matched_fisher, hedonic, or fixed_level_ and a capability
    i.on_month,              -- first of a month
    i.index_value,           -- price level; 100 in the first month that has one
    i.index_low,             -- lower end of the 80% interval
    i.index_high,            -- upper end of the 80% interval; null if the level may not be on offer
    i.price_usd_per_mtok,    -- cheapest list price at 3:1 of a fixed level, USD per million tokens
    i.price_low_usd_per_mtok, -- lower end of its 80% interval
    i.price_high_usd_per_mtok, -- upper end of its 80% interval; null if the level may not be on offer
    i.models,                -- versions behind it
    i.reason,                -- why there is no value
    y.index_value / i.index_value as times_cheaper_in_a_year -- price level a year earlier over that of the month
from analysis.price_indices as i
left join analysis.price_indices as y
    on y.method = i.method and y.on_month = i.on_month - interval 1 year
