-- How each model's standing in its segments went over time: a row per change, with all that is known.
-- key: segment_id, model_id, valid_from
-- keep: state_id
-- check period_is_not_empty: valid_to is null or valid_to > valid_from
-- check premium_is_not_negative: premium_to_frontier_share >= 0
-- python: pipelines.analysis.segment_history
select
    cast(n.segment_id as varchar) as segment_id, -- segment
    cast(n.model_id as varchar) as model_id, -- version
    cast(n.valid_from as date) as valid_from, -- first day
    cast(n.valid_to as date) as valid_to, -- first day after; null while it lasts
    cast(n.price as double) as price_3to1_usd_per_mtok, -- list price at 3:1, USD per million tokens
    cast(n.capability as double) as capability, -- in the segment's basket, index points
    cast(n.capability_rank as bigint) as capability_rank, -- 1 is the most capable member
    cast(n.members as bigint) as members, -- models in the segment
    cast(n.is_on_frontier as boolean) as is_on_frontier, -- nothing is as cheap and as capable
    cast(n.premium as double) as premium_to_frontier_share, -- overpaid for as much capability, share; 0 on the frontier
    cast(n.state_id as varchar) as state_id -- hash of all days up to the end of the month in which it ended
from computed_segment_standing as n
