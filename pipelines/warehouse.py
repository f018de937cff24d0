"""The DuckDB files: one writer's own while it writes, and versions of it that readers open."""

import contextlib
import errno
import fcntl
import logging
import math
import os
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
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
#: A larger file is gone through in parts, one a day, to see that it is sound; bytes, and of a part.
AT_ONCE, PART = 2**28, 2**27
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
create table if not exists raw.deferred (step varchar primary key);
comment on table raw.deferred is
    'Steps of which something is still to be made; see pipelines/deferral.py.';
comment on column raw.deferred.step is 'module of the step';
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


@dataclass(frozen=True)
class _Copying:
    """A copy of a version that another process makes for a writer to come."""

    version: Path
    part: Path
    process: "subprocess.Popen[str]"


#: By home, what `copy_begun` began and no writer has taken.
_BEGUN: dict[Path, _Copying] = {}


@contextlib.contextmanager
def copy_begun(settings: Settings) -> Iterator[None]:
    """Begin what this process's next writer waits for: the copy of the last version.

    A file that a run before left is looked at instead. Raises WarehouseError as `open_writer`
    does, so that a command says it before it does anything else.
    """
    with _locked(settings):
        if settings.warehouse.exists():
            _connect_current(settings, reads_blocks=False).close()
        elif version := _newest_version(settings):
            _BEGUN[settings.data] = _copy_of(version, settings)
    try:
        yield
    finally:
        if left := _BEGUN.pop(settings.data, None):
            left.process.kill()
            left.process.communicate()
            left.part.unlink(missing_ok=True)


@contextlib.contextmanager
def open_writer(settings: Settings) -> Iterator[Connection]:
    """The one connection that writes, on a file of this release's format.

    The file is the one that a writer left who did not come to publish, otherwise a copy of the
    last version. It is read to see that it is sound: the former whole, of a large copy a part, a
    part a day. A damaged file is set aside for the last version; a damaged version, or one of
    another format, is begun anew: every row of it is loaded again from `data/snapshots/`. Raises
    WarehouseError if another run is writing, or the disk refuses.
    """
    with _locked(settings), _plain_words(settings.data):
        connection = _connect_current(settings)
        try:
            yield connection
        finally:
            connection.close()


def is_written(settings: Settings) -> bool:
    """Whether a run is writing, or about to."""
    try:
        lock = (settings.data / "writer.lock").open()
    except FileNotFoundError:
        return False
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


@contextlib.contextmanager
def _locked(settings: Settings) -> Iterator[None]:
    with _plain_words(settings.data):
        settings.data.mkdir(parents=True, exist_ok=True)
        lock = (settings.data / "writer.lock").open("a+")
    with lock:
        _lock(lock)
        yield


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
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:  # it may be `is_written`, which looks and is gone
            time.sleep(0.1)
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


def _connect_current(settings: Settings, reads_blocks: bool = True) -> Connection:
    """A connection on a sound file of this format, the newest there is."""
    is_damaged = False
    if settings.warehouse.exists():
        connection = _connect_sound(settings, (1, 0) if reads_blocks else None)
        if connection is not None:
            return connection
        is_damaged = True
    if _bring_version(settings):
        size = settings.warehouse.stat().st_size
        connection = _connect_sound(settings, (1, 0) if is_damaged else _turn(size, settings))
        if connection is not None:
            return connection
    connection = _connect(settings)
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


def _connect_sound(settings: Settings, part: tuple[int, int] | None) -> Connection | None:
    """A connection on the file; none if it was damaged or of an older format, and is set aside.

    `part` is what of it is read: of how many parts, which; nothing if null.
    """
    connection: Connection | None = None
    try:
        if not settings.warehouse.stat().st_size:  # DuckDB takes it for a new one
            raise duckdb.IOException("it is empty")
        connection = _connect(settings)
        found = _format_of(connection)
        if part and found == FORMAT:
            _read_blocks(connection, *part)
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
        return None
    if found == FORMAT:
        return connection
    connection.close()
    if found > FORMAT:
        raise WarehouseError(
            f"the warehouse was written by a newer Bellwether (format {found}, this one "
            f"writes {FORMAT}); upgrade this installation"
        )
    LOG.warning("the warehouse is of format %s, this release writes %s", found, FORMAT)
    set_aside(settings)
    return None


def _bring_version(settings: Settings) -> bool:
    """Put a copy of the last version where the writer's file belongs; False if there is none."""
    version = _newest_version(settings)
    begun = _BEGUN.pop(settings.data, None)
    if begun and begun.version != version:  # another run has published meanwhile
        begun.process.kill()
        begun.process.communicate()
        begun = None
    for left in settings.data.glob(f"{settings.warehouse.name}.*.part"):
        if begun is None or left != begun.part:
            left.unlink()
    if version is None:
        return False
    copying = begun or _copy_of(version, settings)
    _, said = copying.process.communicate()
    if copying.process.returncode or not copying.part.exists():
        copying.part.unlink(missing_ok=True)
        reason = said.strip().splitlines()[-1] if said.strip() else "no reason given"
        raise WarehouseError(f"could not copy {version.name}: {reason}; then try again")
    os.replace(copying.part, settings.warehouse)
    return True


def _copy_of(version: Path, settings: Settings) -> _Copying:
    """Begin to copy a version's bytes, or to share them where the file system can.

    Another process's work: Python would copy no faster, and nothing else meanwhile. Readers wait
    rather than it, where the system allows that.
    """
    # A name of its own: what copies for a run that was killed may still be writing to its.
    part = settings.data / f"{settings.warehouse.name}.{os.getpid()}.part"
    part.touch()
    with niceness(-READERS_LATER):
        process = subprocess.Popen(
            ["cp", version, part], stderr=subprocess.PIPE, text=True, env=os.environ | PLAIN
        )
    return _Copying(version, part, process)


def _newest_version(settings: Settings) -> Path | None:
    version = settings.published.resolve()
    return version if version.exists() else None


def _turn(size: int, settings: Settings) -> tuple[int, int]:
    """In how many parts a file of a size, bytes, is gone through, and whose turn it is today."""
    parts = 1 if size <= AT_ONCE else math.ceil(size / PART)
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


def set_aside(settings: Settings) -> None:
    """Move the writer's file out of the way; whoever wants to look finds the last such beside."""
    aside = settings.warehouse.with_suffix(".aside.duckdb")
    os.replace(settings.warehouse, aside)
    settings.warehouse.with_name(settings.warehouse.name + ".wal").unlink(missing_ok=True)
    LOG.warning(
        "moved to %s; what it held is taken from the last version or built again from "
        "data/snapshots/",
        aside.name,
    )


def publish(connection: Connection, settings: Settings) -> Path:
    """Close the writer, make its file the newest version and point readers to it.

    Old readers keep theirs. The version is complete and on disk before the link moves. Replacing a
    file under its own name instead would let long-lived readers see stale data, so each version
    has a new name. Readers wait rather than the publication, where the system allows that. Raises
    WarehouseError when the disk refuses; the last version then stays, and
    the writer is open as before.
    """
    folder = settings.published.parent
    with _plain_words(folder), niceness(-READERS_LATER):
        folder.mkdir(parents=True, exist_ok=True)
        for left in folder.glob("*.part"):
            left.unlink()
        numbers = [_number(path) for path in folder.glob("bellwether-*.duckdb")]
        target = folder / f"bellwether-{max(numbers, default=0) + 1:06d}.duckdb"
        connection.execute("checkpoint")
        part = target.with_suffix(".part")
        try:
            if _is_mostly_holes(connection):
                _write_anew(connection, part)
                os.replace(part, target)
            else:
                _move(settings.warehouse, part, target)
        finally:
            part.unlink(missing_ok=True)
        connection.close()
        _sync(target)
        link = folder / ".link"
        link.unlink(missing_ok=True)
        link.symlink_to(target.name)
        os.replace(link, settings.published)
        _sync(folder)
        settings.warehouse.unlink(missing_ok=True)
        for path in sorted(folder.glob("bellwether-*.duckdb"))[: -settings.keep_published]:
            path.unlink()
    return target


def _is_mostly_holes(connection: Connection) -> bool:
    total, free = first_row(
        connection,
        "select total_blocks, free_blocks from pragma_database_size() "
        "where database_name = current_database()",
    )
    return bool(free > total / 2)


def _write_anew(connection: Connection, part: Path) -> None:
    """Write all tables to a file without holes; takes ten times as long as copying bytes."""
    (name,) = first_row(connection, "select current_database()")
    connection.execute(f"attach '{part}' as published (storage_version '{STORAGE}')")
    try:
        connection.execute(f'copy from database "{name}" to published')
        connection.execute("checkpoint published")
    finally:
        connection.execute("detach published")


def _move(file: Path, part: Path, target: Path) -> None:
    """Move a file; by way of `part`, a copy, to another file system."""
    try:
        os.replace(file, target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        shutil.copyfile(file, part)
        _sync(part)
        os.replace(part, target)


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
