"""A Dagster instance for one run in this process, whose events nobody looks up afterwards.

Dagster's ephemeral instance writes each of some 1,600 events of a run and its whole plan into
databases in memory, and asks them for former versions of every table, which they cannot have: half
the time of a run in which little has changed. A run takes its outcome from the events themselves.
Runs started from the web interface are recorded as ever: they have the instance of `DAGSTER_HOME`.
"""

from collections.abc import Sequence
from typing import Any

import dagster as dg
from dagster._core.event_api import EventLogCursor, EventRecordsResult
from dagster._core.storage.event_log.in_memory import InMemoryEventLogStorage
from dagster._core.storage.runs.in_memory import InMemoryRunStorage


class Unrecorded(InMemoryEventLogStorage):
    """Shows events to those who watch the run, and keeps none."""

    def store_event(self, event: Any) -> None:
        """Show one event."""
        self._storage_id += 1
        cursor = str(EventLogCursor.from_storage_id(self._storage_id))
        for show in list(self._handlers[event.run_id]):
            show(event, cursor)

    def get_asset_records(self, asset_keys: Sequence[dg.AssetKey] | None = None) -> list[Any]:
        """None: there was no run before."""
        return []

    def fetch_observations(self, *_asked: Any, **_more: Any) -> EventRecordsResult:
        """None: no source is only observed."""
        return EventRecordsResult(records=[], cursor="", has_more=False)


class UnrecordedRuns(InMemoryRunStorage):
    """Knows the run, and keeps no copy of its plan."""

    def has_execution_plan_snapshot(self, execution_plan_snapshot_id: str) -> bool:
        """As if it were here: it is not stored then."""
        return True


def unrecorded_instance() -> dg.DagsterInstance:
    """An ephemeral instance that keeps no events."""
    instance = dg.DagsterInstance.ephemeral()
    storage = Unrecorded()
    storage.register_instance(instance)
    instance._event_storage.dispose()
    instance._event_storage = storage
    runs = UnrecordedRuns()
    runs.register_instance(instance)
    instance._run_storage.dispose()
    instance._run_storage = runs
    return instance
