"""Epoch AI's benchmark-stitching repository: the frozen CSVs behind its index's paper.

Dead data kept for what it says as of its days; the running figures are `epoch_hub`'s. What the
scores' units are is judged in `sql/staging/epoch_stitching__results.sql`.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from pipelines.sources import Listing, Parsed, PayloadError, Source, observe, repository_of
from pipelines.sources.epoch_hub import (
    Details,
    has_column,
    keep_one,
    read_csv,
    release_rows,
    row_key,
)

RUNS = "benchmarks_runs.csv"
VERSIONS = "model_versions.csv"
EXTERNAL = "external_benchmark_"
#: Score column of each external file, the one the paper's own fit reads where it reads one.
SCORE_COLUMNS: Mapping[str, str] = {
    "aider_polyglot": "Percent correct",
    "anli": "Score",
    "arc_agi": "Score",
    "arc_ai2": "Challenge score",
    "balrog": "Average progress",
    "bbh": "Average",
    "boolq": "Score",
    "cadeval": "Overall pass (%)",
    "csqa2": "Score",
    "cybench": "Unguided % Solved",
    "deepresearch": "Average score",
    "factorio_learning_environment": "Lab Success %",
    "fictionlivebench": "16k token score",
    "geobench": "ACW Country %",
    "gsm8k": "EM",
    "gso_bench": "Score OPT@1",
    "hellaswag": "Overall accuracy",
    "lambada": "Score",
    "lech_mazur_writing": "Mean score",
    "livebench": "Global average",
    "mcbench": "ELO",
    "metr": "Time horizon",
    "mmlu": "EM",
    "openbookqa": "Accuracy",
    "os_world": "Score",
    "osuniverse": "Weighted Score",
    "piqa": "Score",
    "scienceqa": "Score",
    "simple_bench": "Score (AVG@5)",
    "superglue": "Score",
    "terminal_bench": "Accuracy mean",
    "the_agent_company": "% Resolved",
    "triviaqa": "EM",
    "videomme": "Overall (no subtitles)",
    "vpct": "Correct",
    "weirdml": "Accuracy",
    "winogrande": "Accuracy",
}
#: A number with a decimal point, and the sign that says it is in percent.
Score = Annotated[str, StringConstraints(pattern=r"^-?\d{1,5}(\.\d+)?%?$")]
DECIMAL_COMMA = re.compile(r"^-?\d+,\d+%?$")
ENGLISH_DATE = re.compile(
    r"^\d{1,2} (January|February|March|April|May|June|July|August|September|October|November"
    r"|December) \d{4} \d{1,2}:\d{2}[ap]m$"
)


class Row(Details):
    """One row of an external benchmark; the sign `%` stays, as it is the only unit given."""

    file: str
    score: Score


class Run(BaseModel):
    """One run of Epoch's own; of several scorers the best counts, as in Epoch's own index."""

    model_config = ConfigDict(extra="ignore")

    file: str
    task: str
    model_version: str = Field(validation_alias="model")
    score: Score = Field(validation_alias="Best score (across scorers)")
    status: str = Field(validation_alias="Status")
    stated: str | None = Field(None, validation_alias="started_at")


def parse(payload: bytes, part: str = "") -> Parsed:
    """Read one CSV. Raises PayloadError if it is unknown, or exported in another language."""
    rows = read_csv(payload, part)
    parsed = Parsed()
    if part == RUNS:
        _read_runs(rows, parsed)
    elif part == VERSIONS:
        release_rows(
            (
                (row["id"], row["Version release date"], row.get("Display name"))
                for row in rows
                if "id" in row and "Version release date" in row
            ),
            parsed,
        )
        said = (
            (
                row["id"],
                {
                    "spelling": row["id"].strip(),
                    "maker": row.get("Hugging Face developer id"),
                    "repository": repository_of(row.get("Link")),
                },
            )
            for row in rows
            if "id" in row
        )
        for key, listing in keep_one(said, parsed).items():
            observe(Listing, key, listing, parsed, "listings")
    else:
        stem = part.removeprefix(EXTERNAL).removesuffix(".csv")
        column = SCORE_COLUMNS.get(stem)
        if column is None or not has_column(payload, column):
            raise PayloadError(f"no score column known in {part}")
        _refuse_decimal_commas((row.get(column, "") for row in rows), part)
        keyed = ((f"{stem}/{row_key(row)}", dict(row)) for row in rows if column in row)
        for key, row in keep_one(keyed, parsed).items():
            observe(Row, key, row | {"file": stem, "score": row[column]}, parsed, "results")
    if not parsed.things:
        raise PayloadError(f"no row in {part}")
    return parsed


def _read_runs(rows: list[dict[str, str]], parsed: Parsed) -> None:
    _refuse_decimal_commas((row.get("Best score (across scorers)", "") for row in rows), RUNS)
    for row in rows:
        started = row.get("started_at")
        if started and not ENGLISH_DATE.match(started):
            raise PayloadError(f"{RUNS}: the date {started!r} is not in English; refused whole")
    keyed = ((f"runs/{row.get('id', '')}", dict(row)) for row in rows)
    for key, row in keep_one(keyed, parsed).items():
        observe(Run, key, row | {"file": "runs"}, parsed, "results")


def _refuse_decimal_commas(scores: Iterable[str], name: str) -> None:
    for score in scores:
        if DECIMAL_COMMA.match(score):
            raise PayloadError(
                f"{name}: the score {score!r} has a decimal comma: exported by hand in another "
                "language, refused whole"
            )


SOURCE = Source(
    name="epoch_stitching",
    title="Epoch AI benchmark stitching (frozen)",
    kind="benchmarks",
    producer="Epoch AI",
    url="https://raw.githubusercontent.com/epoch-research/benchmark-stitching/main/data",
    licence="MIT; Epoch data CC-BY-4.0",
    licence_url="https://github.com/epoch-research/benchmark-stitching/blob/main/LICENSE",
    citation="Epoch AI, 'A Rosetta Stone for AI Benchmarks', benchmark-stitching repository, 2025.",
    # Frozen with the paper on 2025-12-03: no newer payload is ever due.
    cadence=timedelta(days=3650),
    lineage="epoch_hub",
    reliability_rank=3,
    may_redistribute=True,
    may_use_commercially=True,
    things=("results", "releases", "listings"),
    file_names=(RUNS, f"{EXTERNAL}*.csv", VERSIONS),
    is_tree=True,
    live_parts=(),
    is_live=False,
    key_variable=None,
    smallest_share_of_last=0.6,
    parse=parse,
    offline_edition=None,
)
