-- When versions were deprecated and shut down.
-- key: model_id
select
    t.model_id,              -- version retired
    t.deprecated_on,         -- day the retirement was announced
    t.shutdown_on,           -- first day without service
    t.replacement_model_id,  -- replacement the vendor names
    t.source_url,            -- where it is stated
    t.publisher,             -- who states it
    t.published_on,          -- known time
    t.licence                -- licence of the source
from seeds.retirements as t
