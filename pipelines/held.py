"""Knows which states the tables hold that are kept by state, without reading them.

A *state* is a hash of all that rows follow from, the `-- keep:` column of a table's file. What a
table holds of each is noted in the transaction that writes it, a state without any row too, so
that it is asked once.
"""

from collections.abc import Collection, Mapping

from pipelines.warehouse import Connection, first_row


def rows_by_state(table: str, keep: str, connection: Connection) -> dict[str, int]:
    """Rows a table holds by state, 0 of one that gives none."""
    # Added up here, for they are all wanted: the table of notes is gone through once.
    query = "select h.state, h.rows from raw.held_states as h where h.name = ?"
    noted = dict(connection.execute(query, [table]).fetchall())
    if sum(noted.values()) == first_row(connection, f"select count(*) from {table}")[0]:
        return noted
    note_anew(table, keep, (), connection)
    return dict(connection.execute(query, [table]).fetchall())


def make_sure(table: str, keep: str, connection: Connection) -> None:
    """Count what a table holds, if what is noted does not add up to its rows."""
    query = (
        f"select coalesce(sum(h.rows), 0) = (select count(*) from {table}) "
        "from raw.held_states as h where h.name = ?"
    )
    if not first_row(connection, query, [table])[0]:
        note_anew(table, keep, (), connection)


def note(
    table: str,
    gone: Collection[str],
    fresh: Collection[str],
    made: Mapping[str, int],
    connection: Connection,
) -> None:
    """Note that states are gone, and which rows were made of fresh ones."""
    _forget(table, {*gone, *fresh}, connection)
    if fresh:
        connection.execute(
            "insert into raw.held_states select ?, unnest(?::varchar[]), unnest(?::bigint[])",
            [table, list(fresh), [made.get(state, 0) for state in fresh]],
        )


def note_anew(table: str, keep: str, standing: Collection[str], connection: Connection) -> None:
    """Note what a table holds, counted, and `standing` states that it has no row of."""
    connection.execute("delete from raw.held_states where name = ?", [table])
    counted = dict(
        connection.execute(
            f"select t.{keep}, count(*) from {table} as t group by t.{keep}"
        ).fetchall()
    )
    note(table, (), {*standing, *counted}, counted, connection)


def _forget(table: str, states: Collection[str], connection: Connection) -> None:
    if states:
        connection.execute(
            "delete from raw.held_states where name = ? and state in (select unnest(?::varchar[]))",
            [table, list(states)],
        )
