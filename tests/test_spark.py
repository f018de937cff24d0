"""Core and marts computed on a Spark-compatible cluster are DuckDB's, row for row."""

import importlib.util
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from feeds import rows

from pipelines import tables
from pipelines.settings import Settings
from pipelines.spark import LAYERS, Spark, SparkError
from pipelines.tables import Connection, Table, catalogue

COMPUTED = [
    table
    for name in catalogue().order
    if (table := catalogue().tables.get(name)) is not None
    and table.schema in LAYERS
    and table.python is None
]
WORKERS = 2
SAIL = "from pysail.cli import main; main()"


def needs(*modules: str) -> None:
    for module in modules:
        if importlib.util.find_spec(module) is None:
            pytest.skip(f"no {module}: pip install 'bellwether[spark]'")


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """Sail as a cluster of workers, or the server that BELLWETHER_TEST_SPARK_REMOTE names."""
    needs("pyspark", "sqlglot")
    home = tmp_path_factory.mktemp("cluster")
    given = os.environ.get("BELLWETHER_TEST_SPARK_REMOTE")
    if given:
        yield Settings(home=home, spark_remote=given)
        return
    needs("pysail")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = (home / "sail.log").open("w")
    server = subprocess.Popen(
        [sys.executable, "-c", SAIL, "spark", "server", "--port", str(port)],
        env={**os.environ, "SAIL_MODE": "local-cluster", "SAIL_EXECUTION__BATCH_SIZE": "2048",
             # A second attempt hides what made the first one fail.
             "SAIL_CLUSTER__TASK_MAX_ATTEMPTS": "1",
             "SAIL_CLUSTER__WORKER_INITIAL_COUNT": str(WORKERS)},
        stdout=log, stderr=log,
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while True:
        with socket.socket() as asked:
            if asked.connect_ex(("127.0.0.1", port)) == 0:
                break
        assert server.poll() is None, (home / "sail.log").read_text()
        assert time.monotonic() < deadline, "Sail did not start"
        time.sleep(0.1)
    yield Settings(home=home, spark_remote=f"sc://127.0.0.1:{port}")
    server.kill()
    server.wait()
    log.close()


def differing(connection: Connection, table: Table, query: str) -> list[tuple[object, ...]]:
    """Rows of which something differs, by key. Numbers with a point may differ by 1e-9 of
    themselves: the order in which workers add them up is not fixed.
    """
    conditions = []
    described = connection.execute(f"describe {table.full_name}").fetchall()
    for name, kind, *_ in described:
        ours, theirs = f'd."{name}"', f's."{name}"'
        if kind == "DOUBLE":
            conditions.append(
                f"(({ours} is null) <> ({theirs} is null) or "
                f"abs({ours} - {theirs}) > 1e-9 * greatest(abs({ours}), abs({theirs})))"
            )
        else:
            conditions.append(f"{ours} is distinct from {theirs}")
    same = " and ".join(f'd."{key}" is not distinct from s."{key}"' for key in table.key)
    first = table.key[0]
    return rows(
        connection,
        f"select d.*, s.* from {table.full_name} as d full join ({query}) as s on {same} "
        f'where d."{first}" is null or s."{first}" is null or {" or ".join(conditions)} limit 3',
    )


@pytest.mark.archive
def test_every_table_of_the_whole_archive_is_duckdbs_row_for_row(
    archive_warehouse: Connection, cluster: Settings
) -> None:
    spark = Spark(cluster)
    wrong: dict[str, object] = {}
    compared = 0
    try:
        for table in COMPUTED:
            query = spark.select(table, archive_warehouse)
            counted = rows(archive_warehouse, f"select count(*) from ({query})")
            here = rows(archive_warehouse, f"select count(*) from {table.full_name}")
            different = differing(archive_warehouse, table, query)
            if different or counted != here:
                wrong[table.full_name] = (counted, here, different)
            compared += here[0][0]
    finally:
        spark.close()
    assert wrong == {}
    assert compared > 100_000, "the archive is not empty"


@pytest.mark.cluster
def test_a_whole_run_on_the_cluster_publishes_what_duckdbs_run_does(
    cluster: Settings, tmp_path: Path
) -> None:
    homes = {}
    for engine in ("duckdb", "spark"):
        homes[engine] = Settings(home=tmp_path / engine)
        ran = subprocess.run(
            [Path(sys.executable).with_name("bellwether"), "run", "--offline"],
            env={**os.environ, "BELLWETHER_HOME": str(tmp_path / engine),
                 "BELLWETHER_ENGINE": engine, "BELLWETHER_SPARK_REMOTE": cluster.spark_remote,
                 "BELLWETHER_PRETEND_NOW": "2026-11-27T10:00:00Z"},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert ran.returncode == 0, ran.stdout + ran.stderr
    exchange = homes["spark"].data / "exchange"
    assert exchange.is_dir(), "the cluster was not asked"
    assert not list(exchange.iterdir()), "what was exchanged is removed"
    connection = duckdb.connect()
    connection.execute(f"attach '{homes['duckdb'].published}' as ours (read_only)")
    connection.execute(f"attach '{homes['spark'].published}' as theirs (read_only)")
    connection.execute("use ours")
    wrong = {}
    for name, table in catalogue().tables.items():
        different = differing(connection, table, f"from theirs.{name}")
        if different:
            wrong[name] = different
    connection.close()
    assert wrong == {}


def test_the_comparison_sees_a_changed_and_a_missing_row() -> None:
    connection = duckdb.connect()
    connection.execute("create schema core")
    table = catalogue().tables["core.workloads"]
    columns = ", ".join(
        f"cast({1 if 'share' in name else repr('x')} as "
        f"{'double' if 'share' in name else 'varchar'}) as {name}"
        for name in table.columns
    )
    connection.execute(f"create table core.workloads as select {columns}")
    assert differing(connection, table, "from core.workloads") == []
    assert differing(connection, table, "from core.workloads limit 0")
    changed = "select * replace (output_share + 0.001 as output_share) from core.workloads"
    assert differing(connection, table, changed)


def test_a_table_is_built_on_the_cluster_with_its_types_comments_and_checks(
    cluster: Settings,
) -> None:
    wanted = ["core.workloads", "core.benchmarks", "core.companies"]
    ours, connection = duckdb.connect(), duckdb.connect()
    tables.build_all(ours, wanted)
    spark = Spark(cluster)
    try:
        tables.build_all(connection, wanted, cluster=spark)
        assert spark.folder.exists()
    finally:
        spark.close()
    assert not spark.folder.exists(), "what was exchanged is removed"
    for name in wanted:
        described = "select column_name, data_type, comment from duckdb_columns() where "
        where = "schema_name = 'core' and table_name = ? order by column_index"
        asked = [name.split(".")[1]]
        assert (
            connection.execute(described + where, asked).fetchall()
            == ours.execute(described + where, asked).fetchall()
        )
        assert sorted(map(str, rows(connection, f"from {name}"))) == sorted(
            map(str, rows(ours, f"from {name}"))
        )
    ours.close()
    connection.close()


def test_a_cluster_that_is_not_there_is_said_with_what_to_do(tmp_path: Path) -> None:
    needs("pyspark", "sqlglot")
    connection = duckdb.connect()
    tables.create_schemas(connection)
    connection.execute("create table seeds.workloads as select 1 as a")
    spark = Spark(Settings(home=tmp_path, spark_remote="sc://127.0.0.1:9"))
    table = catalogue().tables["core.workloads"]
    with pytest.raises(SparkError, match="BELLWETHER_SPARK_REMOTE"):
        spark.select(table, connection)
    spark.close()
