"""Source health in words an operator reads at a glance, within 80 columns.

What the words mean is decided in `sql/marts/source_health.sql`; here they are only shown.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pipelines.warehouse import Connection

WIDTH = 80
#: Statuses for which somebody should act today.
ALARMING = ("broken", "shrunk", "overdue")
COLOURS: Mapping[str, str] = {
    "broken": "red", "shrunk": "red", "overdue": "red", "stale": "yellow", "drifted": "yellow",
    "ok": "green",
}  # fmt: skip


def health_rows(connection: Connection) -> list[dict[str, Any]]:
    """`marts.source_health`, those that ask for something first."""
    cursor = connection.execute(
        "select h.* from marts.source_health as h order by "
        "list_position(['broken', 'shrunk', 'overdue', 'stale', 'drifted', 'ok'], h.status) "
        "nulls last, h.status desc, h.source"
    )
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def age(moment: datetime | date | None, now: datetime) -> str:
    """How long ago, in the largest unit that says it: `5 h`, `3 d`, `14 mo`; empty if never.

    >>> age(date(2026, 1, 1), datetime(2026, 1, 4, tzinfo=UTC))
    '3 d'
    """
    if moment is None:
        return ""
    if not isinstance(moment, datetime):
        moment = datetime.combine(moment, time())
    hours = (now - moment.replace(tzinfo=UTC)).total_seconds() / 3600
    if hours < 48 and moment.time() != time():
        return f"{max(hours, 0):.0f} h"
    days = max(hours, 0) // 24
    return f"{days:.0f} d" if days < 100 else f"{days / 30.44:.0f} mo"


def _count(value: int | None) -> str:
    if value is None:
        return ""
    return f"{value:,}" if value < 100_000 else f"{value // 1000:,}k"


def show(rows: list[dict[str, Any]], now: datetime, console: Console) -> None:
    """A table of all sources, then what to do, one line a status."""
    table = Table(box=None, padding=(0, 1, 0, 0), header_style="bold")
    for name in ("source", "status", "good", "newest", "rows", "+/-", "held", "disp", "open"):
        is_word = name in ("source", "status")
        table.add_column(name, justify="left" if is_word else "right",
                         no_wrap=name != "source", overflow="fold",
                         max_width=26 if name == "source" else None)  # fmt: skip
    for row in rows:
        change = row["rows_change"]
        table.add_row(
            row["source"], _coloured(row["status"]), age(row["last_good_at"], now),
            age(row["newest_fact_on"], now), _count(row["rows_observed"]),
            "" if not change else f"{change:+,}", _count(row["rows_quarantined"] or None),
            _count(row["prices_disputed"] or None), _count(row["names_unresolved"] or None),
        )  # fmt: skip
    narrow = min(WIDTH, console.width)
    console.print(table, width=narrow)
    for status, group in _by_status(rows).items():
        if status == "ok":
            continue
        # A problem, or a key, is each source's own; what to do about the rest is one thing.
        for said, names in _by_words(group).items():
            console.print(
                f"\n{_coloured(status)} {escape(', '.join(names))}: {escape(said)}",
                width=narrow, highlight=False,
            )  # fmt: skip


def _coloured(status: str) -> str:
    colour = COLOURS.get(status, "dim")
    return f"[{colour}]{status}[/{colour}]"


def _by_status(rows: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(row["status"], []).append(row)
    return found


def _by_words(rows: list[dict[str, Any]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for row in rows:
        said = row["what_to_do"]
        if row["problem"] and row["status"] in ALARMING:
            said = f"{row['problem']}; {said}"
        found.setdefault(said or "", []).append(row["source"])
    return found
