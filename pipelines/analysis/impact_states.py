"""By what the impact of an event would be told apart from one told before.

A launch's impact follows from the standings around it and the forecast of volumes; that of a
repricing or withdrawal, by what was known then, from the market of that day, with hindsight from
the history of standings on two days, and the forecast. Each of these has a hash already, or is
added up from hashes of rows: what stands on a day is what has begun by then less what has ended.
"""

import hashlib
from pathlib import Path

import pandas as pd

from pipelines.settings import SQL

#: What an impact follows from beside the tables that `READS` hashes.
METHOD = [
    Path(__file__),
    SQL / "analysis" / "comparisons.sql",
    SQL / "macros" / "normal_probability.sql",
    *(SQL / "marts" / f"{name}.sql"
      for name in ("impact_states", "launch_impact", "event_impact")),
]  # fmt: skip

READS = {
    "launches": """
with forecasts as (
    select f.event_id, f.basis, sum(hash(f.inputs_hash)) as total
    from analysis.demand_forecasts as f
    group by f.event_id, f.basis
),

entrants as (
    select v.event_id, sum(hash(v.model_id, v.role, m.vendor_id)) as total
    from core.event_models as v
    inner join core.models as m on m.model_id = v.model_id
    group by v.event_id
)

select
    d.event_id, d.basis, d.standing_id, cast(e.total as varchar) as entrants,
    cast(f.total as varchar) as forecasts
from analysis.day_states as d
left join entrants as e on e.event_id = d.event_id
left join forecasts as f on f.event_id = d.event_id and f.basis = d.basis
where d.event_id is not null
order by d.event_id, d.basis
""",
    "shifts": """
with standing as (
    select
        s.valid_from, s.valid_to,
        hash(
            s.segment_id, s.model_id, m.vendor_id, s.price_3to1_usd_per_mtok, s.capability,
            s.is_on_frontier
        ) as h
    from marts.segment_standing as s
    inner join core.models as m on m.model_id = s.model_id
),

moves as (
    select s.valid_from as on_day, cast(s.h as hugeint) as h from standing as s
    union all
    select s.valid_to as on_day, -cast(s.h as hugeint) as h from standing as s
    where s.valid_to is not null
),

so_far as (
    select m.on_day, sum(sum(m.h)) over (order by m.on_day) as total
    from moves as m
    group by m.on_day
),

forecasts as (
    select f.event_id, f.basis, sum(hash(f.inputs_hash)) as total
    from analysis.shift_forecasts as f
    group by f.event_id, f.basis
),

frame as (
    select
        (select sum(hash(s)) from core.segments as s) as segments,
        (select sum(hash(b)) from core.segment_baskets as b) as baskets,
        (select sum(hash(w)) from core.workloads as w) as workloads
)

select
    d.event_id, d.basis, cast(hash(d) as varchar) as told, f.fit_id,
    case d.basis
        when 'hindsight' then concat_ws(' ', b.total, a.total)
        else concat_ws(' ', s.market_id, g.segments, g.baskets, g.workloads)
    end as market,
    cast(v.total as varchar) as forecasts
from core.shift_days as d
cross join frame as g
asof left join so_far as b on b.on_day <= d.before_on
asof left join so_far as a on a.on_day <= d.effective_on
asof left join analysis.fits as f on f.known_on <= d.known_by
left join analysis.shift_states as s on s.event_id = d.event_id and s.basis = d.basis
left join forecasts as v on v.event_id = d.event_id and v.basis = d.basis
where d.why_not is null
order by d.event_id, d.basis
""",
}


def compute(launches: pd.DataFrame, shifts: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Table `impact_states`: a row per event that is judged, and basis."""
    method = hashlib.md5(b"".join(path.read_bytes() for path in METHOD)).hexdigest()

    def hashed(rows: pd.DataFrame) -> pd.DataFrame:
        told = ("|".join([method, *map(str, row)]) for row in rows.itertuples(index=False))
        states = [hashlib.md5(words.encode()).hexdigest()[:16] for words in told]
        return rows[["event_id", "basis"]].assign(state_id=states)

    return {"impact_states": pd.concat([hashed(launches), hashed(shifts)], ignore_index=True)}
