-- Scores LLMStats files under the wrong metric, with the vendor's own table as evidence.
-- A correction holds for one score only: another value under the same name is left as it is.
-- key: spelling, benchmark_spelling, analysis_method, expect_score
-- check score_is_a_percentage: expect_score between 0 and 100
-- check has_source_date_and_licence: source_url like 'https://%' and publisher is not null and published_on is not null and licence is not null
select
    c.spelling, -- the source's model name
    c.benchmark_spelling, -- the source's benchmark name
    c.analysis_method, -- the method as the source states it
    cast(c.expect_score as decimal(9, 3)) as expect_score, -- the score it must have for the correction to hold, percent
    c.metric, -- the metric it really is
    c.reason, -- why
    c.source_url, -- where the fact is stated
    c.publisher, -- who states it
    cast(c.published_on as date) as published_on, -- day it was published: its known time
    cast(c.noted_on as date) as noted_on, -- day we noted it
    c.licence, -- licence of the source
    c.note -- caveats
from csv_llmstats_metric_corrections as c
