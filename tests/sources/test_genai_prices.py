"""genai-prices: what it is known to get wrong, and what must come of it."""

import json
from typing import Any

from feeds import FEEDS, Market, genai_prices_document, rows

from pipelines.sources.genai_prices import SOURCE, parse

OTHERS = {f"eta-{n}": ("7", "9") for n in range(5)}
PRICES = {"zeta-1": ("2", "8"), **OTHERS}
ZETA = "openai/zeta-1"
FEED = FEEDS["genai_prices"]


def payload(prices: Any, **more: Any) -> bytes:
    """The list, in which zeta-1 has `prices` and says `more`."""
    document = genai_prices_document(PRICES)
    FEED.row(document, "zeta-1").update({"prices": prices, **more})
    return json.dumps(document).encode()


def found(content: bytes) -> dict[str, dict[str, Any]]:
    return {o.key: dict(o.fields["prices"]) for o in parse(content).things["prices"]}


def test_the_frozen_first_version_of_the_feed_is_not_what_is_read() -> None:
    """It still answers 200 with the data of 2026-07-25."""
    assert "/v2/" in SOURCE.url


def test_prices_may_be_an_object_or_a_list() -> None:
    one = {"input_mtok": 2, "output_mtok": 8}
    assert found(payload(one))[ZETA] == found(payload([{"prices": one}]))[ZETA]


def test_a_price_may_be_a_number_or_a_base_with_tiers(market: Market) -> None:
    tiered = {"input_mtok": {"base": 2, "tiers": [{"start": 200000, "price": 4}]},
              "output_mtok": 8}  # fmt: skip
    market.fetched("genai_prices", "2026-01-10", payload(tiered))
    market.build()
    assert market.price(ZETA, "2026-01-10") == ("2", "8")


def test_no_prices_at_all_are_no_price_of_zero(market: Market) -> None:
    market.fetched("genai_prices", "2026-01-10", payload({}))
    market.build()
    assert market.price(ZETA, "2026-01-10") is None


def test_a_match_rule_that_merges_versions_prices_none_but_its_id(market: Market) -> None:
    """Its rule for gpt-4o takes in gpt-4o-2024-05-13, which costs twice as much."""
    rule = {"or": [{"equals": "zeta-1"}, {"starts_with": "zeta-1-2025-12-01"}]}
    market.fetched(
        "genai_prices", "2026-01-10", payload({"input_mtok": 2, "output_mtok": 8}, match=rule)
    )
    market.fetched("litellm", "2026-01-10", FEEDS["litellm"].payload(
        {"zeta-1-2025-12-01-old": ("5", "15"), **OTHERS}))  # fmt: skip
    market.build()
    assert market.list_prices("2026-01-10")["openai/zeta-1-2025-12-01-old"] == ("5", "15")
    names = rows(market.connection, "select spelling from core.names where source = 'genai_prices'")
    assert "openai/zeta-1-2025-12-01" not in {name for (name,) in names}


def test_the_last_dated_price_that_has_begun_counts(market: Market) -> None:
    dated = [
        {"prices": {"input_mtok": 10, "output_mtok": 40}},
        {
            "constraint": {"start_date": "2025-12-10"},
            "prices": {"input_mtok": 5, "output_mtok": 20},
        },
    ]
    market.fetched("genai_prices", "2026-01-10", payload(dated))
    market.build()
    assert market.price(ZETA, "2026-01-10") == ("5", "20")


def test_a_price_for_hours_of_the_day_is_not_the_price() -> None:
    night = {"constraint": {"start_time": "00:30:00Z", "end_time": "16:30:00Z"},
             "prices": {"input_mtok": 1, "output_mtok": 4}}  # fmt: skip
    day = {"prices": {"input_mtok": 2, "output_mtok": 8}}
    assert found(payload([day, night]))[ZETA] == found(payload([day]))[ZETA]
    assert [key for key in found(payload([day, night])) if key.startswith(ZETA)] == [ZETA]


def test_its_copies_of_a_gateways_rows_are_no_list_prices(market: Market) -> None:
    """260 of its 541 openrouter rows were dead, a quarter of the rest stale."""
    document = genai_prices_document(PRICES)
    document += genai_prices_document({"openai/zeta-1": ("9", "30")}, "openrouter")
    market.fetched("genai_prices", "2026-01-10", json.dumps(document).encode())
    market.build()
    assert market.list_prices("2026-01-10")[ZETA] == ("2", "8")


def test_meters_it_adds_are_tolerated(market: Market) -> None:
    meters = {"input_mtok": 2, "output_mtok": 8, "requests_kcount": 5, "web_searches_kcount": 10,
              "holograms_kcount": {"base": 1, "tiers": []}}  # fmt: skip
    market.fetched("genai_prices", "2026-01-10", payload(meters))
    market.build()
    assert market.price(ZETA, "2026-01-10") == ("2", "8")


def test_no_past_price_is_not_an_unchanged_price(market: Market) -> None:
    """The list has one price of o1-mini, the cut one; on the launch day it was another."""
    market.fetched("genai_prices", "2026-01-10", payload({"input_mtok": 2, "output_mtok": 8}))
    market.build()
    assert market.price(ZETA, "2025-09-12") is None
