"""Serving a home: once at a time, with the shipped settings, past a crash of the machine."""

import fcntl
import os
from pathlib import Path

import dagster as dg
import pytest
import yaml
from rich.console import Console

from pipelines.serve import INSTANCE, dagster_home, make_ready, serve_until_stopped
from pipelines.settings import Settings


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BELLWETHER_HOME", str(tmp_path))
    monkeypatch.setenv("DAGSTER_DISABLE_TELEMETRY", "1")
    found = dagster_home(Settings())
    monkeypatch.setenv("DAGSTER_HOME", str(found))
    return found


def test_the_first_start_brings_the_shipped_settings_and_later_ones_keep_the_operators(
    home: Path,
) -> None:
    assert (home / "dagster.yaml").read_bytes() == INSTANCE.read_bytes()
    with dg.DagsterInstance.get() as instance:
        assert instance.telemetry_enabled is False
        assert instance.get_concurrency_config().run_queue_config.max_concurrent_runs == 1
        assert (instance.run_retries_enabled, instance.run_retries_max_retries) == (True, 2)
    changed = yaml.safe_load(INSTANCE.read_text()) | {"run_retries": {"enabled": False}}
    (home / "dagster.yaml").write_text(yaml.safe_dump(changed))
    dagster_home(Settings())
    assert yaml.safe_load((home / "dagster.yaml").read_text()) == changed


def test_a_home_is_served_once_at_a_time(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with (home / "serve.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        before = dict(os.environ)
        try:
            assert serve_until_stopped(Settings(), "127.0.0.1", 0, Console(width=200)) == 1
        finally:
            os.environ.clear()
            os.environ.update(before)
    assert "served already" in capsys.readouterr().out


def test_a_run_that_a_crash_of_the_machine_left_is_given_up(home: Path) -> None:
    with dg.DagsterInstance.get() as instance:
        for status in (dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.SUCCESS):
            instance.add_run(dg.DagsterRun(job_name=status.value, status=status))
    make_ready(Console(quiet=True))
    with dg.DagsterInstance.get() as instance:
        found = {run.job_name: run.status for run in instance.get_runs()}
        assert found == {
            "STARTED": dg.DagsterRunStatus.FAILURE, "SUCCESS": dg.DagsterRunStatus.SUCCESS
        }  # fmt: skip
        [failed] = instance.get_runs(dg.RunsFilter(statuses=[dg.DagsterRunStatus.FAILURE]))
        assert failed.tags["dagster/will_retry"] == "true"
