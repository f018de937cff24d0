-- Texts others wrote about the market, to be checked: what they claim is taken from them in core.claims.
-- key: document_id
-- check text_is_not_empty: length(text) > 0
-- check has_source_date_and_licence: (source_url like 'https://%' or source_url like 'docs/%') and publisher is not null and published_on is not null and licence is not null
select
    c.document_id, -- our id
    c.title, -- what it is called
    c.author, -- who wrote it
    cast(c.stated_on as date) as stated_on, -- day it was written, and speaks of
    c.text, -- the words, in Markdown
    c.source_url, -- where the text is
    c.publisher, -- who published it
    cast(c.published_on as date) as published_on, -- day it was published: its known time
    c.licence, -- licence of the source
    c.note -- caveats
from csv_documents as c
