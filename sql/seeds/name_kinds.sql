-- What else than a model to chat with a name may name, by what it says; the first that fits counts.
-- key: kind, pattern
-- check has_source_and_licence: source_url is not null and publisher is not null and published_on is not null and licence is not null
select
    cast(c.position as integer) as position, -- order in which they are tried
    c.kind, -- fine-tune, router, product, size class, draft, embedding, classifier, translation, image or audio
    c.pattern, -- regular expression found somewhere in the spelling, case ignored
    c.reason, -- what such a thing is
    c.source_url, -- where we say so
    c.publisher, -- who states it
    cast(c.published_on as date) as published_on, -- day it was published: its known time
    c.licence, -- licence of the source
    c.note -- caveats
from csv_name_kinds as c
