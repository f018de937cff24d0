-- Mixes of tokens at which the prices of a model are added up to one.
-- key: workload_id
select
    w.workload_id,           -- convention (3:1), observed (98:2) or observed_cached
    w.output_share,          -- share of tokens that are written
    w.cached_share           -- share of tokens read that come from the cache
from seeds.workloads as w
