-- Mean to nine digits, the same in whatever order the values come: sums of doubles differ in their last bit.
create or replace macro exact_mean(x) as cast(sum(cast(x as decimal(18, 9))) as double) / nullif(count(x), 0)
