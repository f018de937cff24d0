"""Every kind of briefing: same bytes, every figure a fact, nothing injected or typed by hand."""

import csv
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import duckdb
import pypdf
import pytest
from jinja2 import pass_context
from page_numbers import names_of, without_a_fact

from pipelines import alerts, raw, tables
from pipelines.briefings import changes
from pipelines.briefings import render as rendering
from pipelines.briefings.facts import BareNumber, Facts
from pipelines.briefings.kinds import KINDS
from pipelines.briefings.market import BriefingError, Order, read_market
from pipelines.briefings.render import render
from pipelines.briefings.svg import Canvas, Hover
from pipelines.settings import TEMPLATES
from pipelines.sources import sources
from pipelines.tables import Connection

EVENT = "o1-mini"
#: One order of every kind, of days that the edition speaks of.
ORDERS = {
    "launch": Order("launch", EVENT),
    "weekly": Order("weekly", "2024-W37"),
    "monthly": Order("monthly", "2024-09"),
    "model": Order("model", "o1-mini", date(2024, 12, 1)),
    "scorecard": Order("scorecard"),
}
SECTIONS = [
    "In three lines", "What changes", "Positioning", "Potential winners and losers",
    "What others wrote, checked", "Implications for practitioners", "What is not known",
    "Method in brief", "Sources", "Facts",
]  # fmt: skip


@pytest.fixture(scope="module")
def pages(edition: Connection, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """One briefing of every kind from the edition."""
    out = tmp_path_factory.mktemp("out")
    return {kind: render(edition, order, out) for kind, order in ORDERS.items()}


@pytest.fixture(params=sorted(ORDERS))
def page(request: pytest.FixtureRequest, pages: dict[str, Path]) -> Path:
    """The folder of one kind's briefing."""
    return pages[request.param]


def launch(connection: Connection, event: str, known_by: date | None, out: Path) -> Path:
    return render(connection, Order("launch", event, None, known_by), out)


class Links(HTMLParser):
    """Anchors, their targets and the ids of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.targets: list[str] = []
        self.ids: list[str] = []
        self.files: list[str] = []
        self.external: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if found.get("id"):
            self.ids.append(str(found["id"]))
        href = found.get("href") or ""
        if tag == "a" and href.startswith("#"):
            self.targets.append(href[1:])
        elif tag == "a" and re.match(r"(?!\w+:)[\w./-]+$", href):
            self.files.append(href)
        elif tag == "a" and href:
            self.external.append(href)
        if tag in {"script", "iframe", "object", "embed"}:
            raise AssertionError(f"<{tag}> on a page that needs none")
        assert not any(name.startswith("on") for name in found), found


def read(page: Path) -> Links:
    links = Links()
    links.feed((page / "index.html").read_text())
    return links


def test_a_launch_that_only_feeds_date_is_briefed(edition: Connection, tmp_path: Path) -> None:
    cursor = edition.cursor()
    cursor.execute("begin")
    try:  # as for a version that no release of the edition names
        cursor.execute("update core.releases set event_id = null where event_id = ?", [EVENT])
        page = (launch(cursor, EVENT, None, tmp_path) / "briefing.md").read_text()
    finally:
        cursor.execute("rollback")
    assert re.search(r"OpenAI launched o1-mini on \[2024-09-12\]", page)


def test_a_launch_whose_first_day_in_the_api_is_not_known_is_briefed(
    edition: Connection, tmp_path: Path
) -> None:
    query = (
        "select min(d.event_id) from core.segment_days as d "
        "join core.event_models as m on m.event_id = d.event_id "
        "join core.releases as r on r.model_id = m.model_id where r.api_available_on is null"
    )
    [(event,)] = edition.execute(query).fetchall()
    assert (launch(edition, event, None, tmp_path) / "index.html").exists()


def test_there_is_an_order_of_every_kind() -> None:
    assert set(ORDERS) == set(KINDS)


def test_the_sections_of_a_launch_stand_in_order(pages: dict[str, Path]) -> None:
    text = (pages["launch"] / "briefing.md").read_text()
    at = [text.index(f"## {section}") for section in SECTIONS]
    assert at == sorted(at)
    assert "Draft: not signed off" in text


def test_a_launch_says_what_was_forecast_then_and_now(pages: dict[str, Path]) -> None:
    text = (pages["launch"] / "briefing.md").read_text()
    assert "Demand is not known" not in text
    said = re.search(r"The day after, the launch was forecast to take (.*)", text)
    assert said is not None
    assert said[1].count("% to ") == 2
    assert "with hindsight" in said[1]


def test_every_kind_says_its_days_and_opens_with_three_lines(page: Path) -> None:
    text = (page / "briefing.md").read_text()
    assert re.search(r"^\*\w+ briefing, as of \d{4}-\d\d-\d\d, known by \d{4}-\d\d-\d\d\.\*$",
                     text, re.MULTILINE)  # fmt: skip
    lines = text[text.index("## In three lines") :].split("\n## ")[1 - 1]
    assert re.findall(r"^(\d)\. \S", lines, re.MULTILINE) == ["1", "2", "3"]
    for section in ("What is not known", "Method in brief", "Sources", "Facts"):
        assert f"\n## {section}\n" in text
    assert "Edition: curated facts published up to" in text


def test_the_same_inputs_give_the_same_bytes(
    edition: Connection, page: Path, tmp_path: Path
) -> None:
    order = ORDERS[page.parent.name]
    again = render(edition, order, tmp_path)
    first = sorted(p.relative_to(page) for p in page.rglob("*") if p.is_file())
    assert first == sorted(p.relative_to(again) for p in again.rglob("*") if p.is_file())
    for name in first:
        assert (again / name).read_bytes() == (page / name).read_bytes(), name


def test_every_figure_links_to_a_fact_with_its_source(page: Path) -> None:
    links = read(page)
    facts = {target for target in links.targets if re.fullmatch(r"f\d+", target)}
    assert len(facts) > 10
    assert set(links.targets) <= set(links.ids)
    markdown = (page / "briefing.md").read_text()
    listed = markdown[markdown.index("\n## Facts\n") :]
    for fact in facts:
        assert re.search(rf"\b{fact}\b", listed), fact


def test_the_query_of_every_fact_gets_it(edition: Connection, page: Path) -> None:
    with (page / "tables" / "facts.csv").open(encoding="utf-8", newline="") as file:
        facts = list(csv.DictReader(file))
    assert len(facts) > 10
    for fact in facts:
        # A count of none is the one fact whose rows may be none.
        found = edition.execute(fact["SQL"]).fetchall()
        assert found or fact["Value"].startswith("0"), fact


def test_ids_are_unique(page: Path) -> None:
    ids = read(page).ids
    assert sorted(ids) == sorted(set(ids))


def test_links_lead_to_files_that_are_there_or_to_the_web(page: Path) -> None:
    links = read(page)
    assert all(re.match(r"https?://", link) for link in links.external)
    for name in set(links.files) - {"../../index.html"}:  # the site's own, made later
        assert (page / name).is_file(), name


def test_every_number_on_a_page_is_a_fact_or_a_date(edition: Connection, page: Path) -> None:
    html = (page / "index.html").read_text()
    assert without_a_fact(html, names_of(edition)) == []


def test_a_number_typed_by_hand_is_found(edition: Connection, pages: dict[str, Path]) -> None:
    html = (pages["model"] / "index.html").read_text()
    for place, typed in (("</h2>", "</h2><p>It costs 17.5 dollars.</p>"),
                         ("</svg>", "<text>17.5 dollars</text></svg>")):  # fmt: skip
        spoilt = html.replace(place, typed, 1)
        found = without_a_fact(spoilt, names_of(edition))
        assert [line.split()[0] for line in found] == ["17.5"]


def test_a_bare_number_never_gets_onto_a_page() -> None:
    for value in (3, 2.5):
        with pytest.raises(BareNumber):
            Facts().show(value)


@pytest.mark.parametrize("template", sorted(TEMPLATES.glob("*.md.j2")), ids=lambda p: p.name)
def test_no_number_is_typed_into_a_template(template: Path) -> None:
    prose = template.read_text()
    prose = re.sub(r"{#.*?#}|{%.*?%}|{{.*?}}", "", prose, flags=re.DOTALL)
    prose = re.sub(r"^\d\.\s", "", prose, flags=re.MULTILINE)  # numbered lists
    prose = re.sub(r"\b(3:1|98:2)\b", "", prose)  # the names of the two workloads
    assert re.findall(r"\d+", prose) == []
    strings = re.findall(r"\"([^\"]*)\"", " ".join(re.findall(r"{{.*?}}", template.read_text())))
    assert [s for s in strings if re.search(r"\d", s)] == []


def test_the_pdf_says_the_same_and_sizes_are_small(page: Path) -> None:
    reader = pypdf.PdfReader(page / "briefing.pdf")
    text = "\n".join(sheet.extract_text() for sheet in reader.pages)
    assert "In three lines" in text
    assert "What is not known" in text
    assert len(reader.pages) <= 20
    assert (page / "briefing.pdf").stat().st_size <= 600_000
    assert (page / "index.html").stat().st_size <= 400_000


def test_the_day_after_uses_only_what_was_known(edition: Connection, tmp_path: Path) -> None:
    known_by = date(2024, 9, 13)
    text = (launch(edition, EVENT, known_by, tmp_path) / "briefing.md").read_text()
    facts = text[text.index("\n## Facts\n") :]
    late = [
        day
        for day in re.findall(r"published (\d{4}-\d{2}-\d{2})", facts)
        if day > known_by.isoformat()
    ]
    assert late == []
    assert "2025" not in text[: text.index("## What others wrote")]


def test_an_unknown_subject_is_told_its_neighbours(edition: Connection, tmp_path: Path) -> None:
    with pytest.raises(BriefingError, match=EVENT):
        launch(edition, "o1-minni", None, tmp_path)
    with pytest.raises(BriefingError, match="o1-mini"):
        render(edition, Order("model", "o1-minni"), tmp_path)
    for kind, wrong in (("weekly", "2024-37"), ("weekly", "2024-W60"), ("monthly", "2024-13")):
        with pytest.raises(BriefingError, match="write it like"):
            render(edition, Order(kind, wrong), tmp_path)


def test_a_day_before_the_launch_cannot_be_judged(edition: Connection, tmp_path: Path) -> None:
    with pytest.raises(BriefingError, match="earliest"):
        launch(edition, EVENT, date(2024, 9, 12), tmp_path)


HOSTILE = "<script>alert(1)</script>{{ 7*7 }}|[x](javascript:alert(1)) \u202etxet *bold* 😀"


@pytest.fixture(scope="module")
def hostile() -> Iterator[Connection]:
    """The edition with every display name replaced by an attack."""
    connection = duckdb.connect()
    tables.create_schemas(connection)
    raw.create_tables(connection, sources().values())
    tables.build_all(connection)
    connection.execute("update core.models set name = ? || model_id", [HOSTILE])
    connection.execute("update core.vendors set name = ? || vendor_id", [HOSTILE])
    connection.execute("update core.segments set name = ? || segment_id", [HOSTILE])
    connection.execute("update core.events set title = ?", [HOSTILE])
    connection.execute("update core.claims set text = ?, author = ?", [HOSTILE, HOSTILE])
    connection.execute("update core.results set note = ?, publisher = publisher || ?",
                       [HOSTILE, HOSTILE])  # fmt: skip
    connection.execute(
        "update core.price_claims set publisher = publisher || ?, licence = ?, source_url = ?",
        [HOSTILE, HOSTILE, "javascript:alert(1)"],
    )
    yield connection
    connection.close()


@pytest.mark.parametrize("kind", sorted(ORDERS))
def test_hostile_names_neither_inject_nor_break(
    hostile: Connection, tmp_path: Path, kind: str
) -> None:
    page = render(hostile, ORDERS[kind], tmp_path)
    links = read(page)  # raises on a script element or an event handler
    assert all(re.match(r"https?://", link) for link in links.external)
    html = (page / "index.html").read_text()
    assert "<script" not in html
    assert "49" not in re.findall(r"alert\(1\).{0,40}?(\d+)", html)[:1]
    assert "7*7" in html
    assert len(pypdf.PdfReader(page / "briefing.pdf").pages) >= 1


@pytest.mark.parametrize("event", ["claude-2", "gpt-4o-mini", "gpt-4.1", "claude-3.5-sonnet"])
def test_other_launches_render(edition: Connection, tmp_path: Path, event: str) -> None:
    text = (launch(edition, event, None, tmp_path) / "briefing.md").read_text()
    assert "None" not in re.sub(r"`[^`]*`", "", text)
    assert "nan" not in text.lower().split()


@pytest.mark.parametrize(
    "order",
    [Order("weekly", "2023-W11"), Order("monthly", "2023-03"), Order("monthly", "2025-05"),
     Order("weekly"), Order("monthly"), Order("model", "claude-2.1"), Order("model", "gpt-4o"),
     Order("weekly", "2024-W37", known_by=date(2025, 6, 1)),
     Order("model", "deepseek/deepseek-r1", date(2025, 2, 1), date(2025, 2, 1))],
    ids=lambda o: f"{o.kind} {o.partition}",
)  # fmt: skip
def test_sparse_and_odd_days_render(edition: Connection, tmp_path: Path, order: Order) -> None:
    text = (render(edition, order, tmp_path) / "briefing.md").read_text()
    assert "None" not in re.sub(r"`[^`]*`", "", text)


def test_issues_come_out_the_same_whatever_is_learnt_later(
    edition: Connection, tmp_path: Path
) -> None:
    """Facts published after their last day are deleted, and nothing on their pages changes."""
    orders = [ORDERS["weekly"], ORDERS["monthly"]]
    before = [render(edition, order, tmp_path / "a") for order in orders]
    connection = duckdb.connect()
    tables.create_schemas(connection)
    raw.create_tables(connection, sources().values())
    tables.build_all(connection)
    for table, column in (
        ("price_claims", "known_at"), ("release_claims", "known_at"),
        ("retirement_claims", "known_at"), ("results", "known_at"),
    ):  # fmt: skip
        connection.execute(f"delete from core.{table} where cast({column} as date) > '2025-01-31'")
    for table in ("price_index", "price_of_capability", "segment_standing", "frontier"):
        connection.execute(f"delete from marts.{table}")  # these speak with all that is known
    after = [render(connection, order, tmp_path / "b") for order in orders]
    connection.close()
    for one, other in zip(after, before, strict=True):
        assert (one / "briefing.md").read_text() == (other / "briefing.md").read_text()


def test_a_vendors_figure_that_the_vendor_contradicts_is_marked_where_it_stands(
    pages: dict[str, Path],
) -> None:
    """The launch page's MMLU of o1-preview, which looks swapped with o1's."""
    text = (pages["launch"] / "briefing.md").read_text()
    line = next(line for line in text.splitlines() if line.startswith("| MMLU |"))
    assert re.search(r"92\.3%\]\(#f\d+\) \(disputed\)", line), line
    assert re.search(r"85\.2%\]\(#f\d+\) \|", line), "only what is contradicted is marked"
    assert "OpenAI also states 90.8 on 2024-09-20" in text


# ------------------------------------------------------------------ repricings and withdrawals


def test_an_issue_says_who_loses_by_a_repricing_of_its_period(
    edition: Connection, tmp_path: Path
) -> None:
    """o1-mini's price fell by 63% on Friday 31 January 2025: known that day, judged by the next."""
    for order in (Order("weekly", "2025-W05"), Order("monthly", "2025-02")):
        text = (render(edition, order, tmp_path) / "briefing.md").read_text(encoding="utf-8")
        (line,) = [row for row in text.splitlines() if row.startswith("| o1-mini becomes cheaper")]
        assert "GPT-4o (August 2024)" in line
        assert "[exposed]" in line
        assert "frontier lost to o1-mini" in line
        assert re.search(r"mathematical reasoning \(\[[^]]+\]\(#f\d+\)\)", line)
        (cited,) = re.findall(r"\| \[2025-01-31\]\(#f(\d+)\) \|", line)
        fact = next(row for row in text.splitlines() if f'<a id="f{cited}"></a>' in row)
        assert "List price of o1-mini" in fact
        assert "http" in fact
    before = (render(edition, Order("monthly", "2025-01"), tmp_path) / "briefing.md").read_text()
    assert "| o1-mini becomes cheaper" not in before


def test_an_issue_counts_events_without_a_verdict_and_says_why(
    edition: Connection, tmp_path: Path
) -> None:
    text = (render(edition, Order("monthly", "2024-07"), tmp_path) / "briefing.md").read_text()
    (line,) = [row for row in text.splitlines() if row.startswith("Not judged: ")]
    counts = [int(count) for count in re.findall(r"\[(\d+)\]\(#f\d+\)", line)]
    (known,) = edition.execute(
        "select count(*) from marts.unjudged_events as u where u.known_on <= '2024-07-31' "
        "and u.effective_on between '2024-07-01' and '2024-07-31'"
    ).fetchall()[0]
    assert sum(counts) == known > 0
    assert "no result was known the day after" in line


def test_a_models_page_says_what_events_did_to_it(edition: Connection, tmp_path: Path) -> None:
    order = Order("model", "openai/gpt-4o-2024-08-06", date(2025, 2, 15), date(2025, 2, 15))
    text = (render(edition, order, tmp_path) / "briefing.md").read_text(encoding="utf-8")
    section = text.split("## What events did to it")[1].split("## ")[0]
    assert "o1-mini becomes cheaper" in section
    assert "[exposed]" in section
    early = Order("model", "openai/gpt-4o-2024-08-06", date(2025, 1, 31), date(2025, 1, 31))
    text = (render(edition, early, tmp_path) / "briefing.md").read_text(encoding="utf-8")
    assert (
        "o1-mini becomes cheaper" not in text.split("## What events did to it")[1].split("## ")[0]
    )


@pytest.mark.parametrize(
    ("before", "now", "kind", "words"),
    [
        (None, date(2024, 7, 1), "retirement learnt late", "had been shut down on 2024-07-01;"),
        (date(2024, 8, 1), date(2024, 7, 1), "retirement learnt late", "not on 2024-08-01"),
        (None, date(2024, 12, 1), "retirement", "retires"),
        (date(2024, 11, 1), date(2024, 12, 1), "retirement moved", "from 2024-11-01 to 2024-12-01"),
        (date(2024, 11, 1), None, "retirement moved", "no longer states 2024-11-01"),
    ],
)
def test_a_retirement_is_told_as_what_became_known_of_it(
    edition: Connection, monkeypatch: pytest.MonkeyPatch, before: date | None, now: date | None,
    kind: str, words: str,
) -> None:  # fmt: skip
    """Before and now: the day of shutdown as known on the eve and at the end of a week."""
    eve, end = date(2024, 9, 8), date(2024, 9, 15)
    market = read_market(edition.cursor(), Facts(), end, end, end, True)
    known = changes.known_retirements(market, date(2026, 6, 1))[0]
    monkeypatch.setattr(
        changes, "known_retirements",
        lambda _, known_by: [known | {"shutdown_on": before if known_by == eve else now}],
    )  # fmt: skip
    at = {day: changes.Snapshot(day, day, {}, {}) for day in (eve, end)}
    (found,) = changes.retirements(market, at[eve], at[end])
    assert found.kind == kind
    assert changes.is_actionable(found) == (kind != "retirement learnt late")
    assert words in " ".join(alerts.words([found], "slack", end).split())


@pytest.mark.parametrize(("lineages", "is_still_said", "moves"), [
    (1, True, 0), (2, True, 1), (1, False, 1),
])  # fmt: skip
def test_one_source_against_another_that_stands_is_no_move_of_a_price(
    edition: Connection, lineages: int, is_still_said: bool, moves: int
) -> None:
    eve, end = date(2024, 9, 8), date(2024, 9, 15)
    market = read_market(edition.cursor(), Facts(), end, end, end, True)
    now = changes.snapshot(market, end, end)
    price = next(p for p in now.prices.values() if p["model_id"] == "openai/o1-mini-2024-09-12")
    (standing, *_) = [p for p in now.prices.values() if p["claim_id"] != price["claim_id"]]
    former = price | {
        "input_usd_per_mtok": 2 * price["input_usd_per_mtok"],
        "claim_id": standing["claim_id"] if is_still_said else "withdrawn",
    }
    offering = price["offering_id"]
    before = changes.Snapshot(eve, eve, {offering: former}, {})
    after = changes.Snapshot(end, end, {offering: price | {"lineages": lineages}}, {})
    assert len(changes.price_changes(market, before, after)) == moves


def test_a_briefing_waits_for_no_library_it_does_not_use() -> None:
    """Each costs a tenth of a second or more at every start."""
    heavy = ("pandas", "pyarrow", "scipy", "openpyxl", "dagster", "http.client")
    code = (
        "import sys, pipelines.cli, pipelines.briefings.render\n"
        f"print([name for name in {heavy} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_kept_template_says_what_its_source_says_now(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rendering, "TEMPLATES", tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    monkeypatch.setattr(sys, "pycache_prefix", None)
    template, kept = tmp_path / "a.j2", tmp_path / "__pycache__"

    @pass_context
    def loud(_context: object, value: object) -> str:
        return str(value).upper()

    @pass_context
    def quiet(_context: object, value: object) -> str:
        return str(value)

    def says(finalize: Callable[..., str], medium: str) -> str:
        return rendering.environment(finalize, medium).get_template("a.j2").render(word="b")

    template.write_text("a {{ word }} {{ 'c' }}")
    assert [says(loud, "one"), says(loud, "one"), says(quiet, "two")] == ["a B C"] * 2 + ["a b c"]
    assert len(list(kept.iterdir())) == 2
    template.write_text("d {{ word }}")
    assert says(loud, "one") == "d B"
    for damaged in kept.iterdir():
        damaged.write_bytes(damaged.read_bytes()[:-30])
    assert says(loud, "one") == "d B"
    (tmp_path / "__pycache__").rename(tmp_path / "gone")
    kept.write_text("no folder")
    assert says(loud, "one") == "d B"


@pytest.mark.parametrize(("sources", "whole", "own"), [
    (["A", "A"], ". Source: A", ["one", "two"]),
    (["A", ""], ". Source: A", ["one", "two"]),
    (["A", "B"], "", ["one. Source: A", "two. Source: B"]),
    (["", ""], "", ["one", "two"]),
])  # fmt: skip
def test_a_source_of_all_marks_is_said_once_by_their_chart(
    sources: list[str], whole: str, own: list[str]
) -> None:
    canvas = Canvas("c", 10, 10)
    for words, source in zip(("one", "two"), sources, strict=True):
        canvas.mark("circle", 1, 1, 1, "f-one", Hover(words, source))
    drawn = canvas.finish("Finding", "Words")
    assert re.findall("<title[^>]*>([^<]*)</title>", drawn) == [f"Finding{whole}", *own]
