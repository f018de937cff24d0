-- Undated names that a vendor's own listing shows beside exactly one dated version of them.
-- key: alias
-- python: pipelines.identity
select
    cast(u.alias as varchar) as alias,          -- undated name, `vendor/name`
    cast(u.model_id as varchar) as model_id      -- the one dated version of it, core.models
from computed_undated_names as u
