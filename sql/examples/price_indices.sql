-- How fast does the market's price fall, by three methods?
select i.method, i.on_month, round(i.index_value, 1) as index_value, round(i.index_low, 1) as low,
    round(i.index_high, 1) as high, round(i.times_cheaper_in_a_year, 1) as times_cheaper_in_a_year
from marts.price_index as i
where i.on_month in (date '2024-11-01', date '2025-11-01') and i.index_value is not null
order by i.method, i.on_month
