"""Starts Dagster's web UI and daemon together on localhost, and stops both."""

import fcntl
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import FrameType

from rich.console import Console

from pipelines.settings import PROJECT, Settings

#: Instance settings for a home that has none.
INSTANCE = PROJECT / "deploy" / "dagster.yaml"
STOP_SECONDS = 20
#: What a run intends to make is written at once; without, Dagster writes each alone.
EVENTS_AT_ONCE = "2000"
LOG_LEVEL = "warning"


def dagster_home(settings: Settings) -> Path:
    """`DAGSTER_HOME`, or `.dagster` under Bellwether's home, made ready."""
    home = Path(os.environ.get("DAGSTER_HOME") or settings.home / ".dagster").resolve()
    home.mkdir(parents=True, exist_ok=True)
    if not (home / "dagster.yaml").exists():
        shutil.copyfile(INSTANCE, home / "dagster.yaml")
    seen = home / ".nux" / "nux.yaml"
    if not seen.exists():  # spares the first visitor a sign-up dialog
        seen.parent.mkdir(exist_ok=True)
        seen.write_text("seen: 1\n")
    return home


def serve_until_stopped(settings: Settings, host: str, port: int, console: Console) -> int:
    """Run both processes until a signal or until one of them ends; returns an exit code."""
    home = dagster_home(settings)
    environment = dict(os.environ) | {
        "DAGSTER_HOME": str(home),
        "DAGSTER_DISABLE_TELEMETRY": "1",
        "DAGSTER_EVENT_BATCH_SIZE": EVENTS_AT_ONCE,
        "BELLWETHER_HOME": str(settings.home.resolve()),
    }
    os.environ.update(environment)
    with (home / "serve.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            console.print(f"[red]{home} is served already; stop that first.[/red]")
            return 1
        make_ready(console)
        return _serve(environment, host, port, console)


def make_ready(console: Console) -> None:
    """Make the instance's databases, and give up the runs that a crash of the machine left.

    Nobody else can be running them: one process serves a home. Left as they are they would hold
    up every later run; given up they are tried again.
    """
    import dagster as dg

    # Before two processes try to at once.
    with dg.DagsterInstance.get() as instance:
        instance.get_runs_count()
        instance.fetch_run_status_changes(dg.DagsterEventType.RUN_SUCCESS, limit=1)
        instance.all_instigator_state()
        for run in instance.get_runs(dg.RunsFilter(statuses=[
            dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING
        ])):  # fmt: skip
            instance.report_run_failed(
                run, "Its process is gone: Bellwether was stopped or killed."
            )
            console.print(f"Run {run.run_id[:8]} ({run.job_name}) was cut short; given up.")


def _serve(environment: dict[str, str], host: str, port: int, console: Console) -> int:
    workspace = str(PROJECT / "workspace.yaml")
    folder = Path(sys.executable).parent
    commands = {
        "web UI": [
            str(folder / "dagster-webserver"), "-w", workspace, "-h", host, "-p", str(port),
            "--dagster-log-level", LOG_LEVEL, "--code-server-log-level", LOG_LEVEL,
        ],
        "daemon": [
            str(folder / "dagster-daemon"), "run", "-w", workspace, "--log-level", LOG_LEVEL
        ],
    }  # fmt: skip
    stopping = False

    def stop(_signal: int, _frame: FrameType | None) -> None:
        nonlocal stopping
        stopping = True

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    # Each in a session of its own: their children must stop with them.
    running = {
        name: subprocess.Popen(command, env=environment, start_new_session=True)
        for name, command in commands.items()
    }
    console.print(f"Dagster's web UI: http://{host}:{port} (Ctrl-C stops it and the daemon)")
    ended: str | None = None
    while not stopping and ended is None:
        time.sleep(0.2)
        ended = next((name for name, p in running.items() if p.poll() is not None), None)
    for process in running.values():
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
    deadline = time.monotonic() + STOP_SECONDS
    for process in running.values():
        try:
            process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
    if ended is not None and not stopping:
        console.print(f"[red]The {ended} ended by itself; see its messages above.[/red]")
        return 1
    return 0
