"""Sign-off: a person's name, a time and the hash of what was read, kept in the ledger.

A sign-off holds for one content. Whatever changes the content (a fact, a sentence, a page's known
time) leaves a draft again that says whose sign-off no longer holds.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipelines.briefings.facts import plain
from pipelines.ledger import Entry, Ledger

KIND = "sign-off"
MANIFEST = "briefing.json"
PAGES = ("index.html", "briefing.md", "briefing.pdf")


class SignoffError(Exception):
    """A briefing that cannot be signed off; the message says why and what to do."""


@dataclass(frozen=True)
class Status:
    """What the banner says: a draft, or who verified it. `entry` is the sign-off that holds."""

    entry: Entry | None = None
    voided: Entry | None = None

    @property
    def is_approved(self) -> bool:
        """A sign-off of just this content is on record."""
        return self.entry is not None

    @property
    def words(self) -> str:
        """The banner."""
        if self.entry is not None:
            said = f"Human-verified by {plain(self.entry['name'])} on {self.entry['at'][:10]}"
            if self.entry.get("despite"):
                failing = ", ".join(plain(c) for c in self.entry.get("failing", [])) or "a check"
                said += f", although {failing} failed: {plain(self.entry['despite'])}"
            return said
        if self.voided is not None:
            return (
                f"Draft: not signed off. The sign-off by {plain(self.voided['name'])} on "
                f"{self.voided['at'][:10]} is void, since the content has changed"
            )
        return "Draft: not signed off"


def content_hash(content: str) -> str:
    """Hash of a briefing's whole content, its status left out."""
    return hashlib.sha256(content.encode()).hexdigest()


def status(ledger: Ledger | None, kind: str, partition: str, hashed: str) -> Status:
    """What the ledger says of a content."""
    about = [
        entry
        for entry in (ledger.entries(KIND) if ledger else [])
        if (entry["briefing_kind"], entry["partition"]) == (kind, partition)
    ]
    holding = [entry for entry in about if entry["content_hash"] == hashed]
    if holding:
        return Status(entry=holding[-1])
    return Status(voided=about[-1] if about else None)


def write_manifest(folder: Path, manifest: Mapping[str, Any]) -> None:
    """Keep beside the pages what they are made from and the hashes of their bytes."""
    files = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in PAGES}
    text = json.dumps({**manifest, "files": files}, indent=1, sort_keys=True, ensure_ascii=False)
    (folder / MANIFEST).write_text(text + "\n", encoding="utf-8", newline="\n")


def read_manifest(folder: Path) -> dict[str, Any]:
    """What a rendered briefing is made from. Raises SignoffError."""
    try:
        found = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SignoffError(f"{folder} holds no briefing; render it first") from None
    except ValueError as error:
        raise SignoffError(
            f"{folder / MANIFEST} cannot be read; render the briefing again"
        ) from error
    if not isinstance(found, dict):
        raise SignoffError(f"{folder / MANIFEST} cannot be read; render the briefing again")
    return found


def altered(folder: Path, manifest: Mapping[str, Any]) -> list[str]:
    """Pages whose bytes are not those that were rendered."""
    return [
        name
        for name, expected in manifest.get("files", {}).items()
        if name in PAGES
        and (
            not (folder / name).is_file()
            or hashlib.sha256((folder / name).read_bytes()).hexdigest() != expected
        )
    ]


def approve(
    ledger: Ledger,
    folder: Path,
    rendered_hash: str,
    name: str,
    failing: list[str],
    despite: str | None,
    now: datetime | None = None,
) -> Entry:
    """Record that a person verified the briefing in `folder`.

    `rendered_hash` is the content as the warehouse gives it now, `failing` the checks of severity
    error that stand. Raises SignoffError if the pages were altered, the content has changed since
    it was rendered, or a check stands and no reason is given.
    """
    name = plain(name)
    if not name:
        raise SignoffError("say who verified it: --by NAME")
    manifest = read_manifest(folder)
    changed = altered(folder, manifest)
    if changed:
        raise SignoffError(
            f"{', '.join(changed)} in {folder} was changed by hand; render it again, then read it"
        )
    if manifest["content_hash"] != rendered_hash:
        raise SignoffError(
            "the facts have changed since this briefing was rendered; render it again and read "
            "what changed"
        )
    reason = plain(despite or "")
    if failing and not reason:
        raise SignoffError(
            f"checks of severity error stand: {'; '.join(failing)}. Mend them and run again, or "
            'say why it may be signed all the same: --despite "reason" (it is printed on the page)'
        )
    entry: Entry = {
        "briefing_kind": manifest["kind"],
        "partition": manifest["partition"],
        "content_hash": rendered_hash,
        "name": name,
    }
    if failing:
        entry |= {"despite": reason, "failing": failing}
    return ledger.append(KIND, entry, now or datetime.now(UTC))
