-- Which months have no index, and why?
select i.method, min(i.on_month) as first_month, max(i.on_month) as last_month, count(*) as months, min(i.reason) as example
from marts.price_index as i
where i.index_value is null
group by i.method
order by i.method
