"""Downloads against real servers on loopback: polite, bounded, complete, and never raising."""

import gzip
import json
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import duckdb
import pytest
import stamina
from feeds import FEEDS
from loopback import Server, by_path, certificate, says, serving, serving_http2

from pipelines import fetch as fetching
from pipelines import raw, tables
from pipelines.bodies import sniff
from pipelines.settings import Settings
from pipelines.sources import Source, sources
from pipelines.tables import Connection
from pipelines.transport import is_public

PAYLOAD = FEEDS["litellm"].payload({"zeta-1": ("1", "2")})
OTHER = FEEDS["litellm"].payload({"zeta-1": ("1", "3")})
HERE = frozenset({"127.0.0.1"})


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as known:
        yield known


@pytest.fixture(autouse=True)
def no_waiting_between_attempts() -> Iterator[None]:
    stamina.set_testing(True, attempts=fetching.ATTEMPTS, cap=True)
    yield
    stamina.set_testing(False)


@pytest.fixture(autouse=True)
def no_proxy_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http", "https", "all", "no"):
        monkeypatch.delenv(f"{name}_proxy", raising=False)
        monkeypatch.delenv(f"{name}_proxy".upper(), raising=False)


def limits(**given: Any) -> Settings:
    small = {
        "fetch_timeout_s": 5.0,
        "fetch_max_bytes": 300_000,
        "fetch_max_wire_bytes": 100_000,
        "fetch_private_hosts": HERE,
        "fetch_per_host_per_second": 1000.0,
    }
    return Settings(**(small | given))


@dataclass
class Reader:
    """Reads a source as the pipeline does: fetch, keep, log, load; a day later each time."""

    server: Server
    snapshots: raw.Snapshots
    connection: Connection = field(default_factory=duckdb.connect)
    day: datetime = datetime(2026, 1, 1, tzinfo=UTC)

    def source(self, name: str = "litellm") -> Source:
        return replace(sources()[name], url=f"{self.server.url}/prices.json")

    def read(self, source: Source | None = None, **given: Any) -> raw.Fetch:
        source = source or self.source()
        tables.create_schemas(self.connection)
        raw.create_tables(self.connection, [source])
        settings = limits(pretend_now=self.day, **given)
        self.day += timedelta(days=1)
        reading = fetching.read_sources([source], self.connection, self.snapshots, settings)
        [(_, [attempt])] = list(reading)
        raw.load(self.connection, source, self.snapshots)
        return attempt


@pytest.fixture
def reader(server: Server, tmp_path: Path) -> Reader:
    return Reader(server, raw.Snapshots(tmp_path))


# ------------------------------------------------------------------ asking politely


def test_a_payload_is_kept_with_its_terms(reader: Reader, server: Server) -> None:
    server.answer = says(200, PAYLOAD, ETag='"v1"', Last_Modified="Thu, 01 Jan 2026 00:00:00 GMT")
    fetch = reader.read()
    assert (fetch.status, fetch.http_status, fetch.etag) == ("ok", 200, '"v1"')
    assert fetch.last_modified == "Thu, 01 Jan 2026 00:00:00 GMT"
    assert reader.snapshots.read(str(fetch.sha256)) == PAYLOAD
    assert "if-none-match" not in server.asked[0]


def test_the_user_agent_says_who_asks_and_where_to_write(reader: Reader, server: Server) -> None:
    server.answer = says(200, PAYLOAD)
    reader.read(fetch_contact="mailto:market@example.org")
    assert server.asked[0]["user-agent"].startswith("Bellwether/")
    assert "mailto:market@example.org" in server.asked[0]["user-agent"]


def test_an_unchanged_payload_is_not_sent_again(reader: Reader, server: Server) -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        known = handler.headers.get("If-None-Match") == '"v1"'
        (says(304) if known else says(200, PAYLOAD, ETag='"v1"', Last_Modified="once"))(handler)

    server.answer = answer
    first, second, third = (reader.read() for _ in range(3))
    assert first.status == "ok"
    for again in (second, third):
        assert (again.status, again.http_status) == ("unchanged", 304)
        assert (again.sha256, again.etag) == (first.sha256, first.etag)
    assert server.asked[1]["if-modified-since"] == "once"


def test_a_failed_attempt_between_does_not_lose_the_etag(reader: Reader, server: Server) -> None:
    server.answer = says(200, PAYLOAD, ETag='"v1"')
    reader.read()
    server.answer = says(404)
    reader.read()
    server.answer = says(304)
    assert reader.read().status == "unchanged"
    assert server.asked[-1]["if-none-match"] == '"v1"'


def test_a_payload_that_could_not_be_read_is_asked_for_again(
    reader: Reader, server: Server
) -> None:
    """Its ETag would be answered with "unchanged", and the damage would last."""
    server.answer = says(200, PAYLOAD, ETag='"v1"')
    reader.read()
    server.answer = says(200, OTHER[: len(OTHER) // 2], ETag='"v2"')
    assert reader.read().status == "ok"
    server.answer = says(200, OTHER, ETag='"v2"')
    assert reader.read().status == "ok"
    assert server.asked[-1]["if-none-match"] == '"v1"'
    statuses = reader.connection.execute("select status from raw.fetches order by fetched_at")
    assert [status for (status,) in statuses.fetchall()] == ["ok", "failed", "ok"]


def test_a_304_without_anything_kept_is_a_failure(reader: Reader, server: Server) -> None:
    server.answer = says(304)
    assert reader.read().status == "failed"


@pytest.mark.parametrize("status", [403, 404, 410])
def test_a_refusal_is_logged_and_not_repeated(reader: Reader, server: Server, status: int) -> None:
    server.answer = says(status, b"no")
    fetch = reader.read()
    assert (fetch.status, fetch.http_status, fetch.problem) == ("failed", status, f"HTTP {status}")
    assert len(server.asked) == 1


@pytest.mark.parametrize("status", [408, 429, 500, 503])
def test_a_passing_trouble_is_retried(reader: Reader, server: Server, status: int) -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        says(status)(handler) if len(server.asked) < 3 else says(200, PAYLOAD)(handler)

    server.answer = answer
    assert reader.read().status == "ok"
    assert len(server.asked) == 3


def test_a_lasting_trouble_is_given_up(reader: Reader, server: Server) -> None:
    server.answer = says(500)
    fetch = reader.read()
    assert (fetch.status, fetch.problem) == ("failed", "HTTP 500")
    assert len(server.asked) == fetching.ATTEMPTS


def test_the_wait_a_server_asks_for_is_kept(reader: Reader, server: Server) -> None:
    stamina.set_testing(False)

    def answer(handler: BaseHTTPRequestHandler) -> None:
        first = len(server.asked) == 1
        (says(429, Retry_After="1") if first else says(200, PAYLOAD))(handler)

    server.answer = answer
    assert reader.read().status == "ok"
    assert 1.0 <= server.moments[1] - server.moments[0] < 3.0


@pytest.mark.parametrize("wait", ["3600", format_datetime(datetime(2099, 1, 1, tzinfo=UTC))])
def test_a_server_that_asks_for_hours_is_left_alone(
    reader: Reader, server: Server, wait: str
) -> None:
    server.answer = says(503, Retry_After=wait)
    fetch = reader.read()
    assert fetch.status == "failed"
    assert "asks to wait" in str(fetch.problem)
    assert len(server.asked) == 1


def test_retry_after_is_read_as_seconds_or_as_a_date() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    read = {
        "7": 7.0, " 7 ": 7.0, "Thu, 01 Jan 2026 00:00:09 GMT": 9.0,
        "Wed, 31 Dec 2025 00:00:00 GMT": 0.0, "soon": None, "-1": None, "": None, None: None,
    }  # fmt: skip
    assert {header: fetching.retry_after(header, now) for header in read} == read


def several(reader: Reader, number: int) -> list[Source]:
    return [
        replace(reader.source(), name=f"source_{n}", url=f"{reader.server.url}/{n}.json")
        for n in range(number)
    ]


def test_a_host_is_asked_by_no_more_than_so_many_at_once(reader: Reader, server: Server) -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        time.sleep(0.03)
        says(200, PAYLOAD)(handler)

    server.answer = answer
    with fetching.downloading(several(reader, 8), {}, limits(fetch_per_host=2)) as completing:
        assert len(list(completing)) == 8
    assert server.most_at_once == 2


def test_a_host_is_asked_no_more_than_so_often(reader: Reader, server: Server) -> None:
    server.answer = says(200, PAYLOAD)
    settings = limits(fetch_per_host_per_second=20)
    started = time.monotonic()
    with fetching.downloading(several(reader, 6), {}, settings) as completing:
        assert len(list(completing)) == 6
    assert time.monotonic() - started >= 5 / 20


def test_one_dead_source_delays_no_other(reader: Reader, server: Server) -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        if handler.path == "/0.json":
            time.sleep(2)
        says(200, PAYLOAD)(handler)

    server.answer = answer
    started = time.monotonic()
    with fetching.downloading(several(reader, 12), {}, limits(fetch_timeout_s=0.8)) as completing:
        arrived = [(source.name, time.monotonic() - started) for source, _ in completing]
    assert arrived[-1][0] == "source_0"
    assert arrived[-1][1] < 1.8
    assert arrived[-2][1] < 0.7


def test_a_run_that_ends_early_waits_for_nothing(reader: Reader, server: Server) -> None:
    server.answer = by_path(**{"0": says(200, PAYLOAD), "1": lambda handler: time.sleep(2)})
    started = time.monotonic()
    with fetching.downloading(several(reader, 2), {}, limits()) as completing:
        assert next(completing)[0].name == "source_0"
    assert time.monotonic() - started < 1.0


def test_cookies_are_not_carried_from_one_source_to_another(reader: Reader, server: Server) -> None:
    server.answer = says(200, PAYLOAD, Set_Cookie="who=me; Path=/")
    with fetching.downloading(several(reader, 3), {}, limits(fetch_per_host=1)) as completing:
        list(completing)
    assert len(server.asked) == 3
    assert not any("cookie" in headers for headers in server.asked)


def test_http_2_is_spoken_where_it_is_offered(
    reader: Reader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server knows nothing else."""
    pem = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    with serving_http2(pem, PAYLOAD) as url:
        fetch = reader.read(replace(reader.source(), url=f"{url}/prices.json"))
    assert (fetch.status, fetch.etag, fetch.problem) == ("ok", '"h2"', None)


def test_a_certificate_nobody_vouches_for_is_a_failure(reader: Reader, tmp_path: Path) -> None:
    with serving_http2(certificate(tmp_path), PAYLOAD) as url:
        fetch = reader.read(replace(reader.source(), url=f"{url}/prices.json"))
    assert fetch.status == "failed"
    assert "CERTIFICATE_VERIFY_FAILED" in str(fetch.problem)


# ------------------------------------------------------------------ where it may lead


def test_a_redirect_is_followed(reader: Reader, server: Server) -> None:
    server.answer = by_path(prices=says(307, Location="/moved.json"), moved=says(200, PAYLOAD))
    assert reader.read().status == "ok"


def test_a_redirect_loop_ends(reader: Reader, server: Server) -> None:
    server.answer = says(302, Location="/again.json")
    fetch = reader.read()
    assert (fetch.status, fetch.problem) == ("failed", "more than 3 redirects")
    assert len(server.asked) == fetching.MAX_REDIRECTS + 1


@pytest.mark.parametrize("host", ["localhost", "127.1", "2130706433", "[::ffff:127.0.0.1]"])
def test_a_redirect_to_a_private_address_is_refused(
    reader: Reader, server: Server, host: str
) -> None:
    server.answer = says(302, Location=f"http://{host}:{server.port}/elsewhere.json")
    fetch = reader.read()
    assert fetch.status == "failed"
    assert "is a private address" in str(fetch.problem)
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    "location",
    ["file:///etc/hostname", "ftp://example.org/x", "//user:password@example.org/x"],
)
def test_a_redirect_out_of_the_web_is_refused(
    reader: Reader, server: Server, location: str
) -> None:
    server.answer = says(301, Location=location)
    fetch = reader.read()
    assert fetch.status == "failed"
    assert "refused" in str(fetch.problem)
    assert "password@" not in str(fetch.problem)


def test_a_name_that_leads_into_the_private_network_is_refused(
    reader: Reader, server: Server
) -> None:
    """Also without a redirect: the name's owner decides where it leads."""
    server.answer = says(200, PAYLOAD)
    url = f"http://localhost:{server.port}/prices.json"
    fetch = reader.read(replace(reader.source(), url=url))
    assert (fetch.status, fetch.problem) == ("failed", "refused: localhost is a private address")
    assert server.asked == []


def test_the_address_checked_is_the_address_connected_to(
    reader: Reader, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that answers differently each time (DNS rebinding) is looked up once."""
    answers = iter(["127.0.0.1", "127.0.0.2"])

    def look_up(host: str, port: int, **more: Any) -> list[Any]:
        assert host == "rebinding.example"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers), port))]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    server.answer = says(200, PAYLOAD)
    there = replace(reader.source(), url=f"http://rebinding.example:{server.port}/prices.json")
    assert reader.read(there, fetch_private_hosts={"rebinding.example"}).status == "ok"
    assert server.asked[0]["host"] == f"rebinding.example:{server.port}"
    assert next(answers) == "127.0.0.2"


@pytest.mark.parametrize(
    ("address", "answer"),
    [
        ("8.8.8.8", True), ("2606:4700::1111", True), ("127.0.0.1", False), ("10.0.0.1", False),
        ("172.16.0.1", False), ("192.168.1.1", False), ("169.254.169.254", False),
        ("100.64.0.1", False), ("0.0.0.0", False), ("224.0.0.1", False), ("::1", False),
        ("fe80::1%eth0", False), ("fd00::1", False), ("::ffff:10.0.0.1", False),
        ("2002:7f00:1::", False), ("255.255.255.255", False), ("64:ff9b::7f00:1", False),
    ],
)  # fmt: skip
def test_only_the_open_internet_is_public(address: str, answer: bool) -> None:
    assert is_public(ip_address(address)) is answer


@pytest.mark.parametrize(
    ("name", "header", "value"),
    [
        ("artificial_analysis", "x-api-key", "s3cret"),
        ("openrouter_rankings_daily", "authorization", "Bearer s3cret"),
    ],
)
def test_a_key_goes_to_its_origin_only(
    reader: Reader, server: Server, monkeypatch: pytest.MonkeyPatch,
    name: str, header: str, value: str,
) -> None:  # fmt: skip
    source = replace(reader.source(name), live_parts=("",))
    monkeypatch.setenv(str(source.key_variable), "s3cret\n")
    elsewhere = f"http://localhost:{server.port}/moved.json"
    server.answer = by_path(prices=says(302, Location="/next.json"),
                            next=says(302, Location=elsewhere), moved=says(404))  # fmt: skip
    fetch = reader.read(source, fetch_private_hosts={"127.0.0.1", "localhost"})
    assert fetch.http_status == 404
    assert [headers.get(header) for headers in server.asked] == [value, value, None]
    assert server.asked[2]["user-agent"].startswith("Bellwether/")
    assert "s3cret" not in repr(fetch)


def test_a_key_is_never_sent_to_a_replay(
    reader: Reader, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ARTIFICIAL_ANALYSIS_API_KEY", "s3cret")
    server.answer = says(404)
    reader.read(reader.source("artificial_analysis"), replay_url=server.url)
    assert server.paths == ["/artificial_analysis"]
    assert "s3cret" not in repr(server.asked)


def test_a_key_no_header_can_carry_is_a_failure_that_does_not_print_it(
    reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ARTIFICIAL_ANALYSIS_API_KEY", "s3c\nret")
    fetch = reader.read(reader.source("artificial_analysis"))
    assert fetch.status == "failed"
    assert "ARTIFICIAL_ANALYSIS_API_KEY" in str(fetch.problem)
    assert "s3c" not in str(fetch.problem)


def test_a_source_without_its_key_is_left_out_with_a_clear_line(
    reader: Reader, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ARTIFICIAL_ANALYSIS_API_KEY", raising=False)
    source = reader.source("artificial_analysis")
    raw.create_tables(reader.connection, [source])
    reading = fetching.read_sources([source], reader.connection, reader.snapshots, limits())
    assert list(reading) == [(source, [])]
    assert fetching.why_skipped(source) == "skipped: set ARTIFICIAL_ANALYSIS_API_KEY to read it"
    assert server.asked == []


def test_the_proxy_of_the_environment_is_used_where_it_should_be(
    reader: Reader, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", server.url)
    monkeypatch.setenv("no_proxy", "feed.localhost")
    server.answer = says(200, PAYLOAD)
    far = replace(reader.source(), url="http://feed.invalid/prices.json")
    assert reader.read(far, fetch_connect_timeout_s=0.5).status == "ok"
    assert server.paths == ["http://feed.invalid/prices.json"]
    near = replace(reader.source(), url=f"{server.url}/prices.json")
    assert reader.read(near).status == "ok"
    assert server.paths[1:] == ["/prices.json"]


def test_a_proxy_is_not_asked_for_a_private_address(
    reader: Reader, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", server.url)
    there = replace(reader.source(), url="http://169.254.169.254/prices.json")
    assert "private address" in str(reader.read(there).problem)
    assert server.asked == []


# ------------------------------------------------------------------ how much and how long


def test_too_large_a_payload_is_refused_before_it_is_sent(reader: Reader, server: Server) -> None:
    server.answer = says(200, b"x" * 200_000)
    assert reader.read().problem == "larger than 100,000 bytes on the wire"


def test_too_large_a_payload_of_unknown_length_is_cut_off(reader: Reader, server: Server) -> None:
    sent = 0

    def answer(handler: BaseHTTPRequestHandler) -> None:
        nonlocal sent
        handler.send_response(200)
        handler.send_header("Connection", "close")
        handler.end_headers()
        while sent < 100_000_000:
            sent += handler.wfile.write(b"x" * 50_000)

    server.answer = answer
    assert reader.read().problem == "larger than 100,000 bytes on the wire"
    assert sent < 50_000_000


def bomb(inflated: int, members: int) -> bytes:
    return gzip.compress(b"0" * (inflated // members)) * members


@pytest.mark.parametrize("members", [1, 5])
def test_a_compression_bomb_is_refused(reader: Reader, server: Server, members: int) -> None:
    packed = bomb(50_000_000, members)
    assert len(packed) < 100_000
    server.answer = says(200, packed, Content_Encoding="gzip")
    assert reader.read().problem == "larger than 300,000 bytes when inflated"


def test_a_bomb_is_inflated_no_further_than_the_cap(reader: Reader, server: Server) -> None:
    import tracemalloc

    server.answer = says(200, bomb(60_000_000, 1), Content_Encoding="gzip")
    tracemalloc.start()
    try:
        assert reader.read().status == "failed"
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 10_000_000


def test_compression_in_several_members_is_read_whole(reader: Reader, server: Server) -> None:
    half = len(PAYLOAD) // 2
    packed = gzip.compress(PAYLOAD[:half]) + gzip.compress(PAYLOAD[half:]) + b"\0" * 8
    server.answer = says(200, packed, Content_Encoding="gzip")
    fetch = reader.read()
    assert reader.snapshots.read(str(fetch.sha256)) == PAYLOAD


@pytest.mark.parametrize(
    ("body", "encoding", "words"),
    [
        (b"not gzip", "gzip", "broken gzip"),
        (gzip.compress(PAYLOAD)[:-12], "gzip", "cut short"),
        (gzip.compress(PAYLOAD) + b"more", "gzip", "broken gzip"),
        (PAYLOAD, "br", "nobody asked for"),
    ],
)
def test_broken_compression_is_a_failure(
    reader: Reader, server: Server, body: bytes, encoding: str, words: str
) -> None:
    server.answer = says(200, body, Content_Encoding=encoding)
    fetch = reader.read()
    assert fetch.status == "failed"
    assert words in str(fetch.problem)


def test_a_payload_cut_short_is_a_failure(reader: Reader, server: Server) -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(PAYLOAD) + 100))
        handler.end_headers()
        handler.wfile.write(PAYLOAD)
        handler.close_connection = True

    server.answer = answer
    assert reader.read().status == "failed"


def drip(handler: BaseHTTPRequestHandler, pieces: bytes) -> None:
    for _ in range(100):
        handler.wfile.write(pieces)
        handler.wfile.flush()
        time.sleep(0.05)


def drip_body(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.end_headers()
    drip(handler, b"[")


def drip_headers(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    drip(handler, b"X-More: 1\r\n")


@pytest.mark.parametrize("slow", [drip_body, drip_headers])
def test_a_slow_drip_does_not_outlive_the_deadline(
    reader: Reader, server: Server, slow: Any
) -> None:
    server.answer = slow
    started = time.monotonic()
    fetch = reader.read(fetch_timeout_s=0.5)
    assert time.monotonic() - started < 2
    assert (fetch.status, fetch.problem) == ("failed", "took longer than 0.5 s")


def test_a_redirect_does_not_renew_the_deadline(reader: Reader, server: Server) -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        time.sleep(0.3)
        says(302, Location="/again.json")(handler)

    server.answer = answer
    assert reader.read(fetch_timeout_s=0.5).problem == "took longer than 0.5 s"
    assert len(server.asked) == 2


def test_a_silent_server_is_given_up_before_the_deadline(reader: Reader, server: Server) -> None:
    server.answer = lambda handler: time.sleep(1)
    started = time.monotonic()
    fetch = reader.read(fetch_read_timeout_s=0.1)
    assert time.monotonic() - started < 2
    assert (fetch.status, fetch.problem) == ("failed", "ReadTimeout")
    assert len(server.asked) == fetching.ATTEMPTS


def test_a_name_nobody_answers_for_does_not_outlive_its_time(
    reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: time.sleep(1.5) or [])
    started = time.monotonic()
    fetch = reader.read(
        replace(reader.source(), url="http://slow.example/x.json"), fetch_connect_timeout_s=0.1
    )
    assert time.monotonic() - started < 1.4
    assert "no answer where slow.example is" in str(fetch.problem)


def test_a_refused_connection_is_a_failure(reader: Reader) -> None:
    fetch = reader.read(replace(reader.source(), url="http://127.0.0.1:9/prices.json"))
    assert fetch.status == "failed"
    assert "ConnectError" in str(fetch.problem)


@pytest.mark.parametrize("url", ["file:///etc/hostname", "prices.json", "http://[", "gopher://x/"])
def test_an_address_that_is_none_is_a_failure(reader: Reader, url: str) -> None:
    fetch = reader.read(replace(reader.source(), url=url))
    assert fetch.status == "failed"
    assert fetch.problem


# ------------------------------------------------------------------ what is no data

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 50
HTML = b"\n<!DOCTYPE html>\n<html><title>Sorry</title></html>"


@pytest.mark.parametrize(
    ("suffix", "good"),
    [
        (".json", b'\xef\xbb\xbf\n{"a": 1}'), (".json", b"[1]"), (".csv", b"model,price\na,1\n"),
        (".zip", b"PK\x03\x04..."), (".xml", b'<?xml version="1.0"?><rss/>'),
        (".yml", b"- model: a\n"), (".md", b'<div align="center">\n# Title'), (".md", b"# Title"),
    ],
)  # fmt: skip
def test_what_a_file_name_promises_is_taken(suffix: str, good: bytes) -> None:
    assert sniff(good, suffix) is None


@pytest.mark.parametrize("suffix", [".json", ".csv", ".zip", ".xml", ".yml", ".md"])
@pytest.mark.parametrize("instead", [HTML, PNG, b"", b" \n", b"GIF89a\x01", b"\xff\xd8\xff\xe0"])
def test_a_page_or_a_picture_is_no_data(suffix: str, instead: bytes) -> None:
    assert sniff(instead, suffix)


@pytest.mark.parametrize(
    ("suffix", "instead"),
    [(".csv", b'{"error": "no"}'), (".json", b"error: no"), (".zip", b"[1]"), (".xml", b"{}")],
)
def test_another_format_is_no_data(suffix: str, instead: bytes) -> None:
    assert "expected" in str(sniff(instead, suffix))


@pytest.mark.parametrize(
    ("instead", "words"), [(HTML, "HTML"), (PNG, "binary")], ids=["page", "picture"]
)
def test_a_page_with_status_200_is_a_failed_fetch_and_the_last_good_stays(
    reader: Reader, server: Server, instead: bytes, words: str
) -> None:
    server.answer = says(200, PAYLOAD, ETag='"v1"')
    reader.read()
    server.answer = says(200, instead, ETag='"sorry"', Content_Type="application/json")
    fetch = reader.read()
    assert (fetch.status, fetch.sha256) == ("failed", None)
    assert words in str(fetch.problem)
    open_runs = "select count(*) from raw.litellm__prices where ended_at is null"
    assert reader.connection.execute(open_runs).fetchall() == [(1,)]
    reader.read()
    assert server.asked[-1]["if-none-match"] == '"v1"'


# ------------------------------------------------------------------ pages


def models(start: int, number: int, following: str | None, total: int) -> bytes:
    prices = {"prompt": "0.000001", "completion": "0.000002"}
    rows = [{"id": f"vendor/model-{n}", "pricing": prices} for n in range(start, start + number)]
    return json.dumps({"data": rows, "total_count": total, "links": {"next": following}}).encode()


def paged(pages: dict[str, bytes], server: Server) -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        body = pages.get(handler.path)
        (says(500) if body is None else says(200, body, ETag='"one page"'))(handler)

    server.answer = answer


def listed(reader: Reader) -> list[str]:
    query = "select key from raw.openrouter__prices where ended_at is null order by key"
    return [key for (key,) in reader.connection.execute(query).fetchall()]


def test_all_pages_are_read_into_one_payload(reader: Reader, server: Server) -> None:
    paged(
        {
            "/prices.json": models(0, 2, "/prices.json?offset=2&limit=2", 5),
            "/prices.json?offset=2&limit=2": models(2, 2, "?offset=4&limit=2", 5),
            "/prices.json?offset=4&limit=2": models(4, 1, None, 5),
        },
        server,
    )
    fetch = reader.read(reader.source("openrouter"))
    assert (fetch.status, fetch.etag) == ("ok", None)
    assert listed(reader) == [f"vendor/model-{n}" for n in range(5)]


def test_a_list_of_one_page_is_kept_as_it_came(reader: Reader, server: Server) -> None:
    paged({"/prices.json": models(0, 3, None, 3)}, server)
    fetch = reader.read(reader.source("openrouter"))
    assert fetch.etag == '"one page"'
    assert reader.snapshots.read(str(fetch.sha256)) == models(0, 3, None, 3)


@pytest.mark.parametrize(
    ("second", "words"),
    [
        (None, "HTTP 500"),
        (models(0, 2, "/prices.json", 5), "pages without end"),
        (models(2, 2, "http://localhost:1/rest.json", 5), "on another host"),
        (HTML, "HTML where JSON was expected"),
        (models(2, 2, None, 5), "incomplete: 4 of 5 models"),
    ],
)
def test_a_list_that_is_not_whole_is_no_data(
    reader: Reader, server: Server, second: bytes | None, words: str
) -> None:
    source = reader.source("openrouter")
    paged({"/prices.json": models(0, 5, None, 5)}, server)
    reader.read(source)
    first = models(0, 2, "?offset=2", 5)
    paged({"/prices.json": first} | ({"/prices.json?offset=2": second} if second else {}), server)
    reader.read(source)
    failed = "select problem from raw.fetches where status = 'failed'"
    [(problem,)] = reader.connection.execute(failed).fetchall()
    assert words in problem
    assert listed(reader) == [f"vendor/model-{n}" for n in range(5)]


def test_a_list_without_end_is_given_up(
    reader: Reader, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "MAX_PAGES", 5)

    def answer(handler: BaseHTTPRequestHandler) -> None:
        says(200, models(0, 1, f"?offset={len(server.asked)}", 9))(handler)

    server.answer = answer
    fetch = reader.read(reader.source("openrouter"))
    assert fetch.problem == "pages without end: 5 read"


def test_pages_of_artificial_analysis_are_asked_with_the_key(
    reader: Reader, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ARTIFICIAL_ANALYSIS_API_KEY", "s3cret")

    def page(number: int) -> bytes:
        row = {
            "id": f"id-{number}", "name": f"Model {number}", "model_creator": {"name": "Vendor"},
            "pricing": {"price_1m_input_tokens": 1, "price_1m_output_tokens": 4},
        }  # fmt: skip
        pagination = {"page": number, "total_pages": 3, "has_more": number < 3}
        return json.dumps({"data": [row], "pagination": pagination}).encode()

    pages = {f"/prices.json?page={n}": page(n) for n in (2, 3)}
    paged({"/prices.json": page(1), **pages}, server)
    fetch = reader.read(reader.source("artificial_analysis"))
    assert fetch.status == "ok"
    assert [headers["x-api-key"] for headers in server.asked] == ["s3cret"] * 3
    rows = reader.connection.execute("select key from raw.artificial_analysis__prices").fetchall()
    assert sorted(rows) == [("id-1",), ("id-2",), ("id-3",)]
