"""Runs the SQL of core and marts on a Spark-compatible cluster, over Parquet.

The cluster reads what DuckDB has built as Parquet, computes a table by the same SQL file said in
its dialect, and writes Parquet, which DuckDB loads: checks, comments and publication are the same.
Raw, seeds, staging and the Python steps stay with DuckDB. Nothing of Spark is imported before it
is asked for; `pip install 'bellwether[spark]'` brings it.
"""

import contextlib
import shutil
import socket
import uuid
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pipelines.settings import Settings
from pipelines.warehouse import Connection, WarehouseError

if TYPE_CHECKING:
    from pipelines.tables import Table

#: Layers whose SQL is held to what other engines can say.
LAYERS = {"core", "marts"}


class SparkError(WarehouseError):
    """A cluster that is not there, or refused a query; the message says what to do."""


class Spark:
    """A session on a cluster for the length of one run, and what of the warehouse it can see.

    `select` is asked for each table once, in an order in which tables can be built. Every worker
    and this process must see `settings.spark_exchange` under the same path.
    """

    def __init__(self, settings: Settings):
        self.folder = (settings.spark_exchange or settings.data / "exchange") / uuid.uuid4().hex
        self.address = settings.spark_remote
        self._session: Any = None
        self._visible: set[str] = set()

    def select(self, table: "Table", connection: Connection) -> str:
        """Compute a core or marts table on the cluster; returns the DuckDB query that loads it.

        Its columns have the types DuckDB would give them. Raises SparkError.
        """
        from pipelines.portable import portable_steps
        from pipelines.tables import catalogue

        steps = portable_steps(table, catalogue().macros, view_name)
        for name in sorted(steps.reads - self._visible):
            self._show(name, connection)
        types = connection.execute(f"describe {table.select}").fetchall()
        folder = self.folder / table.full_name
        try:
            for view, query in steps.parts:
                self._compute(view, query, self.folder / view)
            self._compute(view_name(table.full_name), steps.query, folder)
        except SparkError:
            raise
        except Exception as error:
            said = str(error).strip().splitlines() or [type(error).__name__]
            raise SparkError(f"{table.full_name} on {self.address}: {said[0][:500]}") from error
        finally:
            for view, _ in steps.parts:
                shutil.rmtree(self.folder / view, ignore_errors=True)
        self._visible.add(table.full_name)
        columns = ", ".join(f'cast("{row[0]}" as {row[1]}) as "{row[0]}"' for row in types)
        if not any(folder.glob("*.parquet")):
            return f"select {columns} from ({table.select}) limit 0"
        return f"select {columns} from read_parquet('{folder}/*.parquet')"

    def close(self) -> None:
        """End the session and remove what was exchanged."""
        if self._session is not None:
            with contextlib.suppress(Exception):
                self._session.stop()
        self._session = None
        shutil.rmtree(self.folder, ignore_errors=True)

    def _show(self, name: str, connection: Connection) -> None:
        """Write a table DuckDB has as Parquet, a row group of it for each worker to take."""
        folder = self.folder / name
        folder.mkdir(parents=True, exist_ok=True)
        connection.execute(f"copy (from {name}) to '{folder}/0.parquet' (format parquet)")
        self._register(view_name(name), folder)
        self._visible.add(name)

    def _compute(self, view: str, query: str, folder: Path) -> None:
        with _quiet():
            frame = self._cluster().sql(query)
            frame.write.mode("overwrite").parquet(str(folder))
            # An engine may write no file for no rows, and then nothing says the columns.
            schema = None if any(folder.glob("*.parquet")) else frame.schema
        folder.mkdir(exist_ok=True)
        self._register(view, folder, schema)

    def _register(self, view: str, folder: Path, schema: Any = None) -> None:
        with _quiet():
            reader = self._cluster().read
            reader = reader.schema(schema) if schema is not None else reader
            reader.parquet(str(folder)).createOrReplaceTempView(view)

    def _cluster(self) -> Any:
        if self._session is None:
            try:
                with _quiet():
                    from pyspark.sql import SparkSession
            except ImportError as error:
                raise SparkError(
                    "engine = spark needs pyspark-client and sqlglot: "
                    "pip install 'bellwether[spark]', or set BELLWETHER_ENGINE=duckdb"
                ) from error
            try:
                # The client itself would try for ten minutes.
                parts = urlsplit(self.address)
                socket.create_connection((parts.hostname or "", parts.port or 15002), 10).close()
                with _quiet():
                    self._session = SparkSession.builder.remote(self.address).create()
                    self._session.conf.set("spark.sql.session.timeZone", "UTC")
            except Exception as error:
                raise SparkError(
                    f"no Spark Connect server answers at {self.address} ({type(error).__name__}); "
                    "start one (docs/scaling.md) or set BELLWETHER_SPARK_REMOTE"
                ) from error
        return self._session


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Without the client's warning of pandas 3, which is not used: rows pass as Parquet."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        yield


def view_name(name: str) -> str:
    """What the cluster calls a table: a view of this session, so that runs never meet."""
    return name.replace(".", "__")
