-- How much each ability weighs in a segment.
-- key: segment_id, ability_id
select
    k.segment_id,            -- segment
    k.ability_id,            -- ability
    k.weight                 -- share of the basket
from seeds.segment_baskets as k
