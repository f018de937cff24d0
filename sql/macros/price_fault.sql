-- Why a price cannot be what it says, in words; null for a credible one. Prices in USD per million
-- tokens. Bounds: no model has been sold above 2,000 USD per million tokens (the dearest known list
-- prices are 150 in, 600 out); anything above is a unit error.
create or replace macro price_fault(input_price, output_price) as
case
    when input_price is null and output_price is null then 'no price given'
    when input_price is null or output_price is null then 'only one of input and output given'
    when input_price < 0 or output_price < 0 then 'negative: a sentinel for a variable price, not a price'
    when input_price > 2000 or output_price > 2000 then 'unit error: above 2,000 USD per million tokens'
    when input_price = 0 and output_price = 0 then 'zero for a paid model: free, subscription, unknown or glitch'
    when input_price = 0 or output_price = 0 then 'zero on one side'
    when output_price < input_price then 'output below input for a chat model: swapped or lost'
    when input_price < 0.001 then 'unit error: below 0.001 USD per million tokens'
end
