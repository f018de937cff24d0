"""LiveBench: per release a table of models by tasks, and the tasks of each category.

The site shows means over categories of means over tasks; the files hold tasks only, so the means
are computed in `sql/staging/livebench__results.sql`. What the site's own script hard-codes for
single models stands in no file and is not read.
"""

import re
from collections.abc import Mapping
from datetime import timedelta

from pydantic import BaseModel, ConfigDict

from pipelines.sources import Parsed, PayloadError, Rejected, Source, observe, read_json
from pipelines.sources.epoch_hub import Score, has_column, keep_one, read_csv

PART = re.compile(r"^(?P<kind>table|categories)_(?P<release>\d{4}_\d{2}_\d{2})\.(csv|json)$")


class TableRow(BaseModel):
    """One model's scores in one release; a task not run is left out."""

    model_config = ConfigDict(extra="ignore")

    release: str
    model: str
    tasks: dict[str, Score]


class Category(BaseModel):
    """The tasks of one category in one release."""

    model_config = ConfigDict(extra="ignore")

    release: str
    category: str
    tasks: list[str]


def parse(payload: bytes, part: str = "") -> Parsed:
    """Read a table or a categories file. Raises PayloadError if it is neither."""
    named = PART.match(part)
    if not named:
        raise PayloadError(f"{part!r} is neither a table nor the categories of a release")
    parsed = Parsed()
    release = named["release"]
    if named["kind"] == "categories":
        document = read_json(payload)
        if not isinstance(document, Mapping):
            raise PayloadError("expected a JSON object of categories")
        for category, tasks in document.items():
            row = {"release": release, "category": category, "tasks": tasks}
            observe(Category, f"{release}/{category}", row, parsed, "categories")
    else:
        if not has_column(payload, "model"):
            raise PayloadError(f"no column `model` in {part}")
        for key, cells in keep_one(
            ((f"{release}/{row.get('model', '')}", dict(row)) for row in read_csv(payload, part)),
            parsed,
        ).items():
            model = cells.pop("model", None)
            if not cells:
                parsed.rejected.append(Rejected(key, {"model": model}, "no task has a score"))
                continue
            row = {"release": release, "model": model, "tasks": cells}
            observe(TableRow, key, row, parsed, "tables")
    if not parsed.things:
        raise PayloadError(f"nothing in {part}")
    return parsed


SOURCE = Source(
    name="livebench",
    title="LiveBench leaderboard",
    kind="benchmarks",
    producer="LiveBench",
    url="https://livebench.ai",
    licence="not stated (code Apache-2.0)",
    licence_url="https://github.com/LiveBench/livebench.github.io",
    citation="LiveBench, livebench.ai; White et al., 'LiveBench: A Challenging, Contamination-Free "
    "LLM Benchmark', 2024.",
    # Irregular: the newest table receives models for months, a release comes every few months.
    cadence=timedelta(days=7),
    lineage="livebench",
    reliability_rank=1,
    may_redistribute=False,
    may_use_commercially=False,
    things=("tables", "categories"),
    file_names=("table_*.csv", "categories_*.json"),
    is_tree=True,
    # The site has no list of releases (they stand in its script): a new one is added here.
    live_parts=("categories_2026_01_08.json", "table_2026_01_08.csv"),
    is_live=True,
    key_variable=None,
    smallest_share_of_last=0.6,
    parse=parse,
    offline_edition=None,
)
