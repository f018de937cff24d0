"""The site's feeds and calendar, read by their own rules; spreadsheets; back issues; the theme."""

import csv
import json
import re
import xml.etree.ElementTree as ET
from datetime import date
from pathlib import Path

import pytest
from conftest import published_in
from openpyxl import load_workbook
from test_briefing import ORDERS
from typer.testing import CliRunner

from pipelines.briefings.backissues import orders
from pipelines.briefings.render import Desk, Order, render
from pipelines.briefings.site import build, calendar
from pipelines.briefings.theme import Theme, ThemeError, read_theme
from pipelines.cli import app
from pipelines.settings import PROJECT, Settings
from pipelines.tables import Connection

ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture(scope="module")
def site(edition: Connection, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("site")
    for order in (ORDERS["weekly"], ORDERS["launch"]):
        render(edition, order, out)
    (out / "weekly" / "broken").mkdir()
    (out / "weekly" / "broken" / "briefing.json").write_text("{")
    count, problems = build(out, edition, Theme(site_url="https://example.org/b"))
    assert count == 2
    assert len(problems) == 1
    assert "broken" in problems[0]
    return out


def test_the_atom_feed_is_well_formed_with_absolute_addresses(site: Path) -> None:
    feed = ET.fromstring((site / "feed.xml").read_text())
    entries = feed.findall(f"{ATOM}entry")
    assert len(entries) == 2
    ids = [e.findtext(f"{ATOM}id") for e in [*entries, feed]]
    assert len(set(ids)) == 3
    for entry in entries:
        link = entry.find(f"{ATOM}link")
        assert link is not None
        assert link.get("href", "").startswith("https://example.org/b/")
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT00:00:00Z", entry.findtext(f"{ATOM}updated") or "")
        assert "Draft" in (entry.findtext(f"{ATOM}summary") or "")


def test_the_json_feed_and_llms_txt_lead_to_files_that_are_there(
    site: Path, edition: Connection
) -> None:
    build(site, edition, Theme())  # no address: everything relative
    feed = json.loads((site / "feed.json").read_text())
    assert feed["version"].startswith("https://jsonfeed.org/version/1")
    for item in feed["items"]:
        assert (site / item["url"]).is_file()
        assert (site / item["attachments"][0]["url"]).is_file()
    text = (site / "llms.txt").read_text()
    assert text.startswith("# Bellwether\n\n> ")
    links = re.findall(r"\]\(([^)]+)\)", text)
    assert "weekly/2024-W37/briefing.md" in links
    assert all((site / link).is_file() for link in links)


def test_a_page_changed_by_hand_is_called_so_in_the_index(
    edition: Connection, tmp_path: Path
) -> None:
    page = render(edition, ORDERS["weekly"], tmp_path) / "index.html"
    page.write_text(page.read_text() + "<!-- one word more -->")
    build(tmp_path, edition, Theme())
    assert "Changed by hand: index.html" in (tmp_path / "index.html").read_text()


def _unfolded(text: str) -> list[str]:
    assert "\n" not in text.replace("\r\n", "")
    for line in text.split("\r\n"):
        assert len(line.encode()) <= 75
    return text.replace("\r\n ", "").split("\r\n")


def test_the_calendar_holds_retirements_by_the_rules(edition: Connection) -> None:
    lines = _unfolded(calendar(edition, Theme(name="Ünal; Söhne, 漢字" * 4)))
    assert (lines[0], lines[-2], lines[-1]) == ("BEGIN:VCALENDAR", "END:VCALENDAR", "")
    begins = [i for i, line in enumerate(lines) if line == "BEGIN:VEVENT"]
    newest = edition.execute(
        "select model_id, shutdown_on from retirements_known(null) order by shutdown_on desc"
    ).fetchall()[0]
    assert begins
    events = [dict(part.split(":", 1) for part in lines[i + 1 : lines.index("END:VEVENT", i)])
              for i in begins]  # fmt: skip
    assert f"{newest[1]:%Y%m%d}" in {e["DTSTART;VALUE=DATE"] for e in events}
    assert len({e["UID"] for e in events}) == len(events)
    for event in events:
        assert re.fullmatch(r"\d{8}T000000Z", event["DTSTAMP"])
        assert "Source" in event["DESCRIPTION"]


def test_every_table_has_its_csv_and_sheet_with_units_and_facts(site: Path) -> None:
    folder = site / "launch" / "o1-mini"
    html = (folder / "index.html").read_text()
    names = re.findall(r'href="tables/([^"]+)\.csv"', html)
    assert len(names) == html.count("<table") == len(set(names))
    book = load_workbook(folder / "briefing.xlsx", read_only=True)
    facts = {row[0].value: row for row in book["facts"].iter_rows(min_row=2)}
    for name in names:
        with (folder / "tables" / f"{name}.csv").open() as file:
            rows = list(csv.reader(file))
        sheet = [[c.value for c in row] for row in book[name[:31]].iter_rows()]
        assert len(sheet) == len(rows)
        for row in rows[1:]:
            assert set(row[-1].split()) <= set(facts)
    with (folder / "tables" / "01-price.csv").open() as file:
        first = next(csv.DictReader(file))
    assert first["Input (USD per million tokens)"] == "3"
    assert first["Output (USD per million tokens)"] == "12"
    own = facts[first["Facts"].split()[-1]]
    assert own[4].value  # publisher
    assert own[10].value.startswith("https://")


def test_a_cell_is_never_a_formula(edition: Connection, tmp_path: Path) -> None:
    connection = edition.cursor()
    connection.execute("begin")
    try:
        connection.execute("update core.models set name = '=cmd|x!A1' where name = 'o1-preview'")
        folder = render(connection, ORDERS["weekly"], tmp_path)
    finally:
        connection.execute("rollback")
    for path in (folder / "tables").glob("*.csv"):
        with path.open() as file:
            assert not [c for row in csv.reader(file) for c in row if c.startswith("=")], path
    for page in load_workbook(folder / "briefing.xlsx"):
        assert not [c for row in page.iter_rows() for c in row if c.data_type == "f"]


def test_back_issues_are_all_whole_weeks_and_months() -> None:
    found = orders(date(2024, 7, 1), date(2026, 8, 31))
    weeks = [o for o in found if o.kind == "weekly"]
    months = [o for o in found if o.kind == "monthly"]
    assert (weeks[0].subject, weeks[-1].subject, len(weeks)) == ("2024-W27", "2026-W35", 113)
    assert (months[0].subject, months[-1].subject, len(months)) == ("2024-07", "2026-08", 26)
    assert orders(date(2024, 7, 2), date(2024, 7, 7)) == []


def test_the_commands_render_issues_and_the_site(
    edition: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BELLWETHER_HOME", str(tmp_path))
    published_in(edition, Settings(home=tmp_path))
    run = CliRunner().invoke
    done = run(app, ["brief", "issues", "--since", "2024-09-01", "--until", "2024-09-16"])
    assert done.exit_code == 0, done.output
    assert "2 issues" in done.output
    done = run(app, ["site"])
    assert done.exit_code == 0, done.output
    assert "2 briefings" in done.output
    assert (tmp_path / "reports" / "out" / "index.html").is_file()


# ------------------------------------------------------------------ the theme


def test_a_firm_puts_its_name_logo_colours_and_segments_on_every_page(
    edition: Connection, tmp_path: Path
) -> None:
    (tmp_path / "logo.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>')
    file = tmp_path / "theme.toml"
    file.write_text(
        'name = "Ada & Söhne"\ndisclaimer = "Not advice."\nlogo = "logo.svg"\n'
        'segments = ["math_reasoning"]\n[colours]\nlink = "#123456"\n[charts]\n'
        'one = ["#111111", "#eeeeee"]\n'
    )
    desk = Desk(read_theme(file))
    for kind in ("launch", "monthly"):
        folder = render(edition, ORDERS[kind], tmp_path / "out", desk)
        html = (folder / "index.html").read_text()
        assert "Ada &amp; Söhne" in html
        assert "data:image/svg+xml;base64," in html
        assert "--link:#123456" in html
        assert "--chart-one:#eeeeee" in html
        text = (folder / "briefing.md").read_text()
        assert "Not advice." in text
        body = text[: text.index("\n## What others wrote")] if kind == "launch" else text
        assert "athematical reasoning" in body
        assert "mid-range developer" not in body


def test_the_theme_shipped_is_the_one_built_in() -> None:
    shipped = read_theme(PROJECT / "reports" / "theme.toml")
    assert (shipped.name, shipped.page, shipped.charts) == (
        Theme().name, Theme().page, Theme().charts
    )  # fmt: skip
    assert read_theme(None) == Theme()


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("nmae = 'x'", "no entry is called nmae"),
        ("name = 3", "name must be text"),
        ("site_url = 'javascript:x'", "begins with http"),
        ("segments = 'all'", "list of segment ids"),
        ("logo = 'absent.png'", "must be a file"),
        ("[colours]\nlink = 'red'", "#rrggbb"),
        ("[charts]\nsix = '#000000'", "has no colour six"),
        ("name = ", "theme.toml"),
    ],
)
def test_a_theme_that_cannot_be_used_says_why(tmp_path: Path, text: str, complaint: str) -> None:
    (tmp_path / "theme.toml").write_text(text)
    with pytest.raises(ThemeError, match=re.escape(complaint)):
        read_theme(tmp_path / "theme.toml")


def test_a_segment_nobody_knows_is_refused(edition: Connection, tmp_path: Path) -> None:
    from pipelines.briefings.render import BriefingError

    desk = Desk(Theme(segments=("knitting",)))
    with pytest.raises(BriefingError, match="knitting"):
        render(edition, Order("weekly", "2024-W37"), tmp_path, desk)
