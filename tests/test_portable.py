"""Core and marts can be said on other engines, and mean the same when their macros are put in."""

import re
from collections.abc import Mapping
from pathlib import Path

import duckdb
import pytest
import sqlglot
from sqlglot import exp

from pipelines.portable import NotPortable, portable_select, portable_steps, transpiled
from pipelines.tables import Connection, Macro, Table, catalogue, create_macro

PORTABLE = [
    table
    for name in catalogue().order
    if (table := catalogue().tables.get(name)) is not None
    and table.schema in {"core", "marts"}
    and table.python is None
]


#: How the names of columns of days and moments end .
MOMENT = re.compile(r"(^|_)(on|at|from|to|after|earliest|latest|as_of|known_by)$")
#: Syntax that stops being DuckDB's only in appearance: sqlglot would copy or guess it.
DUCKDBS_OWN = {
    exp.Pivot: "pivot",
    exp.Lambda: "lambda",
    exp.Columns: "columns()",
    exp.PercentileCont: "quantile_cont",
    exp.PercentileDisc: "quantile_disc",
    exp.Quantile: "quantile",
    exp.Qualify: "qualify",
}


def _is_moment(value: exp.Expr) -> bool:
    if isinstance(value, exp.Cast):
        return value.to.is_type("date", "timestamp")
    return isinstance(value, exp.Column) and bool(MOMENT.search(value.name))


def unportable(query: str, macros: Mapping[str, Macro]) -> set[str]:
    """What of a DuckDB query other engines cannot be asked."""
    tree = sqlglot.parse_one(query, read="duckdb")
    found = {word for kind, word in DUCKDBS_OWN.items() if tree.find(kind)}
    for minus in tree.find_all(exp.Sub):
        # Days between two days are a number for DuckDB and an interval for Spark.
        if all(_is_moment(side) for side in minus.iter_expressions()):
            found.add("day minus day")
    for join in tree.find_all(exp.Join):
        if join.method:
            found.add(f"{join.method.lower()} join")
    for group in tree.find_all(exp.Group):
        if group.args.get("all"):
            found.add("group by all")
    try:
        said = sqlglot.parse_one(transpiled(query, macros, "spark"), read="spark")
    except (NotPortable, sqlglot.errors.ParseError) as error:
        return {*found, str(error)}
    # A function sqlglot does not know it hands on by name.
    return found | {call.name.lower() for call in said.find_all(exp.Anonymous)}


@pytest.mark.parametrize("table", PORTABLE, ids=lambda table: table.full_name)
def test_core_and_marts_can_be_said_on_spark(table: Table) -> None:
    text = portable_select(table, catalogue().macros, "spark")
    for macro in catalogue().macros:
        assert "." in macro or f"{macro}(" not in text.lower(), f"{macro} was not put in"


@pytest.mark.parametrize("table", PORTABLE, ids=lambda table: table.full_name)
def test_core_and_marts_keep_to_what_other_engines_can_say(table: Table) -> None:
    assert unportable(table.select, catalogue().macros) == set()


@pytest.mark.parametrize(
    "query",
    [
        "select a.x from core.a as a asof join core.b as b on a.x >= b.x",
        "pivot core.a on x in (1, 2) using sum(y)",
        "select a.x, count(*) as n from core.a as a group by all",
        "select list_transform(a.xs, x -> x + 1) as ys from core.a as a",
        "select quantile_cont(a.x, 0.5) as middle from core.a as a",
        "select a.x from core.a as a positional join core.b as b",
        "select columns('x.*') from core.a as a",
        "select a.x from core.a as a qualify row_number() over (order by a.x) = 1",
        "select list_aggregate(a.xs, 'sum') as y from core.a as a",
        "select a.x from core.a as a where a.seen_on - a.valid_from <= 31",
        "select cast(a.x as date) - a.seen_on as days from core.a as a",
        "select g.x from core.a as a cross join generate_series(1, a.n) as g(x)",
    ],
)
def test_what_only_duckdb_can_say_is_found(query: str) -> None:
    assert unportable(query, {})


@pytest.mark.parametrize("name", ["core.prices", "core.releases", "core.retirements"])
def test_a_macro_put_in_gives_the_rows_of_the_macro(warehouse: Connection, name: str) -> None:
    table = catalogue().tables[name]
    query = portable_select(table, catalogue().macros, "duckdb")
    columns = ", ".join(table.columns)
    for one, other in ((query, f"from {name}"), (f"from {name}", query)):
        differing = warehouse.execute(
            f"select count(*) from (select {columns} from ({one}) "
            f"except all select {columns} from ({other}))"
        ).fetchall()
        assert differing == [(0,)]


@pytest.mark.parametrize("name", ["core.price_claims", "core.prices", "marts.launch_impact"])
def test_a_query_cut_into_steps_gives_the_rows_of_the_whole(
    warehouse: Connection, name: str
) -> None:
    table = catalogue().tables[name]
    columns = ", ".join(table.columns)
    made = []
    with warehouse.cursor() as connection:
        steps = portable_steps(table, catalogue().macros, _plain, "duckdb")
        assert steps.parts
        for read in steps.reads:
            connection.execute(f"create or replace temp view {_plain(read)} as from {read}")
        try:
            for view, query in steps.parts:
                connection.execute(f"create temp table {view} as {query}")
                made.append(view)
            for one, other in ((steps.query, f"from {name}"), (f"from {name}", steps.query)):
                differing = connection.execute(
                    f"select count(*) from (select {columns} from ({one}) "
                    f"except all select {columns} from ({other}))"
                ).fetchall()
                assert differing == [(0,)]
        finally:
            for view in made:
                connection.execute(f"drop table {view}")


def test_what_is_read_twice_is_a_step_of_its_own_wherever_it_stands() -> None:
    statement = (
        "create or replace macro both(xs) as table "
        "with big as (select q.v from query_table(xs) as q where q.v > 1) "
        "select b.v, c.v as w from big as b inner join big as c on c.v = b.v"
    )
    macro = Macro("both", "", statement, ("xs",), frozenset())
    select = (
        "with once as (select a.v from core.a as a), twice as (select o.v from once as o) "
        "select t.v, b.w from both('twice') as b inner join twice as t on t.v = b.v"
    )
    table = Table("marts", "x", Path("x.sql"), "", ("v",), select, {}, ())
    steps = portable_steps(table, {"both": macro}, _plain, "duckdb")
    assert [view for view, _ in steps.parts] == ["marts__x__twice", "marts__x__both_1_big"]
    assert steps.reads == {"core.a"}
    connection = duckdb.connect()
    connection.execute("create table core__a as select * from (values (1), (2), (3)) t(v)")
    for view, query in steps.parts:
        connection.execute(f"create table {view} as {query}")
    assert connection.execute(f"{steps.query} order by 1").fetchall() == [(2, 2), (3, 3)]


def test_two_ctes_of_one_name_are_refused() -> None:
    select = (
        "with a as (select 1 as v) select a.v from a inner join "
        "(with a as (select 2 as v) select a.v from a) as b on b.v > a.v"
    )
    table = Table("marts", "x", Path("x.sql"), "", ("v",), select, {}, ())
    with pytest.raises(NotPortable, match="two CTEs are called a"):
        portable_steps(table, {}, _plain)


def _plain(name: str) -> str:
    return name.replace(".", "__")


def test_a_limit_within_a_macro_asked_of_rows_is_refused() -> None:
    statement = "create or replace macro top(low) as table select b.v from b limit 1"
    macro = Macro("top", "", statement, ("low",), frozenset({"b"}))
    query = "select a.low, f.v from asked as a cross join top(a.low) as f"
    with pytest.raises(NotPortable, match="LIMIT"):
        transpiled(query, {"top": macro}, "spark")


def test_a_lateral_call_with_a_null_argument_finds_its_rows() -> None:
    macro = Macro(
        "above",
        "",
        "create or replace macro above(low, kind) as table select count(*) as n, "
        "max(b.v) as most from b where b.v > low and b.k is not distinct from kind "
        "group by b.k",
        ("low", "kind"),
        frozenset({"b"}),
    )
    connection = duckdb.connect()
    connection.execute(
        "create table b as select * from (values (1, 'x'), (5, null), (9, null)) t(v, k)"
    )
    connection.execute(
        "create table asked as select * from (values (0, null), (6, null), (0, 'x')) t(low, kind)"
    )
    query = "select a.low, a.kind, f.n, f.most from asked as a cross join above(a.low, a.kind) as f"
    put_in = connection.execute(transpiled(query, {"above": macro}, "duckdb")).fetchall()
    create_macro(macro, connection)
    assert sorted(map(str, put_in)) == sorted(map(str, connection.execute(query).fetchall()))
    assert len(put_in) == 3
