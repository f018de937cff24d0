"""By what comparisons of a launch's models would be told apart from those made before: the fit, the
models and the formula."""

import hashlib
from pathlib import Path

import pandas as pd

from pipelines.settings import SQL

#: What a comparison follows from beside the tables that `READS` hashes.
METHOD = [
    Path(__file__),
    SQL / "analysis" / "comparisons.sql",
    SQL / "analysis" / "comparison_states.sql",
    SQL / "macros" / "normal_probability.sql",
]

READS = {
    "asked": """
with asked as (
    select e.event_id, e.effective_on + 1 as known_by
    from core.events as e
    where e.event_kind = 'launch' and e.severity = 'major'
    union
    select d.event_id, d.known_by
    from core.segment_days as d
    where d.event_id is not null
),

entrants as (
    select v.event_id, cast(sum(hash(v.model_id)) as varchar) as entrants
    from core.event_models as v
    where v.role = 'entrant'
    group by v.event_id
)

select distinct a.event_id, f.known_on, f.fit_id, n.entrants
from asked as a
asof inner join analysis.fits as f on f.known_on <= a.known_by
inner join entrants as n on n.event_id = a.event_id
order by a.event_id, f.known_on
"""
}


def compute(asked: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Table `comparison_states`: a row per launch and fit by which it is looked at."""
    method = hashlib.md5(b"".join(path.read_bytes() for path in METHOD)).hexdigest()
    told = ("|".join([method, *map(str, row)]) for row in asked.itertuples(index=False))
    states = [hashlib.md5(words.encode()).hexdigest()[:16] for words in told]
    return {"comparison_states": asked[["event_id", "known_on"]].assign(state_id=states)}
