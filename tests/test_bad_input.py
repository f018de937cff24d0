"""What feeds really send now and then: nothing wrong is published, the last good rows stay.

Every test reads a good payload on the first day and a broken one on the second, for each feed.
Where the loader refuses, its runs must not move, so that nothing after them can; where a row passes
the wire contract and is not credible, the prices are asked.
"""

import json
from collections.abc import Iterable
from typing import Any

import pytest
from feeds import FEEDS, Feed, Market, rows

GOOD = {f"zeta-{n}": (f"{n}", f"{4 * n}") for n in range(1, 7)}
#: Six broken rows of six would be a broken feed; twelve good ones stand beside them.
MANY = GOOD | {f"eta-{n}": ("1", "2") for n in range(12)}
DAY, NEXT_DAY, LATER = "2026-01-10", "2026-01-11", "2026-01-12"
EVERY_FEED = pytest.mark.parametrize("feed", FEEDS.values(), ids=list(FEEDS))


def runs(market: Market, feed: Feed) -> list[Any]:
    """All the loader holds of a feed: everything behind it follows from this."""
    return rows(market.connection, f"select * from raw.{feed.name}__prices order by all")


def read_both(market: Market, feed: Feed, broken: bytes) -> list[Any]:
    """Load a good payload, then a broken one; returns the runs after the good one."""
    market.fetched(feed.name, DAY, feed.payload(GOOD))
    market.load()
    before = runs(market, feed)
    assert before
    market.fetched(feed.name, NEXT_DAY, broken)
    market.load()
    return before


def prices(market: Market, day: str = LATER) -> dict[str, tuple[str, str] | None]:
    """List price of every good row on a day; None where there is no answer."""
    found = market.list_prices(day)
    return {name: found.get(f"openai/{name}") for name in GOOD}


def assert_refused_whole(market: Market, feed: Feed, broken: bytes, words: str) -> None:
    """The payload is a failed fetch with its reason, and no run has moved."""
    assert read_both(market, feed, broken) == runs(market, feed)
    [(status, problem, observed)] = rows(
        market.connection,
        "select status, problem, observed from raw.fetches where fetched_at = ?",
        [NEXT_DAY],
    )
    assert (status, observed) == ("failed", None)
    assert words in problem


def assert_rejected(market: Market, feed: Feed, broken: bytes, name: str, words: str) -> None:
    """One row stands in quarantine with its reason, and no run has moved."""
    assert read_both(market, feed, broken) == runs(market, feed)
    [(key, reason)] = rows(
        market.connection, "select key, reason from raw.quarantine where source = ?", [feed.name]
    )
    assert key == feed.key(name)
    assert words in reason


def assert_row_held(market: Market, feed: Feed, broken: bytes, name: str, words: str) -> None:
    """One row is read and not believed: its last good price stays, like all others."""
    read_both(market, feed, broken)
    market.build()
    assert prices(market) == GOOD
    [(spelling, reason)] = rows(
        market.connection,
        "select spelling, reason from core.quarantine where source = ?",
        [feed.name],
    )
    assert spelling == feed.key(name)
    assert words in reason


# ------------------------------------------------------------------ the whole payload is broken


@EVERY_FEED
def test_a_truncated_payload_changes_nothing(market: Market, feed: Feed) -> None:
    payload = feed.payload(GOOD)
    assert_refused_whole(market, feed, payload[: len(payload) // 2], "invalid JSON")


@EVERY_FEED
def test_invalid_json_changes_nothing(market: Market, feed: Feed) -> None:
    assert_refused_whole(market, feed, feed.payload(GOOD).replace(b",", b",,", 1), "invalid JSON")


@EVERY_FEED
def test_an_html_page_changes_nothing(market: Market, feed: Feed) -> None:
    page = b"<!doctype html><html><body>502 Bad Gateway</body></html>"
    assert_refused_whole(market, feed, page, "HTML")


@EVERY_FEED
def test_an_empty_payload_changes_nothing(market: Market, feed: Feed) -> None:
    assert_refused_whole(market, feed, b"", "invalid JSON")


@EVERY_FEED
def test_an_empty_document_changes_nothing(market: Market, feed: Feed) -> None:
    assert_refused_whole(market, feed, feed.empty, "no ")


@EVERY_FEED
def test_another_document_changes_nothing(market: Market, feed: Feed) -> None:
    market.fetched(feed.name, DAY, feed.payload(GOOD))
    market.load()
    before = runs(market, feed)
    others = [b"null", b'"prices"', b"7", b'{"error": "limit"}', b"[[]]", b"{}", b"[]"]
    for hour, payload in enumerate(others):
        market.fetched(feed.name, f"{NEXT_DAY}T{hour:02}:00", payload)
    market.load()
    assert runs(market, feed) == before
    failed = rows(market.connection, "select * from raw.fetches where status = 'failed'")
    assert len(failed) == len(others)


@EVERY_FEED
def test_bytes_that_are_no_text_change_nothing(market: Market, feed: Feed) -> None:
    assert_refused_whole(market, feed, b"\xff\xfe\x00\x80" * 50, "not UTF-8")


@EVERY_FEED
def test_nan_is_no_number(market: Market, feed: Feed) -> None:
    assert_refused_whole(market, feed, feed.with_price(GOOD, "zeta-2", "input", "NaN"), "NaN")


@EVERY_FEED
def test_infinity_is_no_number(market: Market, feed: Feed) -> None:
    broken = feed.with_price(GOOD, "zeta-2", "output", "-Infinity")
    assert_refused_whole(market, feed, broken, "Infinity")


@EVERY_FEED
def test_a_number_of_five_thousand_digits_changes_nothing(market: Market, feed: Feed) -> None:
    broken = feed.with_price(GOOD, "zeta-2", "input", "9" * 5000)
    assert_refused_whole(market, feed, broken, "invalid JSON")


@EVERY_FEED
def test_a_document_nested_too_deep_changes_nothing(market: Market, feed: Feed) -> None:
    assert_refused_whole(market, feed, b"[" * 200_000 + b"]" * 200_000, "")


@EVERY_FEED
def test_a_feed_shrunk_to_a_third_is_held_back(market: Market, feed: Feed) -> None:
    two = feed.payload({name: GOOD[name] for name in ("zeta-1", "zeta-2")})
    assert_refused_whole(market, feed, two, "the feed shrank from 6 to 2 rows of prices")


@EVERY_FEED
def test_a_feed_that_keeps_serving_a_broken_payload_is_not_good(market: Market, feed: Feed) -> None:
    """The server says "unchanged", but what is unchanged could not be read."""
    market.fetched(feed.name, DAY, feed.payload(GOOD))
    broken = market.fetched(feed.name, NEXT_DAY, b"<html>")
    market.unchanged(feed.name, LATER, broken)
    market.build()
    assert prices(market) == GOOD
    good = rows(
        market.connection,
        "select fetched_at::date::varchar from raw.fetches where status <> 'failed'",
    )
    assert good == [(DAY,)]
    market.fetched(feed.name, "2026-01-20", feed.payload(GOOD | {"zeta-1": ("2", "8")}))
    market.build()
    # The last sight of the old price is the good payload's, not the broken one's.
    assert market.price("openai/zeta-1", DAY) == GOOD["zeta-1"]
    assert market.price("openai/zeta-1", "2026-01-15") is None
    assert market.price("openai/zeta-1", "2026-01-20") == ("2", "8")


@EVERY_FEED
def test_a_broken_first_payload_gives_no_price(market: Market, feed: Feed) -> None:
    market.fetched(feed.name, DAY, b"not json")
    market.build()
    assert prices(market) == dict.fromkeys(GOOD)
    assert market.reasons(feed.name)


@EVERY_FEED
def test_the_feed_recovers_from_a_broken_payload(market: Market, feed: Feed) -> None:
    market.fetched(feed.name, DAY, feed.payload(GOOD))
    market.fetched(feed.name, NEXT_DAY, b"not json")
    market.fetched(feed.name, LATER, feed.payload(GOOD | {"zeta-3": ("2", "9")}))
    market.build()
    assert prices(market) == GOOD | {"zeta-3": ("2", "9")}


# ------------------------------------------------------------------ one row is broken


@EVERY_FEED
def test_minus_one_is_a_sentinel_not_a_price(market: Market, feed: Feed) -> None:
    broken = feed.with_price(GOOD, "zeta-2", "input", "-1")
    assert_row_held(market, feed, broken, "zeta-2", "negative")


@EVERY_FEED
def test_minus_one_as_text_is_a_sentinel_too(market: Market, feed: Feed) -> None:
    broken = feed.with_price(GOOD, "zeta-2", "output", '"-1"')
    assert_row_held(market, feed, broken, "zeta-2", "negative")


@EVERY_FEED
def test_135000_usd_per_million_is_a_unit_error(market: Market, feed: Feed) -> None:
    broken = feed.payload(GOOD | {"zeta-4": ("135000", "540000")})
    assert_row_held(market, feed, broken, "zeta-4", "unit error")


def assert_all_held(market: Market, feed: Feed, names: Iterable[str]) -> None:
    assert prices(market) == GOOD
    held = rows(market.connection, "select spelling from core.quarantine where source = ?",
                [feed.name])  # fmt: skip
    assert sorted(held) == sorted((feed.key(name),) for name in names)


@EVERY_FEED
def test_an_absurd_magnitude_stops_nothing(market: Market, feed: Feed) -> None:
    absurd = dict(zip(GOOD, ("2500000", "1e12", "1e30", "1e300", "1e-30"), strict=False))
    market.fetched(feed.name, DAY, feed.payload(MANY))
    market.fetched(feed.name, NEXT_DAY, feed.with_prices(MANY, "output", absurd))
    market.build()
    assert_all_held(market, feed, absurd)


@EVERY_FEED
def test_a_price_per_character_is_a_unit_error(market: Market, feed: Feed) -> None:
    """A thousandth of the price: below what any model was sold for."""
    broken = feed.payload(GOOD | {"zeta-1": ("0.00025", "0.001")})
    assert_row_held(market, feed, broken, "zeta-1", "unit error")


@EVERY_FEED
def test_zero_is_not_a_price(market: Market, feed: Feed) -> None:
    assert_row_held(market, feed, feed.payload(GOOD | {"zeta-5": ("0", "0")}), "zeta-5", "zero")


@EVERY_FEED
def test_zero_on_one_side_is_not_a_price(market: Market, feed: Feed) -> None:
    broken = feed.payload(GOOD | {"zeta-5": ("5", "0")})
    assert_row_held(market, feed, broken, "zeta-5", "zero on one side")


@EVERY_FEED
def test_output_below_input_is_swapped_or_lost(market: Market, feed: Feed) -> None:
    broken = feed.payload(GOOD | {"zeta-6": ("24", "6")})
    assert_row_held(market, feed, broken, "zeta-6", "output below input")


@EVERY_FEED
def test_a_missing_price_is_not_zero(market: Market, feed: Feed) -> None:
    def drop(document: Any) -> None:
        del feed.prices_of(feed.row(document, "zeta-3"))[feed.output_field]

    broken = feed.changed(GOOD, drop)
    assert_row_held(market, feed, broken, "zeta-3", "only one of input and output")


@EVERY_FEED
def test_a_retyped_price_is_rejected(market: Market, feed: Feed) -> None:
    retyped = dict(zip(GOOD, ('"free"', "[2]", "true", '{"usd": 2}', '"NaN"', '""'), strict=True))
    market.fetched(feed.name, DAY, feed.payload(MANY))
    market.fetched(feed.name, NEXT_DAY, feed.with_prices(MANY, "input", retyped))
    market.build()
    assert_all_held(market, feed, retyped)
    assert all(feed.input_field in reason for reason in market.reasons(feed.name))


NEEDED = [("litellm", "litellm_provider"), ("litellm", "mode"), ("models_dev", "id")]


@pytest.mark.parametrize(("name", "field"), NEEDED)
def test_a_missing_needed_field_is_rejected(market: Market, name: str, field: str) -> None:
    feed = FEEDS[name]
    broken = feed.changed(GOOD, lambda document: feed.row(document, "zeta-2").pop(field))
    assert_rejected(market, feed, broken, "zeta-2", field)


def test_a_genai_model_without_id_is_rejected_and_the_former_stays(market: Market) -> None:
    """Without its id the row cannot be told from an absent one, so the old price must not end."""
    feed = FEEDS["genai_prices"]
    broken = feed.changed(GOOD, lambda document: feed.row(document, "zeta-2").pop("id"))
    assert read_both(market, feed, broken) == runs(market, feed)
    assert rows(market.connection, "select reason from raw.quarantine") == [("model without id",)]


RETYPED: list[tuple[str, str, Any]] = [
    ("litellm", "litellm_provider", 5), ("litellm", "mode", ["chat"]), ("litellm", "mode", None),
    ("litellm", "max_input_tokens", {"tokens": 1}), ("models_dev", "id", 5),
    ("models_dev", "cost", [1, 2]), ("models_dev", "cost", "1/2"), ("models_dev", "limit", 128000),
    ("genai_prices", "prices", "1/2"), ("genai_prices", "prices", None),
    ("genai_prices", "prices", [7]), ("genai_prices", "name", 5),
]  # fmt: skip


@pytest.mark.parametrize(("name", "field", "value"), RETYPED)
def test_a_retyped_field_is_rejected(market: Market, name: str, field: str, value: Any) -> None:
    feed = FEEDS[name]
    broken = feed.changed(GOOD, lambda d: feed.row(d, "zeta-2").update({field: value}))
    assert_rejected(market, feed, broken, "zeta-2", "")


NO_START = [7, "start_date", ["start_date"], {"start_date": 7}, {"start_date": "soon"},
            {"start_date": "2026-13-45"}]  # fmt: skip


@pytest.mark.parametrize("constraint", NO_START)
def test_a_genai_price_with_a_retyped_start_is_rejected(market: Market, constraint: Any) -> None:
    feed = FEEDS["genai_prices"]

    def retype(document: Any) -> None:
        row = feed.row(document, "zeta-2")
        row["prices"] = [
            {"prices": row["prices"]},
            {"constraint": constraint, "prices": {"input_mtok": 1.5, "output_mtok": 7}},
        ]

    assert read_both(market, feed, feed.changed(GOOD, retype)) == runs(market, feed)
    assert len(rows(market.connection, "select reason from raw.quarantine")) == 1


def test_a_litellm_row_that_is_no_object_is_rejected(market: Market) -> None:
    feed = FEEDS["litellm"]
    broken = feed.changed(GOOD, lambda document: document.update({"zeta-2": [1, 2]}))
    assert_rejected(market, feed, broken, "zeta-2", "")


@pytest.mark.parametrize("name", ["models_dev", "genai_prices"])
def test_a_provider_that_is_no_object_takes_no_price_with_it(market: Market, name: str) -> None:
    """The providers beside it are read; its own models keep their last good prices."""
    feed = FEEDS[name]
    both = feed.document(GOOD)
    other = feed.document({f"eta-{n}": ("1", "2") for n in range(1, 21)}, "mistral")
    together = both + other if isinstance(both, list) else both | other
    market.fetched(name, DAY, json.dumps(together).encode())
    if isinstance(together, list):
        together[0] = "openai"
    else:
        together["openai"] = "openai"
    market.fetched(name, NEXT_DAY, json.dumps(together).encode())
    market.build()
    assert "provider without `models`" in market.reasons(name)
    assert market.price("mistral/eta-1", LATER, host="mistral") == ("1", "2")
    assert prices(market) == GOOD


# ------------------------------------------------------------------ keys that stand twice


def with_repeat(feed: Feed, name: str, second: tuple[str, str]) -> bytes:
    """A payload whose text holds `name` twice, the second time at another price."""
    text = json.dumps(feed.document(GOOD))
    marked = "again-" + name
    longer = json.dumps(feed.document({**GOOD, marked: second}))
    assert len(longer) > len(text)
    return longer.replace(marked, name).encode()


@EVERY_FEED
def test_a_repeated_equal_key_is_harmless(market: Market, feed: Feed) -> None:
    broken = with_repeat(feed, "zeta-3", GOOD["zeta-3"])
    assert read_both(market, feed, broken) == runs(market, feed)
    assert rows(market.connection, "select * from raw.quarantine") == []


@EVERY_FEED
def test_a_key_repeated_with_another_price_is_held(market: Market, feed: Feed) -> None:
    """Which of the two the publisher meant is not knowable, so neither is taken."""
    broken = with_repeat(feed, "zeta-3", ("2", "9"))
    assert_rejected(market, feed, broken, "zeta-3", "more than once")


@EVERY_FEED
def test_a_meter_that_stands_twice_is_held(market: Market, feed: Feed) -> None:
    payload = feed.payload(GOOD).decode()
    first = f'"{feed.input_field}": {feed.written("4")}'
    assert payload.count(first) == 1
    again = f'"{feed.input_field}": {feed.written("3.5")}'
    broken = payload.replace(first, f"{first}, {again}").encode()
    assert_rejected(market, feed, broken, "zeta-4", feed.input_field)
