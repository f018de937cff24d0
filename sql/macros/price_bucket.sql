-- A price's bucket on a logarithmic scale, an eighth of e-fold each; all that is free or negative together.
create or replace macro price_bucket(price) as
case when price <= 0 then -1000 else cast(floor(ln(case when price > 0 then price else 1 end) * 8) as integer) end
