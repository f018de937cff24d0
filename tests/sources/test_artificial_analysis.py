import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from benchmark_feeds import FIXTURES, Feed, by_key, matching, only

from pipelines.sources import PayloadError
from pipelines.sources.artificial_analysis import SOURCE, next_page, parse

PAGES: list[dict[str, Any]] = json.loads(
    (FIXTURES / "artificial_analysis/2026-08-04/models.json").read_text()
)
INDEX = "artificial_analysis_intelligence_index"


def model(number: int, name: str = "m", **more: Any) -> dict[str, Any]:
    return {
        "id": f"id-{number}",
        "name": name,
        "slug": name.lower(),
        "model_creator": {"id": "c", "name": "Vendor", "slug": "vendor"},
        "evaluations": {INDEX: 20.0},
        "pricing": {"price_1m_input_tokens": 1.0, "price_1m_output_tokens": 4.0},
    } | more


def page(*models: dict[str, Any], version: Any = 4.1) -> str:
    return json.dumps(
        {
            "tier": "free",
            "intelligence_index_version": version,
            "pagination": {"page": 1, "page_size": 200, "total_pages": 1, "has_more": False},
            "data": list(models),
        }
    )


@pytest.fixture
def feed(tmp_path: Path) -> Feed:
    return Feed(SOURCE, tmp_path)


def test_page_1_of_3_is_an_incomplete_payload() -> None:
    first = PAGES[0] | {"pagination": {**PAGES[0]["pagination"], "total_pages": 3}}
    with pytest.raises(PayloadError, match="1 of 3 pages"):
        parse(json.dumps(first).encode())


@pytest.mark.parametrize(
    "pages",
    [
        PAGES[:1],
        PAGES[1:],
        PAGES[::-1],
        [PAGES[0], PAGES[0]],
        [PAGES[0] | {"pagination": {"page": 1, "has_more": True}}],
        [PAGES[0], {"data": PAGES[1]["data"]}],
    ],
)
def test_pages_missing_repeated_or_out_of_order_are_refused(pages: list[Any]) -> None:
    with pytest.raises(PayloadError):
        parse(json.dumps(pages).encode())


def test_the_last_good_list_stays_in_force_when_a_page_is_missing(feed: Feed) -> None:
    feed.fetched("2026-08-04", json.dumps(PAGES))
    feed.fetched("2026-08-05", json.dumps(PAGES[:1]))
    assert feed.problems() == ["incomplete: 1 of 2 pages"]
    assert all(row["ended_at"] is None for row in feed.staged())


def test_a_page_says_which_page_follows() -> None:
    assert next_page(json.dumps(PAGES[0]).encode()) == "?page=2"
    assert next_page(json.dumps(PAGES[1]).encode()) is None


@pytest.mark.parametrize("pagination", [None, {}, {"has_more": "no"}, {"has_more": True}])
def test_a_page_that_does_not_say_what_follows_is_refused(pagination: Any) -> None:
    with pytest.raises(PayloadError, match="does not say"):
        next_page(json.dumps({"data": [], "pagination": pagination}).encode())


def test_pages_of_two_index_versions_are_no_one_list() -> None:
    mixed = [PAGES[0], PAGES[1] | {"intelligence_index_version": 4.2}]
    with pytest.raises(PayloadError, match="different index versions"):
        parse(json.dumps(mixed).encode())


def test_a_rebased_index_starts_a_new_series(feed: Feed) -> None:
    feed.fetched("2026-06-15", page(model(1, evaluations={INDEX: 20.39}), version="4.0"))
    feed.fetched("2026-06-16", page(model(1, evaluations={INDEX: 13.98}), version="4.1"))
    found = {row["benchmark_release"]: row["score"] for row in feed.staged()}
    assert found == {"v4.0": Decimal("20.390"), "v4.1": Decimal("13.980")}


def test_an_index_without_its_version_is_quarantined(feed: Feed) -> None:
    legacy = {"status": 200, "prompt_options": {"prompt_length": "medium"}, "data": [model(1)]}
    feed.fetched("2026-05-14", json.dumps(legacy))
    assert "without its version" in feed.staged()[0]["quarantine_reason"]


def test_evaluations_are_shares_and_indices_run_to_100(feed: Feed) -> None:
    evaluations = {INDEX: 20.4, "aime": 0.603, "math_500": 0.944, "gpqa": None}
    feed.fetched("2026-01-01", page(model(1, evaluations=evaluations)))
    found = {row["benchmark_spelling"]: row["score"] for row in feed.staged()}
    assert found == {
        INDEX: Decimal("20.4"), "aime": Decimal("60.3"), "math_500": Decimal("94.4"),
    }  # fmt: skip


def test_a_score_below_zero_is_no_share(feed: Feed) -> None:
    evaluations = {"omniscience": -0.217, "gdpval": 1200}
    feed.fetched("2026-01-01", page(model(1, evaluations=evaluations)))
    reasons = {row["benchmark_spelling"]: row["quarantine_reason"] for row in feed.staged()}
    assert "below 0" in reasons["omniscience"]
    assert "above 100" in reasons["gdpval"]


def test_estimated_indices_are_quarantined(feed: Feed) -> None:
    feed.fetched("2026-01-01", page(model(1, **{f"{INDEX}_is_estimated": True}), model(2)))
    reasons = {row["key"]: row["quarantine_reason"] for row in feed.staged()}
    assert reasons == {
        f"id-1|{INDEX}": "estimated by the source, not measured", f"id-2|{INDEX}": None,
    }  # fmt: skip


def test_missing_prices_are_null_or_zero_and_never_free(feed: Feed) -> None:
    nothing = {"price_1m_input_tokens": None, "price_1m_output_tokens": None}
    zero = {"price_1m_input_tokens": 0.0, "price_1m_output_tokens": 0.0}
    feed.fetched(
        "2026-01-01",
        page(model(1, "a", pricing=nothing), model(2, "b", pricing=zero), model(3, "c")),
    )
    reasons = {row["spelling"]: row["quarantine_reason"] for row in feed.staged("prices")}
    assert set(reasons) == {"b", "c"}
    assert reasons["c"] is None
    assert reasons["b"].startswith("zero for a paid model")


def test_a_blended_price_that_vanished_changes_nothing(feed: Feed) -> None:
    prices = {"price_1m_input_tokens": 2, "price_1m_output_tokens": 8}
    blended = prices | {"price_1m_blended_3_to_1": 3.5}
    feed.fetched("2026-04-10", page(model(1, "a", pricing=blended)))
    feed.fetched(
        "2026-07-10", page(model(1, "a", pricing=blended | {"price_1m_blended_3_to_1": None}))
    )
    row = only(feed.staged("prices"), spelling="a")
    assert (row["input_usd_per_mtok"], row["output_usd_per_mtok"]) == (2, 8)
    assert row["ended_at"] is None


def test_prices_are_of_no_vendor(feed: Feed) -> None:
    feed.backfilled(FIXTURES)
    row = only(feed.staged("prices"), spelling="o1-preview")
    assert (row["input_usd_per_mtok"], row["output_usd_per_mtok"]) == (Decimal("16.5"), 66)
    assert row["host_spelling"] == "median of hosts"


def test_one_row_per_effort_level(feed: Feed) -> None:
    feed.fetched(
        "2026-01-01",
        page(model(1, "GPT-5.5 (xhigh)"), model(2, "GPT-5.5 (Non-reasoning, Low Effort)"),
             model(3, "GPT-4o (Nov '24)")),
    )  # fmt: skip
    rows = feed.staged()
    assert {(row["spelling"], row["configuration"]) for row in rows} == {
        ("GPT-5.5", "effort xhigh"),
        ("GPT-5.5", "non-reasoning; low effort"),
        ("GPT-4o (Nov '24)", None),
    }
    assert {row["spelling"] for row in feed.staged("prices")} == {"GPT-5.5", "GPT-4o (Nov '24)"}


def test_effort_levels_with_different_prices_are_quarantined(feed: Feed) -> None:
    dear = {"price_1m_input_tokens": 1.0, "price_1m_output_tokens": 9.0}
    feed.fetched("2026-01-01", page(model(1, "a (high)"), model(2, "a (low)", pricing=dear)))
    assert "different prices" in only(feed.staged("prices"), spelling="a")["quarantine_reason"]


def test_the_bare_slug_is_not_used_because_it_moves_to_the_newest_snapshot() -> None:
    for fields in by_key(parse(json.dumps(PAGES).encode()).things["results"]).values():
        assert "slug" not in fields


def test_the_cost_of_the_run_goes_with_the_index(feed: Feed) -> None:
    feed.backfilled(FIXTURES)
    row = only(feed.staged(), spelling="o3-mini")
    assert (row["configuration"], row["run_cost_usd"]) == ("effort high", Decimal("344.59"))
    assert matching(feed.staged(), spelling="o1-mini")[0]["run_cost_usd"] is None


def test_a_model_without_id_is_rejected_alone() -> None:
    parsed = parse(page(model(1), {"name": "x"}, model(3) | {"name": None}).encode())
    assert len(parsed.things["results"]) == 1
    assert {rejected.key for rejected in parsed.rejected} == {"?", f"id-3|{INDEX}", "id-3"}


@pytest.mark.parametrize("payload", [b"", b"{}", b"[]", b'{"data": []}', b'{"error": "no key"}'])
def test_what_is_no_list_of_models_is_refused(payload: bytes) -> None:
    with pytest.raises(PayloadError):
        parse(payload)


def test_the_key_comes_from_the_environment() -> None:
    assert SOURCE.key_variable == "ARTIFICIAL_ANALYSIS_API_KEY"
