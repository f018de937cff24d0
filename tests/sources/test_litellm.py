"""LiteLLM's price map: what it is known to get wrong, and what must come of it."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from feeds import FEEDS, Market, litellm_document, rows

from pipelines.sources.litellm import parse

FEED = FEEDS["litellm"]
OTHERS = {f"eta-{n}": ("7", "9") for n in range(5)}
ZETA = "openai/zeta-1"
#: What a row of 2026 carries beside the four meters that make a price.
MORE_METERS: Mapping[str, Any] = {
    "input_cost_per_token_batches": 5e-7,
    "output_cost_per_token_batches": 2e-6,
    "input_cost_per_token_above_200k_tokens": 4e-6,
    "input_cost_per_token_priority": 3.5e-6,
    "input_cost_per_token_flex": 1e-6,
    "cache_creation_input_token_cost_above_1hr": 6e-6,
    "output_cost_per_reasoning_token": 9e-6,
    "input_cost_per_character": 1e-7,
    "input_cost_per_audio_token": 1e-4,
    "search_context_cost_per_query": {"search_context_size_high": 0.035},
    "tiered_pricing": [{"range": [0, 32000], "input_cost_per_token": 2e-6}],
    "off_peak_pricing": {"start": "16:30", "end": "00:30", "input_cost_per_token": 1e-6},
}


def keys(document: dict[str, Any]) -> set[str]:
    return {o.key for o in parse(json.dumps(document).encode()).things["prices"]}


def says(market: Market, day: str, prices: Mapping[str, tuple[str, str]]) -> None:
    market.fetched("litellm", day, FEED.payload({**prices, **OTHERS}))


def test_the_documentation_row_is_no_model() -> None:
    """`sample_spec` holds prose in its fields and prices of 0."""
    parsed = parse(FEED.payload({"zeta-1": ("2", "8")}))
    assert [o.key for o in parsed.things["prices"]] == ["zeta-1"]
    assert parsed.rejected == []


def test_keys_that_are_no_text_models_are_left_out() -> None:
    document = litellm_document({"zeta-1": ("2", "8")})
    document["1024-x-1024/dall-e-2"] = {
        "mode": "image_generation", "litellm_provider": "openai", "input_cost_per_pixel": 1.9e-8,
    }  # fmt: skip
    document["zeta-embed"] = document["zeta-1"] | {"mode": "embedding"}
    assert keys(document) == {"zeta-1"}


def test_a_block_of_settings_among_the_models_is_refused_alone() -> None:
    document = litellm_document({"zeta-1": ("2", "8")})
    document["fallback_generalizations"] = {"gpt-4": ["gpt-4o"]}
    parsed = parse(json.dumps(document).encode())
    assert [o.key for o in parsed.things["prices"]] == ["zeta-1"]
    assert [r.key for r in parsed.rejected] == ["fallback_generalizations"]


def test_a_hundredfold_fall_and_recovery_is_never_a_price(market: Market) -> None:
    """Vertex prices per character stood for weeks in the field of prices per token."""
    says(market, "2026-10-01", {"zeta-1": ("1.25", "5")})
    says(market, "2026-10-10", {"zeta-1": ("0.078", "0.3125")})
    says(market, "2026-11-08", {"zeta-1": ("1.25", "5")})
    market.build()
    assert market.price(ZETA, "2026-10-01", known_by="2026-10-01") == ("1.25", "5")
    assert market.price(ZETA, "2026-11-08") == ("1.25", "5")
    for day in ("2026-10-01", "2026-10-10", "2026-10-20", "2026-11-08"):
        for known_by in (day, "2026-11-08"):
            assert market.price(ZETA, day, known_by=known_by) in {("1.25", "5"), None}


def test_an_alias_and_its_version_may_drift_apart(market: Market) -> None:
    """The alias was repriced, the dated name was forgotten: what changed last speaks."""
    both = {"zeta-1": ("3", "12"), "zeta-1-2026-01-05": ("3", "12")}
    says(market, "2026-01-10", both)
    says(market, "2026-01-31", both | {"zeta-1": ("1.1", "4.4")})
    market.build()
    found = rows(
        market.connection,
        "select distinct p.input_usd_per_mtok::varchar from prices_on(date '2026-02-01', null) "
        "as p where p.model_id like 'openai/zeta-1%' and p.is_list_price",
    )
    assert found == [("1.100000000",)]


@pytest.mark.parametrize(
    ("key", "provider"),
    [("azure/us/zeta-1", "azure"), ("bedrock/eu-west-1/openai.zeta-1-v1:0", "bedrock"),
     ("openrouter/openai/zeta-1", "openrouter"), ("vertex_ai/zeta-1@20260105", "vertex_ai")],
)  # fmt: skip
def test_a_model_under_a_hosts_key_says_nothing_of_its_list_price(
    market: Market, key: str, provider: str
) -> None:
    document = litellm_document({"zeta-1": ("2", "8"), **OTHERS})
    document |= {key: litellm_document({key: ("9", "30")}, provider)[key]}
    market.fetched("litellm", "2026-01-10", json.dumps(document).encode())
    market.build()
    assert market.list_prices("2026-01-10")[ZETA] == ("2", "8")


def test_more_than_a_hundred_meters_leave_the_price_what_it_is(market: Market) -> None:
    document = litellm_document({"zeta-1": ("2", "8"), **OTHERS})
    document["zeta-1"] |= MORE_METERS
    market.fetched("litellm", "2026-01-10", json.dumps(document).encode())
    market.build()
    assert market.price(ZETA, "2026-01-10") == ("2", "8")


def test_scientific_notation_keeps_every_digit(market: Market) -> None:
    payload = FEED.with_price({"zeta-1": ("2", "8"), **OTHERS}, "zeta-1", "input", "1.00000001e-7")
    market.fetched("litellm", "2026-01-10", payload)
    market.build()
    assert market.price(ZETA, "2026-01-10") == ("0.100000001", "8")


@pytest.mark.parametrize("written", ["-1", "0", "null", "{}", None])
def test_none_of_minus_one_zero_null_empty_or_missing_is_a_price_of_zero(
    market: Market, written: str | None
) -> None:
    prices = {"zeta-1": ("2", "8"), **OTHERS}
    payload = FEED.payload(OTHERS)
    if written is not None:
        payload = FEED.with_prices(prices, "input", {"zeta-1": written})
    market.fetched("litellm", "2026-01-10", payload)
    market.build()
    assert market.price(ZETA, "2026-01-10") is None


def test_absence_is_not_retirement(market: Market) -> None:
    """A row that vanishes has no price; that its model was shut down nobody has said."""
    says(market, "2026-01-10", {"zeta-1": ("2", "8")})
    says(market, "2026-02-10", {})
    says(market, "2026-03-10", {"zeta-1": ("2", "8")})
    market.build()
    assert market.price(ZETA, "2026-02-20", known_by="2026-02-20") is None
    retired = "select * from core.availability where model_id = ? and shutdown_on is not null"
    assert rows(market.connection, retired, [ZETA]) == []
    assert market.price(ZETA, "2026-03-10") == ("2", "8")


def test_a_feed_that_doubles_changes_no_former_row(market: Market) -> None:
    says(market, "2026-08-16", {"zeta-1": ("2", "8")})
    says(market, "2026-09-29", {"zeta-1": ("2", "8")} | {f"iota-{n}": ("1", "2") for n in range(9)})
    market.build()
    begun = rows(
        market.connection,
        "select count(*) from raw.litellm__prices where first_seen_at < '2026-09-29' "
        "and ended_at is null",
    )
    assert begun == [(1 + len(OTHERS),)]
    assert market.price(ZETA, "2026-09-01") == ("2", "8")
    assert market.price("openai/iota-1", "2026-09-01") is None
