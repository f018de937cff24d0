-- Versions launched inside a usage series, and the volume they came to in the window after.
-- key: origin, event_id, model_id
-- check bounds_are_ordered: after_low <= after_high
-- python: pipelines.analysis.windows
-- keep: window_id
select
    cast(e.origin as varchar) as origin, -- launch, analysis.backtest_launches
    cast(e.cadence as varchar) as cadence, -- weekly or daily
    cast(e.start as date) as start, -- first day of the period of launch
    cast(e.event_id as varchar) as event_id, -- event, core.events
    cast(e.model_id as varchar) as model_id, -- version launched
    cast(e.product as varchar) as product, -- product as the usage list names it
    cast(e.vendor as varchar) as vendor, -- its vendor
    cast(e.line as varchar) as line, -- product line: the name without versions, dates and stages
    cast(e.segment as varchar) as segment, -- nest: thinking or fast, and price band
    cast(e.predecessor as varchar) as predecessor, -- product it succeeds; null if none
    cast(e.kind as varchar) as kind, -- successor, sibling (of a vendor on the list) or arrival
    cast(e.log_price_ratio as double) as log_price_ratio, -- log of its price over the predecessor's; null if not known
    cast(e.is_free as double) as is_free, -- 1 if it is offered free
    cast(e.reference as double) as reference, -- tokens a period its size is told by: the predecessor's, else the mean product's
    cast(e.floor as double) as floor, -- volume of the list's last place in the window after
    cast(e.after_low as double) as after_low, -- tokens a period in the window after, at least
    cast(e.after_high as double) as after_high, -- at most
    cast(e.window_id as varchar) as window_id -- hash of all the window follows from, analysis.window_launches
from computed_window_entrants as e
