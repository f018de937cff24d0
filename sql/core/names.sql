-- What every spelling of every feed was found to mean, and by which way.
-- key: source, spelling
-- check resolved_names_have_a_target: (status = 'resolved') = (target is not null)
-- python: pipelines.identity
select
    n.source,         -- feed
    n.spelling,       -- the feed's own name
    n.target,         -- model version or alias meant; null if unresolved
    n.host_id,        -- who serves it
    n.variant,        -- way of serving: standard, batch, free, a region ...
    cast(n.configuration as varchar) as configuration, -- effort, budget or format the spelling carries; null if none
    cast(n.system as varchar) as system, -- agent system the spelling names beside the model; null if none
    n.kind,           -- model, or what else the spelling says it names: embedding, image, audio, router, size class, fine-tune
    n.status,         -- resolved, ambiguous or unknown
    n.way,            -- the rule or alias that decided
    cast(n.known_since as timestamp) as known_since -- since when it can be resolved, UTC
from computed_names as n
