-- Models that pin the capability scale, so that values of different days compare.
-- key: model_id
select
    a.model_id,              -- version
    a.index_value            -- value it has by definition, index points
from seeds.capability_anchors as a
