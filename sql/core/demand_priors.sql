-- What is believed of demand before any usage is seen: the method's weak assumptions, and published
-- estimates that count from their date on.
-- key: parameter, publisher, reason
select
    p.parameter,             -- parameter of the share model, on its scale of estimation
    p.mean,                  -- centre
    p.sd,                    -- standard deviation
    p.is_evidence,           -- a published estimate, which counts from its date; else part of the method
    p.reason,                -- what it says in words
    p.source_url,            -- where it is stated
    p.publisher,             -- who states it
    p.published_on,          -- known time
    p.licence                -- licence of the source
from seeds.demand_priors as p
