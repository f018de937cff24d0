-- What OpenRouter says of its own names: whose model one is, and what else that model is called.
-- key: key, first_seen_at
-- check run_ends_after_it_begins: ended_at is null or ended_at > first_seen_at
select
    'openrouter' as source,  -- source name
    r.key,                   -- the entry's key in the source
    r.fields->>'$.spelling' as spelling, -- the source's own name of the model, as in its other tables
    r.fields->>'$.maker' as maker, -- organisation that made it, as the source writes it
    r.fields->>'$.repository' as repository, -- `organisation/name` in the public hub: the maker's own name
    r.fields->>'$.permanent_name' as permanent_name, -- the source's lasting name of the version meant at the time
    r.fields->>'$.points_to' as points_to, -- the source's name of the version a moving name stood for
    r.fields->>'$.same_as' as same_as, -- the source's name of the same version, asked or served otherwise
    r.fields->>'$.asked_with' as asked_with, -- how this one is asked: effort, mode
    r.first_seen_at,         -- when it was first seen, UTC
    r.ended_at               -- first fetch that said otherwise, UTC; null while it goes on
from raw.openrouter__listings as r
