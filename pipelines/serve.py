"""Starts Dagster's web UI and daemon together on localhost, and stops both."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import FrameType

from rich.console import Console

from pipelines.settings import PROJECT, Settings

#: Instance settings for a home that has none: one run at a time, since DuckDB has one writer.
INSTANCE = """\
telemetry:
  enabled: false
concurrency:
  runs:
    max_concurrent_runs: 1
"""
STOP_SECONDS = 20


def dagster_home(settings: Settings) -> Path:
    """`DAGSTER_HOME`, or `.dagster` under Bellwether's home, made ready."""
    home = Path(os.environ.get("DAGSTER_HOME") or settings.home / ".dagster")
    home.mkdir(parents=True, exist_ok=True)
    if not (home / "dagster.yaml").exists():
        (home / "dagster.yaml").write_text(INSTANCE)
    seen = home / ".nux" / "nux.yaml"
    if not seen.exists():  # spares the first visitor a sign-up dialog
        seen.parent.mkdir(exist_ok=True)
        seen.write_text("seen: 1\n")
    return home


def serve_until_stopped(settings: Settings, host: str, port: int, console: Console) -> int:
    """Run both processes until a signal or until one of them ends; returns an exit code."""
    environment = dict(os.environ) | {
        "DAGSTER_HOME": str(dagster_home(settings)),
        "DAGSTER_DISABLE_TELEMETRY": "1",
    }
    os.environ.update(environment)
    import dagster as dg

    # Makes the instance's databases before two processes try to at once.
    with dg.DagsterInstance.get() as instance:
        instance.get_runs_count()
        instance.get_event_records(dg.EventRecordsFilter(dg.DagsterEventType.RUN_SUCCESS), limit=1)
        instance.all_instigator_state()
    workspace = str(PROJECT / "workspace.yaml")
    folder = Path(sys.executable).parent
    commands = {
        "web UI": [
            str(folder / "dagster-webserver"), "-w", workspace, "-h", host, "-p", str(port)
        ],
        "daemon": [str(folder / "dagster-daemon"), "run", "-w", workspace],
    }  # fmt: skip
    stopping = False

    def stop(_signal: int, _frame: FrameType | None) -> None:
        nonlocal stopping
        stopping = True

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    # Each in a session of its own: their children must stop with them.
    running = {
        name: subprocess.Popen(command, env=environment, cwd=PROJECT, start_new_session=True)
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
