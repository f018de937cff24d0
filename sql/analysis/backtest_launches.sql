-- Launches inside the archived usage series, those of one period together, and why some say nothing.
-- key: origin
-- check a_reason_or_outcomes: why_not is not null or outcomes > 0
with placed as (
    select
        l.*,
        row_number() over (
            partition by l.cadence, l.why_not is null
            order by l.start desc, l.origin
        ) as place
    from analysis.window_launches as l
)

select
    p.origin,                -- series and first day of the period of launch
    p.cadence,               -- weekly or daily: what estimates may share
    p.series,                -- usage series, core.usage
    p.start,                 -- first day of the period of launch
    p.outcome_on,            -- day its window after is complete
    p.event_ids,             -- launches in it, core.events
    p.entrants,              -- versions launched that are forecast
    p.outcomes,              -- products whose volume after is known, if only by bounds
    coalesce(
        p.why_not, case when p.place > 60 then 'older than the newest 60, and only learnt from' end
    ) as why_not -- why it is not forecast; null if it is
from placed as p
