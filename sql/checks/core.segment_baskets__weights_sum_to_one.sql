-- The weights of a segment's basket sum to one.
select k.segment_id, sum(k.weight) as weights
from core.segment_baskets as k
group by k.segment_id
having abs(sum(k.weight) - 1) > 0.000001
