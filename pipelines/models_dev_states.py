"""By what the rows made of models.dev's runs would be told apart from those made before.

The largest feed: what it says of a key follows from the runs of that key alone. Keys are taken
together by a hash, for a state of each key would cost more than the rows.
"""

import hashlib
from pathlib import Path

import pandas as pd

from pipelines.settings import SQL

#: What rows follow from beside the runs.
METHOD = [
    Path(__file__),
    *(SQL / "staging" / f"models_dev{name}.sql" for name in ("_states", "__prices", "__releases")),
    SQL / "macros" / "price_fault.sql",
]

READS = {
    "runs": (
        "select hash(r.key) % 4096 as part_of_keys, "
        "cast(hash(count(*), sum(hash(r))) as varchar) as told "
        "from raw.models_dev__prices as r group by hash(r.key) % 4096"
    ),
    # What names mean more than one version, and which end in the day of a build.
    "edition": (
        "select concat_ws('|', "
        "(select sum(hash(a.spelling, a.source, a.model_id)) from seeds.aliases as a), "
        "(select sum(hash(e.model_id, e.announced_on, e.api_available_on)) "
        "from seeds.releases as e)) as told"
    ),
}


def compute(runs: pd.DataFrame, edition: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Table `models_dev_states`: a row per part of the keys."""
    mixed = hashlib.md5(b"".join(path.read_bytes() for path in METHOD))
    mixed.update(str(edition["told"].iloc[0]).encode())
    told = runs["part_of_keys"].astype("str") + " " + runs["told"]
    states = [mixed.hexdigest()[:16] + hashlib.md5(t.encode()).hexdigest()[:16] for t in told]
    return {"models_dev_states": runs[["part_of_keys"]].assign(state_id=states)}
