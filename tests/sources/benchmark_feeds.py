"""A source's payloads, kept and loaded in memory, and what staging makes of them."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from pipelines import raw, tables
from pipelines.sources import Source
from pipelines.tables import catalogue

FIXTURES = Path(__file__).parents[1] / "fixtures"


class Feed:
    """One source in a warehouse of its own."""

    def __init__(self, source: Source, folder: Path):
        self.source = source
        self.snapshots = raw.Snapshots(folder)
        self.connection = duckdb.connect()
        tables.create_schemas(self.connection)
        raw.create_tables(self.connection, [source])

    def fetched(self, day: str, payload: bytes | str, part: str = "") -> None:
        """Keep and load a payload as fetched on a day."""
        content = payload.encode() if isinstance(payload, str) else payload
        self.snapshots.keep(content)
        moment = datetime.fromisoformat(day).replace(tzinfo=UTC)
        url = self.source.url_of(part)
        self.snapshots.append(
            [raw.new_fetch(self.source.name, url, moment, "ok", content, part=part)]
        )
        raw.load(self.connection, self.source, self.snapshots)

    def backfilled(self, folder: Path) -> raw.Loaded:
        """Load a whole archive of this source."""
        raw.backfill(folder, [self.source], self.snapshots)
        return raw.load(self.connection, self.source, self.snapshots)

    def staged(self, thing: str = "results") -> list[dict[str, Any]]:
        """Rows of the staging table as dicts, in the order they were first seen."""
        known = catalogue()
        for name in known.order:
            if name in known.macros and not known.tables_read(name):
                tables.create_macro(known.macros[name], self.connection)
        tables.build(known.tables[f"staging.{self.source.name}__{thing}"], self.connection)
        cursor = self.connection.execute(f"from staging.{self.source.name}__{thing} order by all")
        names = [column[0] for column in cursor.description]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
        return sorted(rows, key=lambda row: row["first_seen_at"])

    def problems(self) -> list[str]:
        """What went wrong with whole payloads, in order."""
        return [
            row[0]
            for row in self.connection.execute(
                "select f.problem from raw.fetches as f where f.problem is not null "
                "order by f.fetched_at, f.part"
            ).fetchall()
        ]


def matching(rows: list[dict[str, Any]], **fields: Any) -> list[dict[str, Any]]:
    """Rows with these fields."""
    return [row for row in rows if all(row[k] == v for k, v in fields.items())]


def only(rows: list[dict[str, Any]], **fields: Any) -> dict[str, Any]:
    """The one row with these fields."""
    found = matching(rows, **fields)
    assert len(found) == 1, (fields, found)
    return found[0]


def by_key(parsed_rows: list[Any]) -> dict[str, Mapping[str, Any]]:
    """Observations by key."""
    return {observation.key: observation.fields for observation in parsed_rows}
