"""Keeps fetched bytes once, logs every attempt, and loads payloads as runs of observations.

Bytes live under `data/snapshots/`, content-addressed and compressed; `fetches.jsonl` beside them
is the append-only log of attempts. The warehouse can always be rebuilt from these two.

A *run* is one thing a source said, unchanged, from `first_seen_at` on; `last_seen_at` and
`ended_at` (null while it goes on) are the last fetch with it and the first without. An unchanged
day therefore writes no rows.
"""

import contextlib
import gzip
import hashlib
import json
import os
import tempfile
import zlib
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipelines.sources import Observation, Parsed, PayloadError, Source
from pipelines.warehouse import Connection, first_row

STATUSES = ("ok", "unchanged", "failed")


@dataclass(frozen=True)
class Fetch:
    """One attempt to read a source. `problem` says what went wrong, if anything did."""

    fetch_id: str
    source: str
    url: str
    fetched_at: str
    status: str
    http_status: int | None = None
    etag: str | None = None
    last_modified: str | None = None
    sha256: str | None = None
    bytes: int | None = None
    problem: str | None = None
    #: Which file of a source that publishes several; empty for a source of one file.
    part: str = ""


def new_fetch(
    source: str, url: str, fetched_at: datetime, status: str, payload: bytes | None, **more: Any
) -> Fetch:
    """A log entry; its id follows from source, time and content, so a repeat is the same entry."""
    moment = fetched_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    kept = more.pop("sha256", None)
    sha256 = hashlib.sha256(payload).hexdigest() if payload is not None else kept
    identity = "|".join(filter(None, (source, moment, status, str(sha256), more.get("part"))))
    return Fetch(
        fetch_id=hashlib.sha256(identity.encode()).hexdigest()[:16],
        source=source,
        url=url,
        fetched_at=moment,
        status=status,
        sha256=sha256,
        bytes=len(payload) if payload is not None else None,
        **more,
    )


@dataclass(frozen=True)
class Position:
    """How far a reader has come in the log: bytes read, and a hash of the last of them."""

    bytes: int = 0
    tail: str = ""


class Snapshots:
    """The folder of kept bytes and the log of fetches."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.log = folder / "fetches.jsonl"
        self._memo: tuple[Position, Position, list[tuple[int, Fetch]]] | None = None

    def _path(self, sha256: str) -> Path:
        return self.folder / sha256[:2] / f"{sha256}.gz"

    def keep(self, payload: bytes) -> str:
        """Store bytes once, durably, and return their SHA-256. Damaged ones are replaced."""
        sha256 = hashlib.sha256(payload).hexdigest()
        path = self._path(sha256)
        if path.exists():
            with contextlib.suppress(PayloadError):
                self.read(sha256)
                return sha256
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, suffix=".part")
        with os.fdopen(handle, "wb") as file:
            file.write(gzip.compress(payload, compresslevel=6, mtime=0))
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
        return sha256

    def read(self, sha256: str) -> bytes:
        """Bytes kept under `sha256`. Raises PayloadError if they are no longer what they were."""
        try:
            payload = gzip.decompress(self._path(sha256).read_bytes())
        except (OSError, EOFError, zlib.error) as error:
            raise PayloadError(f"kept bytes {sha256[:12]} cannot be read: {error}") from error
        if hashlib.sha256(payload).hexdigest() != sha256:
            raise PayloadError(f"kept bytes {sha256[:12]} have changed on disk")
        return payload

    def append(self, fetches: Iterable[Fetch]) -> None:
        """Log attempts, durably. Costs the same however long the log is."""
        lines = "".join(json.dumps(asdict(fetch)) + "\n" for fetch in fetches)
        if not lines:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab+") as file:
            # A line cut short by a crash must not take the next one with it.
            if file.tell() and os.pread(file.fileno(), 1, file.tell() - 1) != b"\n":
                file.write(b"\n")
            file.write(lines.encode())
            file.flush()
            os.fsync(file.fileno())

    def fetches(self) -> list[Fetch]:
        """All logged attempts in order."""
        return self.since(Position())[0]

    def since(self, position: Position) -> tuple[list[Fetch], Position]:
        """Attempts logged after `position`, and the position behind them.

        If the log is no longer the one that was read, all of it counts as unread. A line cut
        short by a crash is left out. What was read in this process is not read again.
        """
        if position.tail != self._tail(position.bytes):
            position = Position()
        start, end, entries = self._memo or (position, position, [])
        if position.bytes < start.bytes or end.tail != self._tail(end.bytes):
            start, end, entries = position, position, []
        added, end = self._read_lines(end)
        entries = entries + added
        self._memo = start, end, entries
        return [fetch for at, fetch in entries if at >= position.bytes], end

    def _read_lines(self, start: Position) -> tuple[list[tuple[int, Fetch]], Position]:
        if not self.log.exists():
            return [], start
        with self.log.open("rb") as file:
            file.seek(start.bytes)
            *lines, _torn = file.read().split(b"\n")
        at, found = start.bytes, []
        for line in lines:
            with contextlib.suppress(ValueError, TypeError):
                found.append((at, Fetch(**json.loads(line))))
            at += len(line) + 1
        return found, (start if at == start.bytes else Position(at, self._tail(at)))

    def _tail(self, at: int) -> str:
        """Hash of the last bytes before `at`; tells this log from another."""
        if not at or not self.log.exists():
            return ""
        with self.log.open("rb") as file:
            file.seek(max(0, at - 256))
            last = file.read(min(at, 256))
        return hashlib.sha256(last).hexdigest()[:16]


# --------------------------------------------------------------------------- tables

FETCHES_DDL = """
create table if not exists raw.fetches (
    fetch_id varchar primary key, source varchar not null, url varchar not null,
    fetched_at timestamp not null, status varchar not null, http_status integer, etag varchar,
    last_modified varchar, sha256 varchar, bytes bigint, problem varchar,
    part varchar not null, observed integer, rejected integer
);
comment on table raw.fetches is
    'Every attempt to read a source, with what came of it (status ok, unchanged or failed).';
comment on column raw.fetches.problem is 'What went wrong, in words; null if nothing did.';
comment on column raw.fetches.part is 'File of a source that publishes several; else empty.';
comment on column raw.fetches.observed is 'Rows of the payload that met the wire contract.';
comment on column raw.fetches.rejected is 'Rows of the payload quarantined by the wire contract.';
create table if not exists raw.log_positions (
    source varchar primary key, bytes bigint not null, tail varchar not null
);
comment on table raw.log_positions is
    'How far each source has been loaded from the log of fetches beside the kept bytes.';
create table if not exists raw.quarantine (
    source varchar not null, fetch_id varchar not null, key varchar not null,
    fields json, reason varchar not null
);
comment on table raw.quarantine is
    'Rows a payload held that break the wire contract, with the reason; never used, never lost.';
create table if not exists raw.sources (
    source varchar primary key, title varchar, kind varchar, producer varchar, url varchar,
    licence varchar, licence_url varchar, citation varchar, cadence_days double,
    lineage varchar, reliability_rank integer, may_redistribute boolean,
    may_use_commercially boolean, is_live boolean, key_variable varchar
);
comment on table raw.sources is 'Terms of every source, as its module states them.';
"""

RUNS_DDL = """
create table if not exists raw.{name} (
    key varchar not null, part varchar not null, fields json not null,
    first_fetch_id varchar not null, first_seen_at timestamp not null,
    previous_fetch_at timestamp, last_seen_at timestamp, ended_at timestamp
);
comment on table raw.{name} is
    'Runs of observations: what the source said under a key, from first_seen_at until ended_at.';
comment on column raw.{name}.part is 'File of the source it stands in; empty if there is one.';
comment on column raw.{name}.previous_fetch_at is
    'Last good fetch before the first that showed it; null if that was the first of all.';
comment on column raw.{name}.last_seen_at is 'Last fetch that showed it; null while it goes on.';
comment on column raw.{name}.ended_at is
    'First fetch that no longer showed it; null while it goes on.';
"""


def create_tables(connection: Connection, sources: Iterable[Source]) -> None:
    """Make the raw schema and one table of runs per source and thing."""
    connection.execute("create schema if not exists raw")
    connection.execute(FETCHES_DDL)
    connection.execute("delete from raw.sources")
    for source in sources:
        connection.execute(
            f"insert into raw.sources values ({', '.join('?' * 15)})",
            [
                source.name, source.title, source.kind, source.producer, source.url,
                source.licence, source.licence_url, source.citation,
                source.cadence.total_seconds() / 86400, source.lineage,
                source.reliability_rank, source.may_redistribute, source.may_use_commercially,
                source.is_live, source.key_variable,
            ],
        )  # fmt: skip
        for thing in source.things:
            connection.execute(RUNS_DDL.format(name=f"{source.name}__{thing}"))


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


class _Runs:
    """Runs of one thing while payloads are read in the order of their fetches."""

    def __init__(self, connection: Connection, table: str):
        self.connection = connection
        self.table = table
        rows = connection.execute(
            f"select key, part, fields, first_fetch_id, first_seen_at, previous_fetch_at "
            f"from {table} where ended_at is null"
        ).fetchall()
        self.open: dict[str, list[Any]] = {row[0]: list(row[1:]) for row in rows}
        self.stored = set(self.open)
        self.closed: list[tuple[Any, ...]] = []
        self.dropped: list[str] = []

    def read(
        self,
        observations: list[Observation],
        held: set[str],
        held_below: tuple[str, ...],
        fetch: Fetch,
        fetched_at: datetime,
        previous_at: datetime | None,
    ) -> None:
        seen = set()
        for observation in observations:
            if observation.key in seen or observation.key in held:
                continue
            seen.add(observation.key)
            fields = json.dumps(observation.fields, sort_keys=True, separators=(",", ":"))
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
            if run[0] == fetch.part
            and key not in seen
            and key not in held
            and not key.startswith(held_below)
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
        if self.dropped:
            self.connection.execute(
                f"delete from {self.table} where ended_at is null and key in "
                "(select unnest(?::varchar[]))",
                [self.dropped],
            )
        new = [(key, *run, None, None) for key, run in self.open.items() if key not in self.stored]
        rows = self.closed + new
        if rows:
            columns = list(zip(*rows, strict=True))
            stamp = pa.timestamp("us")
            kinds = [pa.string()] * 4 + [stamp] * 4
            names = [
                "key", "part", "fields", "first_fetch_id", "first_seen_at", "previous_fetch_at",
                "last_seen_at", "ended_at",
            ]  # fmt: skip
            batch = pa.table(
                {n: pa.array(c, k) for n, c, k in zip(names, columns, kinds, strict=True)}
            )
            self.connection.register("new_runs", batch)
            self.connection.execute(f"insert into {self.table} select * from new_runs")
            self.connection.unregister("new_runs")
        return len(rows)


def last_good(connection: Connection) -> dict[tuple[str, str], Fetch]:
    """By source and part, the last fetch whose payload was accepted, with its validators."""
    rows = connection.execute(
        "select fetch_id, source, url, strftime(fetched_at, '%Y-%m-%dT%H:%M:%SZ'), status, "
        "http_status, etag, last_modified, sha256, bytes, null, part from raw.fetches "
        "where status <> 'failed' qualify row_number() over "
        "(partition by source, part order by fetched_at desc, fetch_id) = 1"
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

    Payloads are read in the order of their fetches. If an older one arrives after newer ones were
    read, the source is read again from its first, so that the result never depends on the order
    of arrival. A payload that cannot be read is logged with its problem; the last good one stays.
    """
    rows = connection.execute(
        "select bytes, tail from raw.log_positions where source = ?", [source.name]
    ).fetchall()
    entries, end = snapshots.since(Position(*rows[0]) if rows else Position())
    logged = {fetch.fetch_id: fetch for fetch in entries if fetch.source == source.name}
    known = {
        row[0]
        for row in connection.execute(
            "select fetch_id from raw.fetches where fetch_id in (select unnest(?::varchar[]))",
            [list(logged)],
        ).fetchall()
    }
    new = _in_order(fetch for fetch in logged.values() if fetch.fetch_id not in known)
    loaded = Loaded()
    if rows and rows[0] == (end.bytes, end.tail):
        return loaded
    connection.execute("begin")
    try:
        (newest,) = first_row(
            connection, "select max(fetched_at) from raw.fetches where source = ?", [source.name]
        )
        if new and newest is not None and _moment(new[0].fetched_at) < newest:
            for thing in source.things:
                connection.execute(f"delete from raw.{source.name}__{thing}")
            connection.execute("delete from raw.quarantine where source = ?", [source.name])
            connection.execute("delete from raw.fetches where source = ?", [source.name])
            logged = {f.fetch_id: f for f in snapshots.fetches() if f.source == source.name}
            new = _in_order(logged.values())
        if new:
            _load(connection, source, snapshots, new, loaded, on_payload)
        connection.execute(
            "insert or replace into raw.log_positions values (?, ?, ?)",
            [source.name, end.bytes, end.tail],
        )
        connection.execute("commit")
    except BaseException:
        connection.execute("rollback")
        raise
    return loaded


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


def _load(
    connection: Connection,
    source: Source,
    snapshots: Snapshots,
    fetches: list[Fetch],
    loaded: Loaded,
    on_payload: Callable[[Fetch], None],
) -> None:
    runs = {t: _Runs(connection, f"raw.{source.name}__{t}") for t in source.things}
    last_good = {
        part: (at, rows, sha256)
        for part, at, rows, sha256 in connection.execute(
            "select part, max(fetched_at), max_by(observed, fetched_at), "
            "max_by(sha256, fetched_at) from raw.fetches "
            "where source = ? and status <> 'failed' group by part",
            [source.name],
        ).fetchall()
    }
    unreadable = dict(
        connection.execute(
            "select sha256, any_value(problem) from raw.fetches "
            "where source = ? and status = 'failed' and sha256 is not null group by sha256",
            [source.name],
        ).fetchall()
    )
    entries: list[tuple[Any, ...]] = []
    quarantined: list[tuple[str, str, str, str, str]] = []
    for fetch in fetches:
        fetched_at = _moment(fetch.fetched_at)
        status, problem = fetch.status, fetch.problem
        previous_at, previous_rows, previous_sha256 = last_good.get(fetch.part, (None, None, None))
        parsed = Parsed()
        if fetch.status == "unchanged" and fetch.sha256 in unreadable:
            status, problem = "failed", f"unchanged, so still: {unreadable[fetch.sha256]}"
        elif fetch.status == "unchanged" or fetch.sha256 == previous_sha256 is not None:
            # The same bytes say the same: nothing to read again, nothing to quarantine again.
            last_good[fetch.part] = fetched_at, previous_rows, previous_sha256
        elif fetch.status == "ok" and fetch.sha256:
            try:
                parsed = _parse(source, snapshots.read(fetch.sha256), fetch.part)
                rows = sum(map(len, parsed.things.values()))
                if previous_rows and rows < source.smallest_share_of_last * previous_rows:
                    raise PayloadError(
                        f"the feed shrank from {previous_rows} to {rows} rows; "
                        "held back until it is seen to be right"
                    )
            except PayloadError as error:
                status, problem = "failed", str(error)
                unreadable[fetch.sha256] = problem
                parsed = Parsed()
            else:
                held = {rejected.key for rejected in parsed.rejected}
                below = tuple(r.holds for r in parsed.rejected if r.holds is not None)
                for thing, run in runs.items():
                    observations = parsed.things.get(thing, [])
                    run.read(observations, held, below, fetch, fetched_at, previous_at)
                last_good[fetch.part] = fetched_at, rows, fetch.sha256
                previous_rows = rows
        observed = sum(map(len, parsed.things.values())) if parsed.things else previous_rows
        loaded.payloads += 1
        loaded.rejected += len(parsed.rejected)
        if status == "failed":
            loaded.problems += 1
            loaded.last_problem = problem
        entries.append(
            (fetch.fetch_id, fetch.source, fetch.url, fetched_at, status, fetch.http_status,
             fetch.etag, fetch.last_modified, fetch.sha256, fetch.bytes, problem, fetch.part,
             observed if status != "failed" else None, len(parsed.rejected))
        )  # fmt: skip
        quarantined += [
            (source.name, fetch.fetch_id, r.key, json.dumps(r.fields, sort_keys=True), r.reason)
            for r in parsed.rejected
        ]
        on_payload(fetch)
    loaded.rows_written = sum(run.write() for run in runs.values())
    for entry in entries:
        connection.execute(f"insert into raw.fetches values ({', '.join('?' * 14)})", entry)
    if quarantined:
        columns = list(zip(*quarantined, strict=True))
        names = ["source", "fetch_id", "key", "fields", "reason"]
        batch = pa.table({n: pa.array(c, pa.string()) for n, c in zip(names, columns, strict=True)})
        connection.register("new_quarantine", batch)
        connection.execute("insert into raw.quarantine select * from new_quarantine")
        connection.unregister("new_quarantine")


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
