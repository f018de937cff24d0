"""Result tables of OpenAI's launch pages, kept as Markdown conversions of the pages' tables.

The pages span label cells over several rows; some conversions dropped the spans, so that rows are
short on the left and a reader by position takes each figure from the model beside it. A short row
is read from the right, where the figures are, and its missing labels are those of the row above;
a row for which this is not certain is rejected. The mark `repaired` stays with every such figure.
"""

import re
from datetime import timedelta

from pydantic import BaseModel, ConfigDict, Field

from pipelines.sources import Parsed, PayloadError, Rejected, Source, observe
from pipelines.text_tables import (
    Figure,
    figure,
    is_figure,
    plain_text,
    read_pipe_tables,
    read_text,
    refuse_contradictions,
)

#: Headings of label columns; every other column is a model.
LABELS = {"Category", "Dataset", "Eval", "Metric"}
#: What a metric looks like: a short row that keeps anything else has lost another label.
METRIC = re.compile(r"^((pass|cons)@\d+|elo|percentile|accuracy)$", re.IGNORECASE)


class Row(BaseModel):
    """One figure."""

    model_config = ConfigDict(extra="ignore")

    page: str
    model: str = Field(min_length=1)
    benchmark: str = Field(min_length=1)
    metric: str | None = None
    score: Figure
    repaired: bool


def parse(payload: bytes, part: str = "") -> Parsed:
    """Read one table. Raises PayloadError if the file is not one table of labels and models."""
    tables = list(read_pipe_tables(read_text(payload)))
    if len(tables) != 1:
        raise PayloadError(f"{len(tables)} tables where one was expected")
    headings = [plain_text(heading) for heading in tables[0].headings]
    labels = [heading for heading in headings if heading in LABELS]
    models = headings[len(labels) :]
    if not labels or not models or headings[: len(labels)] != labels:
        raise PayloadError("expected label columns, then one column a model")
    page = part.split(".", 1)[0]
    parsed = Parsed()
    above: list[str] = []
    for cells in tables[0].rows:
        figures = cells[-len(models) :]
        given = [plain_text(cell) for cell in cells[: -len(models)]]
        missing = len(labels) - len(given)
        # At most the spanning label may be missing, and what is left must look its part.
        certain = (
            all(map(is_figure, figures))
            and not any(map(is_figure, filter(None, given)))
            and (missing == 0 or (missing == 1 and len(labels) > 1 and bool(above)))
            and (missing == 0 or labels[-1] != "Metric" or bool(METRIC.match(given[0])))
        )
        if not certain:
            reason = f"{len(cells)} cells under {len(headings)} headings; cells cannot be placed"
            parsed.rejected.append(
                Rejected(f"{part}|{cells[0]}", {"cells": cells}, reason, holds="")
            )
            continue
        full = above[:missing] + given
        above = [cell or above[at] if above else cell for at, cell in enumerate(full)]
        named = dict(zip(labels, above, strict=True))
        benchmark = named.get("Eval") or named.get("Dataset", "")
        for model, cell in zip(models, figures, strict=True):
            score = figure(cell)
            if score is None:
                continue
            row = {
                "page": page,
                "model": model,
                "benchmark": benchmark,
                "metric": named.get("Metric"),
                "score": score,
                "repaired": missing > 0,
            }
            key = f"{part}|{benchmark}|{named.get('Metric', '')}|{model}"
            observe(Row, key, row, parsed, "results")
    refuse_contradictions(parsed)
    if not parsed.things.get("results"):
        raise PayloadError("no figure in the table")
    return parsed


SOURCE = Source(
    name="vendor_openai_excerpt",
    title="Tables of OpenAI launch pages",
    kind="benchmarks",
    producer="OpenAI",
    url="https://openai.com/index",
    licence="(c) OpenAI; table values only",
    licence_url="https://openai.com/policies/terms-of-use/",
    citation="OpenAI, Learning to reason with LLMs; o1 and new tools for developers",
    cadence=timedelta(days=365),
    lineage="openai",
    reliability_rank=1,
    may_redistribute=False,
    may_use_commercially=False,
    things=("results",),
    file_names=("*.appendix.md", "*.ragged.md", "*.table.md"),
    is_tree=True,
    live_parts=(),
    is_live=False,
    key_variable=None,
    smallest_share_of_last=0.6,
    parse=parse,
    offline_edition=None,
)
