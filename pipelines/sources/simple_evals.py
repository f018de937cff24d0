"""OpenAI's simple-evals: result tables inside Markdown files; no new results since July 2025.

In the README a section row may rename a column for the rows below it (`MATH` becomes `MATH-500`):
the name in force is kept with every score. Rows under "Other Models (Reported)" are what other
vendors claim.
"""

import re
from datetime import timedelta

from pydantic import BaseModel, ConfigDict, Field

from pipelines.sources import Parsed, PayloadError, Rejected, Source, observe
from pipelines.text_tables import (
    Figure,
    PipeTable,
    figure,
    footnote_texts,
    footnotes_of,
    plain_text,
    read_pipe_tables,
    read_text,
    refuse_contradictions,
)

README = "README.md"
MULTILINGUAL = "multilingual_mmlu_benchmark_results.md"


class Row(BaseModel):
    """One score. In the README in percent, in the multilingual table a share of 1."""

    model_config = ConfigDict(extra="ignore")

    model: str = Field(min_length=1)
    benchmark: str = Field(min_length=1)
    score: Figure
    section: str | None = None
    prompt: str | None = None
    language: str | None = None
    #: The column's footnotes, where the table itself does not say which test was run.
    column_note: str | None = None


def parse(payload: bytes, part: str = README) -> Parsed:
    """Read one file's table. Raises PayloadError if it has none."""
    text = read_text(payload)
    first_heading = "Language" if part == MULTILINGUAL else "Model"
    tables = [t for t in read_pipe_tables(text) if plain_text(t.headings[0]) == first_heading]
    if len(tables) != 1:
        raise PayloadError(f"{len(tables)} tables headed {first_heading!r} where one was expected")
    parsed = Parsed()
    if part == MULTILINGUAL:
        _read_languages(tables[0], parsed)
    else:
        _read_sections(tables[0], footnote_texts(text), parsed)
    refuse_contradictions(parsed)
    if not parsed.things.get("results"):
        raise PayloadError("no score in the table")
    return parsed


def _read_sections(table: PipeTable, notes: dict[str, str], parsed: Parsed) -> None:
    headings = [plain_text(heading) for heading in table.headings]
    if headings[1] != "Prompt":
        raise PayloadError("expected the columns Model and Prompt, then one a benchmark")
    section, renamed = None, {}
    for cells in table.rows:
        # Ragged on the right: closing cells are left out or added, empty either way.
        filled = [*cells, *[""] * (len(headings) - len(cells))]
        while len(filled) > len(headings) and not filled[-1]:
            filled.pop()
        model = plain_text(filled[0])
        if len(filled) > len(headings):
            reason = f"{len(cells)} cells under {len(headings)} headings"
            parsed.rejected.append(Rejected(model, {"cells": cells}, reason, holds=""))
            continue
        if filled[0].startswith("**") and not plain_text(filled[1]):
            section = model
            renamed = {at: plain_text(c) for at, c in enumerate(filled) if at > 1 and plain_text(c)}
            continue
        if len(cells) < len(headings):
            # A cell lost in the middle would put every later score under the wrong heading.
            reason = f"{len(cells)} cells under {len(headings)} headings"
            parsed.rejected.append(Rejected(model, {"cells": cells}, reason, holds=""))
            continue
        for at in range(2, len(headings)):
            score = figure(filled[at])
            if score is None:
                continue
            marks = [] if at in renamed else footnotes_of(table.headings[at])
            row = {
                "model": model,
                "benchmark": renamed.get(at, headings[at]),
                "score": score,
                "section": section,
                "prompt": plain_text(filled[1]),
                "column_note": " ".join(plain_text(notes[mark]) for mark in marks if mark in notes)
                or None,
            }
            observe(Row, f"{model}|{headings[at]}", row, parsed, "results")


def _read_languages(table: PipeTable, parsed: Parsed) -> None:
    models = [plain_text(heading) for heading in table.headings]
    for cells in table.rows:
        language = plain_text(cells[0])
        if len(cells) != len(models):
            reason = f"{len(cells)} cells under {len(models)} headings"
            parsed.rejected.append(Rejected(language, {"cells": cells}, reason, holds=""))
            continue
        for model, cell in zip(models[1:], cells[1:], strict=True):
            score = figure(cell)
            if score is not None:
                row = {
                    "model": model,
                    "benchmark": "Multilingual MMLU",
                    "score": score,
                    "language": re.sub(r"\s+", " ", language),
                }
                observe(Row, f"{model}|Multilingual MMLU|{language}", row, parsed, "results")


SOURCE = Source(
    name="simple_evals",
    title="OpenAI simple-evals results",
    kind="benchmarks",
    producer="OpenAI",
    url="https://raw.githubusercontent.com/openai/simple-evals/main",
    licence="MIT",
    licence_url="https://github.com/openai/simple-evals/blob/main/LICENSE",
    citation="OpenAI, simple-evals",
    cadence=timedelta(days=90),
    lineage="openai",
    reliability_rank=1,
    may_redistribute=True,
    may_use_commercially=True,
    things=("results",),
    file_names=(README, MULTILINGUAL),
    is_tree=True,
    live_parts=(README, MULTILINGUAL),
    is_live=True,
    key_variable=None,
    smallest_share_of_last=0.6,
    parse=parse,
    offline_edition=None,
)
