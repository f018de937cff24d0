"""Events are found in the feeds; corrections, gaps and re-based scales are none."""

from datetime import date
from typing import Any

import pytest
from feeds import FEEDS, PRICE_TABLES, Market, Prices, rows

from pipelines import tables
from pipelines.tables import Connection, catalogue

ZETA = "openai/zeta-1"
#: Feeds that read the same market; LiteLLM and models.dev are different lineages.
TWO = ("litellm", "models_dev")


def says(market: Market, feed: str, moment: str, prices: Prices) -> None:
    """A feed's payload, with a few others beside so that one row is not the whole feed."""
    others = {f"eta-{n}": ("7", "9") for n in range(5)}
    market.fetched(feed, moment, FEEDS[feed].payload({**prices, **others}))


def events(market: Market, kind: str, model: str = ZETA) -> list[dict[str, Any]]:
    """Events of one kind about a model, as rows of core.events, earliest first."""
    connection = market.build()
    known = catalogue()
    needed = known.upstream(["core.events"])
    for name in known.order:
        if name in needed - known.upstream(PRICE_TABLES):
            tables.build(known.tables[name], connection)
        elif name in known.macros and known.tables_read(name) <= needed:
            tables.create_macro(known.macros[name], connection)
    answer = connection.execute(
        "select * from core.events where event_kind = ? and model_id = ? order by effective_on",
        [kind, model],
    )
    names = [column[0] for column in answer.description]
    return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]


def on(day: str) -> date:
    return date.fromisoformat(day)


# ------------------------------------------------------------------ launches


def test_a_version_that_appears_between_two_readings_is_a_launch(market: Market) -> None:
    says(market, "litellm", "2026-01-10", {})
    says(market, "litellm", "2026-01-12", {"zeta-1": ("2", "8")})
    (launch,) = events(market, "launch")
    assert (launch["effective_from_earliest"], launch["effective_on"]) == (
        on("2026-01-10"), on("2026-01-12"),
    )  # fmt: skip
    assert launch["known_on"] == on("2026-01-12")


def test_what_a_feed_holds_when_it_is_first_read_is_no_launch(market: Market) -> None:
    says(market, "litellm", "2026-01-10", {"zeta-1": ("2", "8")})
    says(market, "litellm", "2026-01-12", {"zeta-1": ("2", "8")})
    assert events(market, "launch") == []


def test_a_version_that_goes_missing_and_comes_back_is_launched_once(market: Market) -> None:
    for day, listed in (("10", False), ("12", True), ("14", False), ("16", True)):
        says(market, "litellm", f"2026-01-{day}", {"zeta-1": ("2", "8")} if listed else {})
    assert [launch["effective_on"] for launch in events(market, "launch")] == [on("2026-01-12")]


def test_what_appeared_during_a_long_gap_has_no_day_and_is_no_launch(market: Market) -> None:
    says(market, "litellm", "2026-01-10", {})
    says(market, "litellm", "2026-04-20", {"zeta-1": ("2", "8")})
    assert events(market, "launch") == []


# ------------------------------------------------------------------ changes of price


def test_a_cut_that_two_lineages_show_is_an_event(market: Market) -> None:
    for feed in TWO:
        says(market, feed, "2026-01-10", {"zeta-1": ("2", "8")})
        says(market, feed, "2026-01-20", {"zeta-1": ("1", "4")})
    (cut,) = events(market, "price_change")
    assert (cut["former_price_3to1_usd_per_mtok"], cut["price_3to1_usd_per_mtok"]) == (3.5, 1.75)
    assert (cut["severity"], cut["known_on"]) == ("major", on("2026-01-20"))
    assert cut["effective_from_earliest"] <= on("2026-01-11")
    assert cut["withdrawn_known_on"] is None


def test_one_lineage_alone_makes_a_minor_event(market: Market) -> None:
    says(market, "litellm", "2026-01-10", {"zeta-1": ("2", "8")})
    says(market, "litellm", "2026-01-20", {"zeta-1": ("1", "4")})
    assert [cut["severity"] for cut in events(market, "price_change")] == ["minor"]


def test_an_unchanged_price_after_a_gap_is_no_event(market: Market) -> None:
    """A scraper that was silent for three months missed nothing that can be dated."""
    for feed in TWO:
        says(market, feed, "2026-01-10", {"zeta-1": ("2", "8")})
        says(market, feed, "2026-04-20", {"zeta-1": ("2", "8")})
    assert events(market, "price_change") == []


def test_a_change_somewhere_in_a_long_gap_is_no_event(market: Market) -> None:
    for feed in TWO:
        says(market, feed, "2026-01-10", {"zeta-1": ("2", "8")})
        says(market, feed, "2026-04-20", {"zeta-1": ("1", "4")})
    assert events(market, "price_change") == []


def test_a_feed_that_went_empty_makes_no_event(market: Market) -> None:
    says(market, "litellm", "2026-01-10", {"zeta-1": ("2", "8")})
    market.fetched("litellm", "2026-01-11", FEEDS["litellm"].empty)
    says(market, "litellm", "2026-01-12", {"zeta-1": ("2", "8")})
    assert events(market, "price_change") == []
    assert events(market, "launch") == []
    assert events(market, "retirement") == []


def test_a_price_taken_back_is_withdrawn_when_that_is_known(market: Market) -> None:
    says(market, "litellm", "2026-01-10", {"zeta-1": ("2", "8")})
    says(market, "litellm", "2026-01-20", {"zeta-1": ("1", "4")})
    says(market, "litellm", "2026-01-22", {"zeta-1": ("2", "8")})
    (mistake,) = events(market, "price_change")
    assert mistake["effective_on"] == on("2026-01-20")
    assert mistake["withdrawn_known_on"] == on("2026-01-22")


def test_a_source_that_catches_up_with_another_makes_no_event(market: Market) -> None:
    says(market, "models_dev", "2026-01-02", {"zeta-1": ("1", "4")})
    says(market, "litellm", "2026-01-10", {"zeta-1": ("2", "8")})
    says(market, "models_dev", "2026-02-10", {"zeta-1": ("1", "4")})
    says(market, "litellm", "2026-02-10", {"zeta-1": ("1", "4")})
    assert events(market, "price_change") == []


def test_leaving_a_price_only_one_source_had_by_4x_is_a_correction(market: Market) -> None:
    says(market, "litellm", "2026-01-10", {"zeta-1": ("15", "15")})
    for feed in TWO:
        says(market, feed, "2026-01-20", {"zeta-1": ("0.3", "0.6")})
    assert events(market, "price_change") == []


# ------------------------------------------------------------------ scales


def test_scores_make_no_event() -> None:
    """So a scale that is re-based, by any source, cannot make a winner or a loser."""
    read = catalogue().upstream(["core.events"])
    assert not {"core.results", "core.result_statements"} & read


# ------------------------------------------------------------------ the edition's and the fixtures'


@pytest.mark.parametrize(
    ("event_id", "effective_on", "severity"),
    [
        ("o1-mini", "2024-09-12", "major"),
        ("price of openai/o1-mini-2024-09-12 from 2025-01-31", "2025-01-31", "major"),
        ("retirement of openai/o1-mini-2024-09-12", "2025-10-27", "minor"),
        ("alias openai/gpt-4o from 2024-10-02", "2024-10-02", "minor"),
    ],
)
def test_all_kinds_are_found_in_the_edition(
    edition: Connection, event_id: str, effective_on: str, severity: str
) -> None:
    found = rows(
        edition,
        "select effective_on, severity from core.events where event_id = ?",
        [event_id],
    )
    assert found == [(on(effective_on), severity)]


def test_the_effect_of_a_launch_begins_with_access_and_not_with_the_announcement(
    edition: Connection,
) -> None:
    later = rows(
        edition,
        "select count(*) from core.events where event_kind = 'launch' "
        "and effective_on > announced_on",
    )
    assert later[0][0] > 0


def test_every_event_names_its_versions(warehouse: Connection) -> None:
    lost = rows(
        warehouse,
        "select e.event_id from core.events as e left join core.event_models as m "
        "on m.event_id = e.event_id group by e.event_id, e.models "
        "having count(m.model_id) <> e.models",
    )
    assert lost == []
