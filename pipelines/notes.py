"""Notes on the tables of a warehouse, `raw.versions`: what each was made from, and its content.

Whoever writes to a table forgets what is noted of it, in the same transaction. They are asked for
some hundred times in a run, so they are read once for a connection and remembered. One forgotten in
a transaction that was then rolled back is still in the file, but not remembered: that a note is
missing only costs time.
"""

from collections.abc import Collection, Mapping
from typing import NamedTuple
from weakref import WeakKeyDictionary

from pipelines.warehouse import Connection


class Note(NamedTuple):
    """What is noted of a table; of a raw one only its content."""

    origin: str | None = None
    content: str | None = None
    rows: int | None = None
    warnings: str | None = None


_REMEMBERED: WeakKeyDictionary[Connection, dict[str, Note]] = WeakKeyDictionary()


def read(connection: Connection) -> Mapping[str, Note]:
    """What is noted, by table."""
    if connection not in _REMEMBERED:
        found = connection.execute(
            "select v.name, v.origin, v.content, v.rows, v.warnings from raw.versions as v"
        ).fetchall()
        _REMEMBERED[connection] = {name: Note(*noted) for name, *noted in found}
    return _REMEMBERED[connection]


def forget(names: Collection[str], connection: Connection) -> None:
    """Take away what is noted of tables, before they are written to."""
    listed = ", ".join("?" * len(names))
    connection.execute(f"delete from raw.versions where name in ({listed})", list(names))
    for name in names:
        _REMEMBERED.get(connection, {}).pop(name, None)


def forget_all(connection: Connection) -> None:
    """Take away what is noted of all tables."""
    connection.execute("delete from raw.versions")
    _REMEMBERED.pop(connection, None)


def write(notes: Mapping[str, Note], connection: Connection) -> None:
    """Note this of tables, in a commit of its own: what is rolled back must not be remembered."""
    if not notes:
        return
    values = ", ".join(["(?, ?, ?, ?, ?)"] * len(notes))
    connection.execute(
        "insert or replace into raw.versions (name, origin, content, rows, warnings) "
        f"values {values}",
        [value for name, note in notes.items() for value in (name, *note)],
    )
    _REMEMBERED.get(connection, {}).update(notes)
