"""DeepSeek's R1 README: two result tables, one a column per model, one a row per model.

Units are mixed in one table (percent, percentile, rating); the metric stands in the label.
The tables disagree on some models, so each figure keeps the table it stands in.
"""

import re
from datetime import timedelta

from pydantic import BaseModel, ConfigDict, Field

from pipelines.sources import Parsed, PayloadError, Rejected, Source, observe
from pipelines.text_tables import (
    Figure,
    PipeTable,
    figure,
    plain_text,
    read_pipe_tables,
    read_text,
    refuse_contradictions,
)

#: Closing words of the second table's headings that name the metric.
METRIC_WORD = re.compile(r"^(?P<benchmark>.+?) (?P<metric>pass@\d+|cons@\d+|rating)$", re.I)
LABEL = re.compile(r"^(?P<benchmark>.+?) \((?P<metric>[^()]+)\)$")


class Row(BaseModel):
    """One figure."""

    model_config = ConfigDict(extra="ignore")

    table: str
    model: str = Field(min_length=1)
    benchmark: str
    metric: str
    score: Figure


def parse(payload: bytes, part: str = "") -> Parsed:
    """Read both tables. Raises PayloadError if neither is there."""
    parsed = Parsed()
    for table in read_pipe_tables(read_text(payload)):
        headings = [plain_text(heading) for heading in table.headings]
        if headings[:2] == ["Category", "Benchmark (Metric)"]:
            _read_benchmark_rows(table, headings[2:], parsed)
        elif headings[0] == "Model" and all(METRIC_WORD.match(h) for h in headings[1:]):
            _read_model_rows(table, headings[1:], parsed)
    refuse_contradictions(parsed)
    if not parsed.things.get("results"):
        raise PayloadError("no result table in the README")
    return parsed


def _observe(table: str, model: str, label: re.Match[str], cell: str, parsed: Parsed) -> None:
    score = figure(cell)
    if score is not None:
        row = {"table": table, "model": model, **label.groupdict(), "score": score}
        key = f"{table}|{model}|{label['benchmark']}|{label['metric']}"
        observe(Row, key, row, parsed, "results")


def _read_benchmark_rows(table: PipeTable, models: list[str], parsed: Parsed) -> None:
    """One row a benchmark; the category cell is blank below its first row."""
    for cells in table.rows:
        name = plain_text(cells[1]) if len(cells) > 1 else plain_text(cells[0])
        if len(cells) != len(models) + 2:
            reason = f"{len(cells)} cells under {len(models) + 2} headings"
            parsed.rejected.append(Rejected(name, {"cells": cells}, reason, holds=""))
            continue
        label = LABEL.match(name)
        if label is None:
            continue  # parameters and architecture, no result: these labels name no metric
        for model, cell in zip(models, cells[2:], strict=True):
            _observe("evaluation", model, label, cell, parsed)


def _read_model_rows(table: PipeTable, columns: list[str], parsed: Parsed) -> None:
    for cells in table.rows:
        model = plain_text(cells[0])
        if len(cells) != len(columns) + 1:
            reason = f"{len(cells)} cells under {len(columns) + 1} headings"
            parsed.rejected.append(Rejected(model, {"cells": cells}, reason, holds=""))
            continue
        for column, cell in zip(columns, cells[1:], strict=True):
            label = METRIC_WORD.match(column)
            assert label is not None, "the table was chosen because all its headings match"
            _observe("distilled models", model, label, cell, parsed)


SOURCE = Source(
    name="vendor_deepseek_r1",
    title="DeepSeek R1 README",
    kind="benchmarks",
    producer="DeepSeek",
    url="https://raw.githubusercontent.com/deepseek-ai/DeepSeek-R1/main/README.md",
    licence="MIT",
    licence_url="https://github.com/deepseek-ai/DeepSeek-R1/blob/main/LICENSE",
    citation="DeepSeek, DeepSeek-R1 README",
    cadence=timedelta(days=90),
    lineage="deepseek",
    reliability_rank=1,
    may_redistribute=True,
    may_use_commercially=True,
    things=("results",),
    file_names=("README.md",),
    is_tree=False,
    live_parts=("",),
    is_live=True,
    key_variable=None,
    smallest_share_of_last=0.6,
    parse=parse,
    offline_edition=None,
)
