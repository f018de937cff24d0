"""Pages of the whole archive hold what pages of the edition hold."""

import re
from datetime import date
from pathlib import Path

import pytest
from page_numbers import names_of, without_a_fact

from pipelines.briefings.market import Order
from pipelines.briefings.render import compose, render
from pipelines.briefings.theme import Theme
from pipelines.tables import Connection

pytestmark = pytest.mark.archive

ORDERS = (
    Order("launch", "o1-mini"),
    Order("launch", "o1-mini", None, date(2024, 9, 13)),
    Order("launch", "gpt-5"),
    Order("launch", "launch of google/gemma-4-31b-it"),
    Order("weekly", "2024-W27"),
    Order("weekly", "2025-W32"),
    Order("monthly", "2024-07"),
    Order("monthly", "2025-06"),
    Order("monthly", "2025-08"),
    Order("monthly", "2026-08"),
    Order("model", "gpt-4o", date(2024, 10, 31)),
    Order("model", "claude-sonnet-4"),
    Order("scorecard"),
)


@pytest.fixture(scope="module")
def names(archive_warehouse: Connection) -> list[str]:
    """Words of the archive that hold numbers."""
    return names_of(archive_warehouse)


@pytest.mark.parametrize("order", ORDERS, ids=lambda o: f"{o.kind} {o.partition}")
def test_a_page_is_small_and_all_its_numbers_are_facts(
    archive_warehouse: Connection, names: list[str], order: Order, tmp_path: Path
) -> None:
    page = render(archive_warehouse, order, tmp_path)
    html = (page / "index.html").read_text()
    assert without_a_fact(html, names) == []
    assert "None" not in re.sub(r"`[^`]*`", "", (page / "briefing.md").read_text())
    assert (page / "index.html").stat().st_size <= 400_000
    assert (page / "briefing.pdf").stat().st_size <= 600_000


def test_every_launch_that_only_feeds_date_can_be_briefed(archive_warehouse: Connection) -> None:
    found = archive_warehouse.execute(
        "select distinct d.event_id from core.segment_days as d where d.event_id not in "
        "(select r.event_id from core.releases as r where r.event_id is not null) order by all"
    ).fetchall()
    assert len(found) > 20
    for (event,) in found:
        page = compose(archive_warehouse, Order("launch", event), Theme())
        assert page.context["entrants"], event
