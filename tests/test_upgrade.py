"""A home left by the first release (0.1.0) is taken over: rebuilt from its bytes, nothing lost."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import duckdb
import pytest
from conftest import FIXTURES
from feeds import rows

from pipelines import raw, tables, warehouse
from pipelines.settings import Settings
from pipelines.snapshots import Snapshots
from pipelines.sources import sources
from pipelines.tables import Connection
from pipelines.warehouse import WarehouseError, open_reader, open_writer, publish

#: The raw tables as 0.1.0 made them: one part a source, no position in the log, no format.
FIRST_RELEASE = """
create schema raw;
create schema marts;
create table raw.fetches (
    fetch_id varchar primary key, source varchar not null, url varchar not null,
    fetched_at timestamp not null, status varchar not null, http_status integer, etag varchar,
    last_modified varchar, sha256 varchar, bytes bigint, problem varchar,
    observed integer, rejected integer
);
create table raw.quarantine (
    source varchar not null, fetch_id varchar not null, key varchar not null,
    fields json, reason varchar not null
);
create table raw.sources (
    source varchar primary key, title varchar, kind varchar, producer varchar, url varchar,
    licence varchar, licence_url varchar, citation varchar, cadence_days double,
    lineage varchar, reliability_rank integer, may_redistribute boolean,
    may_use_commercially boolean
);
create table raw.litellm__prices (
    key varchar not null, fields json not null, first_fetch_id varchar not null,
    first_seen_at timestamp not null, previous_fetch_at timestamp, last_seen_at timestamp,
    ended_at timestamp
);
insert into raw.litellm__prices values
    ('a-former-parser-read-this-wrongly', '{"input_cost_per_token": 1}', 'x', '2024-09-12', null,
     null, null);
create table marts.frontier as select 'left by 0.1.0' as model_id;
"""


@pytest.fixture
def home(tmp_path: Path) -> Settings:
    """What 0.1.0 left behind: bytes, a log without parts, a warehouse and a publication."""
    settings = Settings(home=tmp_path)
    snapshots = Snapshots(settings.snapshots)
    raw.backfill(FIXTURES, [sources()["litellm"]], snapshots)
    lines = [asdict(fetch) for fetch in snapshots.fetches()]
    for line in lines:
        del line["part"]
    snapshots.log.write_text("".join(json.dumps(line) + "\n" for line in lines))
    settings.published.parent.mkdir(parents=True)
    version = settings.published.parent / "bellwether-000041.duckdb"
    for file in (settings.warehouse, version):
        with duckdb.connect(
            str(file), config={"storage_compatibility_version": warehouse.STORAGE}
        ) as connection:
            connection.execute(FIRST_RELEASE)
    settings.published.symlink_to(version.name)
    return settings


@pytest.fixture
def fresh(home: Settings) -> Iterator[Connection]:
    """The same bytes loaded by this release into nothing."""
    connection = duckdb.connect()
    load(connection, home)
    yield connection
    connection.close()


def load(connection: Connection, home: Settings) -> None:
    tables.create_schemas(connection)
    raw.create_tables(connection, sources().values())
    raw.load(connection, sources()["litellm"], Snapshots(home.snapshots))


def said(connection: Connection) -> list[tuple[object, ...]]:
    return sorted(rows(connection, "select * from raw.litellm__prices"), key=str)


def test_it_is_built_again_from_its_bytes_and_equals_a_fresh_one(
    home: Settings, fresh: Connection, caplog: pytest.LogCaptureFixture
) -> None:
    with open_writer(home) as connection:
        load(connection, home)
        assert said(connection) == said(fresh)
        assert said(connection), "the fixture has payloads"
        assert rows(connection, "select format from raw.warehouse_format") == [(warehouse.FORMAT,)]
        fetched = "select fetch_id, fetched_at, sha256 from raw.fetches order by all"
        assert rows(connection, fetched) == rows(fresh, fetched)
        wrongly = "select count(*) from raw.litellm__prices where key like 'a-former%'"
        assert rows(connection, wrongly) == [(0,)]
    assert "format 0" in caplog.text
    aside = home.warehouse.with_suffix(".aside.duckdb")
    with duckdb.connect(str(aside), read_only=True) as connection:
        assert rows(connection, "select model_id from marts.frontier") == [("left by 0.1.0",)]


def test_readers_keep_its_publication_until_the_first_run_has_published(home: Settings) -> None:
    asked = "select count(*) from duckdb_tables() where table_name = 'warehouse_format'"
    before = open_reader(home)
    with open_writer(home) as connection:
        load(connection, home)
        assert rows(before, "select model_id from marts.frontier") == [("left by 0.1.0",)]
        publish(connection, home)
    assert home.published.resolve().name == "bellwether-000042.duckdb"
    after = open_reader(home)
    assert rows(after, asked) == [(1,)]
    assert rows(before, asked) == [(0,)]
    before.close()
    after.close()


def test_a_question_about_its_publication_is_answered_with_what_to_do(home: Settings) -> None:
    connection = open_reader(home)
    with pytest.raises(WarehouseError, match=r"format 0.*bellwether run"):
        warehouse.check_format(connection)
    connection.close()


def test_a_publication_of_a_newer_release_asks_for_an_upgrade(home: Settings) -> None:
    with open_writer(home) as connection:
        connection.execute("update raw.warehouse_format set format = format + 1")
        publish(connection, home)
    reader = open_reader(home)
    with pytest.raises(WarehouseError, match="upgrade this installation"):
        warehouse.check_format(reader)
    reader.close()
