"""Every kind of briefing over warehouses with missing, huge and hostile values: no broken page."""

import html.parser
import re
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pypdf
import pytest
from test_briefing import HOSTILE, ORDERS, read

from pipelines.briefings.render import render
from pipelines.tables import Connection

#: What a feed's words may hold: markup of every medium, tricks of direction, emoji, length.
NASTY = [
    HOSTILE,
    "</style></title></svg><svg onload=alert(1)>",
    "{% raw %}{{ cycler.__init__.__globals__ }}{% endraw %}{# ",
    '#link("https://evil.example")[x] $x^2$ @ref <label> = heading \\',
    "| --- | ](#f1) ![x](chart:math_reasoning) `code` ~~~ \n# heading\n- list",
    "\u202e\u2066abc\u2069 \u0645\u0631\u062d\u0628\u0627 "
    "\U0001f469\u200d\U0001f469\u200d\U0001f467 \x00\x1b[31m \ufeff",
    "A" * 4000,
    "",
    " ",
]
WORDS = [
    ("core.models", "name"), ("core.vendors", "name"), ("core.segments", "name"),
    ("core.price_claims", "publisher"), ("core.price_claims", "licence"),
    ("core.price_claims", "source_url"), ("core.release_claims", "publisher"),
    ("core.releases", "availability_scope"), ("core.releases", "note"),
    ("core.retirement_claims", "publisher"), ("core.results", "publisher"),
    ("core.results", "configuration"), ("core.results", "note"), ("core.benchmarks", "name"),
    ("core.companies", "name"), ("core.companies", "observed"), ("core.claims", "text"),
    ("core.claims", "author"), ("core.events", "title"), ("raw.sources", "title"),
]  # fmt: skip


@pytest.fixture
def copy(edition: Connection) -> Iterator[Connection]:
    """A copy of the edition's tables, to be spoilt."""
    connection = edition.cursor()
    connection.execute("attach ':memory:' as spoilt")
    connection.execute("copy from database memory to spoilt")
    connection.execute("use spoilt")
    yield connection
    connection.execute("use memory")
    connection.execute("detach spoilt")
    connection.close()


class Balanced(html.parser.HTMLParser):
    """Fails on an element closed that is not open, or never closed."""

    VOID = frozenset({"meta", "link", "br", "hr", "img", "input", "path", "rect", "circle"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self.VOID:
            return
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag


def check(page: Path) -> None:
    links = read(page)  # raises on a script element or an event handler
    assert all(re.match(r"https?://", link) for link in links.external)
    parser = Balanced()
    parser.feed((page / "index.html").read_text())
    assert parser.open == []
    assert len(pypdf.PdfReader(page / "briefing.pdf").pages) >= 1
    text = (page / "briefing.md").read_text()
    assert re.findall(r"^## In three lines$", text, re.MULTILINE) == ["## In three lines"]
    assert not re.search(r"^# heading|^\s*<svg", text, re.MULTILINE)


@pytest.mark.parametrize("kind", sorted(ORDERS))
def test_hostile_words_break_no_page(copy: Connection, tmp_path: Path, kind: str) -> None:
    """Every row gets another of the nasty words, in every column of words at once."""
    for place, (table, column) in enumerate(WORDS):
        copy.execute(
            f"update {table} set {column} = list_extract(?, 1 + (hash(rowid + {place}) % ?)::int)",
            [NASTY, len(NASTY)],
        )
    check(render(copy, ORDERS[kind], tmp_path))


@pytest.mark.parametrize("kind", sorted(ORDERS))
def test_missing_values_break_no_page(copy: Connection, tmp_path: Path, kind: str) -> None:
    """What may be unknown is unknown, in two of three rows."""
    for table, column in (
        ("core.releases", "availability_scope"), ("core.releases", "note"),
        ("core.release_claims", "source_url"), ("core.retirement_claims", "shutdown_on"),
        ("core.retirement_claims", "replacement_model_id"), ("core.price_claims", "source_url"),
        ("core.price_claims", "valid_from_earliest"),
        ("core.price_claims", "cache_read_usd_per_mtok"),
        ("core.results", "configuration"), ("core.results", "run_cost_usd"),
        ("core.results", "test_cases"), ("core.results", "benchmark_release"),
        ("core.models", "is_reasoning"), ("core.models", "context_tokens"),
        ("core.companies", "observed"), ("core.availability", "shutdown_on"),
    ):  # fmt: skip
        copy.execute(f"update {table} set {column} = null where hash(rowid) % 3 < 2")
    check(render(copy, ORDERS[kind], tmp_path))


@pytest.mark.parametrize("kind", sorted(ORDERS))
def test_huge_and_tiny_numbers_break_no_page(copy: Connection, tmp_path: Path, kind: str) -> None:
    copy.execute(
        "update core.price_claims set input_usd_per_mtok = case hash(rowid) % 3 when 0 then 99999 "
        "when 1 then 0.000001 else input_usd_per_mtok end"
    )
    copy.execute(
        "update analysis.capabilities set capability = capability * 1e6, "
        "capability_low = -1e9, capability_high = 1e9 where hash(rowid) % 5 = 0"
    )
    check(render(copy, ORDERS[kind], tmp_path))


@pytest.mark.parametrize("kind", ["weekly", "monthly", "scorecard"])
def test_an_empty_market_is_said_to_be_empty(copy: Connection, tmp_path: Path, kind: str) -> None:
    for table in ("core.offerings", "marts.launch_impact", "core.release_claims",
                  "core.retirement_claims", "core.claims", "marts.claim_checks"):  # fmt: skip
        copy.execute(f"delete from {table}")
    check(render(copy, ORDERS[kind], tmp_path))


def test_duckdb_can_copy_what_we_spoil(copy: Connection) -> None:
    """Spoiling must not reach the edition that other tests read."""
    copy.execute("update core.models set name = 'spoilt'")
    other = copy.cursor()
    assert other.execute(
        "select count(*) from memory.core.models where name = 'spoilt'"
    ).fetchall()[0] == (0,)
    assert isinstance(other, duckdb.DuckDBPyConnection)
