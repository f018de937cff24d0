"""Dagster's own daemon loops in this process, with the clock in the test's hand.

The schedules and sensors are those of the definitions, the instance is one of files with the
settings that are shipped; only the moment is made up.
"""

import contextlib
import logging
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import yaml
from dagster._core.instance_for_test import instance_for_test
from dagster._core.remote_origin import InProcessCodeLocationOrigin
from dagster._core.test_utils import freeze_time
from dagster._core.types.loadable_target_origin import LoadableTargetOrigin
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import WorkspaceLoadTarget
from dagster._daemon.sensor import execute_sensor_iteration
from dagster._scheduler.scheduler import launch_scheduled_runs

from pipelines.serve import INSTANCE

LOG = logging.getLogger("tests.daemon")


class InThisProcess(WorkspaceLoadTarget):
    """The definitions, loaded here."""

    def create_origins(self) -> Sequence[InProcessCodeLocationOrigin]:
        target = LoadableTargetOrigin(module_name="pipelines.definitions")
        return [InProcessCodeLocationOrigin(target, location_name="pipelines.definitions")]


@dataclass
class Daemon:
    """What a daemon needs, and the moment it takes for now."""

    instance: dg.DagsterInstance
    context: WorkspaceProcessContext
    now: datetime
    iterations: dict[str, Any] = field(default_factory=dict)

    def schedules(self) -> None:
        """One pass of the scheduler."""
        with freeze_time(self.now):
            for problem in launch_scheduled_runs(self.context, LOG, self.now, self.iterations):
                assert problem is None, problem

    def sensors(self) -> None:
        """One pass over all sensors."""
        with freeze_time(self.now):
            for problem in execute_sensor_iteration(self.context, LOG, None, None):
                assert problem is None, problem

    def pass_time(self, span: timedelta) -> None:
        self.now += span


def _loaded(instance: dg.DagsterInstance) -> WorkspaceProcessContext:
    # Dagster reads a property of its own that it warns of.
    warnings.filterwarnings("ignore", r"Property `ScheduleDefinition\.environment_vars`")
    return WorkspaceProcessContext(instance, InThisProcess())


@contextlib.contextmanager
def daemon(home: Path, now: datetime, *, runs_execute: bool) -> Iterator[Daemon]:
    """A daemon on an instance with the shipped settings; runs are executed here, or only queued.

    Runs executed here go one after the other, as with `max_concurrent_runs: 1`.
    """
    shipped = yaml.safe_load(INSTANCE.read_text())
    home.mkdir(parents=True, exist_ok=True)
    if runs_execute:
        del shipped["concurrency"], shipped["run_monitoring"]
    with (
        warnings.catch_warnings(),
        instance_for_test(
            shipped, temp_dir=str(home),
            synchronous_run_coordinator=runs_execute, synchronous_run_launcher=runs_execute,
        ) as instance,
        _loaded(instance) as context,
    ):  # fmt: skip
        yield Daemon(instance, context, now)
