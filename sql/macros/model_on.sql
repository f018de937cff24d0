-- The model version a name meant on a day: an alias as it pointed then, or the version itself.
-- from model_on('openai/gpt-4o', '2024-09-12')
create or replace macro model_on(asked_name, as_of) as table
select a.alias, a.model_id, a.valid_from, a.valid_to, a.reason
from core.aliases as a
where
    (a.alias = lower(asked_name) or a.alias like '%/' || lower(asked_name))
    and a.source is null
    and a.valid_from <= cast(as_of as date)
    and a.valid_to > cast(as_of as date)
