"""Every SQL file keeps the house's rules, and the factory holds them."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from feeds import rows

from pipelines import tables
from pipelines.settings import SQL
from pipelines.tables import (
    LAYERS,
    MAY_READ,
    OPEN_TO_ALL,
    CheckFailed,
    Connection,
    Table,
    TableError,
    build,
    catalogue,
    read_macro,
    read_table,
    relations_read,
)

EVERY_TABLE = pytest.mark.parametrize(
    "table", catalogue().tables.values(), ids=list(catalogue().tables)
)


@EVERY_TABLE
def test_a_table_is_described_and_its_columns_are_the_documented_ones(
    warehouse: Connection, table: Table
) -> None:
    assert len(table.description) > 20
    assert table.description.endswith((".", "?"))
    actual = rows(
        warehouse,
        "select column_name, comment from duckdb_columns() "
        "where schema_name = ? and table_name = ? order by column_index",
        [table.schema, table.name],
    )
    assert actual == list(table.columns.items())
    assert all(comment for _, comment in actual)
    [(comment,)] = rows(
        warehouse,
        "select comment from duckdb_tables() where schema_name = ? and table_name = ?",
        [table.schema, table.name],
    )
    assert comment == table.description


@EVERY_TABLE
def test_a_table_keeps_its_key_and_checks(warehouse: Connection, table: Table) -> None:
    assert table.key
    assert set(table.key) <= set(table.columns)
    for check in table.checks:
        if check.is_blocking:
            assert rows(warehouse, f"select * from ({check.query}) as broken limit 3") == []


@EVERY_TABLE
def test_a_table_reads_only_to_its_left(table: Table) -> None:
    for read in catalogue().tables_read(table.full_name) - OPEN_TO_ALL:
        layer = read.split(".")[0]
        assert layer in MAY_READ[table.schema], f"{table.full_name} reads {read}"
        assert LAYERS.index(layer) <= LAYERS.index(table.schema)


# ------------------------------------------------------------------ dependencies


@pytest.mark.parametrize(
    ("sql", "reads"),
    [
        ("select a from core.x", {"core.x"}),
        ("with y as (select a from core.x) select a from y", {"core.x"}),
        ("with x as (select 1 as a) select a from x", set()),
        ("select a from core.x inner join core.y using (a)", {"core.x", "core.y"}),
        ("select a from core.x where a in (select b from seeds.z)", {"core.x", "seeds.z"}),
        ("select (select max(b) from seeds.z) as b from core.x", {"core.x", "seeds.z"}),
        ("select a from core.x union all select b from core.y", {"core.x", "core.y"}),
        ("select a from core.x as x, lateral (select b from core.y as y where y.a = x.a) as l",
         {"core.x", "core.y"}),
        ("select 'core.not_read' as a -- from core.nor_this", set()),
    ],
)  # fmt: skip
def test_dependencies_come_from_the_parser(sql: str, reads: set[str]) -> None:
    assert {name for name in relations_read(sql) if "." in name} == reads


def test_dependencies_go_through_macros() -> None:
    assert "prices_on" in catalogue().macros["standing_excluding"].reads
    read = catalogue().tables_read("marts.positioning")
    assert {"core.price_claims", "analysis.capabilities", "analysis.day_states"} <= read
    assert "prices_on" not in read


def test_a_python_tables_dependencies_are_those_of_its_queries() -> None:
    read = catalogue().tables_read("analysis.capabilities")
    assert "core.results" in read
    assert "core.capability_anchors" in read


def test_what_is_built_comes_after_what_it_reads() -> None:
    place = {name: i for i, name in enumerate(catalogue().order)}
    for name in catalogue().tables:
        for read in catalogue().tables_read(name) & set(catalogue().tables):
            assert place[read] < place[name], (read, name)


def test_sql_that_does_not_parse_is_named() -> None:
    with pytest.raises(TableError, match="selec"):
        relations_read("selec 1")


def test_a_sources_staging_table_joins_the_gathering_by_its_file_alone() -> None:
    gathered = catalogue().macros["staging.every_prices"].reads
    found = {f"staging.{path.stem}" for path in (SQL / "staging").glob("*__prices.sql")}
    assert gathered == found | {"raw.sources"}


# ------------------------------------------------------------------ reading and building


@pytest.fixture
def connection() -> Iterator[Connection]:
    found = duckdb.connect()
    tables.create_schemas(found)
    yield found
    found.close()


GOOD = """-- What a thing is.
-- key: thing_id
-- check amount_is_positive: amount > 0
-- expect amount_is_small: amount < 100
select
    t.thing_id,  -- our id
    t.amount -- how much, USD
from (values (1, 5), (2, 7)) as t (thing_id, amount)
"""


def table_of(folder: Path, text: str = GOOD, name: str = "things", layer: str = "core") -> Table:
    path = folder / layer / f"{name}.sql"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return read_table(path, folder)


def test_a_file_is_its_table(tmp_path: Path, connection: Connection) -> None:
    table = table_of(tmp_path)
    report = build(table, connection)
    assert (report.rows, report.warnings) == (2, {})
    assert table.full_name == "core.things"
    assert rows(connection, "from core.things order by all") == [(1, 5), (2, 7)]
    comments = rows(connection, "select comment from duckdb_columns() where table_name = 'things'")
    assert comments == [("our id",), ("how much, USD",)]


@pytest.mark.parametrize(
    ("wrong", "right", "told"),
    [
        ("-- What a thing is.\n", "", "must open with a comment"),
        ("-- key: thing_id\n", "", "no `-- key:` line"),
        ("  -- our id", "", "without a comment: ['thing_id']"),
        ("t.amount -- how much, USD", "t.amount -- how much, USD\n, 1 as more",
         "without a comment: ['more']"),
    ],
)  # fmt: skip
def test_a_wrong_header_is_told_what_to_do(
    tmp_path: Path, connection: Connection, wrong: str, right: str, told: str
) -> None:
    assert wrong in GOOD
    text = GOOD.replace(wrong, right)
    with pytest.raises(TableError) as error:
        build(table_of(tmp_path, text), connection)
    assert told in str(error.value)
    assert "things.sql" in str(error.value)


def test_a_failed_check_keeps_the_former_rows_and_names_the_offenders(
    tmp_path: Path, connection: Connection
) -> None:
    build(table_of(tmp_path), connection)
    with pytest.raises(CheckFailed) as failure:
        build(table_of(tmp_path, GOOD.replace("(2, 7)", "(2, 7), (3, -4)")), connection)
    assert failure.value.check == "amount_is_positive"
    assert failure.value.rows == 1
    assert "-4" in str(failure.value)
    assert "former rows" in str(failure.value)
    assert rows(connection, "from core.things order by all") == [(1, 5), (2, 7)]
    build(table_of(tmp_path, GOOD.replace("(2, 7)", "(2, 8)")), connection)
    assert rows(connection, "from core.things order by all") == [(1, 5), (2, 8)]


@pytest.mark.parametrize("row", ["(1, 9)", "(null, 9)"])
def test_a_key_that_is_null_or_stands_twice_is_refused(
    tmp_path: Path, connection: Connection, row: str
) -> None:
    with pytest.raises(CheckFailed) as failure:
        build(table_of(tmp_path, GOOD.replace("(2, 7)", f"(2, 7), {row}")), connection)
    assert failure.value.check == "key_is_unique_and_not_null"


def test_null_fails_a_check(tmp_path: Path, connection: Connection) -> None:
    with pytest.raises(CheckFailed, match="amount_is_positive"):
        build(table_of(tmp_path, GOOD.replace("(2, 7)", "(2, null)")), connection)


def test_a_first_build_that_fails_leaves_no_table(tmp_path: Path, connection: Connection) -> None:
    with pytest.raises(CheckFailed):
        build(table_of(tmp_path, GOOD.replace("(2, 7)", "(2, -7)")), connection)
    assert rows(connection, "select * from duckdb_tables() where schema_name <> 'raw'") == []


def test_expect_is_a_warning(tmp_path: Path, connection: Connection) -> None:
    report = build(table_of(tmp_path, GOOD.replace("(2, 7)", "(2, 700)")), connection)
    assert report.warnings == {"amount_is_small": 1}
    assert report.rows == 2


def test_a_check_of_its_own_file_is_picked_up(tmp_path: Path, connection: Connection) -> None:
    (tmp_path / "checks").mkdir()
    (tmp_path / "checks" / "core.things__are_few.sql").write_text(
        "-- There are fewer than three.\nselect count(*) as things from core.things "
        "having count(*) > 2;\n"
    )
    table = table_of(tmp_path)
    assert [check.name for check in table.checks][-1] == "are_few"
    build(table, connection)
    with pytest.raises(CheckFailed, match="are_few"):
        build(table_of(tmp_path, GOOD.replace("(2, 7)", "(2, 7), (3, 7)")), connection)


def test_every_check_file_belongs_to_a_table() -> None:
    known = {
        f"{table.full_name}__{check.name}"
        for table in catalogue().tables.values()
        for check in table.checks
    }
    for path in (SQL / "checks").glob("*.sql"):
        assert path.stem in known, path.name


def test_a_table_must_not_read_to_its_right(tmp_path: Path) -> None:
    table_of(tmp_path, layer="core")
    table_of(tmp_path, GOOD.replace("(values (1, 5), (2, 7))", "core.things"), layer="staging")
    with pytest.raises(TableError, match=r"staging must not read core\.things"):
        catalogue(tmp_path)


def test_tables_must_not_read_in_a_circle(tmp_path: Path) -> None:
    for name, other in (("one", "two"), ("two", "one")):
        table_of(tmp_path, GOOD.replace("(values (1, 5), (2, 7))", f"core.{other}"), name)
    with pytest.raises(TableError, match="circle"):
        catalogue(tmp_path)


def test_a_macro_must_be_called_as_its_file(tmp_path: Path) -> None:
    path = tmp_path / "twice.sql"
    path.write_text("-- Twice as much.\ncreate or replace macro double(x) as x * 2\n")
    with pytest.raises(TableError, match="twice"):
        read_macro(path)


def test_macros_are_described() -> None:
    assert all(macro.description for macro in catalogue().macros.values())


def test_a_seed_reads_its_csv_as_text(tmp_path: Path, connection: Connection) -> None:
    """`1.10` stays `1.10`, an empty cell is null, and 007 keeps its zeros."""
    text = "-- A seed.\n-- key: a\nselect\n    c.a, -- a\n    c.b -- b\nfrom csv_things as c\n"
    table = table_of(tmp_path, text, layer="seeds")
    table.path.with_suffix(".csv").write_text("a,b\n007,1.10\nNA,\n")
    build(table, connection)
    assert rows(connection, "from seeds.things order by all") == [("007", "1.10"), ("NA", None)]
