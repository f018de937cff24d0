-- What the texts of seeds.documents assert, taken from their words by rule: nothing here is written by hand.
-- Several ids in one column are separated by spaces, the likeliest reading first.
-- key: claim_id
-- check kind_is_known: kind in ('score', 'price', 'price_ratio', 'price_comparison', 'comparison', 'gap', 'ranking', 'release', 'retirement', 'availability', 'context_window', 'open_weights', 'reasoning', 'loser', 'winner', 'cannibalised', 'companies_lose', 'companies_win')
-- check bounds_hold_the_value: low is null or high is null or value is null or unit is null or value between low and high
-- python: pipelines.reading.extraction
select
    c.claim_id,              -- our id: the text and the place of the claim in it
    c.document_id,           -- text it stands in
    c.author,                -- who wrote it
    cast(c.stated_on as date) as stated_on, -- day it was written
    cast(c.event_id as varchar) as event_id, -- launch its text is about; null if none
    c.kind,                  -- what sort of assertion it is; the checker has one rule per kind
    c.text,                  -- the words
    c.sentence,              -- the sentence they stand in
    cast(c.as_of as date) as as_of, -- day they speak of
    cast(c.block as integer) as block, -- place of the words: block of the text, from 0
    cast(c.start_character as integer) as start_character, -- and first character in it
    cast(c.end_character as integer) as end_character, -- and first character after them
    cast(c.subject_ids as varchar) as subject_ids, -- models it may speak of
    cast(c.subject_reading as varchar) as subject_reading, -- how their name was read: exact, dated, version, context, pronoun, topic, family or unknown
    cast(c.subject_words as varchar) as subject_words, -- their name as written
    cast(c.object_ids as varchar) as object_ids, -- models it may compare with
    cast(c.object_reading as varchar) as object_reading, -- how their name was read
    cast(c.object_words as varchar) as object_words, -- their name as written
    cast(c.vendor_id as varchar) as vendor_id, -- vendor it names; `own` for the speaker
    cast(c.company_ids as varchar) as company_ids, -- companies it names
    cast(c.benchmark_ids as varchar) as benchmark_ids, -- benchmarks it may refer to
    cast(c.ability_ids as varchar) as ability_ids, -- abilities it refers to
    cast(c.segment_ids as varchar) as segment_ids, -- segments it refers to
    cast(c.metric as varchar) as metric, -- metric it names: cons, best or first try; null for the headline
    cast(c.value as decimal(18, 6)) as value, -- figure it asserts
    cast(c.unit as varchar) as unit, -- unit of the figure: percent, elo, points, usd_per_mtok, ratio or tokens
    cast(c.low as decimal(18, 6)) as low, -- least value it is right for, in the unit; null if unbounded
    cast(c.high as decimal(18, 6)) as high, -- greatest value it is right for, in the unit; null if unbounded
    cast(c.decimals as integer) as decimals, -- decimals shown
    cast(c.side as varchar) as side, -- side of the price: input, output or cache_read; null if not said
    cast(c.direction as varchar) as direction, -- above, below, level; cheapest, dearest, first, second
    cast(c.status as varchar) as status, -- what it says of availability, weights or the verb of a launch
    cast(c.scope as varchar) as scope, -- words that narrow a superlative, or the figure as written
    cast(c.said_by as varchar) as said_by, -- whom it names as its source
    cast(c.first_on as date) as first_on, -- first day the date it names may mean
    cast(c.last_on as date) as last_on, -- last day the date it names may mean
    cast(c.is_denied as boolean) as is_denied, -- the text says that it is not so
    cast(c.is_inferred as boolean) as is_inferred, -- only context tells the subject or the benchmark
    cast(c.is_either_way as boolean) as is_either_way -- the comparison may be meant the other way round
from computed_claims as c
