"""Serves an archive over HTTP on loopback as the live endpoints did on a day, with faults at will.

For tests and demonstrations: point the sources at it with `BELLWETHER_REPLAY_URL`. Each source's
newest payload not after the day is served at `/<source>/<part>`, with an ETag, the day it is of as
Last-Modified, and gzip for those who accept it.
"""

import contextlib
import gzip
import hashlib
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from email.utils import format_datetime
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

from pipelines.raw import archive_files
from pipelines.sources import sources

BOMB_BYTES = 1_000_000_000
#: How long a slow server goes on, beyond any deadline.
DRIP_SECONDS = 120.0


@dataclass(frozen=True)
class Page:
    """What is served of one part on one day."""

    body: bytes
    packed: bytes
    etag: str
    last_modified: str
    content_type: str


class Archive:
    """The payloads an archive holds, by source and part, and what each day served."""

    def __init__(self, folder: Path):
        self.days: dict[tuple[str, str], list[tuple[str, Path]]] = {}
        for source, day, path in archive_files(folder, sources().values()):
            within = path.relative_to(folder / source.name / day).as_posix()
            part = within if source.is_tree else ""
            self.days.setdefault((source.name, part), []).append((day, path))

    def served(self, source: str, part: str, day: date) -> Path | None:
        """The newest payload of a part not after `day`."""
        found = [path for on, path in self.days.get((source, part), []) if on <= str(day)]
        return found[-1] if found else None


class Replay(ThreadingHTTPServer):
    """A server of one day; `day` and `faults` (source -> fault) may change while it runs.

    A fault written `name*2` strikes the first two requests of its source and is over then.
    """

    daemon_threads = True

    def __init__(self, folder: Path, day: date, port: int = 0):
        super().__init__(("127.0.0.1", port), _Handler)
        self.archive = Archive(folder)
        self.day = day
        self.asked: Counter[str] = Counter()
        self._faults: Mapping[str, str] = {}

    @property
    def url(self) -> str:
        """Base address, for `BELLWETHER_REPLAY_URL`."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    @property
    def faults(self) -> Mapping[str, str]:
        """What goes wrong, by source."""
        return self._faults

    @faults.setter
    def faults(self, faults: Mapping[str, str]) -> None:
        """Set all of them and count requests anew. Raises ValueError naming what is unknown."""
        for source, fault in faults.items():
            name, _, times = fault.partition("*")
            if source not in sources():
                raise ValueError(f"no source is called {source}; see `bellwether sources`")
            if name not in FAULTS or (times and not times.isdigit()):
                raise ValueError(f"no fault is called {fault}; there are {', '.join(FAULTS)}")
        self.asked.clear()
        self._faults = dict(faults)

    def fault_of(self, source: str) -> str | None:
        """The fault that strikes this request of a source."""
        name, _, times = self._faults.get(source, "").partition("*")
        self.asked[source] += 1
        return name if name and (not times or self.asked[source] <= int(times)) else None

    def start(self) -> "Replay":
        """Serve in a thread of its own; `stop()` ends it."""
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def stop(self) -> None:
        """End what `start()` began."""
        self.shutdown()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    server: Replay
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the pipeline's fetch log is the record."""

    def handle(self) -> None:
        """Serve one connection; a client that hangs up is no error."""
        with contextlib.suppress(OSError):
            super().handle()

    def do_GET(self) -> None:
        """Serve one part, or its fault."""
        source, _, part = unquote(urlsplit(self.path).path).strip("/").partition("/")
        path = self.server.archive.served(source, part, self.server.day)
        page = _page(path) if path else None
        fault = self.server.fault_of(source)
        if fault is not None:
            FAULTS[fault].show(self, page.body if page else b"")
        elif page is None:
            self.answer(404, b"not there on this day", "text/plain")
        elif self._is_known(page):
            self.answer(304, b"", None, {"ETag": page.etag})
        else:
            about = {"ETag": page.etag, "Last-Modified": page.last_modified}
            if "gzip" in self.headers.get("Accept-Encoding", ""):
                about["Content-Encoding"] = "gzip"
                self.answer(200, page.packed, page.content_type, about)
            else:
                self.answer(200, page.body, page.content_type, about)

    def _is_known(self, page: Page) -> bool:
        if "If-None-Match" in self.headers:
            return self.headers["If-None-Match"] == page.etag
        return self.headers.get("If-Modified-Since") == page.last_modified

    def answer(
        self,
        status: int,
        body: bytes,
        content_type: str | None,
        headers: Mapping[str, str] = {},
    ) -> None:
        """Send a whole answer."""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if content_type:
            self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def drip(self, piece: bytes) -> None:
        """Send a little every while."""
        until = time.monotonic() + DRIP_SECONDS
        while time.monotonic() < until:
            self.wfile.write(piece)
            self.wfile.flush()
            time.sleep(0.1)


@lru_cache(maxsize=128)
def _page(path: Path) -> Page:
    body = path.read_bytes()
    # The file lies in the folder of its day, itself or some folders up.
    day = next(name for name in reversed(path.parts) if len(name) == 10 and name.count("-") == 2)
    modified = datetime.fromisoformat(day).replace(tzinfo=UTC)
    return Page(
        body=body,
        packed=gzip.compress(body, compresslevel=1, mtime=0),
        etag=f'"{hashlib.sha256(body).hexdigest()[:32]}"',
        last_modified=format_datetime(modified, usegmt=True),
        content_type=_content_type(path),
    )


def _content_type(path: Path) -> str:
    known = {".json": "application/json", ".csv": "text/csv", ".zip": "application/zip",
             ".xml": "application/xml", ".md": "text/markdown"}  # fmt: skip
    return known.get(path.suffix, "text/plain")


# ------------------------------------------------------------------ faults


@dataclass(frozen=True)
class Fault:
    """One thing that goes wrong: how it shows, in words, and what is sent."""

    words: str
    show: Callable[[_Handler, bytes], None]


def _slow(handler: _Handler, payload: bytes) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", str(max(len(payload), 10_000)))
    handler.end_headers()
    handler.drip(b" ")


def _slow_headers(handler: _Handler, payload: bytes) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    handler.drip(b"X-More: 1\r\n")


def _silent(handler: _Handler, payload: bytes) -> None:
    time.sleep(DRIP_SECONDS)


def _too_many_requests(handler: _Handler, payload: bytes) -> None:
    handler.answer(429, b"later", "text/plain", {"Retry-After": "1"})


def _server_error(handler: _Handler, payload: bytes) -> None:
    handler.answer(500, b"broken", "text/plain")


def _truncated(handler: _Handler, payload: bytes) -> None:
    handler.answer(200, payload[: len(payload) // 2], "application/json", {"ETag": '"half"'})


def _cut(handler: _Handler, payload: bytes) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(payload) + 1))
    handler.end_headers()
    handler.wfile.write(payload)
    handler.close_connection = True


def _gzip_bomb(handler: _Handler, payload: bytes) -> None:
    body = gzip.compress(b"0" * 10_000_000) * (BOMB_BYTES // 10_000_000)
    handler.answer(200, body, "application/json", {"Content-Encoding": "gzip"})


def _broken_gzip(handler: _Handler, payload: bytes) -> None:
    body = gzip.compress(payload, compresslevel=1)[:-20]
    handler.answer(200, body, "application/json", {"Content-Encoding": "gzip"})


def _redirect_loop(handler: _Handler, payload: bytes) -> None:
    handler.answer(302, b"", None, {"Location": handler.path})


def _redirect_inside(handler: _Handler, payload: bytes) -> None:
    handler.answer(302, b"", None, {"Location": "http://169.254.169.254/latest/meta-data/"})


def _wrong_type(handler: _Handler, payload: bytes) -> None:
    handler.answer(200, b"\x89PNG\r\n\x1a\n" + b"\0" * 100, "image/png")


def _html(handler: _Handler, payload: bytes) -> None:
    handler.answer(200, b"<!doctype html><title>Sorry</title>", "text/html")


def _empty(handler: _Handler, payload: bytes) -> None:
    handler.answer(200, b"{}", "application/json", {"ETag": '"empty"'})


def _nothing(handler: _Handler, payload: bytes) -> None:
    handler.answer(200, b"", "application/json")


def _gone(handler: _Handler, payload: bytes) -> None:
    handler.answer(404, b"moved, perhaps", "text/plain")


def _refused(handler: _Handler, payload: bytes) -> None:
    handler.close_connection = True


FAULTS = {
    "slow": Fault("a byte every while, beyond any deadline", _slow),
    "slow_headers": Fault("headers that never end", _slow_headers),
    "silent": Fault("no answer at all", _silent),
    "too_many_requests": Fault("429 with Retry-After", _too_many_requests),
    "server_error": Fault("500", _server_error),
    "truncated": Fault("the first half of the payload as if it were whole", _truncated),
    "cut": Fault("less than the length it says, then the end", _cut),
    "gzip_bomb": Fault("a small body that inflates to a gigabyte", _gzip_bomb),
    "broken_gzip": Fault("compression cut short", _broken_gzip),
    "redirect_loop": Fault("redirects to itself", _redirect_loop),
    "redirect_inside": Fault("redirects into a private network", _redirect_inside),
    "wrong_type": Fault("a picture", _wrong_type),
    "html": Fault("an error page with status 200", _html),
    "empty": Fault("an empty JSON object", _empty),
    "nothing": Fault("status 200 and no byte", _nothing),
    "gone": Fault("404", _gone),
    "refused": Fault("closes without an answer", _refused),
}
