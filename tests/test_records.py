"""Dagster's records stay small: old runs go, what the web interface shows of each asset stays."""

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
import yaml
from conftest import published_in
from dagster._check import CheckError
from dagster._core.instance_for_test import instance_for_test
from dagster._core.storage.event_log import SqliteEventLogStorage
from pydantic import ValidationError

from pipelines.assets import Warehouse
from pipelines.automation import NEWS_FOR, old_runs_forgotten
from pipelines.definitions import defs
from pipelines.records import EventLog
from pipelines.serve import EVENTS_AT_ONCE, INSTANCE
from pipelines.settings import Settings
from pipelines.tables import Connection

QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
TABLE, WEEKLY = dg.AssetKey(["seeds", "metrics"]), dg.AssetKey(["briefings", "weekly"])


@pytest.fixture
def records(tmp_path: Path) -> Path:
    return tmp_path / "dagster"


@pytest.fixture
def instance(records: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dg.DagsterInstance]:
    """An instance of files with the shipped settings."""
    monkeypatch.setenv("BELLWETHER_HOME", str(records.parent))
    records.mkdir()
    shipped = yaml.safe_load(INSTANCE.read_text())
    with instance_for_test(shipped, temp_dir=str(records)) as found:
        yield found


def table_run(instance: dg.DagsterInstance) -> str:
    return dg.materialize(
        [d for d in defs.assets or [] if isinstance(d, dg.AssetsDefinition)],
        selection=[TABLE], instance=instance, resources={"bellwether": Warehouse(offline=True)},
        run_config=QUIET,
    ).run_id  # fmt: skip


def week_run(instance: dg.DagsterInstance, week: str) -> str:
    job = defs.resolve_job_def("weekly_issue")
    return job.execute_in_process(instance=instance, partition_key=week, run_config=QUIET).run_id


def forget(instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch, days: int) -> str:
    """A tick of the sensor, so many days from now; what it says."""
    moment = datetime.now(UTC) + timedelta(days=days)
    monkeypatch.setenv("BELLWETHER_PRETEND_NOW", moment.isoformat())
    said = old_runs_forgotten(dg.build_sensor_context(instance=instance))
    assert isinstance(said, dg.SkipReason)
    return str(said.skip_message)


def rows_of(records: Path, run_id: str) -> dict[str, int]:
    """Rows that speak of a run in the databases that all runs share."""
    found = {}
    for name in ("index", "runs"):
        [file] = records.rglob(f"{name}.db")
        with sqlite3.connect(file) as connection:
            tables = connection.execute(
                "select m.name from sqlite_master as m, pragma_table_info(m.name) as c "
                "where m.type = 'table' and c.name = 'run_id'"
            ).fetchall()
            for (table,) in tables:
                query = f"select count(*) from {table} where run_id = ?"
                [(found[table],)] = connection.execute(query, [run_id]).fetchall()
        connection.close()
    return found


def test_old_runs_leave_nothing_behind_and_take_nothing_that_is_newest(
    edition: Connection, instance: dg.DagsterInstance, records: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    published_in(edition, Settings())
    weeks = {week: week_run(instance, week) for week in ("2024-W36-1", "2024-W37-1")}
    old, newest = table_run(instance), table_run(instance)
    going = instance.add_run(dg.DagsterRun(job_name="daily", status=dg.DagsterRunStatus.STARTED))
    assert rows_of(records, old)["event_logs"] > 0
    assert rows_of(records, old)["asset_check_executions"] > 0
    assert forget(instance, monkeypatch, days=44) == "0 old runs deleted"
    assert forget(instance, monkeypatch, days=46) == "1 old runs deleted"
    assert set(rows_of(records, old).values()) == {0}
    assert [path for path in records.rglob("*") if old in path.name] == []
    left = {run.run_id for run in instance.get_runs()}
    assert left == {*weeks.values(), newest, going.run_id}
    assert instance.get_materialized_partitions(WEEKLY) == set(weeks)
    made = instance.get_latest_materialization_event(TABLE)
    assert made is not None
    assert made.run_id == newest
    assert instance.all_logs(newest), "its events can be read"
    # A week made anew lets its older run go.
    again = week_run(instance, "2024-W36-1")
    assert forget(instance, monkeypatch, days=46) == "1 old runs deleted"
    left = {run.run_id for run in instance.get_runs()}
    assert left == {weeks["2024-W37-1"], again, newest, going.run_id}
    assert instance.get_materialized_partitions(WEEKLY) == set(weeks)


def test_what_is_deleted_makes_room_for_what_comes(
    instance: dg.DagsterInstance, records: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = []
    for _ in range(4):
        for _ in range(8):
            table_run(instance)
        forget(instance, monkeypatch, days=46)
        for file in records.rglob("*.db"):  # what stands in SQLite's log yet comes into the file
            with contextlib.closing(sqlite3.connect(file)) as connection:
                connection.execute("pragma wal_checkpoint(truncate)").fetchall()
        sizes.append(sum(p.stat().st_size for p in records.rglob("*") if p.is_file()))
    assert sizes[-1] <= 1.1 * sizes[0]


def written(instance: dg.DagsterInstance, records: Path) -> list[Any]:
    """Of a run: its events, what Dagster tells of its asset and check, and rows of the index."""
    run = table_run(instance)
    [key] = defs.resolve_asset_graph().get_check_keys_for_assets({TABLE})
    check = instance.event_log_storage.get_latest_asset_check_execution_by_key([key])[key]
    [asset] = instance.get_asset_records([TABLE])
    made = asset.asset_entry.last_materialization_record
    assert made is not None
    return [
        [entry.dagster_event_type for entry in instance.all_logs(run)],
        (made.run_id == run, made.asset_materialization.metadata.keys()),  # type: ignore[union-attr]
        (check.run_id == run, check.status),
        rows_of(records, run),
    ]


def test_events_are_kept_as_dagster_itself_keeps_them(
    instance: dg.DagsterInstance, records: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert isinstance(instance.event_log_storage, EventLog)
    one_by_one = written(instance, records)
    monkeypatch.setenv("DAGSTER_EVENT_BATCH_SIZE", EVENTS_AT_ONCE)
    at_once = written(instance, records)
    (tmp_path / "own").mkdir()
    with instance_for_test(temp_dir=str(tmp_path / "own")) as dagsters:
        assert type(dagsters.event_log_storage) is SqliteEventLogStorage
        assert one_by_one == at_once == written(dagsters, tmp_path / "own")
    assert len(one_by_one[0]) > 10
    assert one_by_one[3]["asset_check_executions"] == 1


def test_a_batch_that_cannot_be_stored_leaves_nothing(instance: dg.DagsterInstance) -> None:
    run = table_run(instance)
    before = instance.all_logs(run)
    with pytest.raises(CheckError):
        instance.event_log_storage.store_event_batch([before[-1], "no event"])  # type: ignore[list-item]
    assert instance.all_logs(run) == before


def test_events_are_seen_by_another_program_as_soon_as_they_are_stored(
    instance: dg.DagsterInstance, records: Path
) -> None:
    """While this one's files stay open; and runs many enough leave no file open each."""
    opened = f"/proc/{os.getpid()}/fd"
    runs = [table_run(instance) for _ in range(3)]
    for run in runs:
        [file] = records.rglob(f"{run}.db")
        with contextlib.closing(sqlite3.connect(file)) as other:
            [(count,)] = other.execute("select count(*) from event_logs").fetchall()
        assert count == len(instance.all_logs(run))
    names = [os.readlink(f"{opened}/{n}") for n in os.listdir(opened) if n.isdigit()
             and os.path.exists(f"{opened}/{n}")]  # fmt: skip
    assert len({name for name in names if name.endswith(".db") and "/runs/" in name}) <= 2


def test_a_run_is_remembered_for_as_long_as_a_launch_is_news() -> None:
    with pytest.raises(ValidationError):
        Settings(keep_runs_days=NEWS_FOR.days)
