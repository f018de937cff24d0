-- What a launch means for products and firms that are not models, by their role towards model APIs. Who did
-- not surely exist on the day judged, or had another role then, is `not_judged`.
-- The price that matters is that of the cheapest model matching what the product sold, or, where its
-- own capability is not published, matching the launch's best model in mathematics.
-- key: event_id, company_id
-- check verdict_is_known: verdict in ('winner', 'exposed', 'unaffected', 'not_judged')
with affected as (
    select p.event_id, min(p.as_of) as as_of
    from marts.positioning as p
    inner join core.event_models as r on r.event_id = p.event_id and r.model_id = p.model_id
    where p.segment_id = 'math_reasoning'
    group by p.event_id
),

best_entrant as (
    select p.event_id, max(p.capability) as capability
    from marts.positioning as p
    inner join core.event_models as r on r.event_id = p.event_id and r.model_id = p.model_id
    where p.side = 'with' and p.basis = 'hindsight' and p.segment_id = 'math_reasoning'
    group by p.event_id
),

at_entrants_level as (
    select
        b.event_id,
        min(case when p.side = 'without' then p.price_3to1_usd_per_mtok end) as price_before,
        min(case when p.side = 'with' then p.price_3to1_usd_per_mtok end) as price_after
    from best_entrant as b
    inner join marts.positioning as p
        on p.event_id = b.event_id and p.basis = 'hindsight'
        and p.segment_id = 'math_reasoning' and p.capability >= b.capability
    group by b.event_id
),

at_own_level as (
    select
        a.event_id,
        c.company_id,
        min(case when p.side = 'without' then p.price_3to1_usd_per_mtok end) as price_before,
        min(case when p.side = 'with' then p.price_3to1_usd_per_mtok end) as price_after
    from core.companies as c
    cross join affected as a
    inner join marts.positioning as p
        on p.event_id = a.event_id and p.basis = 'hindsight' and p.segment_id = 'math_reasoning'
    inner join core.results as r
        on r.model_id = p.model_id and r.benchmark_id = c.capability_benchmark_id
        and r.is_headline_metric and r.score >= c.capability_score
    group by a.event_id, c.company_id
),

priced as (
    select
        a.event_id,
        c.company_id,
        c.role,
        c.evidence_grade,
        c.observed,
        case
            when c.began_on_latest is null then 'when it began is not known'
            when c.began_on_earliest > a.as_of then 'did not exist yet: it began ' || c.founded
            when c.began_on_latest > a.as_of then 'may not have existed yet: it began ' || c.founded
            when c.role_since > a.as_of or c.role_until <= a.as_of then 'its role was another then'
        end as why_not_judged,
        o.company_id is not null as is_own_capability,
        case when o.company_id is not null then o.price_before else l.price_before end as price_before,
        case when o.company_id is not null then o.price_after else l.price_after end as price_after
    from core.companies as c
    cross join affected as a
    left join at_own_level as o on o.event_id = a.event_id and o.company_id = c.company_id
    left join at_entrants_level as l on l.event_id = a.event_id
),

judged as (
    select
        p.*,
        p.price_after is not null
            and (p.price_before is null or p.price_after < p.price_before) as got_cheaper
    from priced as p
)

select
    j.event_id,              -- launch
    j.company_id,            -- company
    j.role,                  -- role towards model APIs
    case
        when j.why_not_judged is not null then 'not_judged'
        when j.got_cheaper and j.role = 'substitute' then 'exposed'
        when j.got_cheaper and j.role = 'buyer' then 'winner'
        else 'unaffected'
    end as verdict,          -- winner, exposed or unaffected, by role and only if the capability got cheaper; or not_judged
    case
        when j.why_not_judged is not null then j.why_not_judged
        when j.role = 'open_producer' then 'gives its work away: no revenue to lose'
        when j.role = 'vendor_owned' then 'belongs to a model vendor'
        when j.role = 'formal_proof' then 'sells formal proofs, which the launch does not give'
        when j.role = 'low_overlap' then 'sells something else than what the launch makes cheap'
        when not j.got_cheaper then 'the launch made as much capability no cheaper'
        when j.role = 'substitute' then 'sells what a model now does; volume was not forecast'
        else 'buys model calls, which got cheaper for as much capability'
    end as deciding_fact,    -- why the role decides so, or why it is not judged
    j.is_own_capability,     -- prices are for the company's own published capability
    j.price_before as price_before_usd_per_mtok, -- cheapest matching model without the launch, 3:1, USD per million tokens; null if none
    j.price_after as price_after_usd_per_mtok, -- the same with the launch
    j.evidence_grade,        -- read, secondary or memory
    j.observed               -- what was observed later
from judged as j
