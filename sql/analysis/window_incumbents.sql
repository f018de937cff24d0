-- Products on the usage list before a launch, and what became of their volume: the market forecasts learn from.
-- key: origin, product
-- check bounds_are_ordered: after_low <= after_high
-- check there_was_volume: before > 0
-- python: pipelines.analysis.windows
-- keep: window_id
select
    cast(i.origin as varchar) as origin, -- launch, analysis.backtest_launches
    cast(i.cadence as varchar) as cadence, -- weekly or daily
    cast(i.series as varchar) as series, -- usage series, core.usage
    cast(i.start as date) as start, -- first day of the period of launch
    cast(i.product as varchar) as product, -- product as the usage list names it
    cast(i.model_id as varchar) as model_id, -- version it was; null if unresolved
    cast(i.vendor as varchar) as vendor, -- vendor, or the list's brand where the vendor is not known
    cast(i.line as varchar) as line, -- product line: the name without versions, dates and stages
    cast(i.segment as varchar) as segment, -- nest: thinking or fast, and price band
    cast(i.price as double) as price, -- list price at 3:1 on the day, USD per million tokens; null if not known
    cast(i.before as double) as before, -- tokens a period in the window before
    cast(i.momentum as double) as momentum, -- log growth in the window before
    cast(i.is_free as double) as is_free, -- part of its volume that was free
    cast(i.is_recent as boolean) as is_recent, -- first listed within 30 days before
    cast(i.role as varchar) as role, -- predecessor (an entrant succeeds it), sibling (of an entrant's vendor) or rival
    cast(i.floor as double) as floor, -- volume of the list's last place in the window after
    cast(i.after_low as double) as after_low, -- tokens a period in the window after, at least
    cast(i.after_high as double) as after_high, -- at most; the same where it is on the list
    cast(i.window_id as varchar) as window_id -- hash of all the window follows from, analysis.window_launches
from computed_window_incumbents as i
