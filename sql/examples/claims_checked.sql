-- Which claims of the analyst's briefing are true?
select k.claim_id, k.verdict, k.because
from core.claims as c
inner join marts.claim_checks as k on k.claim_id = c.claim_id
where c.document_id = 'o1-mini-briefing'
order by k.claim_id
