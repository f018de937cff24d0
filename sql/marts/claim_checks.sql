-- Is what others wrote true? A verdict for every claim of core.claims, with the facts used.
-- key: claim_id
-- check verdict_is_known: verdict in ('supported', 'contradicted', 'misattributed', 'not_supported', 'splits_by_role', 'outdated', 'unverifiable')
-- check every_verdict_has_a_reason: because is not null
-- python: pipelines.analysis.claims
select
    k.claim_id,              -- claim, core.claims
    k.verdict,               -- what the facts say of it
    k.because,               -- why, in a sentence
    cast(k.true_value as double) as true_value, -- the right figure, in the claim's unit, where there is one
    cast(k.belongs_to as varchar) as belongs_to, -- model (or vendor) whose figure it is, if misattributed
    cast(k.evidence as varchar) as evidence, -- results and price claims used, by id
    cast(k.known_on as date) as known_on, -- day by which all facts used were known; null if it rests on a fit or a role
    cast(k.by_now as varchar) as by_now -- what the newest facts would say, where that differs
from computed_claim_checks as k
