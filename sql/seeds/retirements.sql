-- When versions were deprecated and shut down.
-- key: model_id
-- check shut_down_after_deprecation: shutdown_on is null or deprecated_on is null or shutdown_on >= deprecated_on
-- check has_source_date_and_licence: source_url like 'https://%' and publisher is not null and published_on is not null and licence is not null
select
    c.model_id, -- version retired
    cast(c.deprecated_on as date) as deprecated_on, -- day the retirement was announced
    cast(c.shutdown_on as date) as shutdown_on, -- day the API stops
    c.replacement_model_id, -- replacement the vendor names
    c.source_url, -- where the fact is stated
    c.publisher, -- who states it
    cast(c.published_on as date) as published_on, -- day it was published: its known time
    c.licence, -- licence of the source
    c.note -- caveats
from csv_retirements as c
