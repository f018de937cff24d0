"""Keeps fetched bytes once and logs every attempt; all else can be rebuilt from these two.

Bytes live under `data/snapshots/`, content-addressed and compressed; `fetches.jsonl` beside them
is the append-only log of attempts.
"""

import contextlib
import gzip
import hashlib
import json
import os
import tempfile
import zlib
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipelines.folders import is_alive
from pipelines.sources import PayloadError


@dataclass(frozen=True)
class Fetch:
    """One attempt to read a source. `problem` says what went wrong, if anything did."""

    fetch_id: str
    source: str
    url: str
    fetched_at: str
    status: str
    http_status: int | None = None
    etag: str | None = None
    last_modified: str | None = None
    sha256: str | None = None
    bytes: int | None = None
    problem: str | None = None
    #: Which file of a source that publishes several; empty for a source of one file.
    part: str = ""


def new_fetch(
    source: str, url: str, fetched_at: datetime, status: str, payload: bytes | None, **more: Any
) -> Fetch:
    """A log entry; its id follows from source, time and content, so a repeat is the same entry."""
    moment = fetched_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    kept = more.pop("sha256", None)
    sha256 = hashlib.sha256(payload).hexdigest() if payload is not None else kept
    identity = "|".join(filter(None, (source, moment, status, str(sha256), more.get("part"))))
    return Fetch(
        fetch_id=hashlib.sha256(identity.encode()).hexdigest()[:16],
        source=source,
        url=url,
        fetched_at=moment,
        status=status,
        sha256=sha256,
        bytes=len(payload) if payload is not None else None,
        **more,
    )


@dataclass(frozen=True)
class Position:
    """How far a reader has come in the log: bytes read, and a hash of the last of them."""

    bytes: int = 0
    tail: str = ""


class Snapshots:
    """The folder of kept bytes and the log of fetches."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.log = folder / "fetches.jsonl"
        self._memo: tuple[Position, Position, list[tuple[int, Fetch]]] | None = None

    def _path(self, sha256: str) -> Path:
        return self.folder / sha256[:2] / f"{sha256}.gz"

    def keep(self, payload: bytes) -> str:
        """Store bytes once, durably, and return their SHA-256. Damaged ones are replaced."""
        sha256 = hashlib.sha256(payload).hexdigest()
        path = self._path(sha256)
        if path.exists():
            with contextlib.suppress(PayloadError):
                self.read(sha256)
                return sha256
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(
            dir=path.parent, prefix=f"{os.getpid()}-", suffix=".part"
        )
        with os.fdopen(handle, "wb") as file:
            file.write(gzip.compress(payload, compresslevel=6, mtime=0))
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
        return sha256

    def tidy(self) -> None:
        """Remove what writers that were killed left half written."""
        for left in self.folder.glob("*/*.part"):
            if not is_alive(left.name.partition("-")[0]):
                left.unlink(missing_ok=True)

    def read(self, sha256: str) -> bytes:
        """Bytes kept under `sha256`. Raises PayloadError if they are no longer what they were."""
        try:
            payload = gzip.decompress(self._path(sha256).read_bytes())
        except (OSError, EOFError, zlib.error) as error:
            raise PayloadError(f"kept bytes {sha256[:12]} cannot be read: {error}") from error
        if hashlib.sha256(payload).hexdigest() != sha256:
            raise PayloadError(f"kept bytes {sha256[:12]} have changed on disk")
        return payload

    def append(self, fetches: Iterable[Fetch]) -> None:
        """Log attempts, durably. Costs the same however long the log is."""
        lines = "".join(json.dumps(asdict(fetch)) + "\n" for fetch in fetches)
        if not lines:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab+") as file:
            # A line cut short by a crash must not take the next one with it.
            if file.tell() and os.pread(file.fileno(), 1, file.tell() - 1) != b"\n":
                file.write(b"\n")
            file.write(lines.encode())
            file.flush()
            os.fsync(file.fileno())

    def fetches(self) -> list[Fetch]:
        """All logged attempts in order."""
        return self.since(Position())[0]

    def since(self, position: Position) -> tuple[list[Fetch], Position]:
        """Attempts logged after `position`, and the position behind them.

        If the log is no longer the one that was read, all of it counts as unread. A line cut
        short by a crash is left out. What was read in this process is not read again.
        """
        if position.tail != self._tail(position.bytes):
            position = Position()
        start, end, entries = self._memo or (position, position, [])
        if position.bytes < start.bytes or end.tail != self._tail(end.bytes):
            start, end, entries = position, position, []
        added, end = self._read_lines(end)
        entries = entries + added
        self._memo = start, end, entries
        return [fetch for at, fetch in entries if at >= position.bytes], end

    def _read_lines(self, start: Position) -> tuple[list[tuple[int, Fetch]], Position]:
        if not self.log.exists():
            return [], start
        with self.log.open("rb") as file:
            file.seek(start.bytes)
            *lines, _torn = file.read().split(b"\n")
        at, found = start.bytes, []
        for line in lines:
            with contextlib.suppress(ValueError, TypeError):
                found.append((at, Fetch(**json.loads(line))))
            at += len(line) + 1
        return found, (start if at == start.bytes else Position(at, self._tail(at)))

    def _tail(self, at: int) -> str:
        """Hash of the last bytes before `at`; tells this log from another."""
        if not at or not self.log.exists():
            return ""
        with self.log.open("rb") as file:
            file.seek(max(0, at - 256))
            last = file.read(min(at, 256))
        return hashlib.sha256(last).hexdigest()[:16]
