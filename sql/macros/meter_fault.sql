-- Why the price of a meter cannot be what it says, in words; null for a credible one. Bounds as of price_fault.
create or replace macro meter_fault(price, unit) as
case
    when price < 0 then 'negative: a sentinel for a variable price, not a price'
    when price = 0 then 'zero: free, not offered or unknown'
    when unit = 'million tokens' and price > 2000 then 'unit error: above 2,000 USD per million tokens'
end
