"""Reads tables kept as text, CSV and Markdown pipe tables, for the parsers in `pipelines/sources/`.

A cell is never read under a heading it may not belong to: a line with too few or too many cells
comes back with a fault, and the caller rejects it or repairs it by a rule it states.
"""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated

from pydantic import Field

from pipelines.sources import Observation, Parsed, PayloadError, Rejected

#: A score or rating. What is beyond is none in any unit, and `1e999999999` written out plainly
#: would fill the memory.
Figure = Annotated[Decimal, Field(gt=-1_000_000, lt=1_000_000)]


def read_text(payload: bytes) -> str:
    """Text of a payload. Raises PayloadError for other encodings and for web pages."""
    try:
        text = payload.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise PayloadError(f"not UTF-8 at byte {error.start}") from error
    if re.match(r"\s*<(!doctype|html|\?xml)", text, re.IGNORECASE):
        raise PayloadError("HTML or XML where a table was expected")
    return text


@dataclass(frozen=True)
class Line:
    """One line of a CSV file by heading; `fault` says why its cells cannot be placed."""

    number: int
    cells: dict[str, str]
    fault: str | None


def read_csv(payload: bytes, needed: set[str]) -> tuple[list[str], list[Line]]:
    """Headings and lines of a CSV file. Raises PayloadError if a needed heading is missing."""
    try:
        rows = list(csv.reader(read_text(payload).splitlines(keepends=True), strict=True))
    except csv.Error as error:
        raise PayloadError(f"not CSV: {error}") from error
    if not rows:
        raise PayloadError("an empty file where a table was expected")
    headings = rows[0]
    missing = sorted(needed - set(headings))
    if missing:
        raise PayloadError(f"no column {', '.join(missing)}: not the table expected")
    if len(set(headings)) < len(headings):
        raise PayloadError("a heading stands twice; which column is meant is not knowable")
    lines = []
    for number, row in enumerate(rows[1:], start=2):
        if not row:
            continue
        fault = None
        if len(row) != len(headings):
            fault = f"{len(row)} cells under {len(headings)} headings"
        lines.append(Line(number, dict(zip(headings, row, strict=False)), fault))
    return headings, lines


@dataclass(frozen=True)
class PipeTable:
    """A Markdown table: headings and rows as they stand, marks and footnotes included."""

    headings: list[str]
    rows: list[list[str]]


_RULE = re.compile(r"^:?-+:?$")
_FOOTNOTE = re.compile(r"\[\^(\w+)\]")


def _cells(line: str) -> list[str]:
    """Cells of one line; the closing pipe is optional, as in files found."""
    inner = line.strip().removeprefix("|")
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", inner.removesuffix("|"))]


def read_pipe_tables(text: str) -> Iterator[PipeTable]:
    """All pipe tables of a Markdown text, in order."""
    lines = text.splitlines()
    at = 0
    while at + 1 < len(lines):
        rule = _cells(lines[at + 1]) if lines[at + 1].strip().startswith("|") else []
        if not lines[at].strip().startswith("|") or not any(rule):
            at += 1
            continue
        if not all(_RULE.match(cell) for cell in rule if cell):
            at += 1
            continue
        headings = _cells(lines[at])
        rows = []
        at += 2
        while at < len(lines) and lines[at].strip().startswith("|"):
            rows.append(_cells(lines[at]))
            at += 1
        yield PipeTable(headings, rows)


def plain_text(cell: str) -> str:
    """A cell without its marks: bold, code, links, line breaks and footnote references."""
    text = _FOOTNOTE.sub("", cell)
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text)
    text = re.sub(r"<br\s*/?>", " ", text)
    return re.sub(r"\s+", " ", text.replace("**", "").replace("`", "")).strip()


def footnotes_of(cell: str) -> list[str]:
    """Footnotes a cell refers to."""
    return _FOOTNOTE.findall(cell)


def footnote_texts(text: str) -> dict[str, str]:
    """Footnotes of a Markdown text by their mark."""
    return dict(re.findall(r"^\[\^(\w+)\]:\s*(.+)$", text, re.MULTILINE))


#: What tables write where no figure is given.
NO_FIGURE = {"", "-", "–", "—", "n/a"}


def figure(cell: str) -> str | None:
    """A number as written, without thousands separators; None where none is given.

    Anything else comes back as it stands, for the wire contract to refuse: `0,961` is a comma
    decimal of another locale, and must not become 961.
    """
    text = plain_text(cell)
    if text.lower() in NO_FIGURE:
        return None
    if re.fullmatch(r"[1-9]\d{0,2}(,\d{3})+(\.\d+)?", text):
        return text.replace(",", "")
    return text


def is_figure(cell: str) -> bool:
    """Whether a cell is a number or a mark for none."""
    text = figure(cell)
    return text is None or re.fullmatch(r"-?\d+(\.\d+)?", text) is not None


def refuse_contradictions(parsed: Parsed) -> None:
    """Quarantine keys that stand twice with different fields; which one is meant is unknowable."""
    for thing, observations in parsed.things.items():
        first: dict[str, Observation] = {}
        contradicted: set[str] = set()
        for observation in observations:
            earlier = first.setdefault(observation.key, observation)
            if earlier.fields != observation.fields:
                contradicted.add(observation.key)
        parsed.things[thing] = [o for k, o in first.items() if k not in contradicted]
        parsed.rejected.extend(
            Rejected(key, first[key].fields, "the key stands more than once with different values")
            for key in sorted(contradicted)
        )
