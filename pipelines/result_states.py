"""By what the results of a model on a benchmark would be told apart from those taken up before.

What is one measurement, and what replaces what, is decided among the statements on one model and
benchmark, and follows from nothing else.
"""

import hashlib
from pathlib import Path

import pandas as pd

from pipelines.settings import SQL

#: What results follow from beside their statements.
METHOD = [Path(__file__), SQL / "core" / "result_states.sql", SQL / "core" / "results.sql"]

READS = {
    "stated": (
        "select s.model_id, s.benchmark_id, "
        "md5(concat_ws('|', s.model_id, s.benchmark_id, count(*), sum(hash(s)))) as told "
        "from (select r.* exclude (statements_state_id) from core.result_statements as r) as s "
        "group by s.model_id, s.benchmark_id"
    )
}


def compute(stated: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Table `result_states`: a row per model and benchmark with results."""
    method = hashlib.md5(b"".join(path.read_bytes() for path in METHOD)).hexdigest()
    states = method[:8] + stated["told"].str[:24]
    return {"result_states": stated[["model_id", "benchmark_id"]].assign(state_id=states)}
