"""Epoch AI's Benchmarking Hub: one zip, one CSV per benchmark, each with its own score column.

Which column is the score is said here, per file, because the second column is not always it;
what unit it is in is judged in `sql/staging/epoch_hub__results.sql`. Only the zip is the source:
a CSV exported by hand from the hub's public view takes the browser's language and is refused.
"""

import csv
import io
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from datetime import timedelta
from decimal import Decimal
from pathlib import PurePosixPath
from typing import Annotated, Any

from pydantic import AliasChoices, BaseModel, ConfigDict, Field

from pipelines.sources import Listing, Parsed, PayloadError, Rejected, Source, observe

#: The real zip has some 55 members and 1.5 MB; far above that it is no benchmark data.
MAX_MEMBERS = 500
MAX_INFLATED_BYTES = 64_000_000
#: Score columns by file. A column that is missing holds back the file's rows, not the zip.
SCORE_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "adversarial_nli_external.csv": ("Score",),
    "aider_polyglot_external.csv": ("Percent correct",),
    "apex_agents_external.csv": ("Pass@1 score",),
    "arc_agi_2_external.csv": ("Score",),
    "arc_agi_external.csv": ("Score",),
    "arc_ai2_external.csv": ("Challenge score",),
    "balrog_external.csv": ("Average progress",),
    "bbh_external.csv": ("Average",),
    "bool_q_external.csv": ("Score",),
    "cad_eval_external.csv": ("Overall pass (%)",),
    "chess_puzzles.csv": ("mean_score",),
    "common_sense_qa_2_external.csv": ("Score",),
    "cybench_external.csv": ("Unguided % Solved",),
    "deepresearchbench_external.csv": ("Average score",),
    "fictionlivebench_external.csv": ("16k token score", "120k token score"),
    "frontiermath.csv": ("mean_score",),
    "frontiermath_tier_4.csv": ("mean_score",),
    "gdpval_external.csv": ("Win Rate (%)",),
    "geobench_external.csv": ("ACW Country %",),
    "gpqa_diamond.csv": ("mean_score",),
    "gsm8k_external.csv": ("EM",),
    "gso_external.csv": ("Score OPT@1",),
    "hella_swag_external.csv": ("Overall accuracy",),
    "hle_external.csv": ("Accuracy",),
    "lambada_external.csv": ("Score",),
    "lech_mazur_writing_external.csv": ("Mean score",),
    "live_bench_external.csv": (
        "Global average", "Reasoning average", "Coding average", "Mathematics average",
        "Data analysis average", "Language average", "IF Average",
    ),
    "math_level_5.csv": ("mean_score",),
    "metr_time_horizons_external.csv": ("Time horizon",),
    "mmlu_external.csv": ("EM",),
    "open_book_qa_external.csv": ("Accuracy",),
    "os_world_external.csv": ("Score",),
    "otis_mock_aime_2024_2025.csv": ("mean_score",),
    "piqa_external.csv": ("Score",),
    "posttrainbench_external.csv": ("Average (%)",),
    "science_qa_external.csv": ("Score",),
    "simplebench_external.csv": ("Score (AVG@5)",),
    "simpleqa_verified.csv": ("mean_score",),
    "superglue_external.csv": ("Score",),
    "swe_bench_bash.csv": ("% Resolved",),
    "swe_bench_verified.csv": ("mean_score",),
    "terminalbench_external.csv": ("Accuracy mean",),
    "the_agent_company_external.csv": ("% Resolved",),
    "trivia_qa_external.csv": ("EM",),
    "video_mme_external.csv": ("Overall (no subtitles)",),
    "vpct_external.csv": ("Correct",),
    "webdev_arena_external.csv": ("Arena Score",),
    "weirdml_external.csv": ("Accuracy",),
    "wino_grande_external.csv": ("Accuracy",),
}  # fmt: skip
INDEX_FILE = "epoch_capabilities_index.csv"
#: In zips from mid-2026 on: which column is the score, and its factor to a fraction.
METADATA_FILE = "benchmark_metadata.csv"
#: Folder of the index's own inputs and outputs, which are no results.
INDEX_FOLDER = "additional_eci_data"


#: A score in any of the units met. One that fits no column would stop the whole build.
Score = Annotated[Decimal, Field(gt=-100_000, lt=100_000)]


class Details(BaseModel):
    """What tells one row of a benchmark from another, under one name whatever the file calls it."""

    model_config = ConfigDict(extra="ignore")

    model_version: str | None = Field(None, validation_alias="Model version")
    name: str | None = Field(None, validation_alias=AliasChoices("Name", "Model"))
    agent: str | None = Field(None, validation_alias=AliasChoices("Agent", "Scaffold"))
    tools: str | None = Field(None, validation_alias="Tools")
    edit_format: str | None = Field(None, validation_alias="Edit format")
    shots: str | None = Field(None, validation_alias="Shots")
    release: str | None = Field(None, validation_alias="LiveBench Version")
    cases: str | None = Field(None, validation_alias=AliasChoices("Total tasks", "Votes"))
    #: `Date added` is left out: it is the curator's, and for one benchmark a year wrong.
    stated: str | None = Field(
        None,
        validation_alias=AliasChoices(
            "Started at", "Date of evaluation", "Evaluation date", "Date run", "Run date",
            "Last updated",
        ),
    )  # fmt: skip


class Row(Details):
    """One score of one row."""

    file: str
    column: str
    score: Score
    stated_benchmark: str | None = None
    stated_scale: Score | None = None


class Metadata(BaseModel):
    """What the zip itself says about one score column."""

    model_config = ConfigDict(extra="ignore")

    benchmark: str
    source_file: str
    score_column: str
    scale: Score


class IndexRow(BaseModel):
    """One version's value of the published capability index."""

    model_config = ConfigDict(extra="ignore")

    model_version: str = Field(validation_alias="Model version")
    score: Score = Field(validation_alias="ECI Score")
    released_on: str | None = Field(None, validation_alias="Release date")
    organisation: str | None = Field(None, validation_alias="Organization")
    group: str | None = Field(None, validation_alias="Model name")
    title: str | None = Field(None, validation_alias="Display name")


class ReleaseRow(BaseModel):
    """When one version was released, as the database has it."""

    model_config = ConfigDict(extra="ignore")

    model_version: str
    released_on: str
    title: str | None = None


def read_csv(payload: bytes, name: str) -> list[dict[str, str]]:
    """Rows of a CSV without their empty cells. Raises PayloadError if it is not a table."""
    try:
        text = payload.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise PayloadError(f"{name} is not UTF-8 at byte {error.start}") from error
    if text.lstrip()[:1] == "<":
        raise PayloadError(f"{name}: HTML or XML where CSV was expected")
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        header = list(reader.fieldnames or ())
        rows = list(reader)
    except csv.Error as error:
        raise PayloadError(f"{name} is not a CSV: {error}") from error
    if len(set(header)) != len(header):
        raise PayloadError(f"{name} has a column twice")
    for number, row in enumerate(rows, start=2):
        # A cell too many or too few has moved the values under other headings.
        if None in row or None in row.values():
            raise PayloadError(f"{name}: row {number} has not as many cells as the header")
    return [{key: cell for key, cell in row.items() if cell.strip()} for row in rows]


def has_column(payload: bytes, column: str) -> bool:
    """Whether the CSV's header names `column`; empty cells are dropped from rows."""
    header = payload.partition(b"\n")[0].decode("utf-8-sig", "replace")
    return column in next(csv.reader([header.rstrip("\r")]), [])


def row_key(row: Mapping[str, str]) -> str:
    """The row's own id; where a file has none, what it is about."""
    # In one file `id` is another site's model name and the row's id stands under UUID.
    for column in ("UUID", "ID", "id"):
        if column in row:
            return row[column]
    parts = (row.get(column) for column in ("Model version", "Agent", "Scaffold", "Name"))
    return "|".join(part.strip() for part in parts if part)


def keep_one(rows: Iterable[tuple[str, dict[str, Any]]], parsed: Parsed) -> dict[str, Any]:
    """Rows by key; a key that stands for two different rows is refused, as neither can be known."""
    kept: dict[str, Any] = {}
    refused = set()
    for key, row in rows:
        if key in kept and kept[key] != row:
            refused.add(key)
        kept.setdefault(key, row)
    for key in sorted(refused):
        row = kept.pop(key)
        parsed.rejected.append(Rejected(key, row, "two different rows under one key"))
    return kept


def release_rows(
    rows: Iterable[tuple[str, str, str | None]], parsed: Parsed, thing: str = "releases"
) -> None:
    """File (version, date, title) as releases; two dates for one version are refused."""
    found = ((f"release/{v}", {"model_version": v, "released_on": d, "title": t})
             for v, d, t in rows)  # fmt: skip
    for key, row in keep_one(found, parsed).items():
        observe(ReleaseRow, key, row, parsed, thing)


def _members(payload: bytes) -> dict[str, bytes]:
    """The zip's CSVs by bare name, inflated within the caps. Nothing is written to disk."""
    if not payload.startswith(b"PK"):
        if b"Best score (across scorers)" in payload[:2000]:
            raise PayloadError(
                "a CSV exported by hand from one view, not the zip: its numbers and dates are in "
                "the exporter's language (0,961; 2 de mayo), so it is refused, not guessed at"
            )
        raise PayloadError("not a zip")
    found: dict[str, bytes] = {}
    try:
        with zipfile.ZipFile(io.BytesIO(payload)) as archive:
            members = archive.infolist()
            inflated = sum(member.file_size for member in members)
            if len(members) > MAX_MEMBERS:
                raise PayloadError(f"a zip of {len(members)} members; at most {MAX_MEMBERS}")
            if inflated > MAX_INFLATED_BYTES:
                raise PayloadError(f"a zip of {inflated} bytes; at most {MAX_INFLATED_BYTES}")
            for member in members:
                path = PurePosixPath(member.filename)
                if path.suffix != ".csv" or path.parent.name == INDEX_FOLDER:
                    continue
                if path.name in found:
                    raise PayloadError(f"the zip holds {path.name} twice")
                with archive.open(member) as file:
                    # Bounded by the size declared, which the cap above has summed: reading to
                    # the end would inflate whatever a lying header hides.
                    found[path.name] = file.read(member.file_size)
                    if len(found[path.name]) != member.file_size or file.read(1):
                        raise PayloadError(f"{path.name} is not of the size the zip declares")
    except (
        zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError,
        ValueError,
    ) as error:  # fmt: skip
        raise PayloadError(f"the zip cannot be read: {error}") from error
    return found


def _metadata(members: Mapping[str, bytes], parsed: Parsed) -> dict[tuple[str, str], Metadata]:
    """What the zip says about its own columns, by file and column; empty in older zips."""
    if METADATA_FILE not in members:
        return {}
    checked = Parsed()
    for number, row in enumerate(read_csv(members[METADATA_FILE], METADATA_FILE)):
        observe(Metadata, f"{METADATA_FILE}/{number}", row, checked)
    parsed.rejected += checked.rejected
    stated = (Metadata.model_validate(o.fields) for o in checked.things.get("prices", []))
    return {(m.source_file, m.score_column): m for m in stated}


def parse(payload: bytes, part: str = "") -> Parsed:
    """Read the zip. Raises PayloadError if it is not one, or not this one."""
    parsed = Parsed()
    members = _members(payload)
    metadata = _metadata(members, parsed)
    releases: dict[tuple[str, str], tuple[str, str, str | None]] = {}
    makers: dict[str, str] = {}
    for name in sorted(members):
        if not has_column(members[name], "Model version"):
            continue
        stem = name.removesuffix(".csv")
        try:
            rows = read_csv(members[name], name)
        except PayloadError as error:
            # One unreadable file holds back what it and the releases said, not the whole zip.
            kept = ("index/" if name == INDEX_FILE else f"{stem}/", "release/")
            parsed.rejected += [Rejected(stem, {"file": name}, str(error), k) for k in kept]
            continue
        for row in rows:
            version, released = row.get("Model version"), row.get("Release date")
            if version and released:
                releases.setdefault((version, released), (version, released, None))
            if version and "Organization" in row:
                makers.setdefault(version.strip(), row["Organization"])
        if name == INDEX_FILE:
            _read_index(rows, parsed)
        else:
            _read_benchmark(name, members[name], rows, metadata, parsed)
    if not parsed.things.get("results"):
        raise PayloadError("no benchmark in the zip")
    release_rows(releases.values(), parsed)
    for version, maker in makers.items():
        said = {"spelling": version, "maker": maker}
        observe(Listing, f"listing/{version}", said, parsed, "listings")
    return parsed


def _read_index(rows: list[dict[str, str]], parsed: Parsed) -> None:
    scored = ((f"index/{row.get('Model version', '')}", dict(row))
              for row in rows if "ECI Score" in row)  # fmt: skip
    for key, row in keep_one(scored, parsed).items():
        observe(IndexRow, key, row, parsed, "index")


def _read_benchmark(
    name: str,
    payload: bytes,
    rows: list[dict[str, str]],
    metadata: Mapping[tuple[str, str], Metadata],
    parsed: Parsed,
) -> None:
    stem = name.removesuffix(".csv")
    columns = list(SCORE_COLUMNS.get(name, ()))
    columns += [c for file, c in metadata if file == name and c not in columns]
    if not columns:
        reason = "a benchmark whose score column is not known"
        parsed.rejected.append(Rejected(stem, {"file": name}, reason))
        return
    for column in columns:
        suffix = f"/{column}" if len(columns) > 1 else ""
        stated = metadata.get((name, column))
        more = (
            {"stated_benchmark": stated.benchmark, "stated_scale": stated.scale} if stated else {}
        )
        keyed = keep_one(((f"{stem}/{row_key(row)}{suffix}", dict(row)) for row in rows), parsed)
        if not has_column(payload, column):
            reason = f"no column {column!r} in {name}"
            parsed.rejected.append(Rejected(f"{stem}{suffix}", {"file": name}, reason, f"{stem}/"))
            continue
        for key, row in keyed.items():
            if column in row:
                score = {"file": name, "column": column, "score": row[column]}
                observe(Row, key, row | score | more, parsed, "results")


SOURCE = Source(
    name="epoch_hub",
    title="Epoch AI Benchmarking Hub",
    kind="benchmarks",
    producer="Epoch AI",
    url="https://epoch.ai/data/benchmark_data.zip",
    licence="CC-BY-4.0",
    licence_url="https://creativecommons.org/licenses/by/4.0/",
    citation=(
        "Epoch AI, 'AI Benchmarking Hub'. Published online at epoch.ai. "
        "Retrieved from 'https://epoch.ai/benchmarks' [online resource]."
    ),
    cadence=timedelta(days=1),
    lineage="epoch_hub",
    reliability_rank=2,
    may_redistribute=True,
    may_use_commercially=True,
    things=("results", "index", "releases", "listings"),
    # The hand export is named so that a copy laid into an archive is refused on record.
    file_names=("benchmark_data.zip", "benchmarks_runs*.csv"),
    is_tree=False,
    live_parts=("",),
    is_live=True,
    key_variable=None,
    smallest_share_of_last=0.6,
    parse=parse,
    offline_edition=None,
)
