"""Ad-hoc SQL for people: one query or a prompt, over the sandboxed published warehouse.

What may be asked is decided by `pipelines.warehouse.open_reader`; this is only asking and showing.
"""

import csv
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import IO, Any

import duckdb
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table as Grid

from pipelines.settings import SQL, Settings
from pipelines.show import cell, is_number
from pipelines.warehouse import Connection, open_reader

FORMATS = ("table", "csv", "json", "jsonl", "parquet", "excel")
#: Formats that are no text: they need a file to go to.
TO_FILE = {"parquet": ".parquet", "excel": ".xlsx"}
BY_SUFFIX = {".csv": "csv", ".json": "json", ".jsonl": "jsonl", ".parquet": "parquet",
             ".xlsx": "excel"}  # fmt: skip
#: Rows a table on the screen shows; other formats give them all.
SCREEN_ROWS = 200
BATCH = 5_000
EXCEL_ROWS = 1_048_000
EXAMPLES = SQL / "examples"

HELP = """\
[bold]select ...;[/bold]      any query, over several lines, ended by ;
[bold].tables[/bold] [layer]  tables and what they answer
[bold].schema[/bold] TABLE    its columns and what they mean
[bold].macros[/bold]          questions with parameters, such as prices_on(day, known_by)
[bold].examples[/bold]        questions others asked; [bold].example[/bold] NAME asks one
[bold].format[/bold] NAME     table, csv, json or jsonl on the screen
[bold].output[/bold] FILE     next answer to a .csv, .json, .jsonl, .parquet or .xlsx file
[bold].exit[/bold]            or Ctrl-D"""


class QueryProblem(Exception):
    """A query that gave no answer; the message says what to do."""


@dataclass(frozen=True)
class Answer:
    """Names of columns, and the rows as they come; read once."""

    names: list[str]
    rows: Iterator[tuple[Any, ...]]


@dataclass(frozen=True)
class Example:
    """A question someone asked, with its SQL: one file of `sql/examples/`."""

    name: str
    question: str
    query: str


def examples() -> list[Example]:
    """Every file of `sql/examples/`; its first comment line is the question."""
    found = []
    for path in sorted(EXAMPLES.glob("*.sql")):
        text = path.read_text()
        question = text.splitlines()[0].removeprefix("--").strip()
        found.append(Example(path.stem, question, text))
    return found


def example(name: str) -> Example:
    """The example of a name. Raises QueryProblem with the names there are."""
    for found in examples():
        if found.name == name:
            return found
    names = ", ".join(e.name for e in examples()) or "none"
    raise QueryProblem(f"no example is called {name}; there are {names}")


def ask(connection: Connection, query: str) -> Answer:
    """Run one query; rows are fetched as they are read. Raises QueryProblem."""
    try:
        cursor = connection.execute(query)
    except duckdb.Error as error:
        raise _explained(error) from error
    names = [column[0] for column in cursor.description or []]
    return Answer(names, _rows(cursor))


def _rows(cursor: Connection) -> Iterator[tuple[Any, ...]]:
    try:
        while batch := cursor.fetchmany(BATCH):
            yield from batch
    except duckdb.Error as error:
        raise _explained(error) from error


def _explained(error: duckdb.Error) -> QueryProblem:
    words = str(error)
    if "maximum execution time" in words:
        return QueryProblem(f"{words}; ask for less, or allow more with --timeout SECONDS")
    if "disabled by configuration" in words or "configuration has been locked" in words:
        return QueryProblem(
            f"{words}\nQueries may read the published tables only: no files, no network, no "
            "settings. To combine them with your own data, open the published file in a DuckDB "
            "of your own (docs/sql.md)."
        )
    if 'on database "' in words and "read-only" in words:
        return QueryProblem(f"{words}\nThe published warehouse is read-only.")
    if "Out of Memory" in words:
        return QueryProblem(f"{words}\nAllow more with BELLWETHER_MEMORY_LIMIT, or ask for less.")
    return QueryProblem(words)


# ------------------------------------------------------------------ showing


def write_text(answer: Answer, kind: str, out: IO[str]) -> int:
    """CSV, JSON or JSON lines; numbers that must stay exact are decimal strings in JSON."""
    count = 0
    if kind == "csv":
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(answer.names)
        for row in answer.rows:
            writer.writerow(row)
            count += 1
        return count
    opening, between, closing = ("[\n", ",\n", "\n]\n") if kind == "json" else ("", "\n", "\n")
    out.write(opening)
    for row in answer.rows:
        out.write(between if count else "")
        out.write(json.dumps(dict(zip(answer.names, row, strict=True)), default=str))
        count += 1
    out.write(closing if count or kind == "json" else "")
    return count


def write_parquet(connection: Connection, query: str, path: Path) -> int:
    """Types kept as they are. Raises QueryProblem."""
    import pyarrow.parquet as parquet

    count = 0
    try:
        reader = connection.sql(query).to_arrow_reader(BATCH * 20)
        with parquet.ParquetWriter(path, reader.schema, compression="zstd") as writer:
            for batch in reader:
                writer.write_batch(batch)
                count += batch.num_rows
    except duckdb.Error as error:
        raise _explained(error) from error
    return count


def write_excel(answer: Answer, query: str, path: Path) -> int:
    """A sheet with the answer and one that says how it was got. Raises QueryProblem."""
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell

    book = Workbook(write_only=True)
    sheet = book.create_sheet("answer")
    sheet.append(answer.names)
    count = 0
    for row in answer.rows:
        count += 1
        if count > EXCEL_ROWS:
            raise QueryProblem(f"more than {EXCEL_ROWS:,} rows do not fit a sheet; use parquet")
        cells = []
        for value in row:
            made = WriteOnlyCell(sheet, _for_excel(value))
            if isinstance(made.value, str):
                made.data_type = "s"  # a text that begins with = is no formula
            cells.append(made)
        sheet.append(cells)
    about = book.create_sheet("about")
    for line in ("Bellwether, published warehouse", "", *query.splitlines()):
        made = WriteOnlyCell(about, line)
        made.data_type = "s"
        about.append([made])
    book.save(path)
    return count


def _for_excel(value: Any) -> Any:
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, datetime):
        return value.replace(tzinfo=None)  # a sheet knows no zones; all times are UTC
    return value if isinstance(value, (date, Decimal)) else str(value)


def show_table(answer: Answer, console: Console) -> int:
    """A table for the screen; rows beyond SCREEN_ROWS are counted, never silently left out.

    What is wider than the screen is shown record by record; a file or a pipe has all the width.
    """
    shown = list(islice(answer.rows, SCREEN_ROWS))
    if not shown:
        console.print("No rows.")
        return 0
    table = Grid(box=box.SIMPLE_HEAD)
    for position, name in enumerate(answer.names):
        values = [row[position] for row in shown if row[position] is not None]
        numeric = bool(values) and all(map(is_number, values))
        table.add_column(escape(name), justify="right" if numeric else "left", no_wrap=True)
    for row in shown:
        table.add_row(*(escape(cell(value)) for value in row))
    width = table.__rich_measure__(console, console.options.update(max_width=100_000)).maximum
    if width <= console.width:
        console.print(table)
    elif console.is_terminal:
        for row in shown:
            console.print(_record(answer.names, row))
    else:
        console.print(table, width=width, soft_wrap=True)
    more = sum(1 for _ in answer.rows)
    if more:
        console.print(f"and {more:,} more rows; --format csv gives them all")
    return len(shown) + more


def _record(names: list[str], row: tuple[Any, ...]) -> Grid:
    record = Grid(box=box.SIMPLE, show_header=False)
    record.add_column(style="dim", no_wrap=True)
    record.add_column(overflow="fold")
    for name, value in zip(names, row, strict=True):
        record.add_row(escape(name), escape(cell(value)))
    return record


def give(connection: Connection, query: str, kind: str, out: Path | None, console: Console) -> int:
    """Ask, and show or write the answer; returns its rows. Raises QueryProblem, OSError."""
    if out is None:
        if kind in TO_FILE:
            raise QueryProblem(f"{kind} needs a file: add --out answer{TO_FILE[kind]}")
        answer = ask(connection, query)
        if kind == "table":
            return show_table(answer, console)
        return write_text(answer, kind, sys.stdout)
    # Complete or not there: a file cut short would be read as the whole answer.
    part = out.with_name(out.name + ".part")
    try:
        if kind == "parquet":
            count = write_parquet(connection, query, part)
        elif kind == "excel":
            count = write_excel(ask(connection, query), query, part)
        elif kind == "table":
            with part.open("w") as file:
                count = show_table(ask(connection, query), Console(file=file, width=console.width))
        else:
            with part.open("w", newline="") as file:
                count = write_text(ask(connection, query), kind, file)
        part.replace(out)
    finally:
        part.unlink(missing_ok=True)
    return count


def format_for(kind: str | None, out: Path | None) -> str:
    """The format asked for, or that of the file's name. Raises QueryProblem."""
    chosen = kind or (BY_SUFFIX.get(out.suffix.lower()) if out else "table")
    if chosen is None:
        raise QueryProblem(f"say the format of {out} with --format ({', '.join(FORMATS)})")
    if chosen not in FORMATS:
        raise QueryProblem(f"no format is called {chosen}; there are {', '.join(FORMATS)}")
    return chosen


# ------------------------------------------------------------------ the prompt


@dataclass(frozen=True)
class _Session:
    connection: Connection
    kind: str = "table"
    out: Path | None = None


def prompt(settings: Settings, console: Console, timeout_ms: int | None = None) -> None:
    """Ask and answer until the user leaves; each query sees the newest published version."""
    from prompt_toolkit import PromptSession
    from prompt_toolkit.completion import FuzzyCompleter, WordCompleter
    from prompt_toolkit.history import FileHistory, InMemoryHistory
    from prompt_toolkit.lexers import PygmentsLexer
    from pygments.lexers.sql import SqlLexer

    version = settings.published.resolve()
    session = _Session(open_reader(settings, timeout_ms))
    history = settings.data / "sql_history"
    try:
        history.touch(mode=0o600)
        kept: Any = FileHistory(str(history))
    except OSError:
        kept = InMemoryHistory()
    reading: PromptSession[str] = PromptSession(
        history=kept,
        lexer=PygmentsLexer(SqlLexer),
        completer=FuzzyCompleter(WordCompleter(words(session.connection), WORD=False)),
        complete_while_typing=True,
    )
    console.print("The published warehouse, read-only. [bold].help[/bold] helps, Ctrl-D leaves.")
    waiting = ""
    while True:
        try:
            line = reading.prompt("      ...> " if waiting else "bellwether> ")
        except KeyboardInterrupt:
            waiting = ""
            continue
        except EOFError:
            return
        text = f"{waiting}\n{line}".strip() if waiting else line.strip()
        if not text:
            continue
        if not text.startswith(".") and not text.endswith(";"):
            waiting = text
            continue
        waiting = ""
        if settings.published.resolve() != version:
            version = settings.published.resolve()
            session = replace(session, connection=open_reader(settings, timeout_ms))
            console.print("[dim]A newer version was published; answers are from it now.[/dim]")
        if text in {".exit", ".quit"}:
            return
        try:
            session = _respond(session, text, console)
        except (QueryProblem, OSError) as problem:
            console.print(f"[red]{escape(str(problem))}[/red]", highlight=False)


def _respond(session: _Session, text: str, console: Console) -> _Session:
    word, _, rest = text.partition(" ")
    rest = rest.strip().rstrip(";")
    if word == ".help":
        console.print(HELP)
    elif word == ".tables":
        _page(session, tables_query(rest or None), console)
    elif word == ".schema":
        _page(session, columns_query(rest), console)
    elif word == ".macros":
        _page(session, MACROS, console)
    elif word == ".examples":
        for found in examples():
            console.print(f"[bold]{found.name}[/bold]  {escape(found.question)}")
    elif word == ".example":
        found = example(rest)
        console.print(escape(found.query), style="dim")
        _page(session, found.query, console)
    elif word == ".format":
        return replace(session, kind=format_for(rest, None))
    elif word == ".output":
        return replace(session, out=Path(rest), kind=format_for(None, Path(rest)))
    elif word.startswith("."):
        raise QueryProblem(f"no command is called {word}; .help lists them")
    elif session.out is not None:
        count = give(session.connection, text, session.kind, session.out, console)
        console.print(f"{count:,} rows in {session.out}")
        return replace(session, out=None, kind="table")
    else:
        _page(session, text, console)
    return session


def _page(session: _Session, query: str, console: Console) -> None:
    """Show an answer; what is higher than the screen goes through the pager."""
    started = time.perf_counter()
    answer = ask(session.connection, query)
    kind = session.kind
    if kind != "table":
        write_text(answer, kind, sys.stdout)
        return
    first = list(islice(answer.rows, SCREEN_ROWS + 1))
    seconds = time.perf_counter() - started

    def all_rows() -> Iterator[tuple[Any, ...]]:
        yield from first
        yield from answer.rows

    whole = Answer(answer.names, all_rows())
    if console.is_terminal and len(first) + 4 > console.height:
        with console.pager(styles=True):
            count = show_table(whole, console)
    else:
        count = show_table(whole, console)
    console.print(f"[dim]{count:,} rows, {seconds:.2f} s[/dim]")


def words(connection: Connection) -> list[str]:
    """What the prompt completes: tables, columns, macros, and SQL's own words."""
    names = connection.execute(
        "select t.schema_name || '.' || t.table_name from duckdb_tables() as t "
        "union select c.column_name from duckdb_columns() as c where not c.internal "
        "union select f.function_name || '(' from duckdb_functions() as f where not f.internal "
        "union select k.keyword_name from duckdb_keywords() as k "
        "where k.keyword_category = 'reserved'"
    ).fetchall()
    return sorted({*(str(name) for (name,) in names), *HELP_WORDS})


HELP_WORDS = (".tables", ".schema", ".macros", ".examples", ".example", ".format", ".output",
              ".help", ".exit")  # fmt: skip
MACROS = (
    "select f.function_name || '(' || array_to_string(f.parameters, ', ') || ')' as macro, "
    "f.comment as answers from duckdb_functions() as f where not f.internal "
    "and f.function_type in ('table_macro', 'macro') order by 1"
)


def tables_query(layer: str | None) -> str:
    """The query behind `.tables`; `layer` is a schema name."""
    where = f"and t.schema_name = {_quoted(layer)} " if layer else ""
    return (
        "select t.schema_name || '.' || t.table_name as name, t.estimated_size as rows, "
        "t.comment as answers from duckdb_tables() as t where not t.internal "
        f"{where}order by 1"
    )


def columns_query(table: str) -> str:
    """The query behind `.schema`; `table` with or without its layer."""
    return (
        "select c.column_name as name, c.data_type as type, c.comment as means "
        f"from duckdb_columns() as c where {_quoted(table)} in "
        "(c.table_name, c.schema_name || '.' || c.table_name) order by c.column_index"
    )


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
