"""Ad-hoc SQL: what may be asked, what may not, and how answers come out."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pyarrow.parquet as parquet
import pytest
from prompt_toolkit.application import create_app_session
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput
from rich.console import Console

from pipelines import sqlshell, warehouse
from pipelines.settings import Settings
from pipelines.sqlshell import QueryProblem, ask, give
from pipelines.warehouse import Connection, open_reader, open_writer, publish

FILL = """
create schema core;
create table core.models as
select 'zeta/' || i as model_id, cast(i / 3 as decimal(18, 9)) as usd, date '2024-09-12' as on_day,
       timestamp '2024-09-12 17:00:00' as seen_at
from range(3) as r(i);
insert into core.models values ('=1+1', null, null, null);
comment on table core.models is 'Every model version.';
comment on column core.models.usd is 'price, USD';
create macro models_on(day) as table select * from core.models where on_day <= day;
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    settings = Settings(home=tmp_path)
    with open_writer(settings) as connection:
        connection.execute(FILL)
        publish(connection, settings)
    return settings


@pytest.fixture
def reader(settings: Settings) -> Iterator[Connection]:
    connection = open_reader(settings, timeout_ms=500)
    yield connection
    connection.close()


@pytest.mark.parametrize(
    "query",
    [
        "from read_csv('{there}')",
        "from read_text('{there}')",
        "from read_blob('{there}')",
        "from read_json('{there}')",
        "from read_parquet('{there}')",
        "from '{there}'",
        "from glob('/*')",
        "from sniff_csv('{there}')",
        "from parquet_metadata('{there}')",
        "from read_csv('http://127.0.0.1:9/x.csv')",
        "copy (select 1) to '{made}'",
        "copy core.models from '{there}'",
        "export database '{made}'",
        "import database '{made}'",
        "attach '{made}'",
        "attach ':memory:' as other; create table other.t as select 1",
        "install httpfs",
        "load '{there}'",
        "create secret (type http)",
        "set memory_limit = '100GB'",
        "set max_execution_time = 0",
        "reset max_execution_time",
        "set enable_external_access = true",
        "set lock_configuration = false",
        "pragma log_query_path = '{made}'",
        "pragma enable_profiling = 'json'",
        "call enable_logging()",
        "create table core.other as select 1",
        "insert into core.models values ('x', 1, null, null)",
        "update core.models set usd = 0",
        "delete from core.models",
        "drop table core.models",
        "alter table core.models rename to moved",
        "comment on table core.models is 'mine'",
        "select * from settings",
        "select * from query('attach ''{made}''')",
    ],
)
def test_a_query_reaches_nothing_but_the_published_tables(
    query: str, reader: Connection, settings: Settings, tmp_path: Path
) -> None:
    there, made = tmp_path / "secret.csv", tmp_path / "made"
    there.write_text("a\nsecret\n")
    before = sorted(p for p in tmp_path.rglob("*") if p != there)
    with pytest.raises(QueryProblem):
        list(ask(reader, query.format(there=there, made=made)).rows)
    assert sorted(p for p in tmp_path.rglob("*") if p != there) == before
    assert list(ask(open_reader(settings), "select count(*) from core.models").rows) == [(4,)]


def test_a_runaway_query_is_stopped_and_says_what_to_do(reader: Connection) -> None:
    with pytest.raises(QueryProblem, match="--timeout"):
        list(ask(reader, "select count(*) from range(1000000000) a, range(1000000) b").rows)


def test_csv_gives_every_row_and_nulls_as_nothing(reader: Connection, tmp_path: Path) -> None:
    out = tmp_path / "a.csv"
    count = give(reader, "from core.models order by model_id", "csv", out, Console())
    rows = list(csv.reader(io.StringIO(out.read_text())))
    assert count == 4
    assert rows[0] == ["model_id", "usd", "on_day", "seen_at"]
    assert rows[1] == ["=1+1", "", "", ""]


def test_json_keeps_decimals_exact(reader: Connection, tmp_path: Path) -> None:
    out = tmp_path / "a.json"
    give(reader, "select usd, seen_at from core.models order by usd", "json", out, Console())
    assert json.loads(out.read_text())[1] == {
        "usd": "0.333333333",
        "seen_at": "2024-09-12 17:00:00",
    }


def test_json_of_no_rows_is_an_empty_list(reader: Connection, tmp_path: Path) -> None:
    out = tmp_path / "a.json"
    give(reader, "from core.models where false", "json", out, Console())
    assert json.loads(out.read_text()) == []


def test_parquet_keeps_types(reader: Connection, tmp_path: Path) -> None:
    out = tmp_path / "a.parquet"
    assert give(reader, "from core.models", "parquet", out, Console()) == 4
    schema = parquet.read_schema(out)
    assert str(schema.field("on_day").type) == "date32[day]"
    assert str(schema.field("usd").type) == "decimal128(18, 9)"


def test_a_text_that_looks_like_a_formula_stays_text_in_excel(
    reader: Connection, tmp_path: Path
) -> None:
    out = tmp_path / "a.xlsx"
    give(reader, "from core.models order by model_id", "excel", out, Console())
    book = openpyxl.load_workbook(out)
    first = book["answer"]["A2"]
    assert (first.value, first.data_type) == ("=1+1", "s")
    assert book["about"]["A3"].value == "from core.models order by model_id"


def test_a_failed_query_leaves_no_file(reader: Connection, tmp_path: Path) -> None:
    for kind, name in (("csv", "a.csv"), ("parquet", "a.parquet"), ("excel", "a.xlsx")):
        with pytest.raises(QueryProblem):
            give(reader, "from nothing_there", kind, tmp_path / name, Console())
    assert not list(tmp_path.glob("a.*"))


def test_rows_that_are_not_shown_are_counted(reader: Connection) -> None:
    console = Console(file=io.StringIO(), width=80)
    assert sqlshell.show_table(ask(reader, "from range(1000)"), console) == 1000
    assert "800 more rows" in console.file.getvalue()  # type: ignore[attr-defined]


def test_markup_in_a_value_is_shown_as_it_is(reader: Connection) -> None:
    console = Console(file=io.StringIO(), width=80)
    sqlshell.show_table(ask(reader, "select '[red]x[/red]' as a"), console)
    assert "[red]x[/red]" in console.file.getvalue()  # type: ignore[attr-defined]


def test_the_format_follows_the_files_name() -> None:
    assert sqlshell.format_for(None, Path("a.xlsx")) == "excel"
    assert sqlshell.format_for(None, None) == "table"
    with pytest.raises(QueryProblem, match="--format"):
        sqlshell.format_for(None, Path("a.what"))


def typed(settings: Settings, text: str) -> str:
    """What the prompt prints when `text` is typed into it."""
    console = Console(file=io.StringIO(), width=200)
    with create_pipe_input() as keys, create_app_session(input=keys, output=DummyOutput()):
        keys.send_text(text)
        sqlshell.prompt(settings, console)
    return console.file.getvalue()  # type: ignore[attr-defined,no-any-return]


def test_the_prompt_answers_over_several_lines_and_describes_tables(settings: Settings) -> None:
    said = typed(
        settings,
        "select count(*) as models\rfrom core.models;\r.tables core\r.schema core.models\r"
        ".macros\rfrom nowhere;\r.nonsense\r.exit\r",
    )
    assert "models" in said
    assert "4" in said
    assert "Every model version." in said
    assert "price, USD" in said
    assert "models_on" in said
    assert "nowhere" in said
    assert ".help lists them" in said


def test_the_prompt_writes_the_next_answer_to_a_file(settings: Settings, tmp_path: Path) -> None:
    out = tmp_path / "a.csv"
    typed(settings, f".output {out}\rselect 7 as seven;\r.exit\r")
    assert out.read_text() == "seven\n7\n"


def test_the_prompt_follows_a_new_publication(settings: Settings) -> None:
    console = Console(file=io.StringIO(), width=200)
    with create_pipe_input() as keys, create_app_session(input=keys, output=DummyOutput()):
        keys.send_text("select count(*) from core.models;\r")

        def publish_more(text: str) -> None:
            with open_writer(settings) as connection:
                connection.execute("insert into core.models values ('zeta/new', 1, null, null)")
                publish(connection, settings)

        original = sqlshell._page

        def page_then_publish(session: sqlshell._Session, query: str, shown: Console) -> None:
            original(session, query, shown)
            if "count" in query and "newer" not in shown.file.getvalue():  # type: ignore[attr-defined]
                publish_more(query)
                keys.send_text("select count(*) from core.models;\r.exit\r")

        sqlshell._page = page_then_publish
        try:
            sqlshell.prompt(settings, console)
        finally:
            sqlshell._page = original
    said = console.file.getvalue()  # type: ignore[attr-defined]
    assert "A newer version was published" in said
    assert "5" in said.split("newer version")[1]


def test_every_saved_example_has_a_question() -> None:
    for found in sqlshell.examples():
        assert found.question.endswith("?"), found.name


def test_words_of_the_prompt_hold_tables_columns_and_macros(reader: Connection) -> None:
    assert {"core.models", "usd", "models_on(", "select", ".schema"} <= set(sqlshell.words(reader))


def test_nothing_published_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(warehouse.WarehouseError, match="bellwether run"):
        open_reader(Settings(home=tmp_path))
