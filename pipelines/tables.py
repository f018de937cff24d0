"""Turns `sql/<layer>/<name>.sql` into a table with its key, checks and documentation.

A file's header is the only truth about its table:

    -- What it answers, in a sentence or two.
    -- key: model_id
    -- check price_is_positive: usd_per_mtok > 0        (blocking)
    -- expect rarely_unpriced: usd_per_mtok is not null (a warning)
    -- python: pipelines.analysis.capability            (only where SQL cannot compute it)
    -- keep: fit_id                                      (of such: rows kept between runs)
    -- keep: state_id of analysis.states                 (of SQL: rows made anew by state)
    select
        model_id,                -- what the column means, with its unit
    ...

Nothing here knows Dagster: `definitions.py` wraps these functions.
"""

import importlib
import inspect
import json
import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import duckdb

from pipelines import checkpoints, held, notes
from pipelines.settings import SQL
from pipelines.spark import LAYERS as SPARK_LAYERS
from pipelines.spark import Spark
from pipelines.warehouse import NOTES_DDL, Connection, first_row, transaction

if TYPE_CHECKING:  # who only reads a table's file, as a briefing does, need not wait for them
    import pandas as pd
    import pyarrow as pa

LAYERS = ("raw", "seeds", "staging", "core", "analysis", "marts")
#: Which layers a layer may read: left to right, never back.
MAY_READ = {
    "seeds": {"seeds"},
    "staging": {"raw", "seeds", "staging"},
    "core": {"staging", "seeds", "core"},
    "analysis": {"core", "analysis"},
    "marts": {"core", "analysis", "marts"},
}
#: The ingestion's own log and the sources' terms, which provenance and source health may read, and
#: the verdicts of the ledger.
OPEN_TO_ALL = {"raw.fetches", "raw.sources", "raw.quarantine", "raw.fields", "raw.verdicts"}
SAMPLE_ROWS = 5
UNNESTED = "select unnest(?::varchar[])"


class TableError(Exception):
    """A SQL file that does not say what it must, or says something that is not so."""


class CheckFailed(Exception):
    """Rows broke a blocking check; the table keeps the rows it had before."""

    def __init__(self, table: str, check: str, rows: int, message: str):
        super().__init__(message)
        self.table, self.check, self.rows = table, check, rows


@dataclass(frozen=True)
class Check:
    """A claim about a table. `query` returns the rows that break it."""

    name: str
    query: str
    is_blocking: bool
    description: str
    #: The same of the rows of a table `{fresh}`, and what they share with others; if it is told.
    of_fresh: str | None = None


@dataclass(frozen=True)
class Table:
    """One SQL file: its name, documentation, checks and the select that computes it."""

    schema: str
    name: str
    path: Path
    description: str
    key: tuple[str, ...]
    select: str
    columns: Mapping[str, str]
    checks: tuple[Check, ...]
    python: str | None = None
    keep: str | None = None
    #: Table whose rows say by `keep` what each row of this one follows from.
    states: str | None = None

    @property
    def full_name(self) -> str:
        """`schema.name`, as SQL says it."""
        return f"{self.schema}.{self.name}"

    @property
    def queries(self) -> list[str]:
        """What its rows are made from is asked by these."""
        return list(python_step(self.python).reads.values()) if self.python else [self.select]

    @cached_property
    def made_from(self) -> frozenset[str]:
        """Tables and macros its rows are made from, by DuckDB's own parser, never by hand."""
        return frozenset[str]().union(*map(relations_read, self.queries)) - {self.full_name}

    @cached_property
    def reads(self) -> frozenset[str]:
        """Tables and macros read, by its checks too."""
        checks = (relations_read(check.query) for check in self.checks)
        return self.made_from.union(*checks) - {self.full_name}


@dataclass(frozen=True)
class Macro:
    """A macro of `sql/macros/`, or a gathering view (`staging.every_<thing>`)."""

    name: str
    description: str
    statement: str
    parameters: tuple[str, ...]
    reads: frozenset[str]
    example: str | None = None


@dataclass(frozen=True)
class PythonStep:
    """A module that computes tables SQL cannot: `READS` (queries by name, see `read_frames`) and
    `compute`."""

    module: str
    reads: Mapping[str, str]
    compute: "Callable[..., dict[str, pd.DataFrame | pa.Table | Any]]"
    #: Whether it takes a `checkpoint`, bytes or none, and returns the next run's.
    goes_on: bool = False
    #: Whether it takes `may_defer`, and returns whether `is_deferred` what it then leaves.
    can_defer: bool = False
    #: Whether it takes its tables as they were `before`, frames by name; None of another shape.
    compares: bool = False


@dataclass
class Report:
    """What building one table did."""

    table: str
    rows: int = 0
    seconds: float = 0.0
    warnings: dict[str, int] = field(default_factory=dict)
    #: Something of it was left to a later run; see `pipelines.deferral`.
    is_deferred: bool = False


@cache
def python_step(module: str) -> PythonStep:
    """Load the module behind a `-- python:` header."""
    loaded = importlib.import_module(module)
    takes = inspect.signature(loaded.compute).parameters
    return PythonStep(
        module, loaded.READS, loaded.compute,
        "checkpoint" in takes, "may_defer" in takes, "before" in takes,
    )  # fmt: skip


# --------------------------------------------------------------------------- reading the files


#: What queries read, once they were parsed.
_PARSED: dict[str, frozenset[str]] = {}


def relations_read(sql: str) -> frozenset[str]:
    """Schema-qualified tables and called functions in `sql`, by DuckDB's parser."""
    query = _bare(sql)
    if query not in _PARSED:
        tree = _tree(query)
        if tree.get("error"):
            raise TableError(f"{tree.get('error_message')} in:\n{query}")
        _PARSED[query] = frozenset(_walk(tree))
    return _PARSED[query]


def _parse_ahead(queries: Iterable[str]) -> None:
    """Parse many queries in one go, in two thirds of the time; where one is wrong, none, for
    `relations_read` names it."""
    bare = sorted({_bare(query) for query in queries} - _PARSED.keys())
    tree = _tree("\n;\n".join(bare))
    if not tree.get("error") and len(tree["statements"]) == len(bare):
        _PARSED.update(zip(bare, (frozenset(_walk(s)) for s in tree["statements"]), strict=True))


def _tree(sql: str) -> dict[str, Any]:
    query = "select json_serialize_sql(?, skip_null := true, skip_empty := true)"
    tree: dict[str, Any] = json.loads(first_row(_parser(), query, [sql])[0])
    return tree


def _bare(sql: str) -> str:
    return sql.strip().rstrip(";")


@cache
def _parser() -> Connection:
    return duckdb.connect(config={"threads": 1})


def _walk(node: Any) -> Iterable[str]:
    if isinstance(node, dict):
        if node.get("type") == "BASE_TABLE" and node.get("schema_name"):
            yield f"{node['schema_name']}.{node['table_name']}"
        if node.get("function_name"):
            yield str(node["function_name"])
        for value in node.values():
            yield from _walk(value)
    elif isinstance(node, list):
        for value in node:
            yield from _walk(value)


_HEADER = re.compile(r"^-- ?(.*)$")
_CLAIM = re.compile(r"^(check|expect) (\w+): (.+)$")
_COLUMN = re.compile(r"^    (?P<code>.*?\S)\s+-- (?P<comment>.+)$")


def _header(text: str, path: Path) -> tuple[str, dict[str, str], list[tuple[str, str, str]], str]:
    """Split a file into description, single settings, claims, and the SQL below."""
    description: list[str] = []
    settings: dict[str, str] = {}
    claims: list[tuple[str, str, str]] = []
    lines = text.splitlines()
    at = 0
    for at, line in enumerate(lines):  # noqa: B007
        match = _HEADER.match(line)
        if not match:
            break
        words = match.group(1).strip()
        if claim := _CLAIM.match(words):
            claims.append((claim.group(1), claim.group(2), claim.group(3)))
        elif setting := re.match(r"^(key|python|keep|severity): (.+)$", words):
            settings[setting.group(1)] = setting.group(2).strip()
        else:
            description.append(words)
    if not description:
        raise TableError(f"{path}: the file must open with a comment saying what it answers")
    return " ".join(description).strip(), settings, claims, "\n".join(lines[at:]).strip()


def _documented_columns(sql: str) -> dict[str, str]:
    """Column comments of the last top-level select."""
    start = max(sql.rfind("\nselect\n"), sql.rfind("\nselect distinct\n"))
    body = sql[start + 1 :] if start >= 0 else sql
    columns: dict[str, str] = {}
    for line in body.splitlines()[1:]:
        if re.match(r"^(from|where|union)\b", line):
            break
        if match := _COLUMN.match(line):
            name = re.search(r"([a-z_][a-z0-9_]*),?$", match.group("code"))
            if name:
                columns[name.group(1)] = match.group("comment").strip()
    return columns


def read_table(path: Path, root: Path = SQL) -> Table:
    """Read one `sql/<layer>/<name>.sql`. Raises TableError with the file's path."""
    schema, name = path.parent.name, path.stem
    description, settings, claims, sql = _header(path.read_text(), path)
    full_name = f"{schema}.{name}"
    columns = _documented_columns(sql)
    key = tuple(part.strip() for part in settings.get("key", "").split(",") if part.strip())
    if not key:
        raise TableError(f"{path}: no `-- key:` line; say what one row is")
    if not columns:
        raise TableError(f"{path}: no documented columns; write `column,  -- meaning, unit`")
    listed = ", ".join(key)
    is_null = " or ".join(f"{part} is null" for part in key)
    checks = [
        Check(
            "key_is_unique_and_not_null",
            f"select {listed}, count(*) as rows_with_key from {full_name} group by {listed} "
            f"having count(*) > 1 or {is_null}",
            True,
            f"{listed} identifies one row",
            f"select {listed}, count(*) as rows_with_key from {full_name} where ({listed}) in "
            f"(select ({listed}) from {{fresh}}) group by {listed} "
            f"having count(*) > 1 union all select {listed}, 1 as rows_with_key "
            f"from {{fresh}} where {is_null}",
        )
    ]
    checks += [
        Check(
            claim,
            f"select * from {full_name} where ({condition}) is not true",
            word == "check",
            condition,
            f"select * from {{fresh}} where ({condition}) is not true" if word == "check" else None,
        )
        for word, claim, condition in claims
    ]
    for check_path in sorted((root / "checks").glob(f"{full_name}__*.sql")):
        about, check_settings, _, query = _header(check_path.read_text(), check_path)
        checks.append(
            Check(
                check_path.stem.removeprefix(f"{full_name}__"),
                query.rstrip(";"),
                check_settings.get("severity", "error") == "error",
                about,
            )
        )
    keep, _, states = settings.get("keep", "").partition(" of ")
    return Table(
        schema, name, path, description, key, sql.rstrip(";"), columns, tuple(checks),
        settings.get("python"), keep or None, states or None,
    )  # fmt: skip


def read_macro(path: Path) -> Macro:
    """Read one `sql/macros/<name>.sql`."""
    description, _, _, sql = _header(path.read_text(), path)
    example = re.search(rf"^-- (from {path.stem}\(.*)$", path.read_text(), re.MULTILINE)
    statement = sql.rstrip(";")
    signature = re.match(r"create or replace macro (\w+)\(([^)]*)\)", statement)
    if not signature or signature.group(1) != path.stem:
        raise TableError(f"{path}: must read `create or replace macro {path.stem}(...) as ...`")
    parameters = tuple(p.strip() for p in signature.group(2).split(",") if p.strip())
    _, body = re.split(r"\)\s+as\s+", statement, maxsplit=1)
    is_table = body.startswith("table")
    reads = relations_read(body.removeprefix("table") if is_table else f"select {body}")
    return Macro(
        path.stem, description, statement, parameters, reads, example.group(1) if example else None
    )


def gathering_views(tables: Mapping[str, Table]) -> dict[str, Macro]:
    """`staging.every_<thing>`: all `staging.<source>__<thing>` under each other.

    A new source joins by its file alone; no list of sources stands anywhere. Sources that are left
    out for their terms are left out here, so nothing behind it can hold a figure of theirs.
    """
    things: dict[str, list[str]] = {}
    for name, table in tables.items():
        if table.schema == "staging" and "__" in table.name:
            things.setdefault(table.name.split("__", 1)[1], []).append(name)
    views = {}
    for thing, members in things.items():
        name = f"staging.every_{thing}"
        union = " union all by name ".join(f"select * from {member}" for member in members)
        used = "select s.source from raw.sources as s where s.is_used"
        statement = (
            f"create or replace view {name} as "
            f"select a.* from ({union}) as a where a.source in ({used})"
        )
        reads = frozenset({*members, "raw.sources"})
        views[name] = Macro(name, f"All used sources' {thing}.", statement, (), reads)
    return views


@dataclass(frozen=True)
class Catalogue:
    """All tables and macros, in an order in which each can be built."""

    tables: Mapping[str, Table]
    macros: Mapping[str, Macro]
    order: tuple[str, ...]

    def tables_read(self, name: str) -> frozenset[str]:
        """Tables that `name` reads, directly or through macros (raw ones included)."""
        node: Table | Macro = self.tables[name] if name in self.tables else self.macros[name]
        found: set[str] = set()
        for read in node.reads:
            if read in self.macros:
                found |= self.tables_read(read)
            elif "." in read and read != name:
                found.add(read)
        return frozenset(found)

    def upstream(self, names: Iterable[str]) -> frozenset[str]:
        """`names` and every table they need, however far up."""
        found: set[str] = set()
        waiting = list(names)
        while waiting:
            name = waiting.pop()
            if name in self.tables and name not in found:
                found.add(name)
                waiting.extend(self.tables_read(name))
        return frozenset(found)


@cache
def catalogue(root: Path = SQL) -> Catalogue:
    """Read every SQL file below `root`. Raises TableError on a wrong direction or a circle."""
    tables: dict[str, Table] = {}
    for layer in LAYERS:
        for path in sorted((root / layer).glob("*.sql")):
            table = read_table(path, root)
            tables[table.full_name] = table
    _parse_ahead(
        query
        for table in tables.values()
        for query in (*table.queries, *(check.query for check in table.checks))
    )
    macros = {m.name: m for m in map(read_macro, sorted((root / "macros").glob("*.sql")))}
    macros |= gathering_views(tables)
    graph: dict[str, set[str]] = {}
    nodes: dict[str, Table | Macro] = {**tables, **macros}
    for name, node in nodes.items():
        graph[name] = {r for r in node.reads if (r in tables or r in macros) and r != name}
    for table in tables.values():
        for read in table.reads:
            layer = read.split(".")[0]
            if "." in read and read not in OPEN_TO_ALL and layer not in MAY_READ[table.schema]:
                raise TableError(f"{table.path}: {table.schema} must not read {read}")
    try:
        order = tuple(TopologicalSorter(graph).static_order())
    except CycleError as error:
        raise TableError(f"tables read each other in a circle: {error.args[1]}") from error
    return Catalogue(tables, macros, order)


# --------------------------------------------------------------------------- building


def create_schemas(connection: Connection) -> None:
    """Make the layers' schemas, and the notes of `pipelines.versions`."""
    for layer in LAYERS:
        connection.execute(f"create schema if not exists {layer}")
    connection.execute(NOTES_DDL)


def _text_table(path: Path) -> "pa.Table":
    """A CSV as text columns; empty is null, so that every cast is the SQL file's own."""
    import pandas as pd
    import pyarrow as pa

    frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    columns = {
        name: pa.array([value if value != "" else None for value in frame[name]], pa.string())
        for name in frame.columns
    }
    return pa.table(columns)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def create_macro(macro: Macro, connection: Connection) -> None:
    """Create or replace one macro (or gathering view) with its description."""
    connection.execute(macro.statement)
    is_scalar = not re.search(r"\)\s+as\s+table\b", macro.statement, re.IGNORECASE)
    kind = "view" if "." in macro.name else "macro" if is_scalar else "macro table"
    connection.execute(f"comment on {kind} {macro.name} is {_quoted(macro.description)}")


def build(
    table: Table,
    connection: Connection,
    cluster: Spark | None = None,
    checked: Mapping[str, Report] | None = None,
) -> Report:
    """Replace one table and check it, in one transaction; core and marts on a cluster if given.

    `checked` has what was reported of it if its checks would say the same again of the same rows.

    Raises CheckFailed with sample rows when a blocking check does not hold (the old rows stay),
    TableError when the documented columns are not the actual ones.
    """
    if table.python is not None:
        raise TableError(f"{table.full_name} is computed by {table.python}; use build_python")
    given: dict[str, pa.Table] = {}
    csv = table.path.with_suffix(".csv")
    if table.schema == "seeds" and csv.exists():
        given[f"csv_{table.name}"] = _text_table(csv)
    if cluster is not None and table.schema in SPARK_LAYERS:
        started = time.perf_counter()
        table = replace(table, select=cluster.select(table, connection))
        report = _replace(table, connection, given)
        report.seconds = time.perf_counter() - started
        return report
    if table.keep and table.states:
        return _replace_by_state(table, table.keep, table.states, connection, checked or {})
    return _replace(table, connection, given)


def _replace_by_state(
    table: Table,
    keep: str,
    states: str,
    connection: Connection,
    checked: Mapping[str, Report],
) -> Report:
    """Make the rows anew whose state is not one the table holds, and no others.

    What the table says of a state must follow from the state's row alone, and the state from all
    that does, the table's file with its checks too.
    """
    found = connection.execute(f"select distinct s.{keep} from {states} as s").fetchall()
    standing = frozenset(str(state) for (state,) in found)
    stays = (_held(table, connection) or frozenset()) & standing
    before = checked.get(table.full_name)
    if not stays:
        return _replace(table, connection, {}, Change(standing))
    connection.execute(
        f"create or replace temp table fresh_states as select s.* from {states} as s "
        f"where s.{keep} in ({UNNESTED})",
        [list(standing - stays)],
    )
    try:
        select = re.sub(rf"\b{states}\b", "fresh_states", table.select)
        changed = replace(table, select=select)
        return _replace(changed, connection, {}, Change(standing, stays, before))
    finally:
        connection.execute("drop table fresh_states")


def build_python(
    module: str,
    tables: Iterable[Table],
    connection: Connection,
    checked: Mapping[str, Report] | None = None,
    may_defer: bool = False,
) -> list[Report]:
    """Run a Python step once and replace all the tables it computes, in one transaction.

    Of tables with a `-- keep:` column the step is told which of its values are `kept`; it computes
    the rows of the others only, and says in a frame `standing` which values there are at all.
    A step that takes a `checkpoint` is given the last run's, and what it returns is kept for the
    next; a run cut short leaves an older one, which must serve as well.
    `checked`: see `build`; `may_defer`: what can wait may be left to a later run.
    """
    started = time.perf_counter()
    step = python_step(module)
    members = list(tables)
    frames = read_frames(step.reads, connection, _frame)
    keeping = [table for table in members if table.keep]
    if keeping:
        frames["kept"] = _held_by_any(keeping, connection)
    if step.goes_on:
        frames["checkpoint"] = checkpoints.read(module, connection)
    if step.can_defer:
        frames["may_defer"] = may_defer
    if step.compares:
        frames["before"] = _before(members, connection)
    computed = step.compute(**frames)
    standing: frozenset[str] = frozenset()
    if keeping:
        standing = frozenset(computed["standing"].iloc[:, 0])
    seconds = time.perf_counter() - started
    reports = []
    with transaction(connection):
        for table in members:
            change = None
            if table.keep:
                before = (checked or {}).get(table.full_name)
                change = Change(standing, frames["kept"] & standing, before)
            given = {f"computed_{table.name}": _arrow(computed[table.name])}
            report = _put(table, connection, given, change)
            report.seconds += seconds / len(members)
            report.is_deferred = step.can_defer and computed["is_deferred"]
            reports.append(report)
        if step.goes_on:
            checkpoints.write(module, computed["checkpoint"], connection)
    return reports


def _frame_of(query: str, connection: Connection) -> "pd.DataFrame":
    return connection.execute(query).df()


def read_frames(
    reads: Mapping[str, str],
    connection: Connection,
    frame: "Callable[[str, Connection], pd.DataFrame]" = _frame_of,
) -> dict[str, Any]:
    """What a step reads, by name: frames, and of a query with `$parameters` what asks it."""

    def asks(query: str) -> "Callable[..., pd.DataFrame]":
        return lambda **parameters: connection.execute(query, parameters).df()

    return {
        name: asks(query) if "$" in query else frame(query, connection)
        for name, query in reads.items()
    }


#: What queries gave that several steps ask, with the contents of the tables they read.
_GIVEN: "WeakKeyDictionary[Connection, dict[str, tuple[list[str], pd.DataFrame]]]" = (
    WeakKeyDictionary()
)


def _frame(query: str, connection: Connection) -> "pd.DataFrame":
    """What a query gives. One that several steps ask is asked once, while all it reads stays."""
    if query not in _asked_by_several():
        return _frame_of(query, connection)
    noted = notes.read(connection)
    contents = [
        note.content for name in _tables_behind(query) if (note := noted.get(name)) and note.content
    ]
    given = _GIVEN.setdefault(connection, {})
    if query not in given or given[query][0] != contents:
        given.pop(query, None)
        found = _frame_of(query, connection)
        if len(contents) < len(_tables_behind(query)):
            return found  # of a table that was written to nothing is noted yet
        given[query] = contents, found
    # A frame of its own: what a step changes in it is copied first.
    return given[query][1].copy(deep=False)


@cache
def _asked_by_several() -> frozenset[str]:
    steps = {table.python for table in catalogue().tables.values() if table.python}
    asked = Counter(query for step in steps for query in set(python_step(step).reads.values()))
    return frozenset(query for query, times in asked.items() if times > 1)


@cache
def _tables_behind(query: str) -> list[str]:
    known = catalogue()
    reads = relations_read(query)
    through = [known.tables_read(name) for name in reads if name in known.macros]
    direct = {name for name in reads if "." in name and name not in known.macros}
    return sorted(direct.union(*through))


def _held(table: Table, connection: Connection) -> frozenset[str] | None:
    """States a table holds; null if it has not the shape its file says."""
    assert table.keep
    if [name for name, _ in columns_of(table.full_name, connection)] != list(table.columns):
        return None
    return frozenset(held.rows_by_state(table.full_name, table.keep, connection))


def _held_by_any(tables: Iterable[Table], connection: Connection) -> frozenset[str]:
    """States that any of the tables holds, if all have the shape their files say. They are replaced
    together, so that one speaks for those that have no rows of a state."""
    found = [_held(table, connection) for table in tables]
    known = [states for states in found if states is not None]
    return frozenset[str]().union(*known) if len(known) == len(found) else frozenset()


def _before(tables: Iterable[Table], connection: Connection) -> "dict[str, pd.DataFrame] | None":
    """Tables as they are, if all have the shape their files say."""
    frames = {}
    for table in tables:
        if [name for name, _ in columns_of(table.full_name, connection)] != list(table.columns):
            return None
        frames[table.name] = _frame_of(f"select * from {table.full_name}", connection)
    return frames


def _arrow(frame: "pd.DataFrame | pa.Table") -> "pa.Table":
    import pyarrow as pa

    return (
        frame if isinstance(frame, pa.Table) else pa.Table.from_pandas(frame, preserve_index=False)
    )


@dataclass(frozen=True)
class Change:
    """What of a table kept by state is made anew: the rows of states that stand and do not stay."""

    standing: frozenset[str]
    stays: frozenset[str] = frozenset()
    #: What was reported of the rows that stay, if their checks would say the same again.
    before: Report | None = None


def _replace(
    table: Table,
    connection: Connection,
    given: "Mapping[str, pa.Table]",
    change: Change | None = None,
) -> Report:
    """Replace all rows, or those that `change` says, and check them, in one transaction."""
    with transaction(connection):
        return _put(table, connection, given, change)


def _put(
    table: Table,
    connection: Connection,
    given: "Mapping[str, pa.Table]",
    change: Change | None = None,
) -> Report:
    started = time.perf_counter()
    for name, data in given.items():
        connection.register(name, data)
    try:
        notes.forget([table.full_name], connection)
        if change and change.stays:
            report = _put_states(table, connection, change)
        else:
            connection.execute(f"create or replace table {table.full_name} as {table.select}")
            _document(table, connection)
            report = check(table, connection)
            if table.keep:
                standing = change.standing if change else ()
                held.note_anew(table.full_name, table.keep, standing, connection)
    finally:
        for name in given:
            connection.unregister(name)
    report.seconds = time.perf_counter() - started
    return report


def _put_states(table: Table, connection: Connection, change: Change) -> Report:
    """Delete the rows of states that stand no more, and put in what `table` says of fresh ones."""
    name, keep = table.full_name, table.keep
    assert keep
    holds = held.rows_by_state(name, keep, connection)
    gone, fresh = set(holds) - change.stays, change.standing - change.stays
    select = table.select if fresh else f"select * from {name} limit 0"
    connection.execute(f"create or replace temp table fresh_rows as {select}")
    try:
        _compare_columns(table, "fresh_rows", connection)
        counted = connection.execute(f"select f.{keep}, count(*) from fresh_rows as f group by all")
        made = dict(counted.fetchall())
        if not set(made) <= fresh:
            raise TableError(f"{table.path}: rows of states that stay, or do not stand at all")
        loses = any(holds[state] for state in gone)
        if loses:
            connection.execute(f"delete from {name} where {keep} in ({UNNESTED})", [list(gone)])
        if made:
            connection.execute(f"insert into {name} select * from fresh_rows")
        held.note(name, gone, fresh, made, connection)
        _document(table, connection)
        if change.before is None:
            return check(table, connection)
        if not made and not loses:
            return change.before
        return check(table, connection, "fresh_rows")
    finally:
        connection.execute("drop table fresh_rows")


def check(table: Table, connection: Connection, fresh: str | None = None) -> Report:
    """Check a table as it is; of rows that were checked when they were made, those not in the table
    `fresh`, only what they share with these. Raises CheckFailed as `build` does."""
    started = time.perf_counter()
    report = Report(table.full_name)
    for claim in table.checks:
        query = claim.query
        if fresh and claim.of_fresh:
            query = claim.of_fresh.replace("{fresh}", fresh)
        rows = int(first_row(connection, f"select count(*) from ({query}) as broken")[0])
        if not rows:
            continue
        if not claim.is_blocking:
            report.warnings[claim.name] = rows
            continue
        sample = connection.execute(f"{query} limit {SAMPLE_ROWS}").df()
        raise CheckFailed(
            table.full_name,
            claim.name,
            rows,
            f"{table.full_name}: {claim.name} does not hold for {rows} rows "
            f"({claim.description}). The table keeps its former rows. First rows:\n"
            f"{sample.to_string(max_colwidth=60)}",
        )
    report.rows = int(first_row(connection, f"select count(*) from {table.full_name}")[0])
    report.seconds = time.perf_counter() - started
    return report


def columns_of(full_name: str, connection: Connection) -> list[tuple[str, str]]:
    """Names and types of a table's columns, in order; none if there is no such table."""
    query = "select c.name, c.type from pragma_table_info(?) as c order by c.cid"
    try:
        return connection.execute(query, [full_name]).fetchall()
    except duckdb.CatalogException:
        return []


def _compare_columns(table: Table, name: str, connection: Connection) -> None:
    actual = [column for column, _ in columns_of(name, connection)]
    if actual != list(table.columns):
        undocumented = [c for c in actual if c not in table.columns]
        missing = [c for c in table.columns if c not in actual]
        raise TableError(
            f"{table.path}: columns and comments differ; without a comment: {undocumented}; "
            f"documented but absent: {missing}; both must be in the same order"
        )


def _document(table: Table, connection: Connection) -> None:
    _compare_columns(table, table.full_name, connection)
    connection.execute(f"comment on table {table.full_name} is {_quoted(table.description)}")
    for column, comment in table.columns.items():
        connection.execute(f"comment on column {table.full_name}.{column} is {_quoted(comment)}")


def build_all(
    connection: Connection,
    only: Iterable[str] | None = None,
    on_built: Callable[[Report], None] = lambda report: None,
    cluster: Spark | None = None,
) -> list[Report]:
    """Build every table (or `only` those and what they need), macros included, in order."""
    known = catalogue()
    wanted = known.upstream(only) if only is not None else frozenset(known.tables)
    create_schemas(connection)
    reports: list[Report] = []
    for name in known.order:
        if name in known.macros:
            if all(_exists(connection, read) for read in known.tables_read(name)):
                create_macro(known.macros[name], connection)
            continue
        if name not in wanted or any(report.table == name for report in reports):
            continue
        table = known.tables[name]
        if table.python is None:
            built = [build(table, connection, cluster)]
        else:
            siblings = [t for t in known.tables.values() if t.python == table.python]
            built = build_python(table.python, siblings, connection)
        for report in built:
            reports.append(report)
            on_built(report)
    return reports


def _exists(connection: Connection, full_name: str) -> bool:
    schema, name = full_name.split(".")
    query = (
        "select 1 from duckdb_tables() where schema_name = ? and table_name = ? "
        "and database_name = current_database()"
    )
    return bool(first_row(connection, query, [schema, name]))
