-- What changed in the market, newest last: launches, changes of list price, retirements, moves of aliases, and
-- who entered or left a segment's frontier. Frontiers are with all that is known, so they have no known time.
-- key: change_id
-- check kind_is_known: change_kind in ('launch', 'price_change', 'retirement', 'alias_move', 'enters_frontier', 'leaves_frontier')
with frontiers as (
    select distinct s.segment_id, s.model_id
    from marts.segment_standing as s
    where s.is_on_frontier
),

history as (
    select
        s.segment_id,
        s.model_id,
        s.valid_from,
        s.valid_to,
        s.is_on_frontier,
        lag(s.is_on_frontier) over own as was_on_frontier,
        lag(s.valid_to) over own as former_valid_to,
        lead(s.valid_from) over own as next_valid_from
    from marts.segment_standing as s
    inner join frontiers as f on f.segment_id = s.segment_id and f.model_id = s.model_id
    window own as (partition by s.segment_id, s.model_id order by s.valid_from)
),

moves as (
    select
        'enters_frontier' as change_kind,
        h.segment_id,
        h.model_id,
        h.valid_from as changed_on,
        case when h.former_valid_to = h.valid_from then 'now nothing is as cheap and as able' else 'new in the segment' end as because
    from history as h
    where h.is_on_frontier and not coalesce(h.was_on_frontier and h.former_valid_to = h.valid_from, false)
    union all
    select
        'leaves_frontier' as change_kind,
        h.segment_id,
        h.model_id,
        h.valid_from as changed_on,
        'something is as cheap and as able' as because
    from history as h
    where not h.is_on_frontier and h.was_on_frontier and h.former_valid_to = h.valid_from
    union all
    select
        'leaves_frontier' as change_kind,
        h.segment_id,
        h.model_id,
        h.valid_to as changed_on,
        'no longer in the segment' as because
    from history as h
    where h.is_on_frontier and h.valid_to is not null and coalesce(h.next_valid_from <> h.valid_to, true)
),

everything as (
    select
        e.event_id as change_id,
        e.event_kind as change_kind,
        e.effective_on as changed_on,
        e.known_on,
        e.withdrawn_known_on,
        e.severity,
        e.vendor_id,
        e.model_id,
        cast(null as varchar) as segment_id,
        e.title as what,
        e.evidence as because
    from core.events as e
    union all
    select
        m.change_kind || ' ' || m.segment_id || ' ' || m.model_id || ' ' || cast(m.changed_on as varchar) as change_id,
        m.change_kind,
        m.changed_on,
        cast(null as date) as known_on,
        cast(null as date) as withdrawn_known_on,
        'notable' as severity,
        o.vendor_id,
        m.model_id,
        m.segment_id,
        o.name || case m.change_kind when 'enters_frontier' then ' enters the frontier' else ' leaves the frontier' end as what,
        m.because
    from moves as m
    inner join core.models as o on o.model_id = m.model_id
)

select
    e.change_id,             -- our id of the change; for events core.events
    e.change_kind,           -- launch, price_change, retirement, alias_move, enters_frontier or leaves_frontier
    e.changed_on,            -- day it took effect
    e.known_on,              -- day it could be known; null for frontiers, which are with all that is known
    e.withdrawn_known_on,    -- day it became known that it had not happened; null while it stands
    e.severity,              -- major, notable or minor
    e.vendor_id,             -- vendor concerned
    e.model_id,              -- version concerned; null for a launch of several
    e.segment_id,            -- segment of the frontier; null for events
    e.what,                  -- what changed, in a few words
    e.because                -- how we know, or why
from everything as e
