-- When each version could be bought: nothing is sold before its API date or after its shutdown. With all
-- that is known; what was believed of shutdowns by an earlier day is shutdowns_known(known_by).
-- key: model_id
with released as (
    select
        r.model_id,
        r.event_id,
        r.announced_on,
        r.api_available_on,
        r.generally_available_on,
        r.availability_scope,
        r.published_on as released_known_on
    from seeds.releases as r
),

retired as (
    select
        t.model_id,
        t.deprecated_on,
        s.shutdown_on,
        coalesce(s.known_on, t.published_on) as retired_known_on
    from core.retirements as t
    left join shutdowns_known(null) as s on s.model_id = t.model_id
)

select
    m.model_id,              -- version
    r.event_id,              -- launch it belongs to; null if not known
    r.announced_on,          -- day of the announcement
    case when m.is_released then r.api_available_on else date '9999-12-31' end as api_available_on, -- first day of paid API access; 9999-12-31 if never sold
    r.generally_available_on, -- first day everybody had access, where evidenced
    r.availability_scope,    -- who had access at first
    r.released_known_on,     -- day the release became known
    t.deprecated_on,         -- day the retirement was announced
    t.shutdown_on,           -- first day without service, as far as believed (core.shutdowns)
    t.retired_known_on       -- day the retirement became known
from core.models as m
left join released as r on r.model_id = m.model_id
left join retired as t on t.model_id = m.model_id
