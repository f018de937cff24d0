"""The DuckDB files: one writer's own, and versioned published copies that readers open."""

import contextlib
import errno
import fcntl
import logging
import math
import os
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import duckdb

from pipelines.settings import Settings

Connection = duckdb.DuckDBPyConnection

LOG = logging.getLogger("bellwether")
#: So that people's DuckDB 1.5 shells and drivers open the published file too.
STORAGE = "v1.5.0"
#: Raised whenever the raw tables change their shape; a file of an older one is rebuilt from bytes.
FORMAT = 1
#: Disk one reader's large sorts and joins may use.
SPILL_LIMIT = "2GB"
#: A larger file is gone through in parts of so many bytes, one a day, to see that it is sound.
AT_ONCE = 2**28
#: Stands beside the file from a publication until the next writer.
PUBLISHED_LAST = "published_last"
#: For programs whose complaints we pass on.
PLAIN = {"LC_ALL": "C"}
#: How much later than others programs that only read come to a processor (19 is the last).
READERS_LATER = 10
_OPENING = threading.Lock()


#: Notes on the tables of a warehouse, kept by `pipelines.versions`; who writes a table deletes its.
#: Which states tables hold (`pipelines.held`), and what steps go on from (`pipelines.checkpoints`).
NOTES_DDL = """
create table if not exists raw.versions (
    name varchar primary key, origin varchar, content varchar, rows bigint, warnings varchar
);
comment on table raw.versions is
    'What each table was made from, and a hash of its rows; see pipelines/versions.py.';
comment on column raw.versions.name is 'table, schema.name';
comment on column raw.versions.origin is 'hash of all the table follows from; null for raw tables';
comment on column raw.versions.content is 'hash of its rows, in whatever order';
comment on column raw.versions.rows is 'how many rows it was made with';
comment on column raw.versions.warnings is 'warnings when it was made, JSON: rows by check';
drop table if exists raw.empty_states;  -- of a release before
create table if not exists raw.held_states (
    name varchar not null, state varchar not null, rows bigint not null
);
comment on table raw.held_states is
    'Which states the tables hold that are kept by state; see pipelines/held.py.';
comment on column raw.held_states.name is 'table, schema.name';
comment on column raw.held_states.state is 'state: all that its rows follow from, as a hash';
comment on column raw.held_states.rows is 'rows the table has of it; 0 of one that gives none';
create table if not exists raw.checkpoints (
    step varchar primary key, sha256 varchar not null, content blob not null
);
comment on table raw.checkpoints is
    'What a step in Python goes on from in the next run; see pipelines/checkpoints.py.';
comment on column raw.checkpoints.step is 'module of the step';
comment on column raw.checkpoints.sha256 is 'hash of the content as it was written';
comment on column raw.checkpoints.content is 'the step''s own, no table: pipelines/decided.py';
"""


class WarehouseError(Exception):
    """A warehouse that cannot be opened; the message says what to do."""


def first_row(
    connection: Connection, query: str, parameters: list[Any] | None = None
) -> tuple[Any, ...]:
    """First row of an answer, read to its end; an answer half read blocks its connection."""
    rows = connection.execute(query, parameters).fetchall()
    return rows[0] if rows else ()


@contextlib.contextmanager
def transaction(connection: Connection) -> Iterator[None]:
    """All that is written meanwhile, or none of it."""
    connection.execute("begin")
    try:
        yield
        connection.execute("commit")
    except BaseException:
        connection.execute("rollback")
        raise


@contextlib.contextmanager
def niceness(change: int) -> Iterator[None]:
    """Come to a processor later for a while (below 0: earlier), as far as the system lets us.

    On Linux of this thread, and of all threads and processes it begins meanwhile. Earlier needs a
    right: root, or `LimitNICE` of a systemd unit; so does coming back from later.
    """
    before = os.getpriority(os.PRIO_PROCESS, 0)
    with contextlib.suppress(PermissionError):
        os.setpriority(os.PRIO_PROCESS, 0, before + change)
    try:
        yield
    finally:
        with contextlib.suppress(PermissionError):
            os.setpriority(os.PRIO_PROCESS, 0, before)


@contextlib.contextmanager
def open_writer(settings: Settings, reads_blocks: bool = True) -> Iterator[Connection]:
    """The one connection that writes, on a file of this release's format.

    A file that is damaged or of another format is set aside and begun anew: every row of it is
    loaded again from `data/snapshots/`. It is read for that, a large one in parts, a part a day;
    all at once if the last writer did not come to publish. Not without `reads_blocks`, for who only
    asks whether it can be opened. Raises WarehouseError if another run is writing, or the disk
    refuses.
    """
    with _plain_words(settings.data):
        settings.data.mkdir(parents=True, exist_ok=True)
        lock = (settings.data / "writer.lock").open("a+")
    with lock:
        _lock(lock)
        with _plain_words(settings.data):
            connection = _connect_current(settings, reads_blocks)
        try:
            yield connection
        finally:
            connection.close()


@contextlib.contextmanager
def _plain_words(where: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        words = {
            errno.ENOSPC: "the disk is full; free some space",
            errno.EDQUOT: "the disk quota is used up; free some space",
            errno.EROFS: "the disk is read-only; mount it for writing or set BELLWETHER_HOME",
            errno.EACCES: "no permission to write; check the folder's owner or set BELLWETHER_HOME",
        }
        words_or_error = words.get(error.errno or 0, str(error))
        raise WarehouseError(f"{where}: {words_or_error}, then try again") from error


def _lock(lock: IO[str]) -> None:
    """Hold the lock file until it is closed; a process that dies lets go of it by itself."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        lock.seek(0)
        holder = lock.read().strip() or "unknown"
        raise WarehouseError(
            f"another run is writing the warehouse (process {holder}); "
            "wait for it or stop it, then try again"
        ) from error
    lock.seek(0)
    lock.truncate()
    lock.write(str(os.getpid()))
    lock.flush()


def _connect(settings: Settings) -> Connection:
    return duckdb.connect(
        str(settings.warehouse),
        config={
            "threads": settings.threads,
            "memory_limit": settings.memory_limit,
            "storage_compatibility_version": STORAGE,
        },
    )


def _connect_current(settings: Settings, reads_blocks: bool) -> Connection:
    """A connection on a sound file of this format; another is set aside first."""
    is_new = not settings.warehouse.exists()
    connection: Connection | None = None
    try:
        connection = _connect(settings)
        found = FORMAT if is_new else _format_of(connection)
        if reads_blocks:
            mark = settings.data / PUBLISHED_LAST
            size = settings.warehouse.stat().st_size
            _read_blocks(connection, *(_turn(size, settings) if mark.exists() else (1, 0)))
            mark.unlink(missing_ok=True)
    except (duckdb.OutOfMemoryException, duckdb.InterruptException):
        raise
    except duckdb.Error as error:
        if connection is not None:
            connection.close()
        words = str(error).lower()
        if "could not set lock" in words or "conflicting lock" in words:
            raise WarehouseError(
                "another program has the warehouse file open; close it, then try again "
                f"(readers should open {settings.published})"
            ) from error
        if "no space" in words or "read-only" in words or "permission" in words:
            raise WarehouseError(f"{settings.warehouse} cannot be opened: {error}") from error
        LOG.warning("%s is damaged (%s)", settings.warehouse, str(error).splitlines()[0])
        set_aside(settings)
        is_new, connection, found = True, _connect(settings), FORMAT
    if found != FORMAT:
        connection.close()
        if found > FORMAT:
            raise WarehouseError(
                f"the warehouse was written by a newer Bellwether (format {found}, this one "
                f"writes {FORMAT}); upgrade this installation"
            )
        LOG.warning("the warehouse is of format %s, this release writes %s", found, FORMAT)
        set_aside(settings)
        is_new, connection = True, _connect(settings)
    if is_new:
        connection.execute("create schema if not exists raw")
        connection.execute(
            "create or replace table raw.warehouse_format as "
            f"select cast({FORMAT} as integer) as format"
        )
        connection.execute(
            "comment on table raw.warehouse_format is "
            "'Version of the way this file is laid out; another is rebuilt from the kept bytes.'"
        )
    return connection


def _turn(size: int, settings: Settings) -> tuple[int, int]:
    """In how many parts a file of a size, bytes, is gone through, and whose turn it is today."""
    parts = max(1, math.ceil(size / AT_ONCE))
    return parts, settings.now().toordinal() % parts


def _read_blocks(connection: Connection, parts: int, turn: int) -> None:
    """Read rows once (0.3 s of CPU for 140 MB): DuckDB checks a block's checksum as it reads.

    A table that is as it would be made again is not read otherwise, and a damaged block of it
    would be published. Of `parts` of every table that whose `turn` it is.
    """
    names = connection.execute(
        "select schema_name, table_name, estimated_size from duckdb_tables() where not temporary "
        "and database_name = current_database()"
    ).fetchall()
    for schema, name, rows in names:
        which = ""
        if parts > 1:
            length = math.ceil(rows / parts)
            which = f" where rowid >= {length * turn}"
            if turn < parts - 1:
                which += f" and rowid < {length * (turn + 1)}"
        query = f'select bit_xor(hash(t)) from "{schema}"."{name}" as t{which}'
        connection.execute(query).fetchall()


def _format_of(connection: Connection) -> int:
    """Format of an open file; 0 if it is older than formats, or holds none yet."""
    try:
        return int(first_row(connection, "select format from raw.warehouse_format")[0])
    except duckdb.CatalogException:
        return 0


def check_format(connection: Connection) -> None:
    """Raise WarehouseError, with what to do, if a published file is of another release's format.

    For commands, which ask for tables by name; whoever writes SQL sees what there is.
    """
    found = _format_of(connection)
    if found > FORMAT:
        raise WarehouseError(
            f"the published warehouse was written by a newer Bellwether (format {found}, this one "
            f"reads {FORMAT}); upgrade this installation"
        )
    if found < FORMAT:
        raise WarehouseError(
            f"the published warehouse is of an older release (format {found}, this one reads "
            f"{FORMAT}); `bellwether run` (or `bellwether run --offline`) publishes it anew "
            "from the kept bytes"
        )


def set_aside(settings: Settings) -> Path | None:
    """Move the writer's file out of the way; the next run builds it from the kept bytes.

    The last file set aside is kept beside it for whoever wants to look. Returns where it is.
    """
    if not settings.warehouse.exists():
        return None
    aside = settings.warehouse.with_suffix(".aside.duckdb")
    os.replace(settings.warehouse, aside)
    write_ahead = settings.warehouse.with_name(settings.warehouse.name + ".wal")
    write_ahead.unlink(missing_ok=True)
    LOG.warning("moved to %s; it is built again from data/snapshots/", aside.name)
    return aside


def publish(connection: Connection, settings: Settings) -> Path:
    """Copy the warehouse to a new version and point readers to it; old readers keep theirs.

    The version is complete and on disk before the link moves. Replacing a file under its own
    name instead would let long-lived readers see stale data, so each version has a new name.
    Readers wait rather than the publication, where the system allows that. Raises WarehouseError
    when the disk refuses; the last version then stays.
    """
    folder = settings.published.parent
    with _plain_words(folder), niceness(-READERS_LATER):
        folder.mkdir(parents=True, exist_ok=True)
        for left in folder.glob("*.part"):
            left.unlink()
        numbers = [_number(path) for path in folder.glob("bellwether-*.duckdb")]
        target = folder / f"bellwether-{max(numbers, default=0) + 1:06d}.duckdb"
        # A name of its own: what copies for a run that was killed may still be writing to its.
        part = target.with_suffix(f".{os.getpid()}.part")
        try:
            _copy(connection, settings, part)
            _sync(part)
            os.replace(part, target)
        finally:
            part.unlink(missing_ok=True)
        link = folder / ".link"
        link.unlink(missing_ok=True)
        link.symlink_to(target.name)
        os.replace(link, settings.published)
        _sync(folder)
        (settings.data / PUBLISHED_LAST).touch()
        for path in sorted(folder.glob("bellwether-*.duckdb"))[: -settings.keep_published]:
            path.unlink()
    return target


def _copy(connection: Connection, settings: Settings, part: Path) -> None:
    """Write the warehouse's present state to `part`.

    A file that is mostly holes is written anew; otherwise its bytes are copied, which takes a
    tenth of the time, or none where the file system lets files share them. The copy is another
    process's work: closing the file in this one would take DuckDB's lock from it.
    """
    connection.execute("checkpoint")
    (name,) = first_row(connection, "select current_database()")
    total, free = first_row(
        connection,
        "select total_blocks, free_blocks from pragma_database_size() where database_name = ?",
        [name],
    )
    if free > total / 2:
        connection.execute(f"attach '{part}' as published (storage_version '{STORAGE}')")
        try:
            connection.execute(f'copy from database "{name}" to published')
            connection.execute("checkpoint published")
        finally:
            connection.execute("detach published")
        return
    done = subprocess.run(
        ["cp", settings.warehouse, part], capture_output=True, text=True, env=os.environ | PLAIN
    )
    if done.returncode:
        said = done.stderr.strip().splitlines()[-1] if done.stderr.strip() else "no reason given"
        raise WarehouseError(f"could not publish: {said}; readers keep the last version")


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _number(path: Path) -> int:
    digits = path.stem.rsplit("-", 1)[-1]
    return int(digits) if digits.isdigit() else 0


def open_reader(settings: Settings, timeout_ms: int | None = None) -> Connection:
    """A sandboxed read-only connection on the newest published file.

    No file, network, ATTACH or setting is in reach of a query, and none runs longer than
    `timeout_ms` (default `query_timeout_ms`). Raises WarehouseError when nothing is published yet.
    """
    path = _newest(settings)
    with _OPENING:
        try:
            connection = _open_for_reading(path, settings)
        except duckdb.Error as error:
            newer = _newest(settings)
            if newer == path:
                raise WarehouseError(
                    f"{path.name} cannot be opened ({str(error).splitlines()[0]}); "
                    "`bellwether run` publishes it anew"
                ) from error
            connection = _open_for_reading(newer, settings)  # it was replaced meanwhile
        # Connections of one process on one version share their settings.
        if not first_row(connection, "select current_setting('lock_configuration')")[0]:
            connection.execute("set python_enable_replacements = false")
            milliseconds = timeout_ms or settings.query_timeout_ms
            connection.execute(f"set max_execution_time = {milliseconds}")
            connection.execute(f"set max_temp_directory_size = '{SPILL_LIMIT}'")
            connection.execute("set enable_external_access = false")
            connection.execute("set lock_configuration = true")
    return connection


def _newest(settings: Settings) -> Path:
    path = settings.published.resolve()
    if not path.exists():
        raise WarehouseError(
            "nothing is published yet; run `bellwether run` (or `bellwether run --offline`) first"
        )
    return path


def _open_for_reading(path: Path, settings: Settings) -> Connection:
    return duckdb.connect(
        str(path),
        read_only=True,
        config={"threads": settings.threads, "memory_limit": settings.memory_limit},
    )
