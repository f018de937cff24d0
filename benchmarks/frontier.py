"""How long the frontier takes, over all days and for one, beside polars and pandas.

    .venv/bin/python benchmarks/frontier.py [ROWS ...]     (default 10_000_000 100_000_000)

Made-up markets of 1,000 days: ROWS prices, one row per model and day, as `marts.segment_members`
has them. Over all days: the query of `marts.frontier` itself on them. For one day, on ROWS stored
intervals (each model changes its price every 100 days, a tenth of all rows hold on the day asked):
the macro `frontier_history_on`, which reads what that query has stored; and beside it the same rows
with nothing stored, by that query on the day's, by polars and by pandas, which must find the same.
DuckDB on a file, with two threads and 3 GB of memory. Needs polars (the `dev` extra) and, for 100
million rows, 4 GB of disk; pandas is left out above 10 million rows.
"""

import resource
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import duckdb
import pandas as pd
import polars as pl

from pipelines.settings import SQL
from pipelines.tables import catalogue, read_table

DAYS = 1_000
MEMBERS = "marts.segment_members"
PANDAS_MOST = 10_000_000
#: The one day asked about.
DAY = date(2021, 7, 5)


def connected(folder: str) -> duckdb.DuckDBPyConnection:
    """A file, as the warehouse is: what is in it takes no memory until it is read."""
    path = str(Path(folder) / "panel.duckdb")
    connection = duckdb.connect(path, config={"threads": 2, "memory_limit": "3GB"})
    connection.execute(catalogue().macros["price_bucket"].statement)
    return connection


def fill(connection: duckdb.DuckDBPyConnection, rows: int, lasts: int) -> None:
    """`panel`: `rows` prices that hold for `lasts` days each, of a market of 1,000 days."""
    live = rows * lasts // DAYS
    connection.execute(
        "create or replace table panel as select 'one' as segment_id, "
        f"date '2020-01-01' + cast({lasts} * (i // {live}) as integer) as on_day, "
        f"date '2020-01-01' + cast({lasts} * (i // {live} + 1) as integer) as until_day, "
        f"'m' || (i % {live}) as model_id, exp(4 * (hash(i) % 1000003) / 1000003.0 - 1) as price, "
        "100 + 60.0 * (hash(i + 7000000000) % 1000033) / 1000033.0 as capability, "
        "'any' as state_id "
        f"from range({rows}) as g(i)"
    )
    connection.execute("create schema if not exists analysis")
    connection.execute(
        "create or replace table analysis.member_days as select distinct p.on_day from panel as p"
    )
    connection.execute("checkpoint")


def best_of(tries: int, work: Callable[[], int]) -> tuple[float, int]:
    seconds = []
    for _ in range(tries):
        started = time.perf_counter()
        found = work()
        seconds.append(time.perf_counter() - started)
    return min(seconds), found


def with_polars(frame: pl.DataFrame) -> int:
    ordered = frame.sort("on_day", "price", "capability", descending=[False, False, True])
    before = pl.col("capability").cum_max().shift(1).over("on_day")
    on = ordered.filter(before.is_null() | (pl.col("capability") > before))
    return frame.join(on, on=["on_day", "price", "capability"], how="semi").height


def with_pandas(frame: pd.DataFrame) -> int:
    ordered = frame.sort_values(["on_day", "price", "capability"], ascending=[True, True, False])
    best = ordered.groupby("on_day", sort=False)["capability"].cummax()
    before = best.groupby(ordered["on_day"], sort=False).shift(1)
    on = ordered[before.isna() | (ordered["capability"] > before)]
    return len(frame.merge(on[["on_day", "price", "capability"]].drop_duplicates()))


def report(title: str, rows: int, seconds: float, found: int) -> None:
    print(f"{title:<28}{rows:>13,} rows {seconds:8.3f} s   {found:,} on the frontier", flush=True)


def measure(rows: int, folder: str) -> None:
    connection = connected(folder)
    fill(connection, rows, lasts=1)
    select = read_table(SQL / "marts" / "frontier.sql").select.replace(MEMBERS, "panel")

    def all_days() -> int:
        return int(connection.execute(f"select count(*) from ({select}) as f").fetchall()[0][0])

    report("all days, marts.frontier", rows, *best_of(3, all_days))
    frame = pl.from_arrow(
        connection.sql("select on_day, price, capability from panel").to_arrow_table()
    )
    assert isinstance(frame, pl.DataFrame)
    report("all days, polars", rows, *best_of(1, lambda: with_polars(frame)))
    if rows <= PANDAS_MOST:
        table = frame.to_pandas()
        report("all days, pandas", rows, *best_of(1, lambda: with_pandas(table)))
        del table
    frame = frame.clear()
    fill(connection, rows, lasts=100)
    # As the pipeline does: what the pass over all days finds is stored.
    connection.execute("create schema if not exists marts")
    connection.execute(f"create or replace table marts.frontier as {select}")
    connection.execute(catalogue().macros["frontier_history_on"].statement)

    def looked_up() -> int:
        return len(connection.execute(f"from frontier_history_on('one', '{DAY}')").fetchall())

    def from_members() -> int:
        of_day = f"(from panel where on_day <= '{DAY}' and until_day > '{DAY}')"
        query = read_table(SQL / "marts" / "frontier.sql").select.replace(MEMBERS, of_day)
        return len(connection.execute(query).fetchall())

    report("one day, frontier_history_on", rows, *best_of(5, looked_up))
    report("one day, nothing stored", rows, *best_of(5, from_members))
    held = pl.from_arrow(
        connection.sql("select on_day, until_day, price, capability from panel").to_arrow_table()
    )
    assert isinstance(held, pl.DataFrame)
    of_day = (pl.col("on_day") <= DAY) & (pl.col("until_day") > DAY)
    report("one day, polars", rows, *best_of(3, lambda: with_polars(held.filter(of_day))))
    if rows <= PANDAS_MOST:
        table = held.to_pandas()
        day = pd.Timestamp(DAY)

        def pandas_of_day() -> int:
            return with_pandas(table[(table["on_day"] <= day) & (table["until_day"] > day)])

        report("one day, pandas", rows, *best_of(3, pandas_of_day))
    connection.close()


def main() -> None:
    """Measure every size."""
    for rows in [int(size) for size in sys.argv[1:]] or [10_000_000, 100_000_000]:
        with tempfile.TemporaryDirectory() as folder:
            measure(rows, folder)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"this process: {peak:.1f} GB at most, polars' and pandas' copies included")


if __name__ == "__main__":
    main()
