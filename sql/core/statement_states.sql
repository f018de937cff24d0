-- What the results that came with each fetch follow from, as a hash: core.result_statements is made anew for
-- those where it is another. A result follows from its own row and name, not from other results.
-- key: source, fetch_or_edition
-- python: pipelines.statement_states
select
    cast(s.source as varchar) as source, -- feed, or `edition`
    cast(s.fetch_or_edition as varchar) as fetch_or_edition, -- fetch that first showed them, or `edition`
    cast(s.statements_state_id as varchar) as statements_state_id -- hash of all that was stated with it
from computed_statement_states as s
