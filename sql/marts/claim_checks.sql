-- Is what others wrote true? A verdict for every claim, with the facts used.
-- key: claim_id
-- check verdict_is_known: verdict in ('supported', 'contradicted', 'misattributed', 'not_supported', 'splits_by_role', 'outdated', 'unverifiable')
-- check every_verdict_has_a_reason: because is not null
-- python: pipelines.analysis.claims
select
    k.claim_id,              -- claim, core.claims
    k.verdict,               -- what the facts say of it
    k.because,               -- why, in a sentence
    cast(k.true_value as double) as true_value, -- the right figure, in the claim's unit, where there is one
    cast(k.belongs_to as varchar) as belongs_to, -- model whose figure it is, if misattributed
    cast(k.evidence as varchar) as evidence -- results and price claims used, by id
from computed_claim_checks as k
