"""What one machine and a cluster take for a market of 1, 10, 100 times today's size.

    python benchmarks/market.py --source data/published/bellwether.duckdb --times 1,10
    python benchmarks/market.py --source ... --times 1,10 --workers 2

The market is multiplied beside itself: every model, every name a source has for one and everything
said of it stands there so many times, under names that differ at the end; vendors, hosts, sources,
benchmarks and segments stay. The tables that SQL computes in core and marts are then made of it, on
DuckDB, or with `--workers` on Sail as a cluster of so many, Parquet out and in included. Left out
are the tables around launches (`marts.positioning` and what reads it): they hold every model on the
day of every launch, so they grow with the square of such a market.
"""

import argparse
import contextlib
import json
import os
import resource
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import duckdb

from pipelines.settings import Settings
from pipelines.spark import LAYERS, Spark, SparkError
from pipelines.tables import Connection, catalogue, create_macro, create_schemas

ASKED = ("core.prices", "core.results", "core.releases", "core.retirements", "marts.frontier",
         "marts.days_on_frontier", "marts.price_of_capability", "marts.cost_per_task")  # fmt: skip
#: Columns that name a model, or a row about one.
NAMES = ("model_id", "spelling", "target", "alias", "key", "replacement_model_id")
#: Their spellings are those of hosts and benchmarks.
STAYS = {"seeds.benchmark_spellings", "seeds.host_spellings", "analysis.fits"}


def wanted() -> list[str]:
    """Tables to compute, in order: what `ASKED` needs of what SQL computes in core and marts."""
    known = catalogue()
    needed = known.upstream(ASKED)
    return [
        name
        for name in known.order
        if name in needed
        and known.tables[name].schema in LAYERS
        and known.tables[name].python is None
    ]


def multiply(connection: Connection, source: Path, times: int) -> None:
    """Fill an empty warehouse with all that the wanted tables are made from, so many times."""
    known = catalogue()
    create_schemas(connection)
    computed = set(wanted())
    inputs = set[str]().union(*(known.tables_read(name) for name in computed)) - computed
    connection.execute(f"attach '{source.resolve()}' as given (read_only)")
    for name in sorted(inputs):
        columns = [row[0] for row in connection.execute(f"describe given.{name}").fetchall()]
        named = [column for column in columns if column in NAMES]
        if not named or name in STAYS or times == 1:
            connection.execute(f"create or replace table {name} as from given.{name}")
            continue
        suffixed = ", ".join(
            f"case when c.copy = 0 then t.{column} else t.{column} || '~' || c.copy end as {column}"
            for column in named
        )
        connection.execute(
            f"create or replace table {name} as select t.* replace ({suffixed}) "
            f"from given.{name} as t cross join range({times}) as c(copy)"
        )
    connection.execute("detach given")
    for name in known.order:
        if name in known.macros and known.tables_read(name) <= inputs:
            create_macro(known.macros[name], connection)


def compute(connection: Connection, cluster: Spark | None) -> tuple[dict[str, float], list[str]]:
    """Seconds by table, and the tables the cluster refused, which DuckDB made."""
    known = catalogue()
    refused: list[str] = []
    taken = {}
    for name in known.order:
        if name in known.macros:
            with contextlib.suppress(duckdb.CatalogException):  # of tables that are not made here
                create_macro(known.macros[name], connection)
            continue
        if name not in wanted():
            continue
        started = time.perf_counter()
        table = known.tables[name]
        select = table.select
        if cluster is not None:
            try:
                select = cluster.select(table, connection)
            except SparkError as error:
                print(f"  left to DuckDB: {error}", file=sys.stderr, flush=True)
                refused.append(name)
        connection.execute(f"create or replace table {name} as {select}")
        taken[name] = round(time.perf_counter() - started, 2)
        print(f"  {name} {taken[name]} s", file=sys.stderr, flush=True)
    return taken, refused


@contextlib.contextmanager
def largest(folder: Path) -> Iterator[dict[str, int]]:
    """Most megabytes ever in DuckDB's file, in what it spilled and in what was exchanged."""
    most = {"file_mb": 0, "spilled_mb": 0, "exchanged_mb": 0}
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(0.5):
            now = dict.fromkeys(most, 0)
            for path in folder.rglob("*"):
                with contextlib.suppress(OSError):  # it may be gone by now
                    if path.is_file():
                        kind = (
                            "spilled_mb" if path.parent.suffix == ".tmp"
                            else "exchanged_mb" if "exchange" in path.parts
                            else "file_mb"
                        )  # fmt: skip
                        now[kind] += path.stat().st_blocks * 512
            most.update({kind: max(most[kind], now[kind] // 1_000_000) for kind in most})

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield most
    finally:
        ended.set()
        watcher.join()


def measure(source: Path, times: int, workers: int, memory: str) -> dict[str, object]:
    """One size on one engine; CPU seconds are those of all its processes."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(home=Path(folder))
        with duckdb.connect(
            f"{folder}/market.duckdb", config={"threads": 2, "memory_limit": memory}
        ) as connection:
            multiply(connection, source, times)
            server, cluster = None, None
            if workers:
                with socket.socket() as free:
                    free.bind(("127.0.0.1", 0))
                    port = free.getsockname()[1]
                server = subprocess.Popen(
                    [sys.executable, "-c", "from pysail.cli import main; main()",
                     "spark", "server", "--port", str(port)],
                    env={**os.environ, "SAIL_MODE": "local-cluster", "RUST_LOG": "error",
                         "SAIL_EXECUTION__BATCH_SIZE": "2048",
                         "SAIL_CLUSTER__WORKER_INITIAL_COUNT": str(workers)},
                )  # fmt: skip
                while socket.socket().connect_ex(("127.0.0.1", port)):
                    time.sleep(0.2)
                cluster = Spark(
                    settings.model_copy(update={"spark_remote": f"sc://127.0.0.1:{port}"})
                )
            started, own = time.perf_counter(), time.process_time()
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            try:
                with largest(Path(folder)) as most:
                    taken, refused = compute(connection, cluster)
                wall, own = time.perf_counter() - started, time.process_time() - own
            finally:
                if server is not None and cluster is not None:
                    cluster.close()
                    server.terminate()
                    server.wait()
            used = resource.getrusage(resource.RUSAGE_CHILDREN)
            children = used.ru_utime + used.ru_stime - before.ru_utime - before.ru_stime
            rows = {
                name: connection.execute(f"select count(*) from {name}").fetchall()[0][0]
                for name in ("core.prices", "core.results", "marts.frontier")
            }
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {
        "times": times,
        "engine": f"sail, {workers} workers" if workers else "duckdb",
        "wall_s": round(wall, 1),
        "cpu_s": round(own + children, 1),
        "duckdb_peak_mb": round(peak),
        "sail_peak_mb": round(used.ru_maxrss / 1024) if workers else 0,
        **most,
        "rows": rows,
        "refused": refused,
        "slowest": sorted(taken.items(), key=lambda item: -item[1])[:5],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--source", type=Path, required=True, help="a published file")
    parser.add_argument("--times", default="1,10", help="sizes, by commas")
    parser.add_argument("--workers", type=int, default=0, help="of Sail's cluster; 0 is DuckDB")
    parser.add_argument("--memory", default="4GB", help="DuckDB's memory")
    arguments = parser.parse_args()
    for times in map(int, arguments.times.split(",")):
        found = measure(arguments.source, times, arguments.workers, arguments.memory)
        print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main()
