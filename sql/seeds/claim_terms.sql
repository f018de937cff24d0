-- Words of running English for our benchmarks, abilities, segments and groups of companies.
-- A term with several ids names a family: a claim about it may mean any of them.
-- key: term, kind, id
-- check kind_is_known: kind in ('benchmark', 'ability', 'segment', 'companies')
-- check has_source_date_and_licence: (source_url like 'https://%' or source_url like 'docs/%') and publisher is not null and published_on is not null and licence is not null
select
    c.term, -- words as they stand in a text
    c.kind, -- benchmark, ability, segment or companies (a segment of companies)
    c.id, -- our id of what they mean
    c.source_url, -- where the fact is stated
    c.publisher, -- who states it
    cast(c.published_on as date) as published_on, -- day it was published: its known time
    c.licence, -- licence of the source
    c.note -- caveats
from csv_claim_terms as c
