-- Families of price sources; agreement within a family confirms nothing.
-- key: lineage_id
select
    l.lineage_id,            -- our id
    l.name,                  -- name in a sentence
    l.reliability_rank       -- 1 is trusted most when nothing else decides
from seeds.lineages as l
