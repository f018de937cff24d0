-- Benchmark results that stood on a day, from what was known by then (null: now): every statement not
-- yet replaced by its publisher. `is_repeat` marks all but the best-evidenced of one measurement.
-- from results_known('2024-09-13') where is_headline_metric and not is_repeat
create or replace macro results_known(known_by) as table
with standing as (
    select
        r.*,
        row_number() over (
            partition by r.measurement_id
            order by
                case r.evidence when 'official' then 0 when 'independent' then 1 when 'quoted' then 2 else 3 end,
                cast(r.known_at as date), case when r.source = 'edition' then 0 else 1 end,
                r.source, r.result_id
        ) as place
    from core.results as r
    where
        cast(r.known_at as date) <= coalesce(cast(known_by as date), date '9999-12-31')
        and (
            r.superseded_at is null
            or cast(r.superseded_at as date) > coalesce(cast(known_by as date), date '9999-12-31')
        )
)

select
    s.result_id,
    s.measurement_id,
    s.place > 1 as is_repeat,
    s.source,
    s.model_id,
    s.benchmark_id,
    s.benchmark_release,
    s.metric,
    s.is_headline_metric,
    s.configuration,
    s.system,
    s.score,
    s.unit,
    s.score_share,
    s.evidence,
    s.run_cost_usd,
    s.test_cases,
    s.source_url,
    s.publisher,
    s.published_on,
    s.stated_on,
    s.known_at,
    case when cast(s.ended_at as date) <= coalesce(cast(known_by as date), date '9999-12-31') then s.ended_at end as ended_at,
    s.licence,
    s.note
from standing as s
