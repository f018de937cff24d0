"""One source's payloads, loaded in the order of their days, and one staging table over them."""

from pathlib import Path
from typing import Any

import duckdb

from pipelines import raw, tables
from pipelines.settings import PROJECT
from pipelines.sources import Source, sources

FIXTURES = PROJECT / "tests" / "fixtures"


class Staged:
    """A staging table in memory, its checks passed, with what was refused on the way."""

    def __init__(self, folder: Path, source: Source, thing: str, kept: Path) -> None:
        self.connection = duckdb.connect()
        self.source = source
        self.table = f"staging.{source.name}__{thing}"
        tables.create_schemas(self.connection)
        raw.create_tables(self.connection, sources().values())
        self.snapshots = raw.Snapshots(kept)
        raw.backfill(folder, [source], self.snapshots)
        self.loaded = raw.load(self.connection, source, self.snapshots)
        reports = tables.build_all(self.connection, [self.table])
        self.warnings = next(r for r in reports if r.table == self.table).warnings

    def rows(self, columns: str, where: str = "true") -> list[tuple[Any, ...]]:
        """Some columns of some rows, ordered by all of them; dates as text."""
        query = f"select {columns} from {self.table} where {where} order by all"
        return [
            tuple(str(v) if hasattr(v, "isoformat") else v for v in row)
            for row in self.connection.execute(query).fetchall()
        ]

    def problems(self) -> dict[tuple[str, str], str]:
        """Why fetches were refused, by day and part."""
        query = (
            "select strftime(fetched_at, '%Y-%m-%d'), part, problem from raw.fetches "
            "where problem is not null"
        )
        return {(row[0], row[1]): row[2] for row in self.connection.execute(query).fetchall()}

    def rejected(self) -> dict[str, str]:
        """Why rows were refused, by key."""
        query = "select key, reason from raw.quarantine"
        return {row[0]: row[1] for row in self.connection.execute(query).fetchall()}


def every_payload(archive: Path, source: Source) -> list[tuple[str, str, bytes]]:
    """(day, part, bytes) of every archived payload of a source."""
    return [
        (day, path.relative_to(archive / source.name / day).as_posix(), path.read_bytes())
        for _, day, path in raw.archive_files(archive, [source])
    ]
