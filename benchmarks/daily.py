"""What the daily run costs on the whole archive's warehouse, and how much of it is Dagster's.

    .venv/bin/python benchmarks/daily.py [ARCHIVE] [--days N] [--home FOLDER]

Loads the archive (default ../shared/archive) but for its newest days, then lives those days: each
is a run of the job `daily` in a process of its own, as Dagster's daemon starts it, over HTTP from
the replay server, with a `DAGSTER_HOME` that lasts. Prints seconds on the clock and of CPU: all,
Dagster's (what is left of the run without what the project's own functions take) and imports; and
what the run wrote to Dagster's records, by kind of event. `--home` keeps the loaded home for
another time.
"""

import argparse
import contextlib
import json
import os
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

from pipelines.raw import archive_files
from pipelines.replay import Replay
from pipelines.serve import EVENTS_AT_ONCE, dagster_home
from pipelines.settings import PROJECT, Settings
from pipelines.sources import sources

BELLWETHER = str(Path(sys.executable).with_name("bellwether"))


def spent() -> tuple[float, float]:
    """Seconds on the clock and of this process's CPU."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return time.perf_counter(), used.ru_utime + used.ru_stime


class Own:
    """Time spent in the project's own functions, however they are nested."""

    def __init__(self) -> None:
        self.depth, self.clock, self.cpu = 0, 0.0, 0.0
        self._since = (0.0, 0.0)

    @contextlib.contextmanager
    def counted(self) -> Iterator[None]:
        if self.depth == 0:
            self._since = spent()
        self.depth += 1
        try:
            yield
        finally:
            self.depth -= 1
            if self.depth == 0:
                clock, cpu = spent()
                self.clock += clock - self._since[0]
                self.cpu += cpu - self._since[1]

    def wrap(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def called(*given: Any, **named: Any) -> Any:
            with self.counted():
                found = function(*given, **named)
            return self.iterated(found) if isinstance(found, Iterator) else found

        return called

    def iterated(self, found: Iterator[Any]) -> Iterator[Any]:
        while True:
            with self.counted():
                try:
                    item = next(found)
                except StopIteration:
                    return
            yield item


def one_run() -> None:
    """In a process of its own: run the daily job on the lasting instance, say what it took."""
    begun = spent()
    import dagster as dg
    from dagster._core.definitions.reconstruct import ReconstructableRepository

    from pipelines import assets, definitions, fetch, raw, tables, verdicts, versions, warehouse

    job = ReconstructableRepository.for_module(
        "pipelines.definitions", "defs", str(PROJECT)
    ).get_reconstructable_job("daily")
    definitions.defs.resolve_job_def("daily")
    imported = spent()
    own = Own()
    for module, names in (
        (fetch, ("read_sources",)), (raw, ("load", "create_tables")),
        (versions, ("origin", "unchanged", "note")),
        (tables, ("build", "build_python", "create_macro", "create_schemas")),
        (warehouse, ("publish",)), (verdicts, ("record",)),
        (assets, ("_states", "_create_macros")),
    ):  # fmt: skip
        for name in names:
            setattr(module, name, own.wrap(getattr(module, name)))
    with dg.DagsterInstance.get() as instance, dg.execute_job(job, instance=instance) as result:
        assert result.success
    ended = spent()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({
        "run_id": result.run_id, "peak_mb": round(peak),
        "imports": [i - b for b, i in zip(begun, imported, strict=True)],
        "run": [e - i for i, e in zip(imported, ended, strict=True)],
        "own": [own.clock, own.cpu],
    }))  # fmt: skip


def bytes_in(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def events_of(home: Path, run_id: str) -> list[tuple[str, int, int]]:
    """(kind, how many, bytes) of a run's own file of events, largest first."""
    file = next(home.rglob(f"{run_id}.db"))
    with contextlib.closing(sqlite3.connect(file)) as connection:
        return connection.execute(
            "select coalesce(dagster_event_type, 'log line'), count(*), sum(length(event)) "
            "from event_logs group by 1 order by 3 desc"
        ).fetchall()


def load(archive: Path, before: str, home: Path) -> None:
    """Keep and build all payloads of before a day."""
    with tempfile.TemporaryDirectory() as folder:
        for _, day, path in archive_files(archive, sources().values()):
            if day < before:
                link = Path(folder) / path.relative_to(archive)
                link.parent.mkdir(parents=True, exist_ok=True)
                link.symlink_to(path)
        started = time.perf_counter()
        subprocess.run(
            [BELLWETHER, "backfill", folder], check=True, stdout=subprocess.DEVNULL,
            env=os.environ | {"BELLWETHER_HOME": str(home)},
        )  # fmt: skip
    print(f"loaded what lies before {before}: {time.perf_counter() - started:.0f} s")


def main() -> None:
    """Load, then live the days."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("archive", nargs="?", type=Path, default=PROJECT.parent / "shared/archive")
    parser.add_argument("--days", type=int, default=3)
    parser.add_argument("--home", type=Path)
    given = parser.parse_args()
    live = {name for name, source in sources().items() if source.is_live}
    days = sorted({d for s, d, _ in archive_files(given.archive, sources().values())
                   if s.name in live})[-given.days :]  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        if given.home is None or not given.home.exists():
            load(given.archive, days[0], given.home or home)
        if given.home is not None:
            shutil.copytree(given.home, home, symlinks=True)
        os.environ["BELLWETHER_HOME"] = str(home)
        records = dagster_home(Settings())
        server = Replay(given.archive, date.fromisoformat(days[0])).start()
        try:
            for day in days:
                server.day = date.fromisoformat(day)
                live_a_day(day, server.url, records)
        finally:
            server.stop()


def live_a_day(day: str, url: str, records: Path) -> None:
    """One run, and its lines."""
    before = bytes_in(records)
    done = subprocess.run(
        [sys.executable, "-W", "ignore", __file__, "--one-run"],
        check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        env=os.environ | {
            "BELLWETHER_REPLAY_URL": url, "BELLWETHER_PRETEND_NOW": f"{day}T06:15:00",
            "DAGSTER_HOME": str(records), "DAGSTER_DISABLE_TELEMETRY": "1",
            "DAGSTER_EVENT_BATCH_SIZE": EVENTS_AT_ONCE,
            "PYTHONPATH": str(PROJECT),
        },
    )  # fmt: skip
    found = json.loads(done.stdout.splitlines()[-1])
    rest = [run - own for run, own in zip(found["run"], found["own"], strict=True)]
    total = [run + imports for run, imports in zip(found["run"], found["imports"], strict=True)]
    print(f"\n{day}: peak {found['peak_mb']} MB                clock     CPU")
    for name, (clock, cpu) in (
        ("all", total), ("the project's own", found["own"]), ("Dagster", rest),
        ("imports", found["imports"]),
    ):  # fmt: skip
        print(f"  {name:<30}{clock:8.1f}{cpu:8.1f} s   {100 * cpu / total[1]:3.0f}% of CPU")
    events = events_of(records, found["run_id"])
    written = bytes_in(records) - before
    count = sum(n for _, n, _ in events)
    print(f"  Dagster's records grew by {written / 1e6:.2f} MB; {count} events")
    for kind, number, size in events:
        if size > 50_000:
            print(f"    {kind:<32}{number:6}{size / 1e3:9.0f} kB")


if __name__ == "__main__":
    one_run() if "--one-run" in sys.argv else main()
