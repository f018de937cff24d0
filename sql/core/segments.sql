-- Kinds of demand: price band, workload mix and latency need; baskets are in core.segment_baskets.
-- key: segment_id
select
    s.segment_id,            -- our id
    s.name,                  -- name in a sentence
    s.kind,                  -- models or companies
    s.price_band_low_share,  -- lower end of the price band, quantile of what is on offer that day
    s.price_band_high_share, -- upper end of the price band, quantile of what is on offer that day
    s.input_share,           -- share of input among the tokens of its workload
    s.output_share,          -- share of output among the tokens of its workload
    s.needs_low_latency,     -- models that think before answering are out
    s.rationale              -- why the segment is drawn so
from seeds.segments as s
