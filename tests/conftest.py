"""Fixtures: every layer in memory from the edition, and from the archive where it is beside us."""

import os
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from feeds import Market
from replays import Replayed, replay_days

from pipelines import raw, tables
from pipelines.settings import PROJECT, Settings
from pipelines.sources import sources
from pipelines.tables import Connection
from pipelines.warehouse import FORMAT, STORAGE

FIXTURES = Path(__file__).parent / "fixtures"


def built_from(folder: Path, snapshots: raw.Snapshots, commercial: bool = False) -> Connection:
    """Every table in memory, from the edition and the payloads of `folder`."""
    connection = duckdb.connect()
    tables.create_schemas(connection)
    raw.create_tables(connection, sources().values(), commercial)
    raw.backfill(folder, sources().values(), snapshots)
    for source in sources().values():
        raw.load(connection, source, snapshots)
    tables.build_all(connection)
    return connection


def published_in(connection: Connection, settings: Settings) -> None:
    """Publish the tables of a connection in memory, as a run would."""
    folder = settings.published.parent
    folder.mkdir(parents=True)
    version = folder / "bellwether-000001.duckdb"
    (source,) = connection.execute("select current_database()").fetchall()[0]
    connection.execute(f"attach '{version}' as published (storage_version '{STORAGE}')")
    connection.execute(f'copy from database "{source}" to published')
    connection.execute("create schema if not exists published.raw")
    connection.execute(
        "create or replace table published.raw.warehouse_format as "
        f"select cast({FORMAT} as integer) as format"
    )
    connection.execute("detach published")
    settings.published.symlink_to(version.name)


def beside(name: str, variable: str) -> Path | None:
    """A folder of the environment, or of the project's neighbourhood."""
    path = Path(os.environ.get(variable) or PROJECT.parent / "shared" / name)
    return path if path.is_dir() else None


@pytest.fixture(scope="session")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    """All tables from the edition and the fixture payloads. Read only, by agreement."""
    connection = built_from(FIXTURES, raw.Snapshots(tmp_path_factory.mktemp("snapshots")))
    yield connection
    connection.close()


@pytest.fixture(scope="session")
def edition(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    """All tables from the edition alone: no feed was ever read."""
    connection = duckdb.connect()
    tables.create_schemas(connection)
    raw.create_tables(connection, sources().values())
    tables.build_all(connection)
    yield connection
    connection.close()


@pytest.fixture(scope="session")
def archive() -> Path:
    """The archive of real payloads; tests that need it are skipped where it is not."""
    path = beside("archive", "BELLWETHER_ARCHIVE")
    if path is None:
        pytest.skip("no archive: set BELLWETHER_ARCHIVE or lay it at ../shared/archive")
    return path


@pytest.fixture(scope="session")
def gold() -> Path:
    """The verified values; tests that need them are skipped where they are not."""
    path = beside("gold", "BELLWETHER_GOLD")
    if path is None:
        pytest.skip("no gold values: set BELLWETHER_GOLD or lay them at ../shared/gold")
    return path


@pytest.fixture(scope="session")
def archive_snapshots(archive: Path, tmp_path_factory: pytest.TempPathFactory) -> raw.Snapshots:
    """The known sources' whole archive, kept and logged as fetched on its days."""
    snapshots = raw.Snapshots(tmp_path_factory.mktemp("archived"))
    raw.backfill(archive, sources().values(), snapshots)
    return snapshots


@pytest.fixture(scope="session")
def archive_warehouse(archive: Path, archive_snapshots: raw.Snapshots) -> Iterator[Connection]:
    """All tables from the edition and the whole archive of the known sources."""
    connection = built_from(archive, archive_snapshots)
    yield connection
    connection.close()


@pytest.fixture(scope="session")
def replayed(archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Replayed:
    """The whole pipeline run over real HTTP on twenty days of the archive, without faults."""
    return replay_days(archive, tmp_path_factory.mktemp("replayed"), print)


@pytest.fixture
def market(tmp_path: Path) -> Iterator[Market]:
    """An empty market beside the edition, to be filled with payloads."""
    found = Market(tmp_path / "snapshots")
    yield found
    found.close()
