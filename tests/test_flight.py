"""The read-only server for other machines, over real Flight on loopback."""

import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import pyarrow.flight as flight
import pytest

from pipelines.flight import TOKEN_VARIABLE, PublishedServer, ServerProblem, start, token_of
from pipelines.settings import Settings
from pipelines.warehouse import open_writer, publish


def fill(settings: Settings, value: int) -> None:
    with open_writer(settings) as connection:
        connection.execute(f"create or replace table t as select {value} as a from range(1000)")
        publish(connection, settings)


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.delenv(TOKEN_VARIABLE, raising=False)
    found = Settings(home=tmp_path)
    fill(found, 1)
    return found


@pytest.fixture
def server(settings: Settings) -> Iterator[PublishedServer]:
    found = start(settings, "127.0.0.1", 0, None, lambda _: None)
    thread = threading.Thread(target=found.serve, daemon=True)
    thread.start()
    yield found
    found.shutdown()
    thread.join(10)


class Client:
    def __init__(self, server: PublishedServer, token: str):
        self.client = flight.connect(f"grpc://127.0.0.1:{server.port}")
        self.options = flight.FlightCallOptions(
            headers=[(b"authorization", f"Bearer {token}".encode())]
        )

    def ask(self, query: str) -> list[dict[str, object]]:
        reader = self.client.do_get(flight.Ticket(query.encode()), self.options)
        return reader.read_all().to_pylist()


@pytest.fixture
def client(server: PublishedServer, settings: Settings) -> Client:
    return Client(server, token_of(settings)[0])


def test_a_query_is_answered(client: Client) -> None:
    assert client.ask("select sum(a) as total from t") == [{"total": 1000}]


def test_without_the_token_nothing_is_answered(server: PublishedServer) -> None:
    for token in ("", "wrong"):
        with pytest.raises(flight.FlightUnauthenticatedError, match="Bearer"):
            Client(server, token).ask("select 1")


def test_each_query_sees_the_newest_version(client: Client, settings: Settings) -> None:
    assert client.ask("select max(a) as a from t") == [{"a": 1}]
    for value in range(2, 7):
        fill(settings, value)
    assert client.ask("select max(a) as a from t") == [{"a": 6}]


@pytest.mark.parametrize(
    "query",
    [
        "from read_text('{home}/data/flight_token')",
        "copy t to '{home}/out.csv'",
        "attach '{home}/other.duckdb'",
        "drop table t",
        "set memory_limit = '1TB'",
        "install httpfs",
        "from nothing",
    ],
)
def test_a_query_reaches_nothing_but_the_tables(
    client: Client, settings: Settings, query: str
) -> None:
    with pytest.raises(flight.FlightServerError):
        client.ask(query.format(home=settings.home))
    assert client.ask("select count(*) as n from t") == [{"n": 1000}]
    assert not (settings.home / "out.csv").exists()


def test_a_client_learns_the_tables_and_an_answers_columns(client: Client) -> None:
    tables = list(client.client.list_flights(options=client.options))
    assert b"from main.t" in [info.descriptor.command for info in tables]
    wanted = flight.FlightDescriptor.for_command(b"select a, 'x' as b from t")
    info = client.client.get_flight_info(wanted, client.options)
    assert info.schema.names == ["a", "b"]
    reader = client.client.do_get(info.endpoints[0].ticket, client.options)
    assert reader.read_all().num_rows == 1000


def test_the_token_is_kept_where_only_its_owner_reads(settings: Settings) -> None:
    token, where = token_of(settings)
    assert stat.S_IMODE(Path(where).stat().st_mode) == 0o600
    assert token_of(settings)[0] == token
    assert len(token) >= 32


def test_other_machines_need_tls_or_the_operators_word(settings: Settings) -> None:
    with pytest.raises(ServerProblem, match="--tls-cert"):
        start(settings, "0.0.0.0", 0, None, lambda _: None)
