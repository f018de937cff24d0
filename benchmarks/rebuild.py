"""How long the first briefing and a full rebuild take, and where the time goes.

    .venv/bin/python benchmarks/rebuild.py [ARCHIVE]

Measures `bellwether run --offline` and `brief launch` in fresh processes and a fresh home (as
`make brief` does after installation); with ARCHIVE (default ../shared/archive, if there) also a
full rebuild with the whole history loaded. Then the same work in this process without Dagster, to
split the time into parsing, SQL, Python tables and, by difference, Dagster.
"""

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb

from pipelines import raw, tables
from pipelines.settings import PROJECT
from pipelines.sources import sources

BELLWETHER = str(Path(sys.executable).with_name("bellwether"))
EVENT = "o1-mini"


def timed(home: Path, *arguments: str) -> tuple[float, float]:
    """Seconds and peak memory in MB of one command in a process of its own."""
    started = time.perf_counter()
    process = subprocess.Popen(
        [BELLWETHER, *arguments],
        env=os.environ | {"BELLWETHER_HOME": str(home), "COLUMNS": "120"},
        stdout=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"bellwether {' '.join(arguments)} failed")
    return time.perf_counter() - started, usage.ru_maxrss / 1024


def split(archive: Path | None) -> dict[str, float]:
    """Seconds of each kind of work, without Dagster."""
    seconds = dict.fromkeys(("start and read files", "parse and load", "SQL", "Python tables"), 0.0)
    with tempfile.TemporaryDirectory() as folder:
        snapshots = raw.Snapshots(Path(folder))
        if archive:
            raw.backfill(archive, sources().values(), snapshots)
        started = time.perf_counter()
        known = tables.catalogue()
        for name in known.tables:
            known.tables_read(name)
        seconds["start and read files"] = time.perf_counter() - started
        connection = duckdb.connect(f"{folder}/warehouse.duckdb")
        started = time.perf_counter()
        raw.create_tables(connection, sources().values())
        for source in sources().values():
            if source.offline_edition and not archive:
                payload = source.offline_edition()
                snapshots.keep(payload)
                now = raw.datetime.now(raw.UTC)
                snapshots.append([raw.new_fetch(source.name, source.url, now, "ok", payload)])
            raw.load(connection, source, snapshots)
        seconds["parse and load"] = time.perf_counter() - started
        for report in tables.build_all(connection):
            kind = "Python tables" if known.tables[report.table].python else "SQL"
            seconds[kind] += report.seconds
        connection.close()
    return seconds


def report(title: str, archive: Path | None, commands: list[tuple[str, ...]]) -> None:
    """Print one measured case."""
    print(f"\n{title}")
    total = 0.0
    with tempfile.TemporaryDirectory() as folder:
        for arguments in commands:
            seconds, megabytes = timed(Path(folder), *arguments)
            total += seconds
            print(f"  bellwether {' '.join(arguments):<44} {seconds:6.1f} s {megabytes:6.0f} MB")
    print(f"  {'together':<55} {total:6.1f} s")
    parts = split(archive)
    for name, seconds in parts.items():
        print(f"    {name:<30} {seconds:6.2f} s {100 * seconds / total:4.0f}%")
    rest = total - sum(parts.values())
    print(f"    {'Dagster, imports, render':<30} {rest:6.2f} s {100 * rest / total:4.0f}%")


def main() -> None:
    """Measure the edition, and the archive if there is one."""
    given = Path(sys.argv[1]) if len(sys.argv) > 1 else PROJECT.parent / "shared" / "archive"
    brief = ("brief", "launch", EVENT)
    report("make brief, after installation", None, [("run", "--offline"), brief])
    if given.is_dir():
        report("full rebuild with the archive", given, [("backfill", str(given))])
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"\nthis process: {own:.0f} MB at most")


if __name__ == "__main__":
    main()
