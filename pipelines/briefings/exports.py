"""The tables of a briefing as CSV files and one workbook, with units and sources.

A cell that shows one figure becomes its value, not its text; where figures stand among words the
words stay. Every table names its facts line by line, and the facts have a table of their own.
"""

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from markdown_it.token import Token
from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from pipelines.briefings.charts import Chart
from pipelines.briefings.facts import Fact, Facts, Figure, plain
from pipelines.briefings.typeset import Caption

#: Unit of a figure's value by its format; a fact's own unit says more where there is one.
UNITS: Mapping[str, str] = {
    "usd": "USD", "cost": "USD", "percent": "share", "change": "relative difference",
    "signed": "relative difference", "probability": "probability", "percent_score": "%",
    "elo_score": "Elo", "points": "index points", "count": "count", "date": "day",
    "times": "ratio", "index": "index", "crps": "log change",
}  # fmt: skip
#: A cell beginning with one of these would be run as a formula by a spreadsheet.
FORMULA = ("=", "+", "-", "@", "\t", "\r")
WORKBOOK, FOLDER = "briefing.xlsx", "tables"
#: The day written into the workbook, so that the same input gives the same bytes.
EPOCH = datetime(2000, 1, 1)

Value = str | int | float | Decimal | date | None


@dataclass(frozen=True)
class Sheet:
    """One table: a name for its file, headings with units, values, and the facts of each line."""

    name: str
    title: str
    headings: Sequence[str]
    rows: Sequence[Sequence[Value]]


def sheets(tokens: list[Token], captions: Mapping[str, Caption], charts: Mapping[str, Chart],
           facts: Facts) -> tuple[list[Sheet], dict[int, Sheet], dict[str, Sheet]]:  # fmt: skip
    """Every table of a page: all of them, those in the text by place, those of charts by name."""
    every: list[Sheet] = []
    in_text: dict[int, Sheet] = {}
    of_charts: dict[str, Sheet] = {}
    heading, place = "", 0
    table: list[list[Token]] = []
    for i, token in enumerate(tokens):
        if token.type == "heading_open":
            heading = _text(tokens[i + 1])
        elif token.type == "table_open":
            place, table = place + 1, []
        elif token.type == "tr_open":
            table.append([])
        elif token.type in ("th_open", "td_open"):
            table[-1].append(tokens[i + 1])
        elif token.type == "table_close":
            cells = [[_cell(inline, facts) for inline in row] for row in table]
            in_text[place] = _sheet(len(every) + 1, heading, cells, facts)
            every.append(in_text[place])
        elif token.type == "inline":
            for name in captions:
                if any(c.attrGet("src") == f"chart:{name}" for c in token.children or []):
                    chart = charts[name]
                    head: list[list[str | Figure | None]] = [[words for words, _ in chart.columns]]
                    body = [list(row) for row in chart.rows]
                    of_charts[name] = _sheet(
                        len(every) + 1, captions[name].plain, head + body, facts
                    )
                    every.append(of_charts[name])
    return every, in_text, of_charts


def _text(inline: Token) -> str:
    return plain(
        "".join(
            " " if c.type == "softbreak" else c.content
            for c in inline.children or []
            if c.type in ("text", "code_inline", "softbreak")
        )
    )


def _cell(inline: Token, facts: Facts) -> str | Figure | None:
    """A cell's only figure if it holds nothing else, else its words."""
    links = [c for c in inline.children or [] if c.type == "link_open"]
    words = _text(inline)
    number = re.fullmatch(r"#f(\d+)", str(links[0].attrGet("href"))) if len(links) == 1 else None
    if number is not None:
        bare = re.sub(r" \((?:disputed|unverified)\)$", "", words)
        figure = facts.shown.get((int(number[1]), bare))
        if figure is not None:
            return figure
    return None if words in ("–", "") else words


def _sheet(place: int, title: str, cells: list[list[Any]], facts: Facts) -> Sheet:
    head, *body = cells or [[]]
    units = [
        {u for row in body if i < len(row) and isinstance(row[i], Figure) and (u := unit(row[i]))}
        for i in range(len(head))
    ]
    headings = [
        f"{_plain(words)} ({found.copy().pop()})" if len(found) == 1 else _plain(words)
        for words, found in zip(head, units, strict=True)
    ]
    rows = []
    for row in body:
        cited = [f"f{facts.number(c.fact)}" for c in row if isinstance(c, Figure)]
        rows.append([*(_value(cell) for cell in row), " ".join(dict.fromkeys(cited))])
    slug = re.sub(r"[^a-z0-9]+", "-", plain(title).lower()).strip("-")[:48].strip("-")
    return Sheet(f"{place:02d}-{slug or 'table'}", title, [*headings, "Facts"], rows)


def _plain(cell: Any) -> str:
    return cell.text if isinstance(cell, Figure) else plain(cell or "")


def unit(figure: Figure) -> str:
    """The unit of a figure's value; empty where its text says it all."""
    own = UNITS.get(figure.format, "")
    return figure.fact.unit if own == "USD" and figure.fact.unit.startswith("USD") else own


def _value(cell: Any) -> Value:
    if not isinstance(cell, Figure):
        return None if cell is None else plain(cell)
    value = cell.value
    if cell.format in UNITS and isinstance(value, (int, float, Decimal, date)):
        return value
    return cell.text


def write(every: Sequence[Sheet], facts: Facts, words: Mapping[str, Any], out: Path) -> None:
    """Write `tables/<name>.csv`, `tables/facts.csv` and `briefing.xlsx` to a briefing's folder."""
    folder = out / FOLDER
    folder.mkdir(exist_ok=True)
    for old in folder.glob("*.csv"):
        old.unlink()
    listed = _fact_sheet(facts)
    for sheet in (*every, listed):
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow([_safe(h) for h in sheet.headings])
        writer.writerows([[_written(v) for v in row] for row in sheet.rows])
        (folder / f"{sheet.name}.csv").write_text(text.getvalue(), encoding="utf-8", newline="\n")
    (out / WORKBOOK).write_bytes(_workbook((*every, listed), words))


def _fact_sheet(facts: Facts) -> Sheet:
    def row(number: int, f: Fact) -> list[Value]:
        return [
            f"f{number}", plain(f.says), plain(f.value), plain(f.unit), plain(f.publisher),
            f.published_on, f.known_on, plain(f.licence), f.mark, plain(f.note or ""),
            f.link or "", f.query,
        ]  # fmt: skip

    headings = [
        "Fact", "Says", "Value", "Unit", "Publisher", "Published on", "Known on", "Licence",
        "Marked", "Note", "Source", "SQL",
    ]  # fmt: skip
    return Sheet("facts", "Facts", headings, [row(n, f) for n, f in facts.entries()])


def _safe(text: str) -> str:
    return (
        f"'{text}"
        if text.startswith(FORMULA) and not re.fullmatch(r"[-+]?[\d.,]+%?", text)
        else text
    )


def _written(value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    if isinstance(value, float):
        return f"{value:.10g}"
    return _safe(value) if isinstance(value, str) else str(value)


def _workbook(every: Sequence[Sheet], words: Mapping[str, Any]) -> bytes:
    out = io.BytesIO()
    with Workbook(out, {"in_memory": True, "nan_inf_to_errors": True}) as book:
        book.set_properties({"author": str(words["publisher"]), "created": EPOCH})
        head = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        first = book.add_worksheet("About")
        about = [
            ("Briefing", words["title"]), ("As of", words["as_of"]),
            ("Known by", words["known_by"]), ("Status", words["status"]),
            ("Facts", "every table names its facts; the sheet Facts gives source, dates and "
                      "licence"),
        ]  # fmt: skip
        for sheet_number, sheet in enumerate(every, start=1):
            about.append((f"Sheet {sheet_number}", f"{sheet.name}: {plain(sheet.title)}"))
        for at, (label, value) in enumerate(about):
            _fill(first, at, 0, label, day)
            _fill(first, at, 1, value if isinstance(value, date) else plain(value), day)
        first.set_column(0, 0, 14)
        first.set_column(1, 1, 100)
        for sheet in every:
            page = book.add_worksheet(sheet.name[:31])
            for across, heading in enumerate(sheet.headings):
                page.write_string(0, across, _excel_text(heading), head)
            for down, row in enumerate(sheet.rows, start=1):
                for across, value in enumerate(row):
                    _fill(page, down, across, value, day)
            page.freeze_panes(1, 0)
            for i in range(len(sheet.headings)):
                longest = max((len(str(r[i] or "")) for r in sheet.rows), default=0)
                page.set_column(i, i, min(60, max(12, longest + 2)))
    return out.getvalue()


def _fill(page: Worksheet, down: int, across: int, value: Value, day: Format) -> None:
    """Write one cell as what it is: no text becomes a formula, a number or a link."""
    if value is None or value == "":
        return
    if isinstance(value, str):
        page.write_string(down, across, _excel_text(value))
    elif isinstance(value, date):
        page.write_datetime(down, across, value, day)
    else:
        page.write_number(down, across, value)


def _excel_text(text: str) -> str:
    # What a spreadsheet file cannot hold would make it unreadable.
    return _safe(re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]", "", text))[:32000]
