"""By what days of usage on OpenRouter would be told apart from those told before.

Days are served in a window that slides, and are restated for some days: many rows begin and end
together. Such a span is restated if its day was still in the window when it ended, and has slid
out if not; what was served then is looked for among the spans, not among the rows.
"""

import hashlib
from pathlib import Path

import pandas as pd

from pipelines.settings import SQL

#: What rows follow from beside what was served.
METHOD = [
    Path(__file__),
    SQL / "staging" / "openrouter_daily_spans.sql",
    SQL / "staging" / "openrouter_rankings_daily__usage.sql",
]

READS = {
    "spans": """
with spans as (
    select
        r.part, r.first_seen_at, r.ended_at, min(cast(r.fields->>'date' as date)) as first_day,
        count(*) as rows, sum(hash(r)) as told
    from raw.openrouter_rankings_daily__usage as r
    group by r.part, r.first_seen_at, r.ended_at
),

ends as (
    select s.part, s.ended_at
    from spans as s
    where s.ended_at is not null
    group by s.part, s.ended_at
),

windows as (
    select e.part, e.ended_at, min(s.first_day) as first_day
    from ends as e
    inner join spans as s
        on s.part = e.part and s.first_seen_at <= e.ended_at
        and (s.ended_at is null or s.ended_at > e.ended_at)
    group by e.part, e.ended_at
)

select
    s.part, s.first_seen_at, w.first_day as first_day_then,
    coalesce(s.ended_at, timestamp '9999-12-31') as ended_at_or_never,
    md5(concat_ws(
        '|', s.part, s.first_seen_at, s.ended_at, s.rows, s.told,
        coalesce(cast(w.first_day as varchar), 'none')
    )) as told
from spans as s
left join windows as w on w.part = s.part and w.ended_at = s.ended_at
"""
}


def compute(spans: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Table `openrouter_daily_spans`: a row per span."""
    method = hashlib.md5(b"".join(path.read_bytes() for path in METHOD)).hexdigest()
    states = method[:8] + spans["told"].str[:24]
    return {"openrouter_daily_spans": spans.drop(columns="told").assign(state_id=states)}
