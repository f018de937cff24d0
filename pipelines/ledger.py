"""The ledger: what cannot be rebuilt from sources (verdicts made, sign-offs, alerts sent).

One file of JSON lines that is only ever appended to. An entry is on disk before `append` returns,
writers take turns, and a line torn by a crash harms no other. Each entry carries a checksum over
itself and the entry before it, so that a line changed or removed later shows.
"""

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

Entry = dict[str, Any]
CHECKSUM = "checksum"


class LedgerError(Exception):
    """A ledger whose lines were changed or removed; the message names the first such line."""


@dataclass(frozen=True)
class Ledger:
    """The ledger in a file, which need not exist yet."""

    path: Path

    def append(self, kind: str, entry: Mapping[str, Any], at: datetime | None = None) -> Entry:
        """Write one entry and return it once it is on disk.

        `entry` holds JSON values; `kind` says what it records, `at` when (UTC, default now).
        """
        return self.append_all(kind, [entry], at)[0]

    def append_all(
        self, kind: str, entries: Sequence[Mapping[str, Any]], at: datetime | None = None
    ) -> list[Entry]:
        """Write several entries of one kind, which are on disk together."""
        stamp = (at or datetime.now(UTC)).isoformat()
        made: list[Entry] = [{"at": stamp, "kind": kind, **entry} for entry in entries]
        self.path.parent.mkdir(parents=True, exist_ok=True)
        is_new = not self.path.exists()
        with self.path.open("a+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            file.seek(0)
            text = file.read()
            previous = ""
            for _, found in _lines(text):
                previous = found[CHECKSUM] if found else previous
            lines = [b"" if not text or text.endswith(b"\n") else b"\n"]
            for entry in made:
                previous = entry[CHECKSUM] = _checksum(entry, previous)
                lines.append(_encoded(entry) + b"\n")
            file.write(b"".join(lines))
            file.flush()
            os.fsync(file.fileno())
        if is_new:
            folder = os.open(self.path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        return made

    def entries(self, kind: str | None = None) -> list[Entry]:
        """Entries in the order written, of one kind or all; torn lines are passed over.

        Raises LedgerError where an entry was changed or removed after it was written.
        """
        if not self.path.exists():
            return []
        found = []
        previous = ""
        for number, entry in _lines(self.path.read_bytes()):
            if entry is None:
                continue
            if entry[CHECKSUM] != _checksum(entry, previous):
                raise LedgerError(
                    f"{self.path}, line {number}: changed, or a line before it removed, after it "
                    "was written; restore the file from a copy"
                )
            previous = entry[CHECKSUM]
            if kind is None or entry["kind"] == kind:
                found.append(entry)
        return found

    def torn(self) -> list[int]:
        """Numbers of lines that a crash left unfinished."""
        if not self.path.exists():
            return []
        return [number for number, entry in _lines(self.path.read_bytes()) if entry is None]


def _lines(text: bytes) -> Iterator[tuple[int, Entry | None]]:
    """Line numbers with their entries; None where a line is no entry."""
    for number, line in enumerate(text.split(b"\n"), start=1):
        if not line.strip():
            continue
        try:
            entry = json.loads(line)
        except ValueError:
            entry = None
        is_entry = isinstance(entry, dict) and CHECKSUM in entry and "kind" in entry
        yield number, entry if is_entry else None


def _encoded(entry: Mapping[str, Any]) -> bytes:
    return json.dumps(entry, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _checksum(entry: Mapping[str, Any], previous: str) -> str:
    body = _encoded({key: value for key, value in entry.items() if key != CHECKSUM})
    return hashlib.sha256(previous.encode() + body).hexdigest()[:32]
