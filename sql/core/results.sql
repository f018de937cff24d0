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
        s.result_id,
        s.model_id,
        s.benchmark_id,
        s.source,
        s.publisher,
        s.metric,
        s.is_headline_metric,
        s.unit,
        coalesce(s.benchmark_release, '') as release_or_none,
        lower(coalesce(s.configuration, '')) as configuration_or_none,
        lower(coalesce(s.system, '')) as system_or_none,
        case s.evidence when 'official' then 0 when 'independent' then 1 when 'quoted' then 2 else 3 end as evidence_rank,
        s.score,
        s.stated_on,
        coalesce(s.stated_on, cast(s.known_at as date)) as said_on,
        s.known_at,
        s.ended_at
    from core.result_statements as s
    inner join core.result_states as g on g.model_id = s.model_id and g.benchmark_id = s.benchmark_id
),

-- Ratings are restated week by week, so that statements are many, and what they are of is little:
-- texts are compared here, and numbers below.
kinds as (
    select
        s.model_id,
        s.benchmark_id,
        s.source,
        s.publisher,
        s.release_or_none,
        s.metric,
        s.is_headline_metric,
        s.unit,
        s.configuration_or_none,
        s.system_or_none,
        -- What tells two settings apart however they are worded: effort or token budget.
        regexp_extract(
            s.configuration_or_none, '(effort \w+|no thinking|thinking \d+k|budget \d+|\d+k tokens)', 1
        ) as effort,
        dense_rank() over (order by s.model_id, s.benchmark_id) as subject,
        -- What a publisher may replace a figure of.
        dense_rank() over (
            order by
                s.model_id, s.benchmark_id, s.source, s.publisher, s.release_or_none, s.metric,
                s.configuration_or_none, s.system_or_none
        ) as thing,
        row_number() over (
            order by
                s.model_id, s.benchmark_id, s.source, s.publisher, s.release_or_none, s.metric,
                s.configuration_or_none, s.system_or_none, s.unit, s.is_headline_metric
        ) as kind
    from (
        select distinct
            t.model_id,
            t.benchmark_id,
            t.source,
            t.publisher,
            t.release_or_none,
            t.metric,
            t.is_headline_metric,
            t.unit,
            t.configuration_or_none,
            t.system_or_none
        from statements as t
    ) as s
),

-- Of two statements on a model and benchmark that with the lower place was known first.
placed as (
    select
        s.result_id,
        k.kind,
        k.thing,
        s.publisher,
        s.score,
        s.stated_on,
        s.said_on,
        s.known_at,
        s.ended_at,
        row_number() over (
            order by
                k.subject, cast(s.known_at as date), case when s.source = 'edition' then 0 else 1 end,
                s.evidence_rank, s.source, s.stated_on, s.result_id
        ) as place
    from statements as s
    inner join kinds as k
        on k.model_id = s.model_id
        and k.benchmark_id = s.benchmark_id
        and k.source is not distinct from s.source
        and k.publisher is not distinct from s.publisher
        and k.release_or_none = s.release_or_none
        and k.metric is not distinct from s.metric
        and k.is_headline_metric is not distinct from s.is_headline_metric
        and k.unit is not distinct from s.unit
        and k.configuration_or_none = s.configuration_or_none
        and k.system_or_none = s.system_or_none
),

-- Within one publication, settings listed apart were measured apart; between two, only an effort, a
-- scaffold or another metric tells the same figure apart, for one quotes the other in its own words.
akin as (
    select
        e.kind as earlier_kind,
        l.kind
    from kinds as e
    inner join kinds as l
        on l.subject = e.subject
        and l.unit = e.unit
        and l.release_or_none = e.release_or_none
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

-- The same score of the same kind is the same figure, whenever it is stated.
figures as (
    select
        p.kind,
        p.score,
        min(p.place) as place,
        -- Half of the last digit both state decides whether two scores are the same figure.
        case
            when k.unit = 'elo' and p.score = round(p.score, 0) then 1
            when p.score = round(p.score, 1) then 0.1
            when p.score = round(p.score, 2) then 0.01
            else 0.001
        end as last_digit,
        -- Two scores that are one figure are less than one apart, so that their whole parts are near.
        cast(floor(p.score) as bigint) as whole_part
    from placed as p
    inner join kinds as k on k.kind = p.kind
    group by p.kind, p.score, k.unit
),

-- Not joined to a table of steps, for an engine may do that last, with all figures paired before.
near_figures as (
    select f.*, f.whole_part - 1 as near_part from figures as f
    union all
    select f.*, f.whole_part as near_part from figures as f
    union all
    select f.*, f.whole_part + 1 as near_part from figures as f
),

pairs as (
    select
        e.place as earlier_place,
        l.place
    from figures as e
    inner join akin as a on a.earlier_kind = e.kind
    inner join near_figures as l
        on l.kind = a.kind
        and l.near_part = e.whole_part
        and e.place < l.place
        and abs(l.score - e.score) <= greatest(l.last_digit, e.last_digit) / 2
),

firsts as (
    select f.place
    from figures as f
    left join pairs as p on p.place = f.place
    where p.place is null
),

-- A statement belongs to the first measurement it can be a statement of; what came later never
-- changes that, so neither does a later payload.
belonging as (
    select p.place, min(p.earlier_place) as measurement
    from pairs as p
    inner join firsts as f on f.place = p.earlier_place
    group by p.place
    union all
    select f.place, f.place as measurement
    from firsts as f
),

measured as (
    select
        p.*,
        coalesce(b.measurement, p.place) as measurement
    from placed as p
    left join figures as f on f.kind = p.kind and f.score = p.score
    left join belonging as b on b.place = f.place
),

-- A publisher replaces a figure by one of the same thing of a later day, or by one first seen where
-- the other was gone. Those of a thing are numbered as they became known.
turns as (
    select
        m.*,
        row_number() over (partition by m.thing order by m.known_at, m.said_on, m.place) as turn,
        max(m.stated_on) over (
            partition by m.thing order by m.known_at, m.said_on, m.place
            rows between unbounded preceding and 1 preceding
        ) as stated_before,
        max(m.said_on) over (
            partition by m.thing order by m.known_at, m.said_on, m.place
            rows between unbounded preceding and 1 preceding
        ) as said_before
    from measured as m
),

-- Whoever repeats a figure that its publisher has replaced since repeats an old one: what replaces
-- any statement of a measurement replaces those said before it.
spans as (
    select
        t.measurement,
        t.publisher,
        t.thing,
        min(t.stated_on) as stated_on,
        min(t.ended_at) as ended_at
    from turns as t
    group by t.measurement, t.publisher, t.thing
),

next_turns as (
    select t.*, t.turn - 1 as turn_before from turns as t
    union all
    select t.*, t.turn - 2 as turn_before from turns as t
    union all
    select t.*, t.turn - 3 as turn_before from turns as t
    union all
    select t.*, t.turn - 4 as turn_before from turns as t
),

-- Nearly always it is one of the next that replaces a statement, and what comes later need not be
-- looked at. Not where something of a later day was known before.
soon as (
    select
        m.place,
        min(n.known_at) as replaced_at
    from turns as m
    inner join spans as g on g.measurement = m.measurement and g.thing = m.thing
    inner join next_turns as n on n.thing = m.thing and n.turn_before = m.turn
    where
        coalesce(m.stated_before <= m.stated_on, true)
        and coalesce(m.said_before <= m.said_on, true)
        and coalesce(m.ended_at > m.known_at, true)
        and n.measurement <> m.measurement
        and (
            n.stated_on > m.stated_on or n.known_at >= m.ended_at
            or (n.said_on > m.said_on and (n.stated_on > g.stated_on or n.known_at >= g.ended_at))
        )
    group by m.place
),

replaced as (
    select
        s.place,
        s.replaced_at
    from soon as s
    union all
    select
        m.place,
        case when n.known_at > m.known_at then n.known_at else m.known_at end as replaced_at
    from turns as m
    left join soon as s on s.place = m.place
    inner join spans as g
        on g.measurement = m.measurement
        and g.publisher = m.publisher
        and (g.thing <> m.thing or s.place is null)
    inner join turns as n
        on n.thing = g.thing
        and n.measurement <> m.measurement
        and (
            (g.thing = m.thing and (n.stated_on > m.stated_on or n.known_at >= m.ended_at))
            or (n.said_on > m.said_on and (n.stated_on > g.stated_on or n.known_at >= g.ended_at))
        )
),

outdated as (
    select
        r.place,
        min(r.replaced_at) as superseded_at
    from replaced as r
    group by r.place
)

select
    s.result_id,             -- our id of the statement
    f.result_id as measurement_id,        -- statements of one measurement share it: the first known one's result_id
    m.measurement <> m.place as is_repeat, -- repeats a figure known before: no evidence of its own
    s.source,                -- feed, or `edition`
    s.spelling,              -- the source's own name of the model
    s.model_id,              -- version measured
    s.benchmark_id,          -- benchmark
    s.benchmark_release,     -- release of the benchmark, where it has several
    s.metric,                -- pass@1 and cons@64 are different metrics
    s.is_headline_metric,    -- one fair attempt; majority votes, best-of-n and undeclared metrics are not
    s.configuration,         -- effort, token budget, prompt or edit format, from the row and from the name
    s.system,                -- scaffold or agent around the model
    s.score,                 -- score in its unit, as published
    s.unit,                  -- percent or elo
    s.has_the_benchmarks_unit, -- stated in the benchmark's own unit
    s.score_share,           -- share of points; for ratings the expected score against elo_reference
    s.evidence,              -- official (the model's own vendor), independent, quoted or secondary
    s.run_cost_usd,          -- what the whole run cost, USD, where published
    s.test_cases,            -- tasks, votes or problems behind the score
    s.source_url,            -- where it is stated
    s.publisher,             -- who states it
    cast(s.known_at as date) as published_on, -- known time as a day: published, or first seen by us
    s.stated_on,             -- day of the run as the source states it: a claim, not a known time
    s.known_at,              -- known time, UTC
    s.ended_at,              -- first fetch without it, UTC; not by itself a reason to disbelieve it
    o.superseded_at,         -- when its publisher was known to have replaced it, UTC; null while it stands
    s.licence,               -- licence of the source
    s.note,                  -- caveats
    s.fetch_id,              -- fetch that first showed it; null for the edition
    g.state_id               -- hash of all it follows from, core.result_states
from core.result_statements as s
inner join core.result_states as g on g.model_id = s.model_id and g.benchmark_id = s.benchmark_id
inner join measured as m on m.result_id = s.result_id
inner join placed as f on f.place = m.measurement
left join outdated as o on o.place = m.place
