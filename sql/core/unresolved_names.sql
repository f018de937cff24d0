-- Spellings that neither rules nor aliases decide, with the nearest names; add an alias to settle one.
-- key: source, spelling
-- python: pipelines.identity
select
    u.source,         -- feed
    u.spelling,       -- the feed's own name
    u.kind,           -- model, or what else the spelling says it names; as in core.names
    u.status,         -- unknown, or ambiguous where several vendors have the name
    cast(u.candidates as varchar) as candidates, -- nearest known names with scores of 100; suggestions only
    cast(u.observations as bigint) as observations -- runs seen under it
from computed_unresolved_names as u
