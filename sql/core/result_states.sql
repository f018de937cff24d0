-- What the results of each model on each benchmark follow from, as a hash: core.results is made anew for those
-- where it is another.
-- key: model_id, benchmark_id
-- python: pipelines.result_states
select
    cast(s.model_id as varchar) as model_id, -- version measured
    cast(s.benchmark_id as varchar) as benchmark_id, -- benchmark
    cast(s.state_id as varchar) as state_id -- hash of all statements on the two
from computed_result_states as s
