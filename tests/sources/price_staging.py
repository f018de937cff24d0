"""Payloads of price feeds loaded into memory, and just the tables a test asks for above them."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import duckdb

from pipelines import raw, tables
from pipelines.sources import sources
from pipelines.tables import Connection, catalogue

_numbers = count()


@cache
def _seeds() -> Connection:
    """A database that holds the seeds only, built once and then copied."""
    connection = duckdb.connect()
    tables.build_all(connection, [n for n in catalogue().tables if n.startswith("seeds.")])
    return connection


class Staging:
    """A warehouse in memory that holds the seeds, empty raw tables and what a test fetches."""

    def __init__(self, folder: Path):
        self.snapshots = raw.Snapshots(folder)
        self.connection = _seeds().cursor()
        self.name = f"staging_{next(_numbers)}"
        self.connection.execute(f"attach ':memory:' as {self.name}")
        self.connection.execute(f"copy from database memory to {self.name}")
        self.connection.execute(f"use {self.name}")
        raw.create_tables(self.connection, sources().values())
        self.fed: set[str] = set()

    def close(self) -> None:
        self.connection.execute("use memory")
        self.connection.execute(f"detach {self.name}")
        self.connection.close()

    def fetched(self, source: str, day: str, payload: bytes, part: str = "") -> None:
        """Keep and log a payload as fetched at midnight of a day."""
        self.snapshots.keep(payload)
        moment = datetime.fromisoformat(day).replace(tzinfo=UTC)
        url = sources()[source].url_of(part)
        self.snapshots.append([raw.new_fetch(source, url, moment, "ok", payload, part=part)])
        self.fed.add(source)

    def build(self, wanted: Iterable[str]) -> None:
        """Load what is new, and build `wanted` and what they need above the seeds."""
        for source in self.fed:
            raw.load(self.connection, sources()[source], self.snapshots)
        known = catalogue()
        needed = known.upstream(wanted)
        built: set[str] = set()
        for name in known.order:
            if name in known.macros:
                reads = known.tables_read(name)
                if all(read in needed or read.startswith("raw.") for read in reads):
                    tables.create_macro(known.macros[name], self.connection)
                continue
            table = known.tables[name]
            if name not in needed or name in built or table.schema == "seeds":
                continue
            if table.python:
                siblings = [t for t in known.tables.values() if t.python == table.python]
                tables.build_python(table.python, siblings, self.connection)
                built |= {t.full_name for t in siblings}
            else:
                tables.build(table, self.connection)


def staging_in(folder: Path) -> Iterator[Staging]:
    """One warehouse for the length of a test: the body of each module's fixture."""
    staging = Staging(folder / "snapshots")
    yield staging
    staging.close()


def rows(staging: Staging, query: str) -> list[Any]:
    """All rows of an answer, read to its end."""
    return staging.connection.execute(query).fetchall()
