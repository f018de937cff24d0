"""The DuckDB files: one writer's own, and versioned published copies that readers open."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb

from pipelines.settings import Settings

Connection = duckdb.DuckDBPyConnection

#: So that people's DuckDB 1.5 shells and drivers open the published file too.
PUBLISHED_STORAGE = "v1.5.0"


class WarehouseError(Exception):
    """A warehouse that cannot be opened; the message says what to do."""


def first_row(
    connection: Connection, query: str, parameters: list[Any] | None = None
) -> tuple[Any, ...]:
    """First row of an answer, read to its end; an answer half read blocks its connection."""
    rows = connection.execute(query, parameters).fetchall()
    return rows[0] if rows else ()


@contextlib.contextmanager
def open_writer(settings: Settings) -> Iterator[Connection]:
    """The one connection that writes. Raises WarehouseError if another run holds the file."""
    settings.data.mkdir(parents=True, exist_ok=True)
    try:
        connection = duckdb.connect(
            str(settings.warehouse),
            config={"threads": settings.threads, "memory_limit": settings.memory_limit},
        )
    except duckdb.IOException as error:
        if "lock" in str(error).lower():
            raise WarehouseError(
                "another run is writing the warehouse; wait for it or stop it, then try again"
            ) from error
        raise WarehouseError(
            f"{settings.warehouse} cannot be opened ({error}). Delete it and run again: "
            "it is rebuilt from data/snapshots/"
        ) from error
    try:
        yield connection
    finally:
        connection.close()


def publish(connection: Connection, settings: Settings) -> Path:
    """Copy the warehouse to a new version and point readers to it; old readers keep theirs.

    The version is complete and on disk before the link moves. Replacing a file under its own
    name instead would let long-lived readers see stale data, so each version has a new name.
    """
    folder = settings.published.parent
    folder.mkdir(parents=True, exist_ok=True)
    numbers = [_number(path) for path in folder.glob("bellwether-*.duckdb")]
    target = folder / f"bellwether-{max(numbers, default=0) + 1:06d}.duckdb"
    part = target.with_suffix(".part")
    part.unlink(missing_ok=True)
    (source,) = first_row(connection, "select current_database()")
    connection.execute(f"attach '{part}' as published (storage_version '{PUBLISHED_STORAGE}')")
    try:
        connection.execute(f'copy from database "{source}" to published')
        connection.execute("checkpoint published")
    finally:
        connection.execute("detach published")
    with part.open("rb") as file:
        os.fsync(file.fileno())
    os.replace(part, target)
    link = folder / ".link"
    link.unlink(missing_ok=True)
    link.symlink_to(target.name)
    os.replace(link, settings.published)
    for path in sorted(folder.glob("bellwether-*.duckdb"))[: -settings.keep_published]:
        path.unlink()
    return target


def _number(path: Path) -> int:
    digits = path.stem.rsplit("-", 1)[-1]
    return int(digits) if digits.isdigit() else 0


def open_reader(settings: Settings) -> Connection:
    """A sandboxed read-only connection on the newest published file.

    No file, network, ATTACH or setting is in reach of a query, and none runs longer than
    `query_timeout_ms`. Raises WarehouseError when nothing is published yet.
    """
    if not settings.published.exists():
        raise WarehouseError("nothing is published yet; run `bellwether run` first")
    connection = duckdb.connect(
        str(settings.published.resolve()),
        read_only=True,
        config={"threads": settings.threads, "memory_limit": settings.memory_limit},
    )
    connection.execute("set python_enable_replacements = false")
    connection.execute(f"set max_execution_time = {settings.query_timeout_ms}")
    connection.execute("set enable_external_access = false")
    connection.execute("set lock_configuration = true")
    return connection
