-- What the runs of models.dev say, as hashes of parts of its keys: staging tables made of them are made anew
-- for the parts where a run began or ended.
-- key: part_of_keys
-- python: pipelines.models_dev_states
select
    cast(s.part_of_keys as bigint) as part_of_keys, -- remainder of the hash of a key
    cast(s.state_id as varchar) as state_id -- hash of all runs of its keys
from computed_models_dev_states as s
