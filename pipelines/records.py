"""Dagster's own records of runs: why one failed; in SQLite, quickly written and old ones deleted.

Dagster itself keeps every run for good, at some 9 MB a daily run.

What the web interface shows of an asset comes from the run that last made it, so the run that made
the newest version of any asset or partition, or last ran a check, is kept however old it is: back
issues stay green. Of Dagster's interface only the deletion of a run is public, and it leaves the
run's file, its output and its checks behind; these go first, so that a deletion cut short is taken
up again.
"""

import contextlib
import re
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import sqlalchemy as sa
from dagster._core.storage.event_log import SqlEventLogStorage, SqliteEventLogStorage
from dagster._core.storage.event_log.schema import (
    AssetCheckExecutionsTable as Checks,
)
from dagster._core.storage.event_log.schema import (
    SqlEventLogStorageTable as Events,
)
from dagster._core.storage.event_log.sqlite.sqlite_event_log import INDEX_SHARD_NAME as INDEX
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS
from dagster._serdes import ConfigurableClassData

from pipelines.settings import Settings

FINISHED = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]
#: Classes of Dagster's own errors around those of a step.
WRAPPING = re.compile("Dagster|RetryRequested")
#: Runs deleted in one go, so that a sensor's tick stays short.
AT_ONCE = 100


def why(event: dg.DagsterEvent) -> str:
    """What a failed step or run says of itself: never empty, the first line says the most.

    The outermost error that is not Dagster's wrapping counts: an error of the project's says what
    to do, while its own cause may be some library's.
    """
    data = event.step_failure_data if event.is_step_failure else event.job_failure_data
    error = data.error
    while error is not None and error.cause is not None and WRAPPING.match(str(error.cls_name)):
        error = error.cause
    said = error.message if error is not None else event.message or ""
    # Before the words stands the class, which helps only with errors that are no words of ours.
    said = re.sub(r"^(pipelines|dagster)\.[\w.]+: ", "", said).strip()
    said = said or "it says nothing; see the run's log"
    return f"{event.step_key}: {said}" if event.step_key else said


def forget(instance: dg.DagsterInstance, settings: Settings) -> list[str]:
    """Delete finished runs older than `keep_runs_days`, oldest first; ids of those deleted."""
    storage = instance.event_log_storage
    if not isinstance(storage, SqlEventLogStorage):
        return []
    before = settings.now() - timedelta(days=settings.keep_runs_days)
    needed = _needed(storage)
    old = [run_id for run_id in _finished(instance, before) if run_id not in needed][:AT_ONCE]
    for run_id in old:
        instance.compute_log_manager.delete_logs(prefix=[run_id])
        with storage.index_connection() as connection:
            connection.execute(Checks.delete().where(Checks.c.run_id == run_id))
        storage.delete_events(run_id)
        if isinstance(storage, SqliteEventLogStorage):
            for ending in ("", "-wal", "-shm"):
                with contextlib.suppress(FileNotFoundError):
                    _path(storage, run_id, ending).unlink()
        instance.run_storage.delete_run(run_id)
    return old


class EventLog(SqliteEventLogStorage):
    """Dagster's own event log in SQLite files, over connections that stay open.

    Dagster makes an engine for each of the three writes of an event, which compiles its SQL anew,
    and opens and closes the file; the last to close a SQLite file clears its log away. Here the
    index and one run's file stay open, an event is one transaction in each, and so is a batch.
    `synchronous = normal` is safe with it: a loss of power may cost the last events, never the
    file. `base_dir` is DAGSTER_HOME, and the files are those Dagster would use.
    """

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None):
        self._open: dict[str, sa.Connection] = {}
        self._tables: set[str] = set()
        super().__init__(str(Path(base_dir) / "history" / "runs"), inst_data)
        self._db_lock: Any = threading.RLock()

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Any
    ) -> "EventLog":
        """As dagster.yaml says."""
        return cls(inst_data=inst_data, **config_value)

    @contextlib.contextmanager
    def _connect(self, shard: str) -> Iterator[sa.Connection]:
        with self._db_lock:
            connection = self._opened(shard)
            if connection.in_transaction():
                yield connection
            else:
                with connection.begin():
                    yield connection

    def _opened(self, shard: str) -> sa.Connection:
        if shard not in self._open:
            self._close(name for name in self._open if name != INDEX)
            engine = sa.create_engine(
                self.conn_string_for_shard(shard),
                poolclass=sa.NullPool,
                connect_args={"timeout": SQLITE_BUSY_TIMEOUT_SECONDS, "check_same_thread": False},
            )
            sa.event.listen(engine, "connect", _do_not_wait)
            if shard not in self._initialized_dbs:
                self._initdb(engine)
                self._initialized_dbs.add(shard)
            self._open[shard] = engine.connect()
        return self._open[shard]

    def _close(self, shards: Iterable[str]) -> None:
        for shard in list(shards):
            if not self._open[shard].in_transaction():
                self._open.pop(shard).close()

    def has_table(self, table_name: str) -> bool:
        """Asked of every event; a table that is there stays."""
        if table_name not in self._tables and super().has_table(table_name):
            self._tables.add(table_name)
        return table_name in self._tables

    def store_event(self, event: Any) -> None:
        """Store an event, in one transaction a file."""
        with self._connect(INDEX):
            super().store_event(event)

    def store_event_batch(self, events: Sequence[Any]) -> None:
        """Store all of them or none."""
        with self._connect(INDEX), self._connect(events[0].run_id):
            for event in events:
                super().store_event(event)

    def wipe(self) -> None:
        """Delete everything."""
        with self._db_lock:
            self._close(self._open)
            super().wipe()

    def dispose(self) -> None:
        """Close the files."""
        super().dispose()
        with self._db_lock:
            self._close(self._open)


def _do_not_wait(connection: sqlite3.Connection, _record: object) -> None:
    connection.execute("pragma synchronous = normal")


def _finished(instance: dg.DagsterInstance, before: datetime) -> list[str]:
    """Ids of runs that were asked for before a moment and are over, oldest first."""
    asked = dg.RunsFilter(statuses=FINISHED, created_before=before)
    return list(reversed(instance.get_run_ids(asked)))


def _needed(storage: SqlEventLogStorage) -> set[str]:
    """Runs that made what is newest of an asset or a partition, or ran a check last."""
    made = dg.DagsterEventType.ASSET_MATERIALIZATION.value
    newest = (
        sa.select(sa.func.max(Events.c.id))
        .where(Events.c.dagster_event_type == made)
        .group_by(Events.c.asset_key, Events.c.partition)
    )
    last = sa.select(sa.func.max(Checks.c.id)).group_by(
        Checks.c.asset_key, Checks.c.check_name, Checks.c.partition
    )
    with storage.index_connection() as connection:
        return {
            run_id
            for query in (
                sa.select(Events.c.run_id).where(Events.c.id.in_(newest)),
                sa.select(Checks.c.run_id).where(Checks.c.id.in_(last)),
            )
            for (run_id,) in connection.execute(query.distinct())
        }


def _path(storage: SqliteEventLogStorage, run_id: str, ending: str) -> Path:
    return Path(storage.path_for_shard(run_id) + ending)
