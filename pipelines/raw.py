"""Loads kept payloads as runs of observations.

A *run* is one thing a source said, unchanged, from `first_seen_at` on; `last_seen_at` and
`ended_at` (null while it goes on) are the last fetch with it and the first without. An unchanged
day therefore writes no rows.
"""

import hashlib
import importlib
import inspect
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipelines import notes, verdicts
from pipelines.snapshots import Fetch, Position, Snapshots, new_fetch
from pipelines.sources import Parsed, PayloadError, Source
from pipelines.warehouse import NOTES_DDL, Connection, first_row, transaction

FETCHES_DDL = """
create table if not exists raw.fetches (
    fetch_id varchar primary key, source varchar not null, url varchar not null,
    fetched_at timestamp not null, status varchar not null, http_status integer, etag varchar,
    last_modified varchar, sha256 varchar, bytes bigint, problem varchar,
    part varchar not null, observed integer, rejected integer, held_back integer
);
comment on table raw.fetches is
    'Every attempt to read a source, with what came of it (status ok, unchanged or failed).';
comment on column raw.fetches.fetch_id is 'Identifies the attempt; raw rows name it.';
comment on column raw.fetches.source is 'Name of the source, raw.sources.';
comment on column raw.fetches.url is 'Address asked, without keys.';
comment on column raw.fetches.fetched_at is 'When it was asked, UTC: from then on it is known.';
comment on column raw.fetches.status is 'ok, unchanged (the server said so) or failed.';
comment on column raw.fetches.http_status is 'Status the server gave; null where none answered.';
comment on column raw.fetches.etag is 'Version mark the server gave.';
comment on column raw.fetches.last_modified is 'Day of change the server gave, as sent.';
comment on column raw.fetches.sha256 is 'Names the payload in data/snapshots/; null without one.';
comment on column raw.fetches.bytes is 'Size of the payload, inflated.';
comment on column raw.fetches.problem is 'What went wrong, in words; null if nothing did.';
comment on column raw.fetches.part is 'File of a source that publishes several; else empty.';
comment on column raw.fetches.observed is 'Rows of the payload that met the wire contract.';
comment on column raw.fetches.rejected is 'Rows of the payload quarantined by the wire contract.';
comment on column raw.fetches.held_back is
    'Rows of a payload not believed yet because the feed shrank; null for all others.';
create table if not exists raw.layout (version varchar primary key);
comment on table raw.layout is 'Which definitions the raw tables were made by.';
comment on column raw.layout.version is 'Hash of the definitions; others are made anew.';
create table if not exists raw.log_positions (
    source varchar primary key, bytes bigint not null, tail varchar not null,
    parser varchar not null
);
comment on table raw.log_positions is
    'How far each source has been loaded from the log of fetches, and by which parser.';
comment on column raw.log_positions.source is 'Name of the source, raw.sources.';
comment on column raw.log_positions.bytes is 'Bytes of the log read.';
comment on column raw.log_positions.tail is 'Hash of what stands before: tells another log.';
comment on column raw.log_positions.parser is 'Hash of the parser that read it.';
create table if not exists raw.quarantine (
    source varchar not null, part varchar not null, key varchar not null, fields json,
    reason varchar not null, fetch_id varchar not null, first_seen_at timestamp not null,
    ended_at timestamp
);
comment on table raw.quarantine is
    'Rows a payload held that break the wire contract, with the reason; never used, never lost.';
comment on column raw.quarantine.source is 'Name of the source, raw.sources.';
comment on column raw.quarantine.part is 'File of a source that publishes several; else empty.';
comment on column raw.quarantine.key is 'What the row is about, as the source names it.';
comment on column raw.quarantine.fields is 'The row as it came.';
comment on column raw.quarantine.reason is 'What of the contract it breaks, in words.';
comment on column raw.quarantine.first_seen_at is 'Time of that fetch, UTC.';
comment on column raw.quarantine.fetch_id is 'First fetch that held it so.';
comment on column raw.quarantine.ended_at is
    'First good fetch that no longer held it so; null while it goes on.';
create table if not exists raw.fields (
    source varchar not null, part varchar not null, thing varchar not null, path varchar not null,
    kind varchar not null, is_read boolean not null, rows integer not null,
    fetch_id varchar not null, first_seen_at timestamp not null, ended_at timestamp
);
comment on table raw.fields is
    'Every field the rows of a source have carried: one that comes or goes is schema drift.';
comment on column raw.fields.source is 'Name of the source, raw.sources.';
comment on column raw.fields.part is 'File of a source that publishes several; else empty.';
comment on column raw.fields.thing is 'What the rows are: prices, results and so on.';
comment on column raw.fields.first_seen_at is 'Time of that fetch, UTC.';
comment on column raw.fields.path is 'Name in the row; below it names joined by dots, [] a list.';
comment on column raw.fields.kind is 'string, number, boolean, list or object.';
comment on column raw.fields.is_read is 'The wire contract reads it, or something in it.';
comment on column raw.fields.rows is 'Rows that carried it in the first payload that did.';
comment on column raw.fields.fetch_id is 'First fetch that had it.';
comment on column raw.fields.ended_at is
    'First good fetch of the part without it; null while it goes on.';
create table if not exists raw.sources (
    source varchar primary key, title varchar, kind varchar, producer varchar, url varchar,
    licence varchar, licence_url varchar, citation varchar, cadence_days double,
    lineage varchar, reliability_rank integer, may_redistribute boolean,
    may_use_commercially boolean, is_live boolean, key_variable varchar, is_used boolean
);
comment on table raw.sources is 'Terms of every source, as its module states them.';
comment on column raw.sources.is_used is
    'False where commercial use was asked for and its terms do not allow it, or state none.';
comment on column raw.sources.source is 'Name of the source.';
comment on column raw.sources.title is 'What it calls itself.';
comment on column raw.sources.kind is 'pricing, benchmarks, releases, usage and so on.';
comment on column raw.sources.producer is 'Who publishes it.';
comment on column raw.sources.url is 'Where it is read.';
comment on column raw.sources.licence is 'Under which licence, in short.';
comment on column raw.sources.licence_url is 'Where the producer states the licence.';
comment on column raw.sources.citation is 'How the producer wants to be named.';
comment on column raw.sources.cadence_days is 'How often it changes, days.';
comment on column raw.sources.lineage is 'The source it copies from, or itself.';
comment on column raw.sources.reliability_rank is '1 is the most reliable.';
comment on column raw.sources.may_redistribute is 'Its figures may be passed on.';
comment on column raw.sources.may_use_commercially is 'Its figures may be used in business.';
comment on column raw.sources.is_live is 'Read by every run; others come by backfill only.';
comment on column raw.sources.key_variable is 'Variable that holds the API key, if any.';
"""

RUNS_DDL = """
create table if not exists raw.{name} (
    key varchar not null, part varchar not null, fields json not null,
    first_fetch_id varchar not null, first_seen_at timestamp not null,
    previous_fetch_at timestamp, last_seen_at timestamp, ended_at timestamp
);
comment on table raw.{name} is
    'Runs of observations: what the source said under a key, from first_seen_at until ended_at.';
comment on column raw.{name}.key is 'What the row is about, as the source names it.';
comment on column raw.{name}.fields is 'The row as the source gives it.';
comment on column raw.{name}.first_fetch_id is 'First fetch that showed it so, raw.fetches.';
comment on column raw.{name}.first_seen_at is 'Time of that fetch, UTC.';
comment on column raw.{name}.part is 'File of the source it stands in; empty if there is one.';
comment on column raw.{name}.previous_fetch_at is
    'Last good fetch before the first that showed it; null if that was the first of all.';
comment on column raw.{name}.last_seen_at is 'Last fetch that showed it; null while it goes on.';
comment on column raw.{name}.ended_at is
    'First fetch that no longer showed it; null while it goes on.';
"""


STAMP = pa.timestamp("us")
FETCH_COLUMNS = {
    "fetch_id": pa.string(), "source": pa.string(), "url": pa.string(), "fetched_at": STAMP,
    "status": pa.string(), "http_status": pa.int32(), "etag": pa.string(),
    "last_modified": pa.string(), "sha256": pa.string(), "bytes": pa.int64(),
    "problem": pa.string(), "part": pa.string(), "observed": pa.int32(), "rejected": pa.int32(),
    "held_back": pa.int32(),
}  # fmt: skip
SOURCE_COLUMNS = {
    "source": pa.string(), "title": pa.string(), "kind": pa.string(), "producer": pa.string(),
    "url": pa.string(), "licence": pa.string(), "licence_url": pa.string(),
    "citation": pa.string(), "cadence_days": pa.float64(), "lineage": pa.string(),
    "reliability_rank": pa.int32(), "may_redistribute": pa.bool_(),
    "may_use_commercially": pa.bool_(), "is_live": pa.bool_(), "key_variable": pa.string(),
    "is_used": pa.bool_(),
}  # fmt: skip
RUN_COLUMNS = {
    "key": pa.string(), "part": pa.string(), "fields": pa.string(), "first_fetch_id": pa.string(),
    "first_seen_at": STAMP, "previous_fetch_at": STAMP, "last_seen_at": STAMP, "ended_at": STAMP,
}  # fmt: skip

#: A feed that shrank is believed once it has been so for so long, and seen on so many days.
SHRUNK_FOR = timedelta(days=7)
SHRUNK_DAYS_SEEN = 3
#: Formats that do not show by themselves where they were cut.
OPEN_ENDED = {".csv", ".md", ".yml"}
HELD_BACK = (
    f"held back until it has been so for {SHRUNK_FOR.days} days and on {SHRUNK_DAYS_SEEN} of them"
)

#: What rows state beside what they are about: some have none, and it may come and go.
ASIDE = {"meters"}

#: The definitions of the raw tables, in short; what is said about them changes nothing.
LAYOUT = hashlib.sha256(
    re.sub(r"comment on [^']*'[^']*';\n", "", FETCHES_DDL + RUNS_DDL).encode()
).hexdigest()[:16]

#: Raised when what parsers share reads payloads differently: all are then read again.
READING_VERSION = 1


def create_tables(
    connection: Connection, sources: Iterable[Source], commercial: bool = False
) -> None:
    """Make the raw schema and one table of runs per source and thing.

    For commercial use, sources whose terms do not allow it are loaded, but not used.

    Tables of another layout, left by another version, are dropped: what they held is read again
    from the kept bytes.
    """
    connection.execute("create schema if not exists raw")
    connection.execute(NOTES_DDL)
    if _layout(connection) not in {LAYOUT, None}:
        for table in _tables(connection):
            connection.execute(f"drop table raw.{table}")
        notes.forget_all(connection)
    known = list(sources)
    wanted = {f"{source.name}__{thing}" for source in known for thing in source.things}
    missing = wanted - set(_tables(connection))
    if missing:  # comments and all, they take a quarter of a second
        connection.execute(FETCHES_DDL)
        connection.execute("insert or ignore into raw.layout values (?)", [LAYOUT])
        for name in sorted(missing):
            connection.execute(RUNS_DDL.format(name=name))
    verdicts.create_table(connection)
    notes.forget(["raw.sources"], connection)
    connection.execute("delete from raw.sources")
    rows = [
        (
            source.name, source.title, source.kind, source.producer, source.url,
            source.licence, source.licence_url, source.citation,
            source.cadence.total_seconds() / 86400, source.lineage,
            source.reliability_rank, source.may_redistribute, source.may_use_commercially,
            source.is_live, source.key_variable,
            source.may_use_commercially or not commercial,
        )
        for source in known
    ]  # fmt: skip
    _insert(connection, "raw.sources", SOURCE_COLUMNS, rows)


def _tables(connection: Connection) -> list[str]:
    """Raw tables there are; the mark of the file's own format, and notes, are the warehouse's."""
    rows = connection.execute(
        "select table_name from duckdb_tables() where schema_name = 'raw' and "
        "database_name = current_database() and table_name not in "
        "('warehouse_format', 'versions', 'held_states', 'checkpoints', 'deferred')"
    ).fetchall()
    return [name for (name,) in rows]


def _layout(connection: Connection) -> str | None:
    """Layout of the raw tables there are; null if there are none."""
    tables = _tables(connection)
    if "layout" in tables:
        return str(first_row(connection, "select version from raw.layout")[0])
    return "older" if tables else None


@dataclass
class Loaded:
    """What loading one source's new payloads did."""

    payloads: int = 0
    rows_written: int = 0
    rejected: int = 0
    problems: int = 0
    last_problem: str | None = None

    def __add__(self, later: "Loaded") -> "Loaded":
        """Both together; `later` has the last word."""
        return Loaded(
            self.payloads + later.payloads,
            self.rows_written + later.rows_written,
            self.rejected + later.rejected,
            self.problems + later.problems,
            later.last_problem or self.last_problem,
        )


def _held(parsed: Parsed) -> Callable[[str], bool]:
    """Whether a key stands, or may stand, in a row refused for its fault."""
    held = {rejected.key for rejected in parsed.rejected}
    below = tuple(r.holds for r in parsed.rejected if r.holds is not None)
    return lambda key: key in held or key.startswith(below)


class _Runs:
    """Runs of one thing while payloads are read in the order of their fetches."""

    def __init__(self, connection: Connection, table: str):
        self.connection = connection
        self.table = table
        self.stored: set[str] = set()
        self.closed: list[tuple[Any, ...]] = []
        self.dropped: list[str] = []

    @cached_property
    def open(self) -> dict[str, list[Any]]:
        """Runs that go on, by key; read once a payload is, for most days bring none."""
        rows = self.connection.execute(
            f"select key, part, fields, first_fetch_id, first_seen_at, previous_fetch_at "
            f"from {self.table} where ended_at is null"
        ).fetchall()
        self.stored = {row[0] for row in rows}
        return {row[0]: list(row[1:]) for row in rows}

    def before_and_now(self, parsed: Parsed, thing: str, part: str) -> tuple[int, int]:
        """Rows of a part so far, and with a payload; one held for its fault is still there."""
        is_held = _held(parsed)
        before = [key for key, run in self.open.items() if run[0] == part]
        now = {observation.key for observation in parsed.things.get(thing, [])}
        return len(before), len(now) + sum(is_held(key) for key in before if key not in now)

    def read(
        self,
        parsed: Parsed,
        thing: str,
        fetch: Fetch,
        fetched_at: datetime,
        previous_at: datetime | None,
    ) -> None:
        """Take what a good payload shows; rows held for their faults neither change nor end."""
        is_held = _held(parsed)
        refused = {rejected.key for rejected in parsed.rejected}
        seen = set()
        for observation in parsed.things.get(thing, []):
            if observation.key in seen or observation.key in refused:
                continue
            seen.add(observation.key)
            fields = _as_json(observation.fields)
            run = self.open.get(observation.key)
            if run is not None and run[1] == fields:
                continue
            if run is not None:
                self._close(observation.key, previous_at, fetched_at)
            self.open[observation.key] = [
                fetch.part, fields, fetch.fetch_id, fetched_at, previous_at
            ]  # fmt: skip
        gone = [
            key
            for key, run in self.open.items()
            if run[0] == fetch.part and key not in seen and not is_held(key)
        ]
        for key in gone:
            self._close(key, previous_at, fetched_at)

    def _close(self, key: str, last_seen_at: datetime | None, ended_at: datetime) -> None:
        run = self.open.pop(key)
        self.closed.append((key, *run, last_seen_at or run[3], ended_at))
        if key in self.stored:
            self.stored.discard(key)
            self.dropped.append(key)

    def write(self) -> int:
        """Put the changes into the table; an unchanged source writes nothing."""
        if "open" not in vars(self):
            return 0
        if self.dropped:
            self.connection.execute(
                f"delete from {self.table} where ended_at is null and key in "
                "(select unnest(?::varchar[]))",
                [self.dropped],
            )
        new = [(key, *run, None, None) for key, run in self.open.items() if key not in self.stored]
        _insert(self.connection, self.table, RUN_COLUMNS, self.closed + new)
        return len(self.closed) + len(new)


class _Spells:
    """Rows of a table that go on while a part's payloads show them: quarantined rows, fields.

    A spell is one `identity`, in one part, from its first fetch until a good one without it;
    `measured` are columns that say what the first fetch showed.
    """

    def __init__(
        self,
        connection: Connection,
        table: str,
        source: Source,
        identity: tuple[str, ...],
        measured: tuple[str, ...] = (),
    ):
        self.connection, self.table, self.source = connection, table, source
        self.columns = ("part", *identity, *measured, "fetch_id", "first_seen_at")
        self.width = len(identity) + 1
        self.ended: list[tuple[Any, ...]] = []
        self.has_changed = False

    @cached_property
    def open(self) -> dict[tuple[Any, ...], tuple[Any, ...]]:
        """Spells that go on, with what is said of them; read once a payload is."""
        rows = self.connection.execute(
            f"select {', '.join(self.columns)} from {self.table} "
            "where source = ? and ended_at is null",
            [self.source.name],
        ).fetchall()
        return {row[: self.width]: row[self.width :] for row in rows}

    def read(
        self, shown: Mapping[tuple[Any, ...], tuple[Any, ...]], fetch: Fetch, at: datetime
    ) -> None:
        """Take what a good payload of a part shows: identities with their measures."""
        now = {(fetch.part, *identity): measures for identity, measures in shown.items()}
        for identity in [i for i in self.open if i[0] == fetch.part and i not in now]:
            self.ended.append((*identity, *self.open.pop(identity), at))
            self.has_changed = True
        for identity, measures in now.items():
            if identity not in self.open:
                self.open[identity] = (*measures, fetch.fetch_id, at)
                self.has_changed = True

    def write(self) -> None:
        """Put the changes into the table."""
        if not self.has_changed:
            return
        self.connection.execute(
            f"delete from {self.table} where source = ? and ended_at is null", [self.source.name]
        )
        going = [(*identity, *rest, None) for identity, rest in self.open.items()]
        names = ("source", *self.columns, "ended_at")
        rows = [(self.source.name, *row) for row in self.ended + going]
        _insert(
            self.connection, self.table, {n: SPELL_KINDS.get(n, pa.string()) for n in names}, rows
        )


SPELL_KINDS = {
    "first_seen_at": STAMP, "ended_at": STAMP, "rows": pa.int32(), "is_read": pa.bool_(),
}  # fmt: skip


#: Of each source and part the last good fetch. Its time first: a sum over two columns of all
#: fetches costs little, their order by part and time would grow with them.
_LAST_GOOD = (
    "with newest as (select g.source, g.part, max(g.fetched_at) as fetched_at from raw.fetches "
    "as g where g.status <> 'failed' and {1} group by g.source, g.part) "
    "select {0} from raw.fetches as f inner join newest as n on n.source = f.source "
    "and n.part = f.part and n.fetched_at = f.fetched_at where f.status <> 'failed' "
    "qualify row_number() over (partition by f.source, f.part order by f.fetch_id) = 1"
)


def last_good(connection: Connection) -> dict[tuple[str, str], Fetch]:
    """By source and part, the last fetch whose payload was accepted, with its validators."""
    rows = connection.execute(
        _LAST_GOOD.format(
            "f.fetch_id, f.source, f.url, strftime(f.fetched_at, '%Y-%m-%dT%H:%M:%SZ'), f.status, "
            "f.http_status, f.etag, f.last_modified, f.sha256, f.bytes, null, f.part",
            "true",
        )
    ).fetchall()
    return {(row[1], row[11]): Fetch(*row) for row in rows}


def holds(connection: Connection, source: Source, sha256: str) -> bool:
    """Whether a payload of a source was ever loaded."""
    query = "select 1 from raw.fetches where source = ? and sha256 = ? limit 1"
    return bool(first_row(connection, query, [source.name, sha256]))


def _moment(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ")


def load(
    connection: Connection,
    source: Source,
    snapshots: Snapshots,
    on_payload: Callable[[Fetch], None] = lambda fetch: None,
) -> Loaded:
    """Read a source's logged payloads that the warehouse does not hold yet, in one transaction.

    Payloads are read in the order of their fetches. If an older one arrives after newer ones
    were read, or the parser is no longer the one that read them, the source is read again from
    its first, so that the result depends on the bytes alone. A payload that cannot be read is
    logged with its problem; the last good one stays.
    """
    rows = connection.execute(
        "select bytes, tail, parser from raw.log_positions where source = ?", [source.name]
    ).fetchall()
    parser = _parser_of(source)
    is_another = bool(rows) and rows[0][2] != parser
    entries, end = snapshots.since(Position(*rows[0][:2]) if rows else Position())
    logged = {fetch.fetch_id: fetch for fetch in entries if fetch.source == source.name}
    new = _in_order(_not_yet_read(connection, logged))
    loaded = Loaded()
    if rows and rows[0] == (end.bytes, end.tail, parser):
        return loaded
    with transaction(connection):
        if new or is_another:
            _forget(connection, source)
        if is_another or (new and _is_late(connection, new[0])):
            for thing in source.things:
                connection.execute(f"delete from raw.{source.name}__{thing}")
            for table in ("quarantine", "fields", "fetches"):
                connection.execute(f"delete from raw.{table} where source = ?", [source.name])
            logged = {f.fetch_id: f for f in snapshots.fetches() if f.source == source.name}
            new = _in_order(logged.values())
        if new:
            _load(connection, source, snapshots, new, loaded, on_payload)
        connection.execute(
            "insert or replace into raw.log_positions values (?, ?, ?, ?)",
            [source.name, end.bytes, end.tail, parser],
        )
    return loaded


def _not_yet_read(connection: Connection, logged: Mapping[str, Fetch]) -> list[Fetch]:
    """Attempts of the log that `raw.fetches` does not hold; none is older than the time it says."""
    if not logged:
        return []
    known = connection.execute(
        "select f.fetch_id from raw.fetches as f where f.fetched_at >= ? "
        "and f.fetch_id in (select unnest(?::varchar[]))",
        [min(_moment(fetch.fetched_at) for fetch in logged.values()), list(logged)],
    ).fetchall()
    read = {fetch_id for (fetch_id,) in known}
    return [fetch for fetch_id, fetch in logged.items() if fetch_id not in read]


def _is_late(connection: Connection, fetch: Fetch) -> bool:
    """Whether a later one of the source was read before."""
    query = "select 1 from raw.fetches as f where f.source = ? and f.fetched_at > ? limit 1"
    return bool(first_row(connection, query, [fetch.source, _moment(fetch.fetched_at)]))


def _forget(connection: Connection, source: Source) -> None:
    """Take what is noted of the tables about to be written; see `pipelines.notes`."""
    names = [f"raw.{source.name}__{thing}" for thing in source.things]
    names += ["raw.fetches", "raw.quarantine", "raw.fields"]
    notes.forget(names, connection)


def _parser_of(source: Source) -> str:
    """Which code reads the source's payloads: its module, and readers it takes from elsewhere.

    What all parsers share is `READING_VERSION`'s.
    """
    module = inspect.getmodule(source.parse)
    text = inspect.getsource(module) if module else ""
    for helper in sorted(_readers(module)):
        text += inspect.getsource(importlib.import_module(helper))
    return hashlib.sha256(f"{READING_VERSION}{text}".encode()).hexdigest()[:16]


def _readers(module: Any) -> set[str]:
    names = {getattr(value, "__module__", None) or "" for value in vars(module or object).values()}
    return {n for n in names if n.startswith("pipelines.") and "sources" not in n.split(".")}


def _in_order(fetches: Iterable[Fetch]) -> list[Fetch]:
    return sorted(fetches, key=lambda fetch: (fetch.fetched_at, fetch.part, fetch.fetch_id))


def _parse(source: Source, payload: bytes, part: str) -> Parsed:
    """Parse, and take a parser's own failure for the payload's: no payload stops the others."""
    try:
        return source.parse(payload, part)
    except PayloadError:
        raise
    except Exception as error:
        words = f"{type(error).__name__}: {error}"[:200]
        raise PayloadError(f"not as the parser knows it ({words})") from error


def _why_broken(parsed: Parsed) -> str | None:
    """Why a payload as a whole is not believed: a needed field is not there, or is not as it was.

    Where most rows break the contract that is the payload's fault, not the rows'.
    """
    reasons = Counter(entry.reason for entry in parsed.rejected if entry.breaks_contract)
    broken, rows = reasons.total(), sum(map(len, parsed.things.values()))
    if broken <= rows:
        return None
    [(reason, _)] = reasons.most_common(1)
    return f"{broken} of {broken + rows} rows break the wire contract; most often: {reason}"


@dataclass
class _Part:
    """What is known of one part while its payloads are read in order."""

    #: The last good fetch, and how many rows of its payload met the wire contract or did not.
    good_at: datetime | None = None
    sha256: str | None = None
    observed: int | None = None
    rejected: int = 0
    #: Since then: when a payload was held back because the feed had shrunk, and to how many rows.
    held_back: list[tuple[datetime, int]] = field(default_factory=list)


def _known_parts(connection: Connection, source: Source, names: set[str]) -> dict[str, _Part]:
    """What was last read of these parts."""
    where = "g.source = ? and g.part in (select unnest(?::varchar[]))"
    query = _LAST_GOOD.format("f.part, f.fetched_at, f.sha256, f.observed, f.rejected", where)
    asked = [source.name, list(names)]
    parts = {part: _Part(*known) for part, *known in connection.execute(query, asked).fetchall()}
    for part, at, rows in connection.execute(
        "select g.part, g.fetched_at, g.held_back from raw.fetches as g "
        f"where g.held_back is not null and {where} order by g.fetched_at, g.fetch_id",
        asked,
    ).fetchall():
        known = parts[part]
        if known.good_at is not None and at > known.good_at:
            known.held_back.append((at, rows))
    return parts


def _refused(connection: Connection, source: Source, fetches: Iterable[Fetch]) -> dict[str, str]:
    """Why payloads that are said not to have changed could not be read, by hash."""
    unchanged = {fetch.sha256 for fetch in fetches if fetch.status == "unchanged" and fetch.sha256}
    if not unchanged:
        return {}
    found = connection.execute(
        "select f.sha256, first(f.problem order by f.fetched_at, f.fetch_id) "
        "filter (where f.problem is not null) from raw.fetches as f "
        "where f.source = ? and f.status = 'failed' "
        "and f.sha256 in (select unnest(?::varchar[])) group by f.sha256",
        [source.name, list(unchanged)],
    )
    return dict(found.fetchall())


def _what_is_missing(
    source: Source,
    suffix: str,
    last: Callable[[], bytes],
    payload: bytes,
    shrunk: Iterable[tuple[str, int, int]],
) -> str | None:
    """What a payload lacks against the last good one, in words; null if nothing much.

    JSON cut short is none; a table of text cut short is a shorter table, so where it was cut must
    show: it is the beginning of the last one, or its last line has no end where that had one.
    """
    for thing, before, now in shrunk:
        if now < source.smallest_share_of_last * before:
            return f"the feed shrank from {before} to {now} rows of {thing}"
    if suffix not in OPEN_ENDED:
        return None
    try:
        last_payload = last()
    except PayloadError:
        return None
    if len(payload) >= len(last_payload):
        return None
    if last_payload.startswith(payload):
        return "cut short: the beginning of the last good payload"
    if last_payload.endswith(b"\n") and not payload.endswith(b"\n"):
        return "cut short: shorter than the last good payload, and its last line has no end"
    return None


def _is_believed(source: Source, part: _Part) -> bool:
    """Whether what was held back since the last good payload agrees long enough to be true.

    A feed that loses much of its rows at once is broken, as a rule: ending all they said would
    be wrong. If it is still as small after a week of looking, it is what the feed now is.
    """
    (newest, rows), *earlier = reversed(part.held_back)
    agreeing = [(newest, rows)]
    for moment, number in earlier:
        numbers = [number, *(n for _, n in agreeing)]
        if min(numbers) < source.smallest_share_of_last * max(numbers):
            break
        agreeing.append((moment, number))
    seen = {moment.date() for moment, _ in agreeing}
    return len(seen) >= SHRUNK_DAYS_SEEN and newest - agreeing[-1][0] >= SHRUNK_FOR


def _load(
    connection: Connection,
    source: Source,
    snapshots: Snapshots,
    fetches: list[Fetch],
    loaded: Loaded,
    on_payload: Callable[[Fetch], None],
) -> None:
    runs = {t: _Runs(connection, f"raw.{source.name}__{t}") for t in source.things}
    quarantine = _Spells(connection, "raw.quarantine", source, ("key", "fields", "reason"))
    carried = _Spells(
        connection, "raw.fields", source, ("thing", "path", "kind", "is_read"), ("rows",)
    )
    parts = _known_parts(connection, source, {fetch.part for fetch in fetches})
    unreadable = _refused(connection, source, fetches)
    entries: list[tuple[Any, ...]] = []
    for fetch in fetches:
        fetched_at = _moment(fetch.fetched_at)
        status, problem, held_back = fetch.status, fetch.problem, None
        part = parts.setdefault(fetch.part, _Part())
        if fetch.status == "unchanged" and fetch.sha256 in unreadable:
            status, problem = "failed", f"unchanged, so still: {unreadable[fetch.sha256]}"
        elif fetch.status == "unchanged" or fetch.sha256 == part.sha256 is not None:
            # The same bytes say the same: nothing to read again, nothing to quarantine again.
            part.good_at, part.held_back = fetched_at, []
        elif fetch.status == "ok" and fetch.sha256:
            try:
                payload = snapshots.read(fetch.sha256)
                parsed = _parse(source, payload, fetch.part)
                rows = sum(len(v) for thing, v in parsed.things.items() if thing not in ASIDE)
                if part.sha256:
                    if words := _why_broken(parsed):
                        raise PayloadError(words)
                    shrunk = [
                        (thing, *run.before_and_now(parsed, thing, fetch.part))
                        for thing, run in runs.items()
                        if thing not in ASIDE
                    ]
                    last = partial(snapshots.read, part.sha256)
                    suffix = source.suffix(fetch.part)
                    words = _what_is_missing(source, suffix, last, payload, shrunk)
                    if words:
                        part.held_back.append((fetched_at, rows))
                        if not _is_believed(source, part):
                            held_back = rows
                            raise PayloadError(f"{words}; {HELD_BACK}")
            except PayloadError as error:
                status, problem = "failed", str(error)
                unreadable[fetch.sha256] = problem
            else:
                for thing, run in runs.items():
                    run.read(parsed, thing, fetch, fetched_at, part.good_at)
                quarantine.read(
                    {(r.key, _as_json(r.fields), r.reason): () for r in parsed.rejected},
                    fetch, fetched_at,
                )  # fmt: skip
                carried.read({f: (n,) for f, n in parsed.fields.items()}, fetch, fetched_at)
                loaded.rejected += len(parsed.rejected)
                part.good_at, part.sha256, part.held_back = fetched_at, fetch.sha256, []
                part.observed, part.rejected = rows, len(parsed.rejected)
        is_good = status != "failed"
        loaded.payloads += 1
        if not is_good:
            loaded.problems += 1
            loaded.last_problem = problem
        entries.append(
            (fetch.fetch_id, fetch.source, fetch.url, fetched_at, status, fetch.http_status,
             fetch.etag, fetch.last_modified, fetch.sha256, fetch.bytes, problem, fetch.part,
             part.observed if is_good else None, part.rejected if is_good else None, held_back)
        )  # fmt: skip
        on_payload(fetch)
    loaded.rows_written = sum(run.write() for run in runs.values())
    quarantine.write()
    carried.write()
    _insert(connection, "raw.fetches", FETCH_COLUMNS, entries)


#: Made once: every row of every payload goes through it.
_as_json: Callable[[Any], str] = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode


def _insert(
    connection: Connection,
    table: str,
    columns: dict[str, pa.DataType],
    rows: Sequence[tuple[Any, ...]],
) -> None:
    """Append rows in bulk; one by one they would cost 3 ms each."""
    if not rows:
        return
    values = zip(columns.items(), zip(*rows, strict=True), strict=True)
    batch = pa.table({name: pa.array(column, kind) for (name, kind), column in values})
    connection.register("new_rows", batch)
    connection.execute(f"insert into {table} by name select * from new_rows")
    connection.unregister("new_rows")


def backfill(
    folder: Path,
    sources: Iterable[Source],
    snapshots: Snapshots,
    on_payload: Callable[[Path], None] = lambda path: None,
) -> int:
    """Keep an archive laid out as `<source>/<YYYY-MM-DD>/<file>` as if fetched on those days.

    Returns how many fetches were new; running it twice adds none. Raises FileNotFoundError with
    the names expected when `folder` holds no known source.
    """
    found = list(archive_files(folder, sources))
    if not found:
        expected = ", ".join(source.name for source in sources)
        raise FileNotFoundError(
            f"{folder} holds no <source>/<YYYY-MM-DD>/<file> of a known source ({expected})"
        )
    fetches = []
    for source, day, path in found:
        payload = path.read_bytes()
        snapshots.keep(payload)
        moment = datetime.strptime(day, "%Y-%m-%d").replace(tzinfo=UTC)
        part = path.relative_to(folder / source.name / day).as_posix() if source.is_tree else ""
        url = source.url_of(part)
        fetches.append(new_fetch(source.name, url, moment, "ok", payload, part=part))
        on_payload(path)
    known = {fetch.fetch_id for fetch in snapshots.fetches()}
    new = [fetch for fetch in fetches if fetch.fetch_id not in known]
    snapshots.append(new)
    return len(new)


def archive_files(folder: Path, sources: Iterable[Source]) -> Iterable[tuple[Source, str, Path]]:
    """(source, day, file) for every payload of an archive, in the order of days."""
    for source in sources:
        for day in sorted((folder / source.name).glob("????-??-??")):
            found = [p for name in source.file_names for p in sorted(day.glob(name))]
            for path in found if source.is_tree else found[:1]:
                yield source, day.name, path
