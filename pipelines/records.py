"""Deletes Dagster's old records of runs, which Dagster itself keeps for good (10 MB a daily run).

What the web interface shows of an asset comes from the run that last made it, so the run that made
the newest version of any asset or partition, or last ran a check, is kept however old it is: back
issues stay green. Of Dagster's interface only the deletion of a run is public, and it leaves the
run's file, its output and its checks behind; these go first, so that a deletion cut short is taken
up again.
"""

import contextlib
from datetime import datetime, timedelta
from pathlib import Path

import dagster as dg
import sqlalchemy as sa
from dagster._core.storage.event_log import SqlEventLogStorage, SqliteEventLogStorage
from dagster._core.storage.event_log.schema import (
    AssetCheckExecutionsTable as Checks,
)
from dagster._core.storage.event_log.schema import (
    SqlEventLogStorageTable as Events,
)

from pipelines.settings import Settings

FINISHED = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]
#: Runs deleted in one go, so that a sensor's tick stays short.
AT_ONCE = 100


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
