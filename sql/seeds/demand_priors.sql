-- What is believed of demand before any usage is seen: weak assumptions of the method, and published
-- estimates with their date. No prior is about a model, a vendor or an event.
-- key: parameter, publisher, reason
-- check sd_is_positive: sd > 0
-- check has_source_date_and_licence: source_url is not null and publisher is not null and published_on is not null and licence is not null
select
    c.parameter,             -- parameter of pipelines.analysis.demand, on its scale of estimation
    cast(c.mean as double) as mean, -- centre
    cast(c.sd as double) as sd, -- standard deviation
    cast(c.is_evidence as boolean) as is_evidence, -- a published estimate, which counts from its date; else part of the method
    c.reason,                -- what it says in words
    c.source_url,            -- where it is stated
    c.publisher,             -- who states it
    cast(c.published_on as date) as published_on, -- known time
    c.licence                -- licence of the source
from csv_demand_priors as c
