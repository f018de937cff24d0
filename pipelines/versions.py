"""Knows which tables are already what their definitions would make of their inputs again.

A table's *origin* is a hash of all it follows from: its SQL file with its checks, the macros and
views it goes through, its CSV or the project's Python code, and the contents of the tables it
reads. A run leaves a table whose origin is the one it was made from, and since contents count, not
when they were written, a table made anew without a difference makes nothing behind it anew. What
only its checks read beside it makes it checked again, not made.

Whoever writes to a table of the warehouse forgets what is noted of it (`pipelines.notes`), in the
same transaction: a note that is missing only costs time, a wrong one would keep an old number.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

import duckdb

from pipelines import held, notes
from pipelines.notes import Note
from pipelines.tables import (
    Catalogue,
    Report,
    Table,
    catalogue,
    columns_of,
    relations_read,
)
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
    """Hashes of all that tables made in one step follow from, and of all that their checks do
    beside them, in two words; null if a moment is among it."""
    known = catalogue()
    made, checked = [duckdb.__version__], []
    from_these: set[str] = set()
    with_these: set[str] = set()
    for table in members:
        file = table.path.read_text()
        made += [file, table.select]
        made += [known.macros[name].statement for name in _macros(table.made_from, known)]
        from_these |= _tables(table.made_from, known)
        csv = table.path.with_suffix(".csv")
        if csv.exists():
            made.append(hashlib.sha256(csv.read_bytes()).hexdigest())
        if table.python:
            made.append(_code())
        checked.append(file)
        for check in table.checks:
            reads = relations_read(check.query)
            checked.append(check.query)
            checked += [known.macros[name].statement for name in _macros(reads, known)]
            with_these |= _tables(reads, known)
    if any(map(_is_momentary, (*made, *checked))):
        return None
    own = {table.full_name for table in members}
    contents = _contents((from_these | with_these) - own, connection)
    hashes = []
    for words, inputs in ((made, from_these), (checked, with_these)):
        words += [f"{name} {contents[name]}" for name in sorted(inputs - own)]
        hashes.append(hashlib.sha256("\n".join(words).encode()).hexdigest())
    return " ".join(hashes)


@cache
def _is_momentary(text: str) -> bool:
    return _MOMENTARY.search(_ASIDE.sub("", text)) is not None


def _tables(reads: Iterable[str], known: Catalogue) -> set[str]:
    """Tables read, directly or through macros."""
    macros = _macros(reads, known)
    through = (known.tables_read(name) for name in macros)
    return {name for name in reads if "." in name and name not in macros}.union(*through)


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


def _contents(names: Iterable[str], connection: Connection) -> dict[str, str]:
    """`content` of each table; what was not noted is, in one go, for every commit waits for the
    disk."""
    noted = notes.read(connection)
    known = {name: note.content for name in names if (note := noted.get(name, Note())).content}
    found = {name: _hash_of(name, connection) for name in names if name not in known}
    fresh = {
        name: noted.get(name, Note())._replace(content=hashed) for name, hashed in found.items()
    }
    notes.write(fresh, connection)
    return known | found


def content(name: str, connection: Connection) -> str:
    """Hash of a table's rows, in whatever order; noted until someone writes to the table.

    Of a table that is kept by states, which are hashes of all that its rows follow from, a hash of
    the states it holds.
    """
    return _contents([name], connection)[name]


def _hash_of(name: str, connection: Connection) -> str:
    table = catalogue().tables.get(name)
    columns = columns_of(name, connection)
    rows, given = name, []
    if table is not None and table.keep and table.keep in dict(columns):
        held.make_sure(name, table.keep, connection)
        rows = "(select h.state, h.rows from raw.held_states as h where h.name = ? and h.rows > 0)"
        given = [name]
    counted = first_row(
        connection,
        "select count(*), coalesce(bit_xor(hash(t)), 0), coalesce(sum(hash(t)), 0) "
        f"from {rows} as t",
        given,
    )
    return hashlib.sha256(f"{columns} {counted}".encode()).hexdigest()[:32]


def as_made(members: Sequence[Table], made_from: str | None, connection: Connection) -> bool:
    """Whether the tables are as they would be made again, though their checks may say another
    thing now."""
    made = [_noted(table, connection)[0].partition(" ")[0] for table in members]
    return made_from is not None and set(made) == {made_from.partition(" ")[0]}


def as_checked(
    members: Sequence[Table], made_from: str | None, connection: Connection
) -> dict[str, Report]:
    """What was reported of the tables whose checks would say the same again of the same rows."""
    if made_from is None:
        return {}
    noted = {table.full_name: _noted(table, connection) for table in members}
    return {
        name: report
        for name, (origin_then, report) in noted.items()
        if origin_then.partition(" ")[2] == made_from.partition(" ")[2]
    }


def _noted(table: Table, connection: Connection) -> tuple[str, Report]:
    """From what a table was made, and what was reported then; empty if that was not noted."""
    note = notes.read(connection).get(table.full_name, Note())
    if note.origin is None:
        return "", Report(table.full_name)
    warnings = json.loads(note.warnings or "{}")
    return note.origin, Report(table.full_name, note.rows or 0, 0.0, warnings)


def unchanged(
    members: Sequence[Table], made_from: str | None, connection: Connection
) -> list[Report] | None:
    """What was reported when the tables were made, if they are as they would be made again."""
    if made_from is None:
        return None
    noted = [_noted(table, connection) for table in members]
    if any(origin_then != made_from for origin_then, _ in noted):
        return None
    return [report for _, report in noted]


def note(
    members: Sequence[Table], reports: Sequence[Report], made_from: str | None,
    connection: Connection,
) -> None:  # fmt: skip
    """Note what tables were made from, so that the next run may leave them."""
    if made_from is None:
        return
    known = notes.read(connection)
    found = {}
    for table, report in zip(members, reports, strict=True):
        name = table.full_name
        content = known.get(name, Note()).content or _hash_of(name, connection)
        found[name] = Note(made_from, content, report.rows, json.dumps(report.warnings))
    notes.write(found, connection)
