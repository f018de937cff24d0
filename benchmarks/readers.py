"""Many readers ask in a loop while runs publish: errors, torn reads, times.

    python benchmarks/readers.py --source data/published/bellwether.duckdb

Writer and readers are processes of their own on one file, as in operation. Each publication
replaces three tables in transactions of their own and numbers them; a reader that sees two numbers
in one version has read a torn one. A reader opens the newest version whenever there is one and asks
marts without a pause, so with more readers than cores a time is mostly waiting for a core: the CPU
time of a query stands beside it. Readers give way to the writer as `bellwether sql` does; with
`--equal` they do not, like a notebook. Whether the writer may put itself first is told.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb

from pipelines.settings import Settings
from pipelines.warehouse import (
    READERS_LATER,
    Connection,
    first_row,
    niceness,
    open_reader,
    open_writer,
    publish,
)

MARTS = (
    "select * from marts.frontier where segment_id = 'math_reasoning' order by on_day limit 20",
    "select verdict, count(*) from marts.launch_impact group by verdict",
    "select * from marts.segment_standing order by segment_id, capability_rank limit 50",
    "select * from marts.claim_checks",
)
NUMBERED = ("bench.first", "bench.rows", "bench.last")


def number(connection: Connection, version: int) -> None:
    """What a run changes: three tables, one after the other."""
    for table in NUMBERED:
        rows = 200_000 if table == "bench.rows" else 1
        connection.execute(
            f"create or replace table {table} as select {version} as version from range({rows})"
        )


def prepare(settings: Settings, source: Path, megabytes: int) -> float:
    """Publish version 0 with the marts of `source`; returns its megabytes."""
    with open_writer(settings) as connection:
        connection.execute(f"attach '{source.resolve()}' as given (read_only)")
        connection.execute("create schema marts")
        for table in sorted({word for query in MARTS for word in query.split() if "." in word}):
            connection.execute(f"create table {table} as from given.{table}")
        connection.execute("detach given")
        connection.execute("create schema bench")
        number(connection, 0)
        connection.execute("checkpoint")
        short = megabytes - settings.warehouse.stat().st_size / 1e6
        if short > 0:  # hashes do not compress
            connection.execute(
                "create table bench.ballast as select hash(r.i) as h "
                f"from range({int(short * 1e6 / 8)}) as r(i)"
            )
        return publish(connection, settings).stat().st_size / 1e6


def read_on(settings: Settings, stop: Path, think: float) -> dict[str, object]:
    """One reader: ask until `stop` is there. Times in milliseconds."""
    queries: list[float] = []
    cpu: list[float] = []
    opens: list[float] = []
    torn: list[str] = []
    errors: list[str] = []
    seen: list[int] = []
    connection: Connection | None = None
    link = ""
    parent = os.getppid()
    while not stop.exists() and os.getppid() == parent:
        time.sleep(think)
        try:
            now = str(settings.published.readlink())
            if connection is None or now != link:
                if connection is not None:
                    connection.close()
                started = time.perf_counter()
                connection, link = open_reader(settings), now
                opens.append((time.perf_counter() - started) * 1000)
            versions = [
                first_row(connection, f"select min(version), max(version) from {table}")
                for table in NUMBERED
            ]
            if len({number for pair in versions for number in pair}) != 1:
                torn.append(str(versions))
            version = int(versions[0][0])
            if seen and version < seen[-1]:
                torn.append(f"version {version} after {seen[-1]}")
            if not seen or version != seen[-1]:
                seen.append(version)
            for query in MARTS:
                started, started_cpu = time.perf_counter(), time.process_time()
                rows = connection.execute(query).fetchall()
                queries.append((time.perf_counter() - started) * 1000)
                cpu.append((time.process_time() - started_cpu) * 1000)
                if not rows:
                    errors.append(f"no rows: {query}")
        except (duckdb.Error, OSError, RuntimeError) as error:
            errors.append(f"{type(error).__name__}: {error}"[:300])
    return {"queries": queries, "cpu": cpu, "opens": opens, "torn": torn, "errors": errors,
            "versions": len(seen)}  # fmt: skip


def p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20)[18] if len(values) > 1 else max(values, default=0.0)


def may_go_first() -> bool:
    """Whether this process may come to a processor earlier than others."""
    before = os.getpriority(os.PRIO_PROCESS, 0)
    with niceness(-1):
        return os.getpriority(os.PRIO_PROCESS, 0) < before


def measure(
    settings: Settings, readers: int, publications: int, pause: float, think: float, later: int
) -> dict[str, float | int | list[str]]:
    """Publish so many times while so many read."""
    stop = settings.home / "stop"
    arguments = [sys.executable, __file__, "--read", str(settings.home), "--think", str(think),
                 "--later", str(later)]  # fmt: skip
    running = [
        subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) for _ in range(readers)
    ]
    try:
        deadline = time.monotonic() + 120
        ready = [settings.home / f"reading-{child.pid}" for child in running]
        while not all(path.exists() for path in ready):
            if time.monotonic() > deadline or any(c.poll() is not None for c in running):
                raise SystemExit("a reader did not start")
            time.sleep(0.05)
        begun, published = [], []
        for version in range(1, publications + 1):
            started = time.perf_counter()
            with open_writer(settings) as connection:
                begun.append(time.perf_counter() - started)
                number(connection, version)
                started = time.perf_counter()
                publish(connection, settings)
                published.append(time.perf_counter() - started)
            time.sleep(pause)
    finally:
        stop.touch()
    answers = [json.loads(child.communicate(timeout=120)[0]) for child in running]
    queries = [value for answer in answers for value in answer["queries"]]
    files = list(settings.published.parent.glob("bellwether-*.duckdb"))
    return {
        "readers": readers,
        "publications": publications,
        "queries": len(queries),
        "errors": sum(len(answer["errors"]) for answer in answers),
        "torn_reads": sum(len(answer["torn"]) for answer in answers),
        "first_problems": [p for a in answers for p in [*a["errors"], *a["torn"]]][:5],
        "versions_seen_by_a_reader": min(answer["versions"] for answer in answers),
        "query_ms_median": round(statistics.median(queries), 1),
        "query_ms_p95": round(p95(queries), 1),
        "query_cpu_ms_p95": round(p95([v for a in answers for v in a["cpu"]]), 1),
        "open_ms_p95": round(p95([v for a in answers for v in a["opens"]]), 1),
        "begin_s_median": round(statistics.median(begun), 2),
        "begin_s_max": round(max(begun), 2),
        "publish_s_median": round(statistics.median(published), 2),
        "publish_s_max": round(max(published), 2),
        "writer_may_go_first": may_go_first(),
        "files_kept": len(files),
        "megabytes_on_disk": round(sum(file.stat().st_size for file in files) / 1e6),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--readers", type=int, default=20)
    parser.add_argument("--publications", type=int, default=30)
    parser.add_argument("--megabytes", type=int, default=500)
    parser.add_argument("--pause", type=float, default=0.5, help="seconds between publications")
    parser.add_argument(
        "--think", type=float, default=0.0, help="seconds between a reader's rounds"
    )
    parser.add_argument("--equal", action="store_true", help="readers do not give way")
    parser.add_argument("--source", type=Path, help="a published file, for its marts")
    parser.add_argument("--read", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--later", type=int, default=READERS_LATER, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.read:
        settings = Settings(home=arguments.read, threads=1)
        (settings.home / f"reading-{os.getpid()}").touch()
        with niceness(arguments.later):
            print(json.dumps(read_on(settings, settings.home / "stop", arguments.think)))
        return 0
    if arguments.source is None:
        parser.error("name a published file: --source data/published/bellwether.duckdb")
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(home=Path(folder))
        size = prepare(settings, arguments.source, arguments.megabytes)
        found = measure(
            settings, arguments.readers, arguments.publications, arguments.pause, arguments.think,
            0 if arguments.equal else READERS_LATER,
        )  # fmt: skip
        load = [round(value, 1) for value in os.getloadavg()]
        print(json.dumps({"megabytes": round(size), **found, "load": load}, indent=2))
    return 1 if found["errors"] or found["torn_reads"] else 0


if __name__ == "__main__":
    raise SystemExit(main())
