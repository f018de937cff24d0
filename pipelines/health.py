"""Whether a monitor should wake somebody: one line per thing that can go wrong unattended."""

import shutil
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from pipelines.ledger import Ledger, LedgerError
from pipelines.settings import Settings
from pipelines.warehouse import WarehouseError, open_reader

#: Room a run needs: the writer's file may double, and a version is published beside it.
ROOM_FOR_VERSIONS = 3
ROOM_AT_LEAST = 500_000_000


@dataclass(frozen=True)
class Finding:
    """One thing looked at. `status` is good, warning (look soon) or bad (act now)."""

    what: str
    status: str
    said: str


def findings(settings: Settings, longest_silence: timedelta) -> list[Finding]:
    """Publication, sources, disk and ledger; never raises for what it reports."""
    return [
        _publication(settings, longest_silence),
        *_sources(settings),
        _disk(settings),
        _ledger(settings),
    ]


def worst(found: list[Finding]) -> str:
    """The overall status: that of the worst finding."""
    return next((s for s in ("bad", "warning") if any(f.status == s for f in found)), "good")


def as_json(found: list[Finding]) -> dict[str, Any]:
    """What `bellwether health --json` prints."""
    return {"status": worst(found), "findings": [asdict(f) for f in found]}


def _publication(settings: Settings, longest_silence: timedelta) -> Finding:
    path = settings.published.resolve()
    if not path.exists():
        return Finding("publication", "bad", "nothing is published; run `bellwether run`")
    try:
        open_reader(settings).close()
    except WarehouseError as error:
        return Finding("publication", "bad", str(error))
    published_at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    age = settings.now() - published_at
    words = f"{path.name} of {published_at:%Y-%m-%d %H:%M} UTC"
    if age < -timedelta(minutes=5):
        return Finding("publication", "warning", f"{words} is later than this machine's clock")
    if age > longest_silence:
        hours = age.total_seconds() / 3600
        return Finding(
            "publication", "bad",
            f"{words} is {hours:.0f} hours old; look at the last run, or `bellwether run`",
        )  # fmt: skip
    return Finding("publication", "good", words)


def _sources(settings: Settings) -> list[Finding]:
    try:
        connection = open_reader(settings)
    except WarehouseError:
        return []  # said by the publication already
    rows = connection.execute(
        "select h.source, h.status, coalesce(h.problem, h.what_to_do), h.last_good_at "
        "from marts.source_health as h "
        "where h.status in ('broken', 'shrunk', 'overdue') order by h.source"
    ).fetchall()
    (live,) = connection.execute(
        "select count(*) from marts.source_health as h where h.is_live and h.last_attempt_at "
        "is not null"
    ).fetchall()[0]
    connection.close()
    if not rows:
        return [Finding("sources", "good", f"{live} live sources read without a problem")]
    status = "bad" if len(rows) == live else "warning"
    return [
        Finding(f"source {name}", status, f"{word}: {said}; last good {last_good or 'never'}")
        for name, word, said, last_good in rows
    ]


def _disk(settings: Settings) -> Finding:
    where = settings.data if settings.data.exists() else settings.home
    try:
        free = shutil.disk_usage(where).free
    except OSError as error:
        return Finding("disk", "bad", f"{where}: {error.strerror}")
    files = (settings.warehouse, settings.published)
    size = max((path.stat().st_size for path in files if path.exists()), default=0)
    needed = max(ROOM_FOR_VERSIONS * size, ROOM_AT_LEAST)
    words = f"{free / 1e9:.1f} GB free at {where}, a run may need {needed / 1e9:.1f} GB"
    return Finding("disk", "good" if free > needed else "bad", words)


def _ledger(settings: Settings) -> Finding:
    ledger = Ledger(settings.ledger)
    try:
        entries = ledger.entries()
    except LedgerError as error:
        return Finding("ledger", "bad", str(error))
    torn = ledger.torn()
    words = f"{len(entries)} entries"
    if torn:
        words += f"; a crash left {len(torn)} unfinished lines, which count for nothing"
    return Finding("ledger", "good", words)
