"""Serves the published warehouse to clients on other machines by Arrow Flight, read-only.

A query is a ticket: `do_get` runs it in the same sandbox as `bellwether sql` and streams the
answer. Each query sees the newest published version; one that is running keeps its own.
"""

import hmac
import ipaddress
import os
import secrets
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.flight as flight

from pipelines.settings import Settings
from pipelines.warehouse import Connection, WarehouseError, open_reader

TOKEN_VARIABLE = "BELLWETHER_FLIGHT_TOKEN"
BATCH_ROWS = 50_000
QUERY_MOST = 100_000


class ServerProblem(Exception):
    """A server that cannot start; the message says what to do."""


def token_of(settings: Settings) -> tuple[str, str]:
    """The token clients must send, and where it is kept, in words; made on first use.

    It comes from the environment, or from a file only its owner may read.
    """
    if given := os.environ.get(TOKEN_VARIABLE):
        return given, TOKEN_VARIABLE
    path = settings.data / "flight_token"
    if not path.exists():
        settings.data.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(32))
    return path.read_text().strip(), str(path)


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a server there."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class _Guard(flight.ServerMiddlewareFactory):  # type: ignore[misc]
    """Lets a call in only with the token."""

    def __init__(self, token: str):
        self.expected = f"Bearer {token}".encode()

    def start_call(self, info: Any, headers: dict[str, list[str]]) -> None:
        given = next((v for k, v in headers.items() if k.lower() == "authorization"), [""])[0]
        if not hmac.compare_digest(given.encode(), self.expected):
            raise flight.FlightUnauthenticatedError(
                "send the header `authorization: Bearer <token>`"
            )


class PublishedServer(flight.FlightServerBase):  # type: ignore[misc]
    """The published tables over Arrow Flight."""

    def __init__(
        self,
        settings: Settings,
        token: str,
        host: str = "127.0.0.1",
        port: int = 0,
        certificate: tuple[bytes, bytes] | None = None,
    ):
        scheme = "grpc+tls" if certificate else "grpc"
        super().__init__(
            f"{scheme}://{host}:{port}",
            tls_certificates=[certificate] if certificate else None,
            middleware={"token": _Guard(token)},
        )
        self._settings = settings
        self._lock = threading.Lock()
        self._version: Path | None = None
        self._connection: Connection | None = None

    def _cursor(self) -> Connection:
        """A cursor on the newest version; those in use keep an older one alive until they end."""
        with self._lock:
            newest = self._settings.published.resolve()
            if self._connection is None or newest != self._version:
                self._connection = open_reader(self._settings)
                self._version = newest
            return self._connection.cursor()

    def _reader(self, query: str) -> tuple[pa.RecordBatchReader, Connection]:
        if len(query) > QUERY_MOST:
            raise flight.FlightServerError(f"a query has at most {QUERY_MOST:,} characters")
        try:
            cursor = self._cursor()
            relation = cursor.sql(query)
            if relation is None:
                raise flight.FlightServerError("this statement has no answer; send a SELECT")
            return relation.to_arrow_reader(BATCH_ROWS), cursor
        except (duckdb.Error, WarehouseError) as error:
            raise flight.FlightServerError(str(error)) from error

    def do_get(self, context: Any, ticket: Any) -> Any:
        """Run the query that the ticket is, and stream its answer."""
        reader, cursor = self._reader(ticket.ticket.decode())

        def batches() -> Iterator[pa.RecordBatch]:
            try:
                yield from reader
            except (duckdb.Error, pa.ArrowException) as error:
                raise flight.FlightServerError(str(error)) from error
            finally:
                cursor.close()

        return flight.GeneratorStream(reader.schema, batches())

    def get_flight_info(self, context: Any, descriptor: Any) -> Any:
        """Schema of a query's answer, and the ticket to get it with."""
        command = descriptor.command
        if not command:
            raise flight.FlightServerError("describe the query as a command, not a path")
        reader, cursor = self._reader(f"select * from ({command.decode().rstrip('; ')}) limit 0")
        cursor.close()
        endpoint = flight.FlightEndpoint(command, [])
        return flight.FlightInfo(reader.schema, descriptor, [endpoint], -1, -1)

    def list_flights(self, context: Any, criteria: bytes) -> Iterator[Any]:
        """Every published table, as the query that reads it."""
        cursor = self._cursor()
        names = cursor.execute(
            "select t.schema_name || '.' || t.table_name from duckdb_tables() as t "
            "where not t.internal order by 1"
        ).fetchall()
        for (name,) in names:
            query = f"from {name}".encode()
            schema = cursor.sql(f"from {name} limit 0").to_arrow_table().schema
            descriptor = flight.FlightDescriptor.for_command(query)
            yield flight.FlightInfo(schema, descriptor, [flight.FlightEndpoint(query, [])], -1, -1)
        cursor.close()


def start(
    settings: Settings,
    host: str,
    port: int,
    tls: tuple[Path, Path] | None,
    say: Callable[[str], None],
    *,
    plain_text_is_fine: bool = False,
) -> PublishedServer:
    """A listening server; `serve()` waits. Raises ServerProblem, WarehouseError.

    Beyond this machine the token and the answers would travel in plain text, so that needs TLS
    or the caller's word that the network is private.
    """
    open_reader(settings).close()
    if not is_loopback(host) and tls is None and not plain_text_is_fine:
        raise ServerProblem(
            f"{host} can be reached from other machines: give --tls-cert and --tls-key, or say "
            "--plain-text if the network itself is private"
        )
    certificate = (tls[0].read_bytes(), tls[1].read_bytes()) if tls else None
    token, where = token_of(settings)
    try:
        server = PublishedServer(settings, token, host, port, certificate)
    except (pa.ArrowException, OSError) as error:
        raise ServerProblem(f"cannot listen on {host}:{port}: {error}") from error
    say(f"Arrow Flight on {host}:{server.port}; the token is in {where}")
    return server
