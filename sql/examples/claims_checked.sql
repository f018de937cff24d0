-- Which claims of the analyst's briefing are true?
select k.claim_id, k.verdict, k.because
from marts.claim_checks as k
where k.claim_id like 'seed-%'
order by k.claim_id
