-- Every correction whose score was read still finds it as expected; else it has outlived its error.
-- severity: warning
select
    c.spelling,
    c.benchmark_spelling,
    c.expect_score
from seeds.llmstats_metric_corrections as c
where
    exists (
        select 1
        from staging.llmstats__results as r
        where
            r.spelling = c.spelling
            and r.benchmark_spelling = c.benchmark_spelling
            and r.configuration = c.analysis_method
    )
    and not exists (
        select 1
        from staging.llmstats__results as r
        where
            r.spelling = c.spelling
            and r.benchmark_spelling = c.benchmark_spelling
            and r.score = c.expect_score
            and r.metric = c.metric
    )
