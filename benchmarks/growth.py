"""What one more day costs after a year of history, and after ten; and what loading it all costs.

    .venv/bin/python benchmarks/growth.py [ARCHIVE] [--years 1,10] [--days 3] [--keep FOLDER]

First the whole archive is loaded and all tables are built, in a process of its own. Then years of
daily snapshots of all live sources are written behind it (see `history.py`); after each of the
years asked for, real days are run: the payloads served over HTTP on loopback, and what
`bellwether run` does: fetching, loading, building and publishing, and then new fits and what
follows from them, which is told apart. The first builds what the short way left unbuilt and is not
counted. Targets: the archive in 90 s and 2 GB; one more day in 15 s, and after ten years at most
1.3 times what it costs after one. On a busy machine read the CPU seconds.
"""

import argparse
import contextlib
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path
from typing import Any

from history import Market, open_market

from pipelines import raw, tables
from pipelines.replay import Replay
from pipelines.settings import PROJECT, Settings
from pipelines.snapshots import Snapshots
from pipelines.sources import sources
from pipelines.warehouse import open_reader, open_writer

BELLWETHER = str(Path(sys.executable).with_name("bellwether"))
#: The day behind the archive's newest.
START = date(2026, 11, 23)
#: Says how long each step took, for the table of what grows.
PROBE = """
import json, sys
import pipelines.tables as tables, pipelines.warehouse as warehouse, pipelines.raw as raw
import time
seconds = {}
def timed(module, name, key):
    inner = getattr(module, name)
    def outer(*a, **k):
        started = time.process_time()
        try:
            return inner(*a, **k)
        finally:
            label = key(*a)
            seconds[label] = seconds.get(label, 0) + time.process_time() - started
    setattr(module, name, outer)
timed(tables, "build", lambda table, *_: table.full_name)
timed(tables, "build_python", lambda module, *_: module)
timed(warehouse, "publish", lambda *_: "publish")
timed(raw, "load", lambda *_: "load")
from pipelines.run import run_job
from pipelines.settings import Settings
outcome = run_job(sys.argv[1], Settings(), None)
said = {"success": outcome.success, "problems": outcome.problems, "seconds": seconds,
        "is_deferred": outcome.is_deferred}
print("\\n" + json.dumps(said))
"""


def measured(command: list[str], home: Path, **settings: str) -> tuple[float, float, float, str]:
    """Wall seconds, CPU seconds, peak memory in MB, and output of a process of its own."""
    named = {f"BELLWETHER_{name.upper()}": value for name, value in settings.items()}
    started = time.perf_counter()
    process = subprocess.Popen(
        command,
        env=os.environ | named | {"BELLWETHER_HOME": str(home), "PYTHONPATH": str(PROJECT)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{command} failed")
    cpu = usage.ru_utime + usage.ru_stime
    return time.perf_counter() - started, cpu, usage.ru_maxrss / 1024, output


def archive_whole(archive: Path) -> None:
    """Load the archive and build every table."""
    with tempfile.TemporaryDirectory() as folder:
        wall, cpu, memory, _ = measured([BELLWETHER, "backfill", str(archive)], Path(folder))
    print(
        f"whole archive: {wall:.1f} s wall, {cpu:.1f} s CPU, {memory:.0f} MB at most\n", flush=True
    )


def one_job(name: str, home: Path, day: date, url: str) -> tuple[dict[str, float], dict[str, Any]]:
    """Run one job; seconds on the clock and of CPU, peak memory in MB, and what it said."""
    os.sync()  # a day later the disk would long have what was written for this one
    wall, cpu, memory, output = measured(
        [sys.executable, "-c", PROBE, name], home, replay_url=url,
        pretend_now=f"{day}T00:00:00", openrouter_api_key="",
    )  # fmt: skip
    said = json.loads(next(line for line in output.splitlines()[::-1] if line.startswith("{")))
    if not said["success"]:
        raise SystemExit(f"{name} of {day} failed: {said['problems']}")
    return {"wall": wall, "cpu": cpu, "memory": memory}, said


def one_day(market: Market, home: Path, folder: Path) -> dict[str, float]:
    """Run the pipeline on one day more; CPU seconds by step, and in all, until it is published."""
    day = market.next_day(folder)
    server = Replay(folder, day).start()
    try:
        spent, said = one_job("daily", home, day, server.url)
        later, _ = one_job("catch_up", home, day, server.url) if said["is_deferred"] else (None, {})
    finally:
        server.stop()
    settings = Settings(home=home)
    changes = "select sum(n) from (" + " union all ".join(
        f"select count(*) as n from raw.{d.source.name}__{t} where first_seen_at = '{day}'"
        for d in {d.source.name: d for d in market.documents}.values()
        for t in d.source.things
    ) + ")"  # fmt: skip
    with contextlib.closing(open_reader(settings)) as connection:
        [(changed,)] = connection.execute(changes).fetchall()
    size = settings.published.stat().st_size
    print(
        f"  {day}: {_told(spent)}; {changed} runs began; warehouse {size / 1e6:.0f} MB", flush=True
    )
    if later:
        print(f"    then new fits and what follows from them: {_told(later)}", flush=True)
    dearest = sorted(said["seconds"].items(), key=lambda step: -step[1])[:6]
    print("    " + ", ".join(f"{name} {took:.1f} s" for name, took in dearest), flush=True)
    return {**spent, **said["seconds"]}


def _told(spent: dict[str, float]) -> str:
    return "{wall:.1f} s wall, {cpu:.1f} s CPU, {memory:.0f} MB at most".format(**spent)


def grow(archive: Path, years: list[int], days: int, home: Path) -> dict[int, dict[str, float]]:
    """The cheapest of some days after each number of years."""
    settings = Settings(home=home)
    snapshots = Snapshots(home / "data" / "snapshots")
    raw.backfill(archive, sources().values(), snapshots)
    market: Market | None = None
    found = {}
    passed = 0
    for year in years:
        print(f"year {year}", flush=True)
        with open_writer(settings) as connection:
            if market is None:
                tables.create_schemas(connection)
                raw.create_tables(connection, sources().values())
                for source in sources().values():
                    raw.load(connection, source, snapshots)
                market = open_market(connection, snapshots, archive, START)
            else:
                market.connection = connection
                market.read_what_goes_on()
            market.pass_days(365 * year - passed, lambda line: print(line, flush=True))
        passed = 365 * year
        folder = home / f"served-{year}"
        runs = [one_day(market, home, folder) for _ in range(days + 1)][1:]
        passed += days + 1
        found[year] = min(runs, key=lambda run: run["cpu"])
    return found


def report(found: dict[int, dict[str, float]]) -> None:
    """What a day costs by step, the dearest first."""
    first, last = min(found), max(found)
    before, after = found[first], found[last]
    print(f"\none more day, CPU seconds   after {first} y  after {last} y   times")
    names = sorted(set(before) | set(after), key=lambda n: -after.get(n, 0.0))
    steps = [n for n in names if n not in {"wall", "cpu", "memory"}]
    for name in ["wall", "cpu", *steps[:25]]:
        one, ten = before.get(name, 0.0), after.get(name, 0.0)
        print(f"{name:<32} {one:9.2f} {ten:9.2f} {ten / one if one else 0:9.2f}")


def main() -> None:
    """Measure and print."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    default = PROJECT.parent / "shared" / "archive"
    asked.add_argument("archive", nargs="?", type=Path, default=default)
    asked.add_argument("--years", default="1,10")
    asked.add_argument("--days", type=int, default=2)
    asked.add_argument("--keep", type=Path, help="folder to work in and leave")
    asked.add_argument("--grow-only", action="store_true", help="leave out the whole archive")
    given = asked.parse_args()
    years = sorted(map(int, given.years.split(",")))
    if not given.grow_only:
        archive_whole(given.archive)
    if given.keep:
        report(grow(given.archive, years, given.days, given.keep))
    else:
        with tempfile.TemporaryDirectory() as folder:
            report(grow(given.archive, years, given.days, Path(folder)))
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"\nthis process: {own:.0f} MB at most")


if __name__ == "__main__":
    main()
