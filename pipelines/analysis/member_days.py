"""By what the members of segments on a day would be told apart from those told before: what is on
offer at which list price, the segments' rules, and the newest fit."""

import hashlib
from pathlib import Path

import pandas as pd

from pipelines.settings import SQL

#: What members and frontiers follow from beside the tables that `READS` hashes.
METHOD = [
    Path(__file__),
    SQL / "analysis" / "member_days.sql",
    *(SQL / "marts" / f"{name}.sql" for name in ("segment_members", "frontier")),
    *(SQL / "macros" / f"{name}.sql" for name in ("workload_price", "price_bucket")),
]

READS = {
    "days": """
with offers as (
    select
        p.valid_from, p.valid_to,
        cast(hash(
            p.model_id, p.input_usd_per_mtok, p.output_usd_per_mtok, m.is_reasoning
        ) as hugeint) as h
    from core.prices as p
    left join core.models as m on m.model_id = p.model_id
    where p.is_list_price
),

moves as (
    select o.valid_from as on_day, o.h from offers as o
    union all
    select o.valid_to as on_day, -o.h from offers as o
    where o.valid_to is not null
),

so_far as (
    select m.on_day, sum(sum(m.h)) over (order by m.on_day) as total
    from moves as m
    group by m.on_day
)

select
    s.on_day,
    coalesce(lead(s.on_day) over (order by s.on_day), date '9999-12-31') as until_day,
    cast(s.total as varchar) as offers,
    (select max_by(f.fit_id, f.known_on) from analysis.fits as f) as fit_id,
    (select cast(sum(hash(g)) as varchar) from core.segments as g) as segments
from so_far as s
order by s.on_day
"""
}


def compute(days: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Table `member_days`: a row per day on which some list price changed."""
    method = hashlib.md5(b"".join(path.read_bytes() for path in METHOD)).hexdigest()
    told = ("|".join([method, *map(str, row)]) for row in days.itertuples(index=False))
    states = [hashlib.md5(words.encode()).hexdigest()[:16] for words in told]
    return {"member_days": days[["on_day", "until_day"]].assign(state_id=states)}
