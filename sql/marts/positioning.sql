-- Where every model stands in every segment, around each launch and on the newest day.
-- `side` says whether the launch's own models are counted: the effect is the difference of the two.
-- key: day_id, side, segment_id, model_id
-- check margin_only_if_dominated: is_on_frontier = (dominated_by is null)
-- check premium_is_not_negative: premium_to_frontier_share >= 0
with sides as (
    select d.day_id, d.event_id, d.basis, d.as_of, d.known_by, 'with' as side, '' as left_out
    from core.segment_days as d
    union all
    select d.day_id, d.event_id, d.basis, d.as_of, d.known_by, 'without' as side, d.event_id as left_out
    from core.segment_days as d
    where d.event_id is not null
)

select
    asked.day_id,                -- day and known time, core.segment_days
    asked.event_id,              -- launch, if the day belongs to one
    asked.basis,                 -- day_after, hindsight or newest
    asked.side,                  -- with or without the launch's own models
    asked.as_of,                 -- market day
    asked_segment.segment_id,            -- segment
    s.model_id,              -- version
    s.input_usd_per_mtok,    -- list price of input, USD per million tokens
    s.output_usd_per_mtok,   -- list price of output, USD per million tokens
    s.price_3to1_usd_per_mtok, -- list price at 3 input to 1 output, USD per million tokens
    s.price_98to2_usd_per_mtok, -- list price at 98 input to 2 output, USD per million tokens
    s.price_quantile,        -- share of the models on offer that are cheaper
    s.is_disputed,           -- sources disagree on the price
    s.claim_id,              -- price fact, core.price_claims
    s.capability,            -- in the segment's basket, index points
    s.capability_low,        -- lower end of the 80% interval, index points
    s.capability_high,       -- upper end of the 80% interval, index points
    s.results,               -- results behind it
    s.evidence_share,        -- share of the basket with evidence
    s.abilities_without_evidence, -- abilities of the basket without any
    s.capability_known_on,   -- day of the fit used
    s.capability_rank,       -- 1 is the most capable member
    s.members,               -- models in the segment that day
    s.is_on_frontier,        -- nothing is as cheap and as capable
    s.dominated_by,          -- most capable model that is no dearer and no worse
    s.dominated_by_points,   -- by how much, index points
    s.dominated_cheaper_share, -- how much cheaper it is, share of the price
    s.premium_to_frontier_share, -- overpaid for as much capability at 3:1, share; 0 on the frontier
    s.premium_to_frontier_98to2_share -- the same at 98:2
from sides as asked
cross join core.segments as asked_segment
cross join standing_excluding(asked_segment.segment_id, asked.as_of, asked.known_by, asked.left_out) as s
where asked_segment.kind = 'models'
