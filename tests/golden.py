"""A small market that no edition changes, its golden pages, and how they are compared.

The market is made of facts of the edition that stay as they are (`fixtures/golden/seeds/`) and of
weekly usage written here. Nothing here asserts. To accept what pages say now:

    GOLDEN=write python -m pytest tests/test_golden.py
"""

import difflib
import json
import os
import re
from collections.abc import Sequence
from datetime import date, timedelta
from html.parser import HTMLParser
from pathlib import Path
from unittest.mock import patch

from conftest import built_from

from pipelines import raw, tables
from pipelines.briefings.market import Order
from pipelines.tables import Connection

FIXTURE = Path(__file__).parent / "fixtures" / "golden"
#: One order of every kind.
ORDERS = (
    Order("launch", "o1-mini"),
    Order("weekly", "2024-W37"),
    Order("monthly", "2024-09"),
    Order("model", "gpt-4o", date(2024, 10, 31)),
    Order("scorecard"),
)
#: Weekly tokens in billions, by the list's own names: first week's, and growth from week to week.
USAGE = {
    "anthropic/claude-3.5-sonnet": (90.0, 1.05),
    "openai/gpt-4o": (60.0, 0.99),
    "openai/gpt-4o-mini": (20.0, 1.08),
    "google/gemini-flash-1.5": (40.0, 1.02),
    "mistralai/mistral-large": (8.0, 0.97),
    "openai/o1-mini": (2.0, 1.1),
}
WEEKS = (date(2024, 7, 28), 16)
#: Lines of a difference that a failure shows.
SHOWN = 80


def market(folder: Path) -> Connection:
    """Every table in memory, from the fixture's seeds and usage."""
    payloads = folder / "payloads"
    first, weeks = WEEKS
    for week in range(weeks):
        day = first + timedelta(days=7 * week)
        # Each list was read on its own last day.
        target = payloads / "openrouter_rankings_weekly" / str(day) / f"{day}.json"
        target.parent.mkdir(parents=True)
        target.write_text(json.dumps(_list(day, week)), encoding="utf-8")
    read = tables._text_table

    def fixed(path: Path) -> object:
        own = FIXTURE / "seeds" / path.name
        return read(own if own.exists() else path)

    with patch.object(tables, "_text_table", fixed):
        return built_from(payloads, raw.Snapshots(folder / "snapshots"))


def _list(day: date, week: int) -> dict[str, object]:
    tokens = {
        name: int(1e9 * start * growth**week)
        for name, (start, growth) in USAGE.items()
        if name != "openai/o1-mini" or day >= date(2024, 9, 15)
    }
    ranked = sorted(tokens, key=lambda name: -tokens[name])
    return {
        "date": str(day),
        "models": [
            {
                "rank": rank, "slug": name, "name": name, "total_tokens": tokens[name],
                "percent_change": 0, "prompt_tokens": 0, "completion_tokens": 0,
                "reasoning_tokens": 0, "cached_tokens": 0, "prompt_ratio": 0.0, "is_free": False,
            }
            for rank, name in enumerate(ranked, start=1)
        ],
        "total_revenue": 1.0,
        "total_tokens": sum(tokens.values()),
        "token_breakdown": {"prompt_tokens": 0},
    }  # fmt: skip


class _Outline(HTMLParser):
    """A page's elements and words a line each, without looks and coordinates."""

    SHAPES = frozenset({"path", "rect", "circle", "line", "g", "br", "hr"})

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self.silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "style":
            self.silent += 1
        kept = [f'{k}="{v}"' for k, v in attrs if k in ("id", "href", "class", "aria-label")]
        if tag not in self.SHAPES:
            self.lines.append(f"<{' '.join([tag, *kept])}>")

    def handle_endtag(self, tag: str) -> None:
        if tag == "style":
            self.silent -= 1

    def handle_data(self, data: str) -> None:
        if data.strip() and not self.silent:
            self.lines.append(" ".join(data.split()))


def outline(html: str) -> str:
    """What a page says and how it is built, a line an element, without its list of facts."""
    parser = _Outline()
    parser.feed(re.sub(r'<ol class="facts">.*?</ol>', "", html, flags=re.DOTALL))
    return "\n".join(parser.lines) + "\n"


def differences(name: str, said: str, golden: Path) -> Sequence[str]:
    """How a page differs from its golden one; writes that one instead if GOLDEN=write."""
    if os.environ.get("GOLDEN") == "write":
        golden.write_text(said, encoding="utf-8", newline="\n")
        return []
    former = golden.read_text(encoding="utf-8") if golden.exists() else ""
    lines = list(
        difflib.unified_diff(
            former.splitlines(), said.splitlines(), f"golden {name}", f"now {name}",
            n=1, lineterm="",
        )
    )  # fmt: skip
    return lines[:SHOWN] + ([f"... and {len(lines) - SHOWN} lines"] if lines[SHOWN:] else [])
