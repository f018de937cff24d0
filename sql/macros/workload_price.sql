-- One price of a model at a mix of tokens, USD per million tokens; without a cache price the full one.
create or replace macro workload_price(input_price, output_price, cache_price, output_share, cached_share) as
cast(input_price as double) * (1 - output_share) * (1 - cached_share)
+ cast(coalesce(cache_price, input_price) as double) * (1 - output_share) * cached_share
+ cast(output_price as double) * output_share
