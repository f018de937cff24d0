"""The launch briefing: same bytes, every figure a fact, nothing injected, nothing typed by hand."""

import re
from collections.abc import Iterator
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import duckdb
import pypdf
import pytest

from pipelines import raw, tables
from pipelines.briefings.market import BriefingError
from pipelines.briefings.render import launch
from pipelines.settings import TEMPLATES
from pipelines.sources import sources
from pipelines.tables import Connection

EVENT = "o1-mini"
SECTIONS = [
    "In three lines", "What changes", "Positioning", "Potential winners and losers",
    "What others wrote, checked", "Implications for practitioners", "What is not known",
    "Method in brief", "Sources", "Facts",
]  # fmt: skip


@pytest.fixture(scope="module")
def page(edition: Connection, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The briefing of one launch from the edition, with hindsight."""
    return launch(edition, EVENT, None, None, tmp_path_factory.mktemp("briefing"))


class Links(HTMLParser):
    """Anchors, their targets and the ids of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.targets: list[str] = []
        self.ids: set[str] = set()
        self.external: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if found.get("id"):
            self.ids.add(str(found["id"]))
        href = found.get("href") or ""
        if tag in {"a"} and href.startswith("#"):
            self.targets.append(href[1:])
        elif tag == "a" and href:
            self.external.append(href)
        if tag in {"script", "iframe", "object", "embed"}:
            raise AssertionError(f"<{tag}> on a page that needs none")
        assert not any(name.startswith("on") for name in found), found


def read(page: Path) -> Links:
    links = Links()
    links.feed((page / "index.html").read_text())
    return links


def test_the_sections_stand_in_order(page: Path) -> None:
    text = (page / "briefing.md").read_text()
    at = [text.index(f"## {section}") for section in SECTIONS]
    assert at == sorted(at)
    assert "Draft: not signed off" in text


def test_the_same_inputs_give_the_same_bytes(
    edition: Connection, page: Path, tmp_path: Path
) -> None:
    again = launch(edition, EVENT, None, None, tmp_path)
    for name in ("index.html", "briefing.md"):
        assert (again / name).read_bytes() == (page / name).read_bytes()


def test_every_figure_links_to_a_fact_with_its_source(page: Path) -> None:
    links = read(page)
    facts = {target for target in links.targets if re.fullmatch(r"f\d+", target)}
    assert len(facts) > 50
    assert facts <= links.ids
    markdown = (page / "briefing.md").read_text()
    listed = markdown[markdown.index("## Facts") :]
    for fact in facts:
        assert re.search(rf"\b{fact}\b", listed), fact


def test_links_leave_the_page_only_to_the_web(page: Path) -> None:
    assert all(re.match(r"https?://", link) for link in read(page).external)


def test_prose_and_tables_show_no_figure_without_a_fact(page: Path) -> None:
    """Outside names, dates, quotations and the facts themselves, digits stand only in links."""
    text = (page / "briefing.md").read_text()
    body = text[text.index("## In three lines") : text.index("## What others wrote")]
    body = re.sub(r"\[[^\]]*\]\([^)]*\)", "", body)  # figures and other links
    body = re.sub(r"^- On record of .*$", "", body, flags=re.MULTILINE)  # others' words, cited
    body = re.sub(r"\d+% interval", "", body)  # the level of the method
    prices = re.findall(r"\$\d|\d+(?:\.\d+)?\s?%", body)
    assert prices == []


def test_no_number_is_typed_into_the_template() -> None:
    prose = (TEMPLATES / "launch.md.j2").read_text()
    prose = re.sub(r"{#.*?#}|{%.*?%}|{{.*?}}", "", prose, flags=re.DOTALL)
    prose = re.sub(r"^\d\.\s", "", prose, flags=re.MULTILINE)  # numbered lists
    prose = re.sub(r"\b(3:1|98:2)\b", "", prose)  # the names of the two workloads
    assert re.findall(r"\d+", prose) == []


def test_the_pdf_says_the_same(page: Path) -> None:
    reader = pypdf.PdfReader(page / "briefing.pdf")
    text = "\n".join(sheet.extract_text() for sheet in reader.pages)
    assert "In three lines" in text
    assert "Potential winners and losers" in text
    assert len(reader.pages) <= 20
    assert (page / "briefing.pdf").stat().st_size <= 600_000
    assert (page / "index.html").stat().st_size <= 400_000


def test_the_day_after_uses_only_what_was_known(edition: Connection, tmp_path: Path) -> None:
    known_by = date(2024, 9, 13)
    text = (launch(edition, EVENT, None, known_by, tmp_path) / "briefing.md").read_text()
    facts = text[text.index("## Facts") :]
    late = [
        day
        for day in re.findall(r"published (\d{4}-\d{2}-\d{2})", facts)
        if day > known_by.isoformat()
    ]
    assert late == []
    assert "2025" not in text[: text.index("## What others wrote")]


def test_an_unknown_launch_is_told_its_neighbours(edition: Connection, tmp_path: Path) -> None:
    with pytest.raises(BriefingError, match=EVENT):
        launch(edition, "o1-minni", None, None, tmp_path)


def test_a_day_before_the_launch_cannot_be_judged(edition: Connection, tmp_path: Path) -> None:
    with pytest.raises(BriefingError, match="earliest"):
        launch(edition, EVENT, None, date(2024, 9, 12), tmp_path)


HOSTILE = "<script>alert(1)</script>{{ 7*7 }}|[x](javascript:alert(1)) \u202etxet *bold* 😀"


@pytest.fixture
def hostile(tmp_path: Path) -> Iterator[Connection]:
    """The edition with every display name replaced by an attack."""
    connection = duckdb.connect()
    tables.create_schemas(connection)
    raw.create_tables(connection, sources().values())
    tables.build_all(connection)
    connection.execute("update core.models set name = ? || model_id", [HOSTILE])
    connection.execute("update core.claims set text = ?", [HOSTILE])
    connection.execute("update core.results set note = ?, publisher = publisher || ?",
                       [HOSTILE, HOSTILE])  # fmt: skip
    yield connection
    connection.close()


def test_hostile_names_neither_inject_nor_break(hostile: Connection, tmp_path: Path) -> None:
    page = launch(hostile, EVENT, None, None, tmp_path)
    links = read(page)  # raises on a script element or an event handler
    assert all(re.match(r"https?://", link) for link in links.external)
    html = (page / "index.html").read_text()
    assert "49" not in re.findall(r"alert\(1\).{0,40}?(\d+)", html)[:1]
    assert "{{ 7*7 }}" in html or "{{ 7\\*7 }}" in html or "7*7" in html
    assert len(pypdf.PdfReader(page / "briefing.pdf").pages) >= 3


@pytest.mark.parametrize("event", ["claude-2", "gpt-4o-mini", "gpt-4.1", "claude-3.5-sonnet"])
def test_other_launches_render(edition: Connection, tmp_path: Path, event: str) -> None:
    page = launch(edition, event, None, None, tmp_path)
    text = (page / "briefing.md").read_text()
    assert "None" not in re.sub(r"`[^`]*`", "", text)
    assert "nan" not in text.lower().split()
