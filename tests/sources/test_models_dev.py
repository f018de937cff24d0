"""models.dev's catalogue of prices: what it is known to get wrong, and what must come of it."""

import json
from typing import Any

from feeds import FEEDS, Market, models_dev_document, rows

from pipelines.sources.models_dev import parse

OTHERS = {f"eta-{n}": ("7", "9") for n in range(5)}
PRICES = {"zeta-1": ("2", "8"), **OTHERS}
ZETA = "openai/zeta-1"
FEED = FEEDS["models_dev"]


def fetched(market: Market, day: str, **change: Any) -> None:
    """A payload in which the row of zeta-1 also says `change`; None takes a field away."""
    document = models_dev_document(PRICES)
    row = FEED.row(document, "zeta-1") | change
    document["openai"]["models"]["zeta-1"] = {k: v for k, v in row.items() if v is not None}
    market.fetched("models_dev", day, json.dumps(document).encode())


def runs_of_zeta(market: Market) -> int:
    [(found,)] = rows(
        market.connection, "select count(*) from raw.models_dev__prices where key = ?", [ZETA]
    )
    return int(found)


def test_a_schema_that_keeps_moving_starts_no_new_run(market: Market) -> None:
    fetched(market, "2026-01-10", input_modalities=["text"], output_modalities=["text"])
    fetched(market, "2026-02-10", modalities={"input": ["text"], "output": ["text"]})
    fetched(market, "2026-03-10", status="beta", reasoning_options=[{"type": "effort"}])
    market.build()
    assert runs_of_zeta(market) == 1
    assert market.price(ZETA, "2026-03-10") == ("2", "8")


def test_a_row_without_cost_has_no_price(market: Market) -> None:
    fetched(market, "2026-01-10", cost=None)
    market.build()
    assert market.price(ZETA, "2026-01-10") is None
    assert "no price given" in market.reasons("models_dev")


def test_a_subscriptions_zero_is_no_price(market: Market) -> None:
    """github-models/openai/o1-mini stood at 0/0: a seat pays, the token does not."""
    document = models_dev_document(PRICES)
    document |= models_dev_document({"openai/zeta-1": ("0", "0")}, "github-models")
    market.fetched("models_dev", "2026-01-10", json.dumps(document).encode())
    market.build()
    assert market.price(ZETA, "2026-01-10", host="github_models") is None
    assert market.price(ZETA, "2026-01-10") == ("2", "8")


def test_a_tier_under_the_wrong_heading_leaves_the_base_price(market: Market) -> None:
    """A tier from 272,000 tokens stands under `context_over_200k`; two tiers drop the field."""
    cost = {"input": 2, "output": 8}
    fetched(market, "2026-01-10", cost=cost | {"context_over_200k": {"input": 4, "output": 12}})
    fetched(market, "2026-02-10", cost=cost | {"tiers": [
        {"input": 4, "output": 12, "tier": {"type": "context", "size": 128000}},
        {"input": 6, "output": 16, "tier": {"type": "context", "size": 272000}}]})  # fmt: skip
    market.build()
    for day in ("2026-01-10", "2026-02-10"):
        assert market.price(ZETA, day) == ("2", "8")


def test_the_release_date_is_the_models_and_not_the_prices(market: Market) -> None:
    fetched(market, "2026-01-10", release_date="2025-06-01", last_updated="2025-08-06")
    market.build()
    assert market.price(ZETA, "2025-08-10") is None
    assert market.price(ZETA, "2026-01-10") == ("2", "8")


def test_of_many_providers_of_one_model_only_the_vendor_states_its_list_price(
    market: Market,
) -> None:
    document = models_dev_document(PRICES)
    for n, host in enumerate(("groq", "deepinfra", "togetherai"), start=1):
        document |= models_dev_document({"openai/zeta-1": (f"0.{n}", f"0.{n + 1}")}, host)
    market.fetched("models_dev", "2026-01-10", json.dumps(document).encode())
    market.build()
    assert market.list_prices("2026-01-10")[ZETA] == ("2", "8")


def test_a_provider_that_vanishes_whole_retires_no_model(market: Market) -> None:
    document = models_dev_document(PRICES)
    gone = document | models_dev_document({"openai/zeta-1": ("1", "2")}, "groq")
    market.fetched("models_dev", "2026-01-10", json.dumps(gone).encode())
    market.fetched("models_dev", "2026-02-10", json.dumps(document).encode())
    market.build()
    retired = "select * from core.availability where model_id = ? and shutdown_on is not null"
    assert rows(market.connection, retired, [ZETA]) == []
    assert market.price(ZETA, "2026-02-10") == ("2", "8")


def test_the_case_of_a_key_is_kept() -> None:
    document = models_dev_document({"Qwen/Qwen3-Zeta": ("1", "2"), "qwen/qwen3-zeta": ("3", "4")})
    found = [o.key for o in parse(json.dumps(document).encode()).things["prices"]]
    assert found == ["openai/Qwen/Qwen3-Zeta", "openai/qwen/qwen3-zeta"]


def test_a_price_of_reasoning_tokens_is_not_the_price_of_output(market: Market) -> None:
    fetched(market, "2026-01-10", cost={"input": 2, "output": 8, "reasoning": 20})
    market.build()
    assert market.price(ZETA, "2026-01-10") == ("2", "8")


def test_the_order_of_providers_and_models_means_nothing(market: Market) -> None:
    market.fetched("models_dev", "2026-01-10", FEED.payload(PRICES))
    market.fetched("models_dev", "2026-01-11", FEED.payload(dict(reversed(PRICES.items()))))
    market.build()
    assert rows(market.connection, "select count(*) from raw.models_dev__prices") == [
        (len(PRICES),)
    ]


def test_a_correction_of_a_cache_price_is_no_change_of_price(market: Market) -> None:
    fetched(market, "2026-01-10", cost={"input": 0.15, "output": 0.6, "cache_read": 0.08})
    fetched(market, "2026-02-10", cost={"input": 0.15, "output": 0.6, "cache_read": 0.075})
    market.build()
    assert market.price(ZETA, "2026-01-20") == ("0.15", "0.6")
