"""Dagster's own daemon loops in this process, with the clock in the test's hand.

The schedules and sensors are those of the definitions, the instance is one of files with the
settings that are shipped; only the moment is made up. Runs stay in the queue until `work` has them
executed, each in a process of its own.
"""

import contextlib
import json
import logging
import os
import signal
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import yaml
from dagster._core.instance_for_test import instance_for_test
from dagster._core.launcher import LaunchRunContext, RunLauncher
from dagster._core.launcher.base import CheckRunHealthResult, WorkerStatus
from dagster._core.remote_origin import InProcessCodeLocationOrigin
from dagster._core.test_utils import freeze_time
from dagster._core.types.loadable_target_origin import LoadableTargetOrigin
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import WorkspaceLoadTarget
from dagster._daemon.auto_run_reexecution.event_log_consumer import EventLogConsumerDaemon
from dagster._daemon.monitoring.run_monitoring import execute_run_monitoring_iteration
from dagster._daemon.run_coordinator.queued_run_coordinator_daemon import (
    QueuedRunCoordinatorDaemon,
)
from dagster._daemon.sensor import execute_sensor_iteration
from dagster._scheduler.scheduler import launch_scheduled_runs
from dagster._serdes import ConfigurableClass

from pipelines.serve import INSTANCE
from pipelines.settings import PROJECT

LOG = logging.getLogger("tests.daemon")
#: Seconds between two looks at a run that goes on; after so many of them the sensors look too.
LOOK_S, LOOKS = 0.1, 30


class InThisProcess(WorkspaceLoadTarget):
    """The definitions, loaded here."""

    def create_origins(self) -> Sequence[InProcessCodeLocationOrigin]:
        target = LoadableTargetOrigin(module_name="pipelines.definitions")
        return [InProcessCodeLocationOrigin(target, location_name="pipelines.definitions")]


@dataclass(frozen=True)
class Ended:
    """How the process of a run ended (negative: by that signal), and what it took."""

    status: int
    cpu_s: float
    peak_bytes: int


class Apart(RunLauncher[dg.DagsterInstance], ConfigurableClass):
    """Executes each run in a child of `workers.py`."""

    def __init__(self, inst_data: Any = None):
        super().__init__()
        self._inst_data = inst_data
        self._workers: subprocess.Popen[str] | None = None
        self.now: datetime | None = None
        #: A table whose rows the next runs read twice.
        self.doubled: str | None = None
        self.going: dict[str, int] = {}
        self.ended: dict[str, Ended] = {}

    @property
    def inst_data(self) -> Any:
        return self._inst_data

    @classmethod
    def config_type(cls) -> dict[str, Any]:
        return {}

    @classmethod
    def from_config_value(cls, inst_data: Any, config_value: Any) -> "Apart":
        return cls(inst_data)

    def _ask(self, **asked: Any) -> Any:
        if self._workers is None:
            self._workers = subprocess.Popen(
                [sys.executable, "-W", "ignore", str(Path(__file__).with_name("workers.py"))],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                text=True, env=os.environ | {"PYTHONPATH": str(PROJECT)},
            )  # fmt: skip
            assert json.loads(self._answer(self._workers)) == "ready"
        assert self._workers.stdin is not None
        self._workers.stdin.write(json.dumps(asked) + "\n")
        self._workers.stdin.flush()
        return json.loads(self._answer(self._workers))

    @staticmethod
    def _answer(workers: "subprocess.Popen[str]") -> str:
        assert workers.stdout is not None
        return workers.stdout.readline()

    def launch_run(self, context: LaunchRunContext) -> None:
        assert self.now is not None
        wanted = ("BELLWETHER_", "DAGSTER_")
        run_id = context.dagster_run.run_id
        self.going[run_id] = self._ask(
            run=run_id, now=self.now.isoformat(), doubled=self.doubled,
            environment={k: v for k, v in os.environ.items() if k.startswith(wanted)},
        )  # fmt: skip

    def look(self) -> None:
        """Note which processes have ended."""
        for run_id, process in list(self.going.items()):
            if found := self._ask(wait=process):
                self.ended[run_id] = Ended(**found)
                del self.going[run_id]

    def terminate(self, run_id: str) -> bool:
        os.kill(self.going[run_id], signal.SIGTERM)
        return True

    @property
    def supports_check_run_worker_health(self) -> bool:
        return True

    def check_run_worker_health(self, run: dg.DagsterRun) -> CheckRunHealthResult:
        if run.run_id in self.going:
            return CheckRunHealthResult(WorkerStatus.RUNNING)
        is_well = run.run_id in self.ended and self.ended[run.run_id].status == 0
        return CheckRunHealthResult(WorkerStatus.SUCCESS if is_well else WorkerStatus.FAILED)

    def dispose(self) -> None:
        if self._workers is not None and self._workers.stdin and self._workers.stdout:
            self._workers.stdin.close()
            self._workers.wait(30)
            self._workers.stdout.close()
            self._workers = None


@dataclass
class Daemon:
    """What a daemon needs, and the moment it takes for now."""

    instance: dg.DagsterInstance
    context: WorkspaceProcessContext
    now: datetime
    iterations: dict[str, Any] = field(default_factory=dict)

    @property
    def workers(self) -> Apart:
        """What executes the runs."""
        assert isinstance(self.instance.run_launcher, Apart)
        return self.instance.run_launcher

    def schedules(self) -> None:
        """One pass of the scheduler."""
        self._pass(launch_scheduled_runs(self.context, LOG, self.now, self.iterations))

    def sensors(self) -> None:
        """One pass over all sensors."""
        self._pass(execute_sensor_iteration(self.context, LOG, None, None))

    def retries(self) -> None:
        """One pass over what has ended; the first takes its bearings."""
        self._pass(EventLogConsumerDaemon().run_iteration(self.context))

    def work(self, while_going: Callable[[str, int], None] = lambda run_id, process: None) -> None:
        """Have all that is queued executed, one run after the other, as `dagster-daemon` does.

        Sensors look all the while. A run whose process was killed is found and started again.
        `while_going` is told the run and its process several times a second.
        """
        queue = QueuedRunCoordinatorDaemon(interval_seconds=1)
        queued = dg.RunsFilter(statuses=[dg.DagsterRunStatus.QUEUED])
        with queue:
            while self.instance.get_runs_count(queued):
                self.workers.now = self.now
                self._pass(queue.run_iteration(self.context))
                looks = 0
                while self.workers.going:
                    for run_id, process in self.workers.going.items():
                        while_going(run_id, process)
                    time.sleep(LOOK_S)
                    self.workers.look()
                    looks += 1
                    if looks % LOOKS == 0:
                        self.pass_time(timedelta(minutes=1))
                        self.sensors()
                self.pass_time(timedelta(minutes=2))
                self._pass(execute_run_monitoring_iteration(self.context, LOG))
                self.retries()
                self.sensors()

    def _pass(self, iteration: Iterator[Any]) -> None:
        with freeze_time(self.now):
            for problem in iteration:
                assert problem is None, problem

    def pass_time(self, span: timedelta) -> None:
        self.now += span


def _loaded(instance: dg.DagsterInstance) -> WorkspaceProcessContext:
    # Dagster uses what Python, and itself, warn of.
    warnings.filterwarnings("ignore", r"The 'warn' method is deprecated")
    warnings.filterwarnings("ignore", r"Property `ScheduleDefinition\.environment_vars`")
    return WorkspaceProcessContext(instance, InThisProcess())


@contextlib.contextmanager
def daemon(home: Path, now: datetime) -> Iterator[Daemon]:
    """A daemon on an instance with the shipped settings, but for what starts a run's process."""
    shipped = yaml.safe_load(INSTANCE.read_text())
    home.mkdir(parents=True, exist_ok=True)
    launcher = {"run_launcher": {"module": "daemon", "class": "Apart"}}
    with (
        warnings.catch_warnings(),
        instance_for_test(shipped | launcher, temp_dir=str(home)) as instance,
        _loaded(instance) as context,
    ):
        yield Daemon(instance, context, now)
