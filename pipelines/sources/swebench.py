"""SWE-bench leaderboards: what agent systems resolved, board by board.

A row is a system, often of several models; which rows speak about one model is judged in
`sql/staging/swebench__results.sql`. The licence is non-commercial.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from pydantic import BaseModel, ConfigDict

from pipelines.sources import (
    Parsed,
    PayloadError,
    Rejected,
    RepeatedKeys,
    Source,
    observe,
    plain,
    read_json,
)
from pipelines.sources.epoch_hub import Score

MODEL_TAG = "Model: "
ATTEMPTS_TAG = "System: Attempts - "


class Row(BaseModel):
    """The fields used; four layouts since 2024 share these, the later ones optional."""

    model_config = ConfigDict(extra="ignore")

    board: str
    folder: str
    name: str
    resolved: Score
    date: str
    #: `verified` until 2025-05, `checked` since: the benchmark's makers reproduced the run.
    checked: bool | None = None
    models: list[str] | None = None
    attempts: str | None = None
    cost: Score | None = None
    instance_cost: Score | None = None


def parse(payload: bytes, part: str = "") -> Parsed:
    """Read all boards. Raises PayloadError if the document holds none."""
    document = read_json(payload)
    boards = document.get("leaderboards") if isinstance(document, Mapping) else None
    if not isinstance(boards, list):
        raise PayloadError("expected a JSON object with a list `leaderboards`")
    parsed = Parsed()
    keys: set[str] = set()
    for board in boards:
        named = board.get("name") if isinstance(board, Mapping) else None
        results = board.get("results") if isinstance(board, Mapping) else None
        if not isinstance(named, str) or not isinstance(results, list):
            reason = "a board without name or results"
            holds = f"{named}/" if isinstance(named, str) else ""
            parsed.rejected.append(Rejected(str(named), {"board": plain(named)}, reason, holds))
            continue
        for number, row in enumerate(results):
            folder = row.get("folder") if isinstance(row, dict) else None
            if not isinstance(folder, str):
                fields = {"value": str(row)[:200]}
                reason = "no run with a folder of its own"
                parsed.rejected.append(
                    Rejected(f"{named}/{number}", fields, reason, holds=f"{named}/")
                )
                continue
            key = f"{named}/{folder}"
            if key in keys:
                reason = "the run stands more than once on one board"
                parsed.rejected.append(Rejected(key, plain(row), reason))
                continue
            keys.add(key)
            observe(Row, key, _flat(row, named), parsed, "results")
    if not parsed.things:
        raise PayloadError("no run on any board")
    return parsed


def _flat(row: dict[str, Any], board: str) -> Mapping[str, Any]:
    """The row with its board, and its tags by kind; one with keys repeated as it is."""
    if isinstance(row, RepeatedKeys) and row.repeated:
        return row
    tags = [tag for tag in row.get("tags") or () if isinstance(tag, str)]
    attempts = [t.removeprefix(ATTEMPTS_TAG) for t in tags if t.startswith(ATTEMPTS_TAG)]
    return {
        **row,
        "board": board,
        "checked": row.get("checked", row.get("verified")),
        "models": [t.removeprefix(MODEL_TAG) for t in tags if t.startswith(MODEL_TAG)] or None,
        "attempts": attempts[0] if attempts else None,
    }


SOURCE = Source(
    name="swebench",
    title="SWE-bench leaderboards",
    kind="benchmarks",
    producer="SWE-bench",
    url="https://raw.githubusercontent.com/SWE-bench/swe-bench.github.io/master/data/leaderboards.json",
    licence="CC-BY-NC-4.0 (non-commercial; since 2025-07-10, none stated before)",
    licence_url="https://github.com/SWE-bench/swe-bench.github.io/blob/master/LICENSE",
    citation="SWE-bench leaderboards, https://www.swebench.com/; Jimenez et al., 2024.",
    cadence=timedelta(days=7),
    lineage="swebench",
    reliability_rank=1,
    may_redistribute=True,
    may_use_commercially=False,
    things=("results",),
    file_names=("leaderboards.json", "template/data.json"),
    is_tree=False,
    live_parts=("",),
    is_live=True,
    key_variable=None,
    smallest_share_of_last=0.6,
    parse=parse,
    offline_edition=None,
)
