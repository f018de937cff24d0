"""Meters beside the base prices: what each source states, in long form, and when it holds."""

import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from feeds import FEEDS, Market, rows
from test_prices import ZETA, moves

from pipelines import answers
from pipelines.sources import Parsed, sources

TOKENS = "million tokens"


def meters(feed: str, document: Any) -> dict[tuple[Any, ...], Decimal]:
    """Price by (meter, unit, service, from_tokens, window) of a payload."""
    parsed: Parsed = sources()[feed].parse(json.dumps(document).encode(), "")
    return {
        (m["meter"], m["unit"], m["service"], int(m["from_tokens"]), m.get("window_from"),
         m.get("window_to")): Decimal(m["price"]).normalize()
        for m in (found.fields for found in parsed.things.get("meters", []))
    }  # fmt: skip


def with_fields(feed: str, **fields: Any) -> Any:
    document = FEEDS[feed].document({"zeta-1": ("2", "8"), "eta": ("7", "9")})
    FEEDS[feed].prices_of(FEEDS[feed].row(document, "zeta-1")).update(fields)
    return document


def test_litellms_field_names_are_services_tiers_and_meters() -> None:
    found = meters("litellm", with_fields(
        "litellm",
        input_cost_per_token_batches=1e-06, input_cost_per_token_priority=4e-06,
        output_cost_per_token_above_200k_tokens=1.2e-05,
        input_cost_per_token_above_272k_tokens_priority=8e-06,
        cache_creation_input_token_cost_above_1hr=5e-06,
        output_cost_per_reasoning_token=9e-06, input_cost_per_audio_token=3e-06,
        input_cost_per_image=0.001, cache_read_input_token_cost=1e-06,
        search_context_cost_per_query={"search_context_size_high": 0.05},
        input_cost_per_smell=0.5,
    ))  # fmt: skip
    assert found == {
        ("input", TOKENS, "batch", 0, None, None): 1,
        ("input", TOKENS, "priority", 0, None, None): 4,
        ("output", TOKENS, "standard", 200_000, None, None): 12,
        ("input", TOKENS, "priority", 272_000, None, None): 8,
        ("cache_write_1h", TOKENS, "standard", 0, None, None): 5,
        ("reasoning", TOKENS, "standard", 0, None, None): 9,
        ("input_audio", TOKENS, "standard", 0, None, None): 3,
        ("input_image", "image", "standard", 0, None, None): Decimal("0.001"),
        ("web_search_high", "search", "standard", 0, None, None): Decimal("0.05"),
        # A price nobody knew of keeps its own name, lest it be lost.
        ("input_cost_per_smell", "as the source counts", "standard", 0, None, None): Decimal("0.5"),
    }


def test_litellms_list_of_tiers_begins_above_the_base() -> None:
    found = meters("litellm", with_fields("litellm", tiered_pricing=[
        {"input_cost_per_token": 2e-06, "output_cost_per_token": 8e-06, "range": [0, 256000.0]},
        {"input_cost_per_token": 4e-06, "output_cost_per_token": 9e-06, "range": [256000.0, 1e6]},
    ]))  # fmt: skip
    assert found == {
        ("input", TOKENS, "standard", 256_000, None, None): 4,
        ("output", TOKENS, "standard", 256_000, None, None): 9,
    }


def test_openrouters_overrides_are_tiers_or_hours() -> None:
    """The list once crashed those who took every value of `pricing` for a number."""
    pricing = {
        "prompt": "0.000002", "completion": "0.000008", "web_search": "0.01", "image": "0",
        "overrides": [
            {"min_prompt_tokens": 200000, "prompt": "0.000004"},
            {"utc_start": 1000, "utc_end": 100, "completion": "0.000004"},
        ],
    }  # fmt: skip
    found = meters("openrouter", {"data": [{"id": "openai/zeta-1", "pricing": pricing}]})
    assert found == {
        ("web_search", "search", "standard", 0, None, None): Decimal("0.01"),
        ("input", TOKENS, "standard", 200_000, None, None): 4,
        ("output", TOKENS, "standard", 0, "10:00", "01:00"): 4,
    }


def test_models_devs_tiers_replace_the_older_field() -> None:
    old = with_fields("models_dev", reasoning=9, context_over_200k={"input": 4, "output": 12})
    assert meters("models_dev", old) == {
        ("reasoning", TOKENS, "standard", 0, None, None): 9,
        ("input", TOKENS, "standard", 200_000, None, None): 4,
        ("output", TOKENS, "standard", 200_000, None, None): 12,
    }
    new = with_fields(
        "models_dev", context_over_200k={"input": 4, "output": 12},
        tiers=[{"input": 4, "output": 12, "tier": {"type": "context", "size": 272000}}],
    )  # fmt: skip
    assert meters("models_dev", new) == {
        ("input", TOKENS, "standard", 272_000, None, None): 4,
        ("output", TOKENS, "standard", 272_000, None, None): 12,
    }


def test_a_tier_without_its_threshold_is_quarantined_and_ends_no_price() -> None:
    document = with_fields("models_dev", tiers=[{"input": 4, "output": 12}])
    parsed = sources()["models_dev"].parse(json.dumps(document).encode(), "")
    assert [r.reason.split(":")[:2] for r in parsed.rejected] == [["meter", " from_tokens"]] * 2
    assert len(parsed.things["prices"]) == 2


def test_genai_prices_tiers_and_hours() -> None:
    document = FEEDS["genai_prices"].document({"zeta-1": ("2", "8"), "eta": ("7", "9")})
    FEEDS["genai_prices"].row(document, "zeta-1")["prices"] = [
        {"prices": {"input_mtok": {"base": 2, "tiers": [{"start": 200000, "price": 4}]},
                    "output_mtok": 8, "requests_kcount": 12}},
        {"constraint": {"start_time": "00:30:00Z", "end_time": "16:30:00Z"},
         "prices": {"input_mtok": 1}},
    ]  # fmt: skip
    assert meters("genai_prices", document) == {
        ("input", TOKENS, "standard", 200_000, None, None): 4,
        ("request", "thousand requests", "standard", 0, None, None): 12,
        ("input", TOKENS, "standard", 0, "00:30", "16:30"): 1,
    }


# ------------------------------------------------------------------ as facts with both clocks


def tiers(market: Market, as_of: str, known_by: str | None = None) -> list[tuple[Any, ...]]:
    return rows(
        market.connection,
        "select m.model_id, m.meter, m.service, m.from_tokens, m.price_usd "
        "from meters_on(?::date, ?::date) as m where m.service <> 'standard' or m.from_tokens > 0 "
        "order by all", [as_of, known_by],
    )  # fmt: skip


def lists(market: Market, moment: str, name: str = "zeta-1", **fields: Any) -> None:
    document = FEEDS["litellm"].document({name: ("2", "8"), "eta": ("7", "9"), moment: ("1", "2")})
    document[name].update(fields)
    market.fetched("litellm", moment, json.dumps(document).encode())


def test_a_tier_holds_from_its_first_sight_to_its_last(market: Market) -> None:
    long = {"input_cost_per_token_above_200k_tokens": 4e-06}
    lists(market, "2026-01-10", **long)
    lists(market, "2026-01-15", **long)
    lists(market, "2026-01-20")
    market.build()
    stated = [(ZETA, "input", "standard", 200_000, 4)]
    assert tiers(market, "2026-01-09") == []
    assert tiers(market, "2026-01-12") == stated
    assert tiers(market, "2026-01-12", known_by="2026-01-09") == []
    assert tiers(market, "2026-01-18", known_by="2026-01-18") == stated
    assert tiers(market, "2026-01-18") == []
    # The base price goes on.
    assert market.price(ZETA, "2026-01-20") == ("2", "8")


def test_a_moving_names_tier_is_of_the_version_it_meant(market: Market) -> None:
    moves(market, ("openai/zeta-1", "2026-01-01", "2026-02-01"),
          ("openai/zeta-2", "2026-02-01", None))  # fmt: skip
    both = FEEDS["models_dev"].payload({"zeta-1": ("2", "8"), "zeta-2": ("2", "8")})
    market.fetched("models_dev", "2026-01-09", both)
    lists(market, "2026-01-10", "zeta", input_cost_per_token_batches=1e-06)
    market.build()
    assert tiers(market, "2026-01-20") == [("openai/zeta-1", "input", "batch", 0, 1)]
    assert tiers(market, "2026-02-10") == []


def test_a_name_that_moved_after_a_listings_last_reading_ends_no_price_before_it_begins(
    market: Market,
) -> None:
    """It was believed for a while, and held on no day; the run used to stop here."""
    price = {"pricing": {"prompt": "0.000001", "completion": "0.000002"}}
    name, said = {"id": "~zetaworks/zeta-latest"}, {"slug": "zetaworks/zeta-1", "name": "Zeta 1"}
    entries = [name | price, {"id": "zetaworks/zeta-1"} | price]
    market.fetched("openrouter", "2026-01-10", json.dumps({"data": entries}).encode())
    feed = FEEDS["models_dev"]
    listed = feed.payload({"~zetaworks/zeta-latest": ("1", "2")}, provider="openrouter")
    market.fetched("models_dev", "2026-01-25", listed)
    entries[0] = entries[0] | {"alias_target": said}
    market.fetched("openrouter", "2026-02-10", json.dumps({"data": entries}).encode())
    gone = feed.payload({"theta": ("1", "2")}, provider="openrouter")
    market.fetched("models_dev", "2026-03-25", gone)
    connection = market.build()
    query = (
        "select valid_from, valid_to, cast(ended_known_at as date) from core.price_meters "
        "where source = 'models_dev' and model_id = 'zetaworks/zeta-1' and meter = 'input'"
    )
    moved = date(2026, 2, 10)
    assert rows(connection, query) == [(moved, moved, date(2026, 3, 25))]
    asked = "select count(*) from meters_on(?, ?) where source = 'models_dev' and meter = 'input'"
    assert rows(connection, asked, [moved, date(2026, 2, 20)]) == [(1,)]
    assert rows(connection, asked, [moved, None]) == [(0,)]


def test_a_meter_that_cannot_be_is_quarantined(market: Market) -> None:
    lists(market, "2026-01-10", input_cost_per_token_batches=0.004,
          output_cost_per_token_batches=-1e-06)  # fmt: skip
    market.build()
    assert tiers(market, "2026-01-10") == []
    reasons = " ".join(market.reasons("litellm"))
    assert "unit error" in reasons
    assert "negative" in reasons


def test_the_answer_for_a_price_lists_its_meters_when_asked(
    market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    lists(market, "2026-01-10", input_cost_per_token_batches=1e-06,
          cache_read_input_token_cost=5e-07)  # fmt: skip
    market.build()
    monkeypatch.setattr(answers, "find_model", lambda *_: ZETA)
    day = date(2026, 1, 10)
    answer = answers.price_answer(market.connection, "zeta-1", day, None, with_meters=True)
    assert [(m["service"], m["meter"], m["price_usd"], m["sources"]) for m in answer["meters"]] == [
        ("standard", "cache_read", "0.5", "litellm"), ("batch", "input", "1", "litellm"),
    ]  # fmt: skip
    assert "meters" not in answers.price_answer(market.connection, "zeta-1", day, None)
