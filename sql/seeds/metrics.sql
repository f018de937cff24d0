-- Which metrics are one fair attempt, and so compare; majority votes and best-of-n do not.
-- key: metric
select
    c.metric, -- metric as published
    cast(c.is_headline as boolean) as is_headline, -- counts as the benchmark's own figure
    c.meaning, -- what it is
    c.source_url, -- where the fact is stated
    c.publisher, -- who states it
    cast(c.published_on as date) as published_on, -- day it was published: its known time
    c.licence, -- licence of the source
    c.note -- caveats
from csv_metrics as c
