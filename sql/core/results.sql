-- Benchmark results of the edition and of all feeds, with everything that tells one from another and
-- with what belongs together: every statement is kept, statements of one measurement share a
-- measurement_id, and a value its publisher has since replaced says from when. Publishers are never
-- averaged. For what stood on a day ask results_known(known_by).
-- A rating becomes the expected score against a fixed opponent, which is a share and keeps its order.
-- key: result_id
-- keep: state_id of core.result_states
-- check unit_is_the_benchmarks: has_the_benchmarks_unit
-- check replaced_after_it_was_known: superseded_at is null or superseded_at >= known_at
with statements as (
    select
        s.*,
        g.state_id,
        coalesce(s.stated_on, cast(s.known_at as date)) as said_on,
        coalesce(s.benchmark_release, '') as release_or_none,
        lower(coalesce(s.configuration, '')) as configuration_or_none,
        lower(coalesce(s.system, '')) as system_or_none,
        -- What tells two settings apart however they are worded: effort or token budget.
        regexp_extract(
            lower(coalesce(s.configuration, '')),
            '(effort \w+|no thinking|thinking \d+k|budget \d+|\d+k tokens)', 1
        ) as effort,
        -- Half of the last digit both state decides whether two scores are the same figure.
        case
            when s.unit = 'elo' and s.score = round(s.score, 0) then 1
            when s.score = round(s.score, 1) then 0.1
            when s.score = round(s.score, 2) then 0.01
            else 0.001
        end as last_digit,
        case s.evidence when 'official' then 0 when 'independent' then 1 when 'quoted' then 2 else 3 end as evidence_rank,
        -- Two scores that are one figure are less than one apart, so that their whole parts are near.
        cast(floor(s.score) as bigint) as whole_part
    from core.result_statements as s
    inner join core.result_states as g on g.model_id = s.model_id and g.benchmark_id = s.benchmark_id
),

ordered as (
    select
        s.*,
        row_number() over (
            partition by s.model_id, s.benchmark_id
            order by
                cast(s.known_at as date), case when s.source = 'edition' then 0 else 1 end,
                s.evidence_rank, s.source, s.stated_on, s.result_id
        ) as place
    from statements as s
),

-- The statement with the lower place was known first. Within one publication, settings listed apart
-- were measured apart; between two, only an effort, a scaffold or another metric tells the same
-- figure apart, for one quotes the other in its own words.
pairs as (
    select
        e.result_id as earlier_id,
        e.place as earlier_place,
        l.result_id
    from ordered as e
    cross join (select -1 as step union all select 0 as step union all select 1 as step) as s
    inner join ordered as l
        on l.model_id = e.model_id
        and l.benchmark_id = e.benchmark_id
        and l.whole_part = e.whole_part + s.step
        and e.place < l.place
        and l.unit = e.unit
        and l.release_or_none = e.release_or_none
        and abs(l.score - e.score) <= greatest(l.last_digit, e.last_digit) / 2
        and (
            l.metric = e.metric
            or (l.is_headline_metric and e.is_headline_metric)
            or l.metric = 'not stated' or e.metric = 'not stated'
        )
        and case
            when l.source = e.source and l.publisher = e.publisher
                then (
                        l.configuration_or_none = e.configuration_or_none
                        or l.configuration_or_none = '' or e.configuration_or_none = ''
                    )
                    and l.system_or_none = e.system_or_none and l.metric = e.metric
            else (l.effort = e.effort or l.effort = '' or e.effort = '')
                and (l.system_or_none = e.system_or_none or l.system_or_none = '' or e.system_or_none = '')
        end
),

firsts as (
    select o.result_id
    from ordered as o
    left join pairs as p on p.result_id = o.result_id
    where p.result_id is null
),

-- A statement belongs to the first measurement it can be a statement of; what came later never
-- changes that, so neither does a later payload.
belonging as (
    select p.result_id, min_by(p.earlier_id, p.earlier_place) as measurement_id
    from pairs as p
    inner join firsts as f on f.result_id = p.earlier_id
    group by p.result_id
),

measured as (
    select
        o.*,
        coalesce(b.measurement_id, o.result_id) as measurement_id
    from ordered as o
    left join belonging as b on b.result_id = o.result_id
),

-- A publisher replaces a figure by one of the same thing of a later day, or by one first seen where
-- the other was gone. Things are told apart by `thing`, and numbered as they became known.
things as (
    select
        m.*,
        dense_rank() over (
            order by
                m.model_id, m.benchmark_id, m.source, m.publisher, m.release_or_none, m.metric,
                m.configuration_or_none, m.system_or_none
        ) as thing
    from measured as m
),

turns as (
    select
        t.*,
        row_number() over (partition by t.thing order by t.known_at, t.said_on, t.result_id) as turn,
        max(t.stated_on) over (
            partition by t.thing order by t.known_at, t.said_on, t.result_id
            rows between unbounded preceding and 1 preceding
        ) as stated_before,
        max(t.said_on) over (
            partition by t.thing order by t.known_at, t.said_on, t.result_id
            rows between unbounded preceding and 1 preceding
        ) as said_before
    from things as t
),

-- Whoever repeats a figure that its publisher has replaced since repeats an old one: what replaces
-- any statement of a measurement replaces those said before it.
spans as (
    select
        t.measurement_id,
        t.publisher,
        t.thing,
        min(t.stated_on) as stated_on,
        min(t.ended_at) as ended_at
    from turns as t
    group by t.measurement_id, t.publisher, t.thing
),

-- Nearly always it is one of the next that replaces a statement, and what comes later need not be
-- looked at. Not where something of a later day was known before.
soon as (
    select
        m.result_id,
        min(n.known_at) as replaced_at
    from turns as m
    inner join spans as g
        on g.measurement_id = m.measurement_id and g.publisher = m.publisher and g.thing = m.thing
    cross join (
        select 1 as step union all select 2 as step union all select 3 as step union all select 4 as step
    ) as s
    inner join turns as n on n.thing = m.thing and n.turn = m.turn + s.step
    where
        coalesce(m.stated_before <= m.stated_on, true)
        and coalesce(m.said_before <= m.said_on, true)
        and coalesce(m.ended_at > m.known_at, true)
        and n.measurement_id <> m.measurement_id
        and (
            n.stated_on > m.stated_on or n.known_at >= m.ended_at
            or (n.said_on > m.said_on and (n.stated_on > g.stated_on or n.known_at >= g.ended_at))
        )
    group by m.result_id
),

replaced as (
    select
        s.result_id,
        s.replaced_at
    from soon as s
    union all
    select
        m.result_id,
        n.known_at as replaced_at
    from turns as m
    left join soon as s on s.result_id = m.result_id
    inner join spans as g
        on g.measurement_id = m.measurement_id
        and g.publisher = m.publisher
        and (g.thing <> m.thing or s.result_id is null)
    inner join turns as n
        on n.thing = g.thing
        and n.measurement_id <> m.measurement_id
        and (
            (g.thing = m.thing and (n.stated_on > m.stated_on or n.known_at >= m.ended_at))
            or (n.said_on > m.said_on and (n.stated_on > g.stated_on or n.known_at >= g.ended_at))
        )
),

outdated as (
    select
        m.result_id,
        min(case when r.replaced_at > m.known_at then r.replaced_at else m.known_at end) as superseded_at
    from replaced as r
    inner join measured as m on m.result_id = r.result_id
    group by m.result_id
)

select
    m.result_id,             -- our id of the statement
    m.measurement_id,        -- statements of one measurement share it: the first known one's result_id
    m.measurement_id <> m.result_id as is_repeat, -- repeats a figure known before: no evidence of its own
    m.source,                -- feed, or `edition`
    m.spelling,              -- the source's own name of the model
    m.model_id,              -- version measured
    m.benchmark_id,          -- benchmark
    m.benchmark_release,     -- release of the benchmark, where it has several
    m.metric,                -- pass@1 and cons@64 are different metrics
    m.is_headline_metric,    -- one fair attempt; majority votes, best-of-n and undeclared metrics are not
    m.configuration,         -- effort, token budget, prompt or edit format, from the row and from the name
    m.system,                -- scaffold or agent around the model
    m.score,                 -- score in its unit, as published
    m.unit,                  -- percent or elo
    m.has_the_benchmarks_unit, -- stated in the benchmark's own unit
    m.score_share,           -- share of points; for ratings the expected score against elo_reference
    m.evidence,              -- official (the model's own vendor), independent, quoted or secondary
    m.run_cost_usd,          -- what the whole run cost, USD, where published
    m.test_cases,            -- tasks, votes or problems behind the score
    m.source_url,            -- where it is stated
    m.publisher,             -- who states it
    cast(m.known_at as date) as published_on, -- known time as a day: published, or first seen by us
    m.stated_on,             -- day of the run as the source states it: a claim, not a known time
    m.known_at,              -- known time, UTC
    m.ended_at,              -- first fetch without it, UTC; not by itself a reason to disbelieve it
    o.superseded_at,         -- when its publisher was known to have replaced it, UTC; null while it stands
    m.licence,               -- licence of the source
    m.note,                  -- caveats
    m.fetch_id,              -- fetch that first showed it; null for the edition
    m.state_id               -- hash of all it follows from, core.result_states
from measured as m
left join outdated as o on o.result_id = m.result_id
