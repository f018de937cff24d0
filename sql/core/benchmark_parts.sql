-- Which benchmark is a part of which composite.
-- key: part_id, whole_id
select
    p.part_id,               -- benchmark
    p.whole_id               -- composite that counts it in
from seeds.benchmark_parts as p
inner join core.benchmarks as b on b.benchmark_id = p.part_id
inner join core.benchmarks as w on w.benchmark_id = p.whole_id
