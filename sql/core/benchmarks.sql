-- What each benchmark measures and on what scale.
-- key: benchmark_id
-- check ability_is_known: ability_id is not null
select
    b.benchmark_id,          -- our id
    b.name,                  -- name as its authors write it
    b.ability_id,            -- ability it is evidence for; `general` counts for the overall value only
    b.metric,                -- metric its results use unless they say otherwise
    b.unit,                  -- percent or elo
    coalesce(b.chance_share, 0) as chance_share, -- share of points a guesser gets
    coalesce(b.ceiling_share, 1) as ceiling_share, -- share of points a perfect model gets
    b.elo_reference,         -- rating of the fixed opponent of an expected score
    b.description            -- what it asks
from seeds.benchmarks as b
