"""Notes on the states a table holds say what the table does, or are not believed."""

from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from pipelines import held, tables
from pipelines.tables import CheckFailed, Connection, Table

FILE = """-- Numbers of states.
-- key: number
-- keep: state_id of analysis.some_states
-- check small: number < 100
select
    s.state_id,              -- state
    cast(s.state_id as bigint) * 10 + r.range as number -- number
from analysis.some_states as s
cross join range(s.rows) as r
"""


@pytest.fixture
def table(tmp_path: Path) -> Table:
    path = tmp_path / "analysis" / "numbers.sql"
    path.parent.mkdir()
    path.write_text(FILE)
    return tables.read_table(path, tmp_path)


@pytest.fixture
def connection() -> Connection:
    connection = duckdb.connect()
    tables.create_schemas(connection)
    states(connection, {1: 2, 2: 0, 3: 1})
    return connection


def states(connection: Connection, rows: dict[int, int]) -> None:
    connection.execute(
        "create or replace table analysis.some_states as "
        "select unnest($1::varchar[]) as state_id, unnest($2::bigint[]) as rows",
        [list(rows), list(rows.values())],
    )


def noted(connection: Connection) -> dict[str, int]:
    found = connection.execute("select state, rows from raw.held_states").fetchall()
    assert len(found) == len(dict(found))
    return dict(found)


def numbers(connection: Connection) -> list[int]:
    return [n for (n,) in connection.execute("from analysis.numbers select number order by 1").fetchall()]  # fmt: skip  # noqa: E501


def test_states_are_noted_with_their_rows_and_those_without_any(
    connection: Connection, table: Table
) -> None:
    report = tables.build(table, connection)
    assert noted(connection) == {"1": 2, "2": 0, "3": 1}
    states(connection, {1: 7, 2: 7, 4: 3, 5: 0})
    tables.build(table, connection, checked={table.full_name: report})
    assert noted(connection) == {"1": 2, "2": 0, "4": 3, "5": 0}
    assert numbers(connection) == [10, 11, 40, 41, 42], "those held stay, those gone go"


def test_what_a_check_refuses_is_neither_there_nor_noted(
    connection: Connection, table: Table
) -> None:
    report = tables.build(table, connection)
    states(connection, {1: 2, 2: 0, 11: 1})
    with pytest.raises(CheckFailed, match="small"):
        tables.build(table, connection, checked={table.full_name: report})
    assert noted(connection) == {"1": 2, "2": 0, "3": 1}
    assert numbers(connection) == [10, 11, 30]


def test_a_key_that_a_fresh_state_shares_with_one_that_stays_is_found(
    connection: Connection, table: Table
) -> None:
    report = tables.build(table, connection)
    states(connection, {1: 2, 2: 0, 3: 1, 0: 12})  # 10 and 11 again
    with pytest.raises(CheckFailed, match="key_is_unique"):
        tables.build(table, connection, checked={table.full_name: report})


@pytest.mark.parametrize("forged", ["delete from raw.held_states", "update raw.held_states set rows = rows + 1"])  # fmt: skip  # noqa: E501
def test_notes_that_do_not_add_up_are_counted_again(
    connection: Connection, table: Table, forged: str
) -> None:
    tables.build(table, connection)
    connection.execute(forged)
    assert held.rows_by_state(table.full_name, "state_id", connection) == {"1": 2, "3": 1}
    tables.build(table, connection)
    assert noted(connection) == {"1": 2, "2": 0, "3": 1}


def test_a_table_of_another_shape_is_made_anew(connection: Connection, table: Table) -> None:
    tables.build(table, connection)
    select = table.select + "\n"
    wider = replace(
        table,
        select=select.replace("as number", "as number, 'x' as letter"),
        columns={**table.columns, "letter": "a letter"},
    )
    tables.build(wider, connection)
    assert connection.execute("from analysis.numbers select distinct letter").fetchall() == [("x",)]
    assert noted(connection) == {"1": 2, "2": 0, "3": 1}
