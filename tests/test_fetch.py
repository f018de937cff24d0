"""Downloads against a real server on loopback: polite, bounded, and never raising."""

import contextlib
import gzip
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import stamina
from feeds import FEEDS

from pipelines import fetch as fetching
from pipelines import raw
from pipelines.settings import Settings
from pipelines.sources import Source, sources

PAYLOAD = FEEDS["litellm"].payload({"zeta-1": ("1", "2")})
Answer = Callable[[BaseHTTPRequestHandler], None]


@dataclass
class Server:
    """What the next requests are answered, and the headers they came with."""

    url: str = ""
    answer: Answer = lambda handler: None
    asked: list[dict[str, str]] = field(default_factory=list)


@pytest.fixture
def server() -> Iterator[Server]:
    known = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            known.asked.append(dict(self.headers))
            known.answer(self)

        def log_message(self, *arguments: object) -> None:
            pass

        def handle(self) -> None:
            with contextlib.suppress(OSError):  # the client hangs up, as it should
                super().handle()

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http.daemon_threads = True
    known.url = f"http://127.0.0.1:{http.server_port}"
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield known
    http.shutdown()
    http.server_close()
    thread.join()


@pytest.fixture(autouse=True)
def no_waiting_between_attempts() -> Iterator[None]:
    stamina.set_testing(True, attempts=fetching.ATTEMPTS, cap=True)
    yield
    stamina.set_testing(False)


@pytest.fixture
def snapshots(tmp_path: Path) -> raw.Snapshots:
    return raw.Snapshots(tmp_path)


def limits(**given: object) -> Settings:
    return Settings(**({"fetch_timeout_s": 5.0, "fetch_max_bytes": 100_000} | given))  # type: ignore[arg-type]


def at_server(server: Server) -> Source:
    return replace(sources()["litellm"], url=f"{server.url}/prices.json")


def read(server: Server, snapshots: raw.Snapshots, **given: object) -> raw.Fetch:
    fetch = fetching.fetch(at_server(server), snapshots, limits(**given))
    snapshots.append([fetch])
    return fetch


def says(status: int, body: bytes = b"", **headers: str) -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def test_a_payload_is_kept_with_its_terms(server: Server, snapshots: raw.Snapshots) -> None:
    server.answer = says(200, PAYLOAD, ETag='"v1"')
    fetch = read(server, snapshots)
    assert (fetch.status, fetch.http_status, fetch.etag) == ("ok", 200, '"v1"')
    assert snapshots.read(str(fetch.sha256)) == PAYLOAD
    assert server.asked[0]["User-Agent"].startswith("Bellwether/")
    assert "If-None-Match" not in server.asked[0]


def test_an_unchanged_payload_is_not_sent_again(server: Server, snapshots: raw.Snapshots) -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        if handler.headers.get("If-None-Match") == '"v1"':
            says(304)(handler)
        else:
            says(200, PAYLOAD, ETag='"v1"')(handler)

    server.answer = answer
    first = read(server, snapshots)
    time.sleep(1.0)  # ids tell attempts apart by the second
    second = read(server, snapshots)
    assert (second.status, second.http_status) == ("unchanged", 304)
    assert (second.sha256, second.etag) == (first.sha256, first.etag)
    assert server.asked[1]["If-None-Match"] == '"v1"'


def test_a_failed_attempt_between_does_not_lose_the_etag(
    server: Server, snapshots: raw.Snapshots
) -> None:
    server.answer = says(200, PAYLOAD, ETag='"v1"')
    read(server, snapshots)
    server.answer = says(404)
    read(server, snapshots)
    server.answer = says(304)
    assert read(server, snapshots).status == "unchanged"
    assert server.asked[-1]["If-None-Match"] == '"v1"'


def test_a_304_without_anything_kept_is_a_failure(server: Server, snapshots: raw.Snapshots) -> None:
    server.answer = says(304)
    assert read(server, snapshots).status == "failed"


@pytest.mark.parametrize("status", [403, 404, 410])
def test_a_refusal_is_logged_and_not_repeated(
    server: Server, snapshots: raw.Snapshots, status: int
) -> None:
    server.answer = says(status, b"no")
    fetch = read(server, snapshots)
    assert (fetch.status, fetch.http_status, fetch.problem) == ("failed", status, f"HTTP {status}")
    assert len(server.asked) == 1


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_passing_trouble_is_retried(
    server: Server, snapshots: raw.Snapshots, status: int
) -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        says(status)(handler) if len(server.asked) < 3 else says(200, PAYLOAD)(handler)

    server.answer = answer
    assert read(server, snapshots).status == "ok"
    assert len(server.asked) == 3


def test_a_lasting_trouble_is_given_up(server: Server, snapshots: raw.Snapshots) -> None:
    server.answer = says(500)
    fetch = read(server, snapshots)
    assert fetch.status == "failed"
    assert "HTTP 500" in str(fetch.problem)
    assert len(server.asked) == fetching.ATTEMPTS


def test_a_redirect_to_a_private_address_is_refused(
    server: Server, snapshots: raw.Snapshots
) -> None:
    server.answer = says(302, Location=f"{server.url}/elsewhere")
    fetch = read(server, snapshots)
    assert fetch.status == "failed"
    assert "private address" in str(fetch.problem)
    assert len(server.asked) == 1


@pytest.mark.parametrize("location", ["file:///etc/hostname", "ftp://example.org/x", "http://"])
def test_a_redirect_out_of_the_web_is_refused(
    server: Server, snapshots: raw.Snapshots, location: str
) -> None:
    server.answer = says(301, Location=location)
    fetch = read(server, snapshots)
    assert fetch.status == "failed"
    assert "refused" in str(fetch.problem)


def test_a_redirect_loop_ends(
    server: Server, snapshots: raw.Snapshots, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server is on a private address, which redirects may not reach: let them, here."""
    monkeypatch.setattr(fetching, "_check_address", lambda url, is_redirect: None)
    server.answer = says(302, Location=f"{server.url}/again")
    fetch = read(server, snapshots)
    assert fetch.status == "failed"
    assert "redirects" in str(fetch.problem)
    assert len(server.asked) == fetching.MAX_REDIRECTS + 1


def test_a_redirect_is_followed(
    server: Server, snapshots: raw.Snapshots, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "_check_address", lambda url, is_redirect: None)

    def answer(handler: BaseHTTPRequestHandler) -> None:
        moved = handler.path == "/prices.json"
        (says(307, Location="/moved.json") if moved else says(200, PAYLOAD))(handler)

    server.answer = answer
    assert read(server, snapshots).status == "ok"


def test_too_large_a_payload_is_refused(server: Server, snapshots: raw.Snapshots) -> None:
    server.answer = says(200, b"x" * 200_000)
    fetch = read(server, snapshots)
    assert fetch.status == "failed"
    assert "larger than 100,000 bytes" in str(fetch.problem)


def test_a_compression_bomb_is_refused(server: Server, snapshots: raw.Snapshots) -> None:
    bomb = gzip.compress(b"0" * 50_000_000)
    assert len(bomb) < 100_000
    server.answer = says(200, bomb, Content_Encoding="gzip")
    fetch = read(server, snapshots)
    assert fetch.status == "failed"
    assert "larger than" in str(fetch.problem)


def test_broken_compression_is_a_failure(server: Server, snapshots: raw.Snapshots) -> None:
    server.answer = says(200, b"not gzip", Content_Encoding="gzip")
    assert read(server, snapshots).status == "failed"


def test_a_payload_cut_short_is_a_failure(server: Server, snapshots: raw.Snapshots) -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(PAYLOAD) + 100))
        handler.end_headers()
        handler.wfile.write(PAYLOAD)

    server.answer = answer
    assert read(server, snapshots).status == "failed"


def test_a_slow_drip_does_not_outlive_the_deadline(
    server: Server, snapshots: raw.Snapshots
) -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        for _ in range(200):
            handler.wfile.write(b"[")
            handler.wfile.flush()
            time.sleep(0.05)

    server.answer = answer
    started = time.monotonic()
    fetch = read(server, snapshots, fetch_timeout_s=0.5)
    assert time.monotonic() - started < 3
    assert fetch.status == "failed"
    assert "longer" in str(fetch.problem)


def test_a_server_that_never_answers_does_not_outlive_the_deadline(
    server: Server, snapshots: raw.Snapshots
) -> None:
    server.answer = lambda handler: time.sleep(1.5)
    started = time.monotonic()
    fetch = read(server, snapshots, fetch_timeout_s=0.3)
    assert time.monotonic() - started < 3
    assert fetch.status == "failed"


def test_a_refused_connection_is_a_failure(snapshots: raw.Snapshots) -> None:
    nobody = replace(sources()["litellm"], url="http://127.0.0.1:9/prices.json")
    fetch = fetching.fetch(nobody, snapshots, limits())
    assert fetch.status == "failed"
    assert "ConnectError" in str(fetch.problem)


@pytest.mark.parametrize("url", ["file:///etc/hostname", "prices.json", "http://[", "gopher://x/"])
def test_an_address_that_is_none_is_a_failure(snapshots: raw.Snapshots, url: str) -> None:
    fetch = fetching.fetch(replace(sources()["litellm"], url=url), snapshots, limits())
    assert fetch.status == "failed"
    assert fetch.problem


def test_a_page_of_html_is_kept_for_the_loader_to_refuse(
    server: Server, snapshots: raw.Snapshots
) -> None:
    server.answer = says(200, b"<html>maintenance</html>")
    fetch = read(server, snapshots)
    assert snapshots.read(str(fetch.sha256)) == b"<html>maintenance</html>"
