"""Writes `docs/data_dictionary.md`: every table, column and macro, and what each is made from.

Names, types and meanings are those of a warehouse's own catalogue; lineage is read from the SQL.

python -m pipelines.dictionary
"""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from pipelines.examples import edition
from pipelines.settings import PROJECT
from pipelines.tables import LAYERS, Catalogue, Macro, Table, catalogue
from pipelines.warehouse import Connection

PAGE = PROJECT / "docs" / "data_dictionary.md"
INTRODUCTION = """# Data dictionary

Every table, column and macro of the published warehouse, with its unit, and what it is made from.
The words are the warehouse's own comments (`.schema marts.frontier` in `bellwether sql`, `comment`
in `duckdb_columns()`); each stands in the SQL file named. Data flows from the top of this page to
its end: raw, seeds, staging, core, analysis, marts. Made by `python -m pipelines.dictionary`; a
test holds it current.
"""
ABOUT = {
    "raw": "What the sources said, as they said it, and the log of every reading.",
    "seeds": "The bundled edition: facts and declarations chosen by hand, each with its source.",
    "staging": "One table for each source and thing, typed, in our units, faults quarantined. "
    "`staging.every_<thing>` is a view of all sources' tables of a thing under each other.",
    "core": "The market, whatever the source.",
    "analysis": "What SQL cannot compute, by Python steps.",
    "marts": "One question each.",
}
#: Raw tables of observations all have the same columns.
RUNS = "raw.<source>__<thing>"


def page(connection: Connection) -> str:
    """The page, of a warehouse that holds every table and macro."""
    known = catalogue()
    columns = _columns(connection)
    comments: dict[str, str] = dict(
        connection.execute(
            "select t.schema_name || '.' || t.table_name, t.comment from duckdb_tables() as t "
            "where not t.temporary"
        ).fetchall()
    )
    readers = _readers(known)
    parts = [INTRODUCTION]
    for layer in LAYERS:
        parts.append(f"\n## {layer}\n{ABOUT[layer]}\n")
        names = sorted(name for name in columns if name.split(".")[0] == layer)
        runs = [name for name in names if layer == "raw" and "__" in name]
        for name in names:
            if name not in runs:
                table = known.tables.get(name)
                facts = _facts(table, known) if table else []
                facts += _links("Read by", readers.get(name, ()))
                parts.append(
                    f"\n### {name}\n{comments[name]}\n\n" + "".join([*facts, "\n"] if facts else [])
                    + _rows(columns[name])
                )  # fmt: skip
        if runs:
            members = [f"- `{name}`{_of(readers.get(name, ()))}\n" for name in runs]
            parts.append(
                f"\n### `{RUNS}`\n{comments[runs[0]]}\n\n" + _rows(columns[runs[0]]) + "\n"
                + "".join(members)
            )  # fmt: skip
    parts.append(
        "\n## Macros\nQuestions with parameters: `known_by` null means all that is known now.\n"
    )
    parts.extend(
        _macro(macro, known, connection)
        for name, macro in sorted(known.macros.items())
        if "." not in name
    )
    return "".join(parts)


def _columns(connection: Connection) -> dict[str, list[tuple[str, str, str]]]:
    found: dict[str, list[tuple[str, str, str]]] = {}
    rows = connection.execute(
        "select c.schema_name || '.' || c.table_name, c.column_name, c.data_type, "
        "coalesce(c.comment, '') from duckdb_columns() as c "
        "inner join duckdb_tables() as t on t.table_oid = c.table_oid "
        "and t.schema_name = c.schema_name and t.table_name = c.table_name "
        "where not c.internal order by c.column_index"
    ).fetchall()
    for name, column, kind, comment in rows:
        found.setdefault(name, []).append((column, kind, comment))
    return found


def _readers(known: Catalogue) -> Mapping[str, list[str]]:
    """Which tables read each table, directly or through macros."""
    readers: dict[str, list[str]] = {}
    for name in sorted(known.tables):
        for read in sorted(known.tables_read(name)):
            readers.setdefault(read, []).append(name)
    return readers


def _facts(table: Table, known: Catalogue) -> list[str]:
    file = table.path.relative_to(PROJECT)
    step = f", computed by `{table.python}`" if table.python else ""
    parts = [f"- Key: {', '.join(f'`{part}`' for part in table.key)}\n"]
    parts.append(f"- File: [`{file}`](../{file}){step}\n")
    parts.extend(_links("Made from", known.tables_read(table.full_name)))
    asked = sorted(f"{read}()" for read in table.reads if read in known.macros and "." not in read)
    if asked:
        parts.append(f"- Asks: {', '.join(f'[{m}](#{_anchor(m[:-2])})' for m in asked)}\n")
    return parts


def _links(word: str, names: Iterable[str]) -> list[str]:
    links = [f"[{name}](#{_anchor(name)})" for name in sorted(names)]
    return [f"- {word}: {', '.join(links)}\n"] if links else []


def _of(names: Iterable[str]) -> str:
    links = [f"[{name}](#{_anchor(name)})" for name in sorted(names)]
    return f", read by {', '.join(links)}" if links else ""


def _anchor(name: str) -> str:
    """The anchor renderers of Markdown give a heading."""
    if name.startswith("raw.") and "__" in name:
        name = RUNS
    return re.sub(r"[^\w -]", "", name.lower()).replace(" ", "-")


def _rows(columns: Iterable[tuple[str, str, str]]) -> str:
    lines = ["| column | type | meaning |", "|---|---|---|"]
    lines += [f"| `{name}` | {kind} | {_cell(comment)} |" for name, kind, comment in columns]
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")


def _macro(macro: Macro, known: Catalogue, connection: Connection) -> str:
    is_table = re.search(r"\)\s+as\s+table\b", macro.statement)
    text = macro.description
    if macro.example:
        text = " ".join(text.replace(macro.example, "").split())
    parts = [f"\n### {macro.name}\n`{macro.name}({', '.join(macro.parameters)})`: {text}\n"]
    if macro.example:
        parts.append(f"\n```sql\n{macro.example}\n```\n")
    parts.append("\n")
    parts.extend(_links("Reads", known.tables_read(macro.name)))
    # A macro that is given a table's name cannot be described without one.
    if is_table and "query_table(" not in macro.statement:
        nulls = ", ".join("null" for _ in macro.parameters)
        answer = connection.execute(f"describe from {macro.name}({nulls})").fetchall()
        parts.append(f"- Gives: {', '.join(f'`{row[0]}` {row[1]}' for row in answer)}\n")
    return "".join(parts).rstrip("\n") + "\n"


def main(path: Path = PAGE) -> None:
    """Write the page."""
    path.write_text(page(edition()))


if __name__ == "__main__":
    main()
