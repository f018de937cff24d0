-- A name that feeds registered as a version before the version it is an alias of was known would
-- change what was known by then: let the later name be the alias of the earlier. Which of two came
-- first depends on where an installation's history begins, so it stops no run.
-- severity: warning
select
    a.spelling,
    a.model_id,
    n.known_since,
    t.known_since as target_known_since
from seeds.aliases as a
inner join core.models as n on n.model_id = a.spelling
inner join core.models as t on t.model_id = a.model_id
where n.model_id <> t.model_id and n.known_since < t.known_since
