"""What a monthly says of the two years behind it, against the tables that say the same."""

from datetime import date

import pytest
from feeds import rows

from pipelines.briefings import trend
from pipelines.briefings.facts import Facts
from pipelines.briefings.market import newest_fact, read_market
from pipelines.tables import Connection


def past_of(connection: Connection, as_of: date, known_by: date) -> trend.Past:
    market = read_market(connection.cursor(), Facts(), as_of, known_by, known_by, False)
    found = trend.read(market)
    assert found is not None
    return found


def test_month_ends_lead_up_to_the_day_asked() -> None:
    assert trend.month_ends(date(2024, 3, 31), 2) == [
        date(2024, 1, 31), date(2024, 2, 29), date(2024, 3, 31),
    ]  # fmt: skip
    assert trend.month_ends(date(2024, 3, 10), 1) == [date(2024, 2, 29), date(2024, 3, 10)]


def test_past_prices_are_those_the_issue_knew(edition: Connection) -> None:
    """A claim that became known only after the issue changes nothing in it."""
    as_of = date(2024, 9, 30)
    past = past_of(edition, as_of, as_of)
    for i, day in enumerate(past.days):
        known = rows(
            edition,
            f"select model_id, (3 * input_usd_per_mtok + output_usd_per_mtok) / 4 "
            f"from prices_on('{day}', '{as_of}') where is_list_price",
        )
        prices = {m: p for m, p in zip(past.models, past.panel[i], strict=True) if p == p}
        assert prices == pytest.approx({m: float(p) for m, p in known})


def test_places_of_the_last_day_are_the_frontiers_of_the_day(edition: Connection) -> None:
    as_of = date(2024, 9, 30)
    past = past_of(edition, as_of, as_of)
    for segment_id, found in rows(
        edition,
        "select g.segment_id, list(f.model_id order by f.model_id) from core.segments as g "
        f"cross join frontier_on(g.segment_id, date '{as_of}', date '{as_of}') as f "
        "where g.kind = 'models' group by g.segment_id",
    ):
        on = sorted(
            p["model_id"]
            for p in past.positions[as_of]
            if p["segment_id"] == segment_id and p["is_on_frontier"]
        )
        assert on == found


def test_with_all_that_is_known_a_level_costs_what_the_table_of_indices_says(
    edition: Connection,
) -> None:
    """The mart has first days of months, the issue its own day: on a first they agree."""
    newest = newest_fact(edition)
    day = newest.replace(day=1)
    past = past_of(edition, day, newest)
    for method, price in rows(
        edition,
        "select method, price_usd_per_mtok from marts.price_index "
        f"where on_month = date '{day}' and price_usd_per_mtok is not null",
    ):
        level = int(method.rpartition("_")[2])
        found = trend.cheapest(past.panel[-1:], past.able, past.sd, level, 0.8)[0]
        assert found is not None
        assert found[0] == pytest.approx(price)


def test_an_index_of_a_year_has_no_width_on_its_first_day(edition: Connection) -> None:
    as_of = date(2025, 9, 30)
    market = read_market(edition.cursor(), Facts(), as_of, as_of, as_of, False)
    past = trend.read(market)
    assert past is not None
    found = trend.price_index(market, past)
    assert found["hedonic"] is not None
    lines = found["charts"]["index"]
    base = past.days[-1 - trend.YEAR]
    for words, line in lines.series:
        assert {d: v for d, v, _ in line}[base] == pytest.approx(100)
        low, high = next((low, high) for d, low, high in lines.bands[words] if d == base)
        assert (low, high) == (pytest.approx(100), pytest.approx(100))
        assert all(low <= v <= high for (_, v, _), (_, low, high) in
                   zip(line[-1:], lines.bands[words][-1:], strict=True))  # fmt: skip


def test_no_list_price_means_no_past(edition: Connection) -> None:
    market = read_market(
        edition.cursor(), Facts(), date(2021, 1, 31), date(2021, 1, 31), date(2021, 1, 31), False
    )
    assert trend.read(market) is None
