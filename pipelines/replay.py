"""Serves an archive over HTTP on loopback as the live endpoints did on a day, with faults at will.

For tests and demonstrations: point the sources at it with `BELLWETHER_REPLAY_URL`. Each source's
newest payload not after the day is served, with an ETag, at `/<source>/<part>`.
"""

import gzip
import hashlib
import threading
import time
from collections.abc import Mapping
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

from pipelines.raw import archive_files
from pipelines.sources import sources

#: What can be made to go wrong, and how it shows.
FAULTS = {
    "slow": "a byte every while, beyond any deadline",
    "too_many_requests": "429 with Retry-After",
    "server_error": "500",
    "truncated": "the first half of the payload",
    "gzip_bomb": "a small body that inflates to a gigabyte",
    "redirect_loop": "redirects to itself",
    "wrong_type": "a picture",
    "html": "an error page with status 200",
    "empty": "an empty JSON object",
    "refused": "closes without an answer",
}
BOMB_BYTES = 1_000_000_000


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
    """A server of one day; `day` and `faults` (source -> fault) may change while it runs."""

    daemon_threads = True

    def __init__(self, folder: Path, day: date, port: int = 0):
        super().__init__(("127.0.0.1", port), _Handler)
        self.archive = Archive(folder)
        self.day = day
        self.faults: Mapping[str, str] = {}

    @property
    def url(self) -> str:
        """Base address, for `BELLWETHER_REPLAY_URL`."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def start(self) -> "Replay":
        """Serve in a thread of its own; `shutdown()` ends it."""
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self


class _Handler(BaseHTTPRequestHandler):
    server: Replay
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the pipeline's fetch log is the record."""

    def do_GET(self) -> None:
        """Serve one part, or its fault."""
        source, _, part = unquote(urlsplit(self.path).path).strip("/").partition("/")
        path = self.server.archive.served(source, part, self.server.day)
        payload = path.read_bytes() if path else b""
        fault = self.server.faults.get(source)
        if fault is not None:
            self._fail(fault, payload)
        elif path is None:
            self._answer(404, b"not there on this day", "text/plain")
        else:
            etag = f'"{hashlib.sha256(payload).hexdigest()[:32]}"'
            if self.headers.get("If-None-Match") == etag:
                self._answer(304, b"", None, {"ETag": etag})
            else:
                self._answer(200, payload, _content_type(path), {"ETag": etag})

    def _answer(
        self,
        status: int,
        body: bytes,
        content_type: str | None,
        headers: Mapping[str, str] = {},
    ) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if content_type:
            self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _fail(self, fault: str, payload: bytes) -> None:
        if fault == "slow":
            self.send_response(200)
            self.send_header("Content-Length", str(max(len(payload), 1000)))
            self.end_headers()
            for _ in range(600):
                self.wfile.write(b" ")
                self.wfile.flush()
                time.sleep(0.1)
        elif fault == "too_many_requests":
            self._answer(429, b"later", "text/plain", {"Retry-After": "1"})
        elif fault == "server_error":
            self._answer(500, b"broken", "text/plain")
        elif fault == "truncated":
            self._answer(200, payload[: len(payload) // 2], "application/json")
        elif fault == "gzip_bomb":
            body = gzip.compress(b"0" * 10_000_000) * (BOMB_BYTES // 10_000_000)
            self._answer(200, body, "application/json", {"Content-Encoding": "gzip"})
        elif fault == "redirect_loop":
            self._answer(302, b"", None, {"Location": self.path})
        elif fault == "wrong_type":
            self._answer(200, b"\x89PNG\r\n\x1a\n" + b"\0" * 100, "image/png")
        elif fault == "html":
            self._answer(200, b"<!doctype html><title>Sorry</title>", "text/html")
        elif fault == "empty":
            self._answer(200, b"{}", "application/json")
        else:
            self.close_connection = True


def _content_type(path: Path) -> str:
    known = {".json": "application/json", ".csv": "text/csv", ".zip": "application/zip",
             ".xml": "application/xml", ".md": "text/markdown"}  # fmt: skip
    return known.get(path.suffix, "text/plain")
