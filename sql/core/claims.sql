-- Checkable sentences others wrote, taken apart into what they assert.
-- key: claim_id
select
    c.claim_id,              -- our id
    c.document_id,           -- text it stands in
    c.author,                -- who wrote it
    c.stated_on,             -- day it was written
    c.text,                  -- the words
    c.kind,                  -- what sort of assertion it is
    c.event_id,              -- launch it speaks of
    c.subject_model_id,      -- model it speaks of
    c.object_model_id,       -- model it is compared with
    c.benchmark_ids,         -- benchmarks it refers to, separated by spaces
    c.ability_id,            -- ability it refers to
    c.segment_ids,           -- segments it refers to, separated by spaces
    c.metric,                -- metric it claims; null for the benchmark's own
    c.value,                 -- figure it asserts
    c.unit                   -- unit of the figure
from seeds.claims as c
