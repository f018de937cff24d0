"""Tables kept by states, made anew in a transaction that is taken back. Nothing here asserts but
that what a state says is the same before and after a change."""

from collections.abc import Mapping, Sequence
from typing import Any

from feeds import rows

from pipelines.tables import Connection, catalogue, python_step, read_frames


def made_anew(connection: Connection, names: Sequence[str]) -> None:
    """Make tables whole, in this order, whatever is kept of them."""
    for name in names:
        table = catalogue().tables[name]
        given = f"computed_{table.name}"
        if table.python:
            step = python_step(table.python)
            computed = step.compute(**read_frames(step.reads, connection))[table.name]
            connection.register(given, computed)
        connection.execute(f"create or replace table {name} as {table.select}")
        if table.python:
            connection.unregister(given)


def told(connection: Connection, names: Sequence[str]) -> dict[tuple[str, str], Any]:
    """Of tables kept by states, by name and state: a hash of the rows, 0 without any."""
    found = {}
    for name in names:
        table = catalogue().tables[name]
        query = (
            f"select s.{table.keep}, coalesce(any_value(t.told), 0) from {table.states} as s "
            f"left join (select r.{table.keep}, sum(hash(r)) as told from {name} as r "
            f"group by r.{table.keep}) as t on t.{table.keep} = s.{table.keep} "
            f"group by s.{table.keep}"
        )
        found |= {(name, state): hashed for state, hashed in rows(connection, query)}
    return found


def changed_and_kept(
    connection: Connection, names: Sequence[str], statement: str, first: str = "select 1"
) -> tuple[Mapping[str, int], int]:
    """By table that is kept, its states told anew after a change; and how many states stay.

    `names` are the tables with their states and what is between them, in order; `first` is done
    before all.
    """
    kept = [name for name in names if catalogue().tables[name].states]
    connection.execute("begin")
    try:
        connection.execute(first)
        made_anew(connection, names)
        before = told(connection, kept)
        connection.execute(statement)
        made_anew(connection, names)
        after = told(connection, kept)
    finally:
        connection.execute("rollback")
    same = before.keys() & after.keys()
    assert all(after[state] == before[state] for state in same)
    changed = dict.fromkeys(kept, 0)
    for name, _ in after.keys() - before.keys():
        changed[name] += 1
    return changed, len(same)
