"""Knows which tables are already what their definitions would make of their inputs again.

A table's *origin* is a hash of all it follows from: its SQL file with its checks, the macros and
views it goes through, its CSV or the project's Python code, and the contents of the tables it
reads. A run leaves a table whose origin is the one it was made from, and since contents count, not
when they were written, a table made anew without a difference makes nothing behind it anew.

Whoever writes to a table of the warehouse forgets what is noted of it, in the same transaction:
a note that is missing only costs time, a wrong one would keep an old number.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

import duckdb

from pipelines.tables import Catalogue, Report, Table, catalogue
from pipelines.warehouse import Connection, first_row

#: Answers that differ from one moment to the next; a table that asks them is always made anew.
_MOMENTARY = re.compile(
    r"\b(current_date|current_timestamp|current_time|get_current_timestamp)\b"
    r"|\b(now|today|random|uuid|gen_random_uuid|nextval)\s*\(",
    re.IGNORECASE,
)
#: Comments and texts, where such a word means nothing.
_ASIDE = re.compile(r"--[^\n]*|'[^']*'")


def origin(members: Sequence[Table], connection: Connection) -> str | None:
    """Hash of all that tables made in one step follow from; null if a moment is among it."""
    known = catalogue()
    words = [duckdb.__version__]
    inputs: set[str] = set()
    for table in members:
        words += [table.path.read_text(), table.select]
        words += [check.query for check in table.checks]
        words += [known.macros[name].statement for name in _macros(table.reads, known)]
        inputs |= known.tables_read(table.full_name)
        csv = table.path.with_suffix(".csv")
        if csv.exists():
            words.append(hashlib.sha256(csv.read_bytes()).hexdigest())
        if table.python:
            words.append(_code())
    if any(_MOMENTARY.search(_ASIDE.sub("", word)) for word in words):
        return None
    for name in sorted(inputs - {table.full_name for table in members}):
        words.append(f"{name} {content(name, connection)}")
    return hashlib.sha256("\n".join(words).encode()).hexdigest()


def _macros(reads: Iterable[str], known: Catalogue) -> list[str]:
    """Macros and views read, and those they go through."""
    found: set[str] = set()
    waiting = [name for name in reads if name in known.macros]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += [read for read in known.macros[name].reads if read in known.macros]
    return sorted(found)


@cache
def _code() -> str:
    """Hash of the project's Python files."""
    folder = Path(__file__).parent
    mixed = hashlib.sha256()
    for path in sorted(folder.rglob("*.py")):
        mixed.update(f"{path.relative_to(folder)}\0".encode() + path.read_bytes())
    return mixed.hexdigest()


def content(name: str, connection: Connection) -> str:
    """Hash of a table's rows, in whatever order; noted until someone writes to the table."""
    noted = connection.execute(
        "select content from raw.versions where name = ? and content is not null", [name]
    ).fetchall()
    if noted:
        return str(noted[0][0])
    columns = connection.execute(
        "select column_name || ' ' || data_type from duckdb_columns() where schema_name = ? "
        "and table_name = ? and database_name = current_database() order by column_index",
        name.split("."),
    ).fetchall()
    rows = first_row(
        connection,
        f"select count(*), coalesce(bit_xor(hash(t)), 0), coalesce(sum(hash(t)), 0) from {name} t",
    )
    found = hashlib.sha256(f"{columns} {rows}".encode()).hexdigest()[:32]
    connection.execute(
        "insert into raw.versions (name, content) values (?, ?) "
        "on conflict (name) do update set content = excluded.content",
        [name, found],
    )
    return found


def unchanged(
    members: Sequence[Table], made_from: str | None, connection: Connection
) -> list[Report] | None:
    """What was reported when the tables were made, if they are as they would be made again."""
    if made_from is None:
        return None
    reports = []
    for table in members:
        noted = connection.execute(
            "select rows, warnings from raw.versions where name = ? and origin = ?",
            [table.full_name, made_from],
        ).fetchall()
        if not noted:
            return None
        rows, warnings = noted[0]
        reports.append(Report(table.full_name, rows, 0.0, json.loads(warnings)))
    return reports


def note(
    members: Sequence[Table], reports: Sequence[Report], made_from: str | None,
    connection: Connection,
) -> None:  # fmt: skip
    """Note what tables were made from, so that the next run may leave them."""
    if made_from is None:
        return
    for table, report in zip(members, reports, strict=True):
        content(table.full_name, connection)
        connection.execute(
            "update raw.versions set origin = ?, rows = ?, warnings = ? where name = ?",
            [made_from, report.rows, json.dumps(report.warnings), table.full_name],
        )
