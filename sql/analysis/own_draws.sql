-- Standard normals for draws from the joint posterior of capability: what each model has of its own.
-- key: draw, slot
-- python: pipelines.analysis.draws
select
    cast(e.draw as bigint) as draw, -- number of the draw
    cast(e.slot as bigint) as slot, -- which of the models compared; they are numbered by id
    e.own                    -- standard normal
from computed_own_draws as e
