"""Dagster's records stay small: old runs go, what the web interface shows of each asset stays."""

import sqlite3
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest
import yaml
from conftest import published_in
from dagster._core.instance_for_test import instance_for_test
from dagster._core.storage.event_log.sqlite import sqlite_event_log
from pydantic import ValidationError

from pipelines.assets import Warehouse
from pipelines.automation import NEWS_FOR, old_runs_forgotten
from pipelines.definitions import defs
from pipelines.serve import INSTANCE
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
        sizes.append(sum(p.stat().st_size for p in records.rglob("*") if p.is_file()))
    assert sizes[-1] <= 1.1 * sizes[0]


def test_what_a_run_writes_at_once_is_what_it_wrote_before(
    instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick = table_run(instance)
    made_anew = sqlite_event_log.create_engine  # type: ignore[attr-defined]
    monkeypatch.setattr("pipelines.records.written_at_once", lambda *_: nullcontext())
    slow = table_run(instance)
    assert sqlite_event_log.create_engine is made_anew  # type: ignore[attr-defined]
    quick_kinds, slow_kinds = (
        [entry.dagster_event_type for entry in instance.all_logs(run)] for run in (quick, slow)
    )
    assert quick_kinds == slow_kinds
    assert len(quick_kinds) > 10


def test_a_run_is_remembered_for_as_long_as_a_launch_is_news() -> None:
    with pytest.raises(ValidationError):
        Settings(keep_runs_days=NEWS_FOR.days)
