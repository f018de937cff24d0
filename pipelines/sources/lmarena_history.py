"""LMArena's ratings over time, rebuilt by others: one row a date, one column a model.

A back-filled history: its dates are claims, its known time is the day we fetched it.
"""

from datetime import timedelta

from pydantic import BaseModel, ConfigDict, Field

from pipelines.sources import Parsed, PayloadError, Rejected, Source, observe
from pipelines.text_tables import Figure, read_csv

#: Heading of the column of dates: the file leaves it empty.
DATE_COLUMN = ""


class Row(BaseModel):
    """One cell that holds a rating."""

    model_config = ConfigDict(extra="ignore")

    model: str = Field(min_length=1)
    day: str = Field(pattern=r"^\d{8}$")
    score: Figure


def _is_blank(cell: str) -> bool:
    """Whether a cell holds no rating: the file writes 0.0 for a model not rated that day.

    Kept as ratings, these would be the worst scores on the board (10,419 of 22,246 cells).
    """
    return cell.strip() in {"", "0", "0.0"}


def parse(payload: bytes, part: str = "") -> Parsed:
    """Read the matrix. Raises PayloadError if it is not one."""
    headings, lines = read_csv(payload, {DATE_COLUMN})
    if headings[0] != DATE_COLUMN or len(headings) < 2:
        raise PayloadError("expected a column of dates, then one column a model")
    parsed = Parsed()
    days = set()
    for line in lines:
        day = line.cells[DATE_COLUMN]
        fault = line.fault or ("the date stands twice" if day in days else None)
        days.add(day)
        if fault:
            parsed.rejected.append(Rejected(f"line {line.number}", {"day": day}, fault, holds=""))
            continue
        for model, cell in line.cells.items():
            if model != DATE_COLUMN and not _is_blank(cell):
                row = {"model": model, "day": day, "score": cell}
                observe(Row, f"{model}@{day}", row, parsed, "results")
    if not parsed.things.get("results"):
        raise PayloadError("no rating in the history")
    return parsed


SOURCE = Source(
    name="lmarena_history",
    title="LMArena rating history",
    kind="benchmarks",
    producer="nakasyou",
    url="https://raw.githubusercontent.com/nakasyou/lmarena-history/main/output/result.csv",
    licence="not stated (data (c) LMArena; mirror MIT)",
    licence_url="https://github.com/nakasyou/lmarena-history/blob/main/LICENSE",
    citation="LMArena ratings, as collected by nakasyou/lmarena-history",
    cadence=timedelta(days=30),
    lineage="lmarena",
    reliability_rank=4,
    may_redistribute=False,
    may_use_commercially=False,
    things=("results",),
    file_names=("result.csv",),
    is_tree=False,
    live_parts=("",),
    is_live=True,
    key_variable=None,
    smallest_share_of_last=0.6,
    parse=parse,
    offline_edition=None,
)
