-- Checkable sentences others wrote, taken apart by hand into what they assert.
-- key: claim_id
-- check kind_is_known: kind in ('price_discount', 'score', 'lead', 'less_able', 'loser', 'companies_lose', 'cannibalised', 'limited_access')
-- check has_source_date_and_licence: (source_url like 'https://%' or source_url like 'docs/%') and publisher is not null and published_on is not null and licence is not null
select
    c.claim_id, -- our id
    c.document_id, -- text it stands in
    c.author, -- who wrote it
    cast(c.stated_on as date) as stated_on, -- day it was written
    c.text, -- the words
    c.kind, -- what sort of assertion it is; the checker has one rule per kind
    c.event_id, -- launch it speaks of
    c.subject_model_id, -- model it speaks of
    c.object_model_id, -- model it is compared with
    c.benchmark_ids, -- benchmarks it refers to, separated by spaces
    c.ability_id, -- ability it refers to
    c.segment_ids, -- segments it refers to, separated by spaces
    c.metric, -- metric it claims; null for the benchmark's own
    cast(c.value as decimal(12, 4)) as value, -- figure it asserts
    c.unit, -- unit of the figure
    c.source_url, -- where the fact is stated
    c.publisher, -- who states it
    cast(c.published_on as date) as published_on, -- day it was published: its known time
    c.licence, -- licence of the source
    c.note -- caveats
from csv_claims as c
