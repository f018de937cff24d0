"""Dagster's own records of runs: why one failed; in SQLite, new ones quick and old ones deleted.

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
from collections.abc import Iterator
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
from dagster._core.storage.event_log.sqlite import sqlite_event_log

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


@contextlib.contextmanager
def written_at_once(
    instance: dg.DagsterInstance | None, run: dg.DagsterRun | None
) -> Iterator[None]:
    """For the length of a run, halve what its some 2,000 events cost to write.

    Dagster makes an engine for each write, which compiles its SQL anew, and opens and closes the
    file; the last to close a SQLite file clears its log away. Here an engine stays for each file,
    and one open connection. `synchronous = normal` is safe with it: a loss of power may cost the
    last events, never the file.
    """
    storage = instance.event_log_storage if instance is not None else None
    if not isinstance(storage, SqliteEventLogStorage) or run is None:
        yield
        return
    engines: dict[str, sa.Engine] = {}

    def engine(address: str, **how: Any) -> sa.Engine:
        if address not in engines:
            engines[address] = sa.create_engine(address, **how)
            sa.event.listen(engines[address], "connect", _do_not_wait)
        return engines[address]

    module: Any = sqlite_event_log
    make_anew, module.create_engine = module.create_engine, engine
    try:
        with contextlib.ExitStack() as stack:
            for name in (run.run_id, "index"):
                held = sqlite3.connect(storage.path_for_shard(name), isolation_level=None)
                stack.enter_context(contextlib.closing(held))
                held.execute("select count(*) from sqlite_master").fetchall()  # opens the file
            yield
    finally:
        module.create_engine = make_anew


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
