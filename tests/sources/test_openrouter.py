"""OpenRouter's model list: what it is known to get wrong, and what must come of it."""

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from feeds import FEEDS, Market
from price_staging import Staging, rows, staging_in

from pipelines.settings import PROJECT
from pipelines.sources import PayloadError
from pipelines.sources.openrouter import SOURCE, next_page, parse

FIXTURES = PROJECT / "tests" / "fixtures" / "openrouter"
TABLE = "staging.openrouter__prices"


@pytest.fixture
def staging(tmp_path: Path) -> Iterator[Staging]:
    yield from staging_in(tmp_path)


def fixture(day: str) -> bytes:
    return (FIXTURES / day / "models.json").read_bytes()


def payload(prices: dict[str, tuple[str, str]], **more: Any) -> bytes:
    data = [{"id": k, "pricing": {"prompt": i, "completion": o}} for k, (i, o) in prices.items()]
    return json.dumps({"data": data, **more}).encode()


def staged(staging: Staging, payloads: dict[str, bytes], columns: str) -> list[Any]:
    for day, content in payloads.items():
        staging.fetched("openrouter", day, content)
    staging.build([TABLE])
    return rows(staging, f"select {columns} from {TABLE} order by spelling, first_seen_at")


def test_text_prices_per_token_become_usd_per_million(staging: Staging) -> None:
    columns = "spelling, input_usd_per_mtok, output_usd_per_mtok, cache_read_usd_per_mtok"
    staged_rows = staged(staging, {"2025-04-24": fixture("2025-04-24")}, columns)
    found = {row[0]: row[1:] for row in staged_rows}
    assert found["openai/o1-mini"] == (Decimal("1.1"), Decimal("4.4"), Decimal("0.55"))


def test_minus_one_is_a_variable_price_and_none_to_use(staging: Staging) -> None:
    found = dict(
        staged(staging, {"2025-04-24": fixture("2025-04-24")}, "spelling, quarantine_reason")
    )
    assert found["openrouter/auto"] == "negative: a router with a variable price"


def test_overrides_are_a_list_and_the_base_price_stays_the_price(staging: Staging) -> None:
    found = dict(
        staged(staging, {"2026-07-17": fixture("2026-07-17")}, "spelling, input_usd_per_mtok")
    )
    assert found["google/gemini-2.5-pro"] == Decimal("1.25")


def test_fields_that_come_and_go_change_nothing(staging: Staging) -> None:
    full = {"id": "a/b", "pricing": {"prompt": "0.000001", "completion": "0.000002",
            "request": "0", "image": "0", "web_search": "0"}}  # fmt: skip
    bare = {"id": "a/b", "canonical_slug": "a/b-1", "pricing": {"prompt": "0.000001",
            "completion": "0.000002", "audio": "0.1", "discount": 0}}  # fmt: skip
    documents = {
        "2025-10-01": json.dumps({"data": [full]}).encode(),
        "2026-02-27": json.dumps({"data": [bare]}).encode(),
    }
    assert len(staged(staging, documents, "spelling")) == 1


def test_float_noise_in_the_text_is_rounded_away(staging: Staging) -> None:
    found = dict(
        staged(staging, {"2026-07-17": fixture("2026-07-17")}, "spelling, input_usd_per_mtok")
    )
    assert found["qwen/qwen2.5-coder-32b-instruct"] == Decimal("0.9")


def test_a_free_variant_is_no_price_and_the_paid_one_is_untouched(staging: Staging) -> None:
    content = payload({"a/b": ("0.000001", "0.000002"), "a/b:free": ("0", "0")})
    found = dict(staged(staging, {"2025-05-07": content}, "spelling, quarantine_reason"))
    assert found == {"a/b": None, "a/b:free": "a free variant, limited in use: no price"}


def test_batch_variants_at_half_price_are_offerings_of_their_own(staging: Staging) -> None:
    before = payload({"openai/o1-mini": ("0.0000011", "0.0000044")})
    after = payload(
        {
            "openai/o1-mini": ("0.0000011", "0.0000044"),
            "openai/o1-mini:batch": ("0.00000055", "0.0000022"),
        }
    )
    staging.fetched("openrouter", "2026-08-01", before)
    staging.fetched("openrouter", "2026-08-08", after)
    staging.build(["core.names"])
    names = rows(
        staging,
        "select spelling, variant, host_id from core.names where source = 'openrouter' order by 1",
    )
    assert names == [
        ("openai/o1-mini", "standard", "openrouter"),
        ("openai/o1-mini:batch", "batch", "openrouter"),
    ]


def test_zero_for_one_day_stands_in_quarantine_between_two_prices(staging: Staging) -> None:
    normal = {"a/b": ("0.0000003827", "0.00000172"), "c/d": ("0.000001", "0.000002")}
    glitch = {**normal, "a/b": ("0", "0")}
    found = staged(
        staging,
        {
            "2026-04-17": payload(normal),
            "2026-04-18": payload(glitch),
            "2026-04-19": payload(normal),
        },
        "spelling, input_usd_per_mtok, quarantine_reason is null",
    )
    assert [row for row in found if row[0] == "a/b"] == [
        ("a/b", Decimal("0.3827"), True),
        ("a/b", Decimal(0), False),
        ("a/b", Decimal("0.3827"), True),
    ]


def test_price_follows_the_cheapest_host_so_the_host_is_never_the_vendor(staging: Staging) -> None:
    found = staged(
        staging, {"2025-04-24": fixture("2025-04-24")}, "distinct host_spelling, spelling"
    )
    assert {host for host, _ in found} == {"openrouter"}
    staging.build(["core.offerings"])
    own = rows(
        staging,
        "select count(*) from core.offerings where host_id = 'openrouter' and is_list_price",
    )
    assert own == [(0,)]


def test_a_half_price_value_in_a_base_row_is_no_list_price(market: Market) -> None:
    """On 2026-08-01 the batch price of a model stood in the row of the model itself."""
    others = {f"eta-{n}": ("7", "9") for n in range(5)}
    vendors = FEEDS["litellm"].payload({"zeta-1": ("0.2", "1.2"), **others})
    market.fetched("litellm", "2026-07-20", vendors)
    market.fetched("openrouter", "2026-08-01", payload({"openai/zeta-1": ("1e-7", "6e-7")}))
    market.build()
    assert market.list_prices("2026-08-01")["openai/zeta-1"] == ("0.2", "1.2")


def test_an_alias_that_moves_is_not_taken_for_a_version(staging: Staging) -> None:
    found = dict(
        staged(staging, {"2026-07-17": fixture("2026-07-17")}, "spelling, quarantine_reason")
    )
    assert "alias that moves" in found["~anthropic/claude-sonnet-latest"]


def test_a_retired_model_simply_vanishes(staging: Staging) -> None:
    many = {f"a/{n}": ("0.000001", "0.000002") for n in range(4)}
    found = staged(
        staging,
        {"2025-10-01": payload({**many, "a/old": ("0.000001", "0.000002")}),
         "2026-02-27": payload(many)},
        "spelling, cast(last_seen_at as varchar), cast(ended_at as varchar)",
    )  # fmt: skip
    assert ("a/old", "2025-10-01 00:00:00", "2026-02-27 00:00:00") in found


def test_one_page_of_several_is_refused() -> None:
    content = payload({"a/b": ("0.000001", "0.000002")}, links={"next": "/api/v1/models?page=2"})
    with pytest.raises(PayloadError, match="one page of several"):
        parse(content)


def test_all_pages_together_are_the_list() -> None:
    pages = [
        payload({"a/b": ("0.000001", "0.000002")}, links={"next": "/x?offset=1"}, total_count=2),
        payload({"c/d": ("0.000001", "0.000002")}, links={"next": None}, total_count=2),
    ]
    assert [next_page(page) for page in pages] == ["/x?offset=1", None]
    parsed = parse(b"[" + b",".join(pages) + b"]")
    assert [o.key for o in parsed.things["prices"]] == ["a/b", "c/d"]
    with pytest.raises(PayloadError, match="one page of several"):
        parse(b"[" + pages[0] + b"]")


def test_fewer_models_than_the_list_says_it_has_are_refused() -> None:
    content = payload({"a/b": ("0.000001", "0.000002")}, links={"next": None}, total_count=400)
    with pytest.raises(PayloadError, match="incomplete: 1 of 400"):
        parse(content)


@pytest.mark.parametrize("content", [b"[]", b'{"models": []}', b'{"data": []}', b"<html></html>"])
def test_what_is_not_the_list_is_refused(content: bytes) -> None:
    with pytest.raises(PayloadError):
        parse(content)


def test_a_row_without_a_needed_price_is_rejected_and_the_others_read() -> None:
    content = json.dumps(
        {"data": [{"id": "a/b", "pricing": {"prompt": "0.000001"}},
                  {"id": "c/d", "pricing": {"prompt": "abc", "completion": "1"}},
                  {"id": "e/f", "pricing": {"prompt": "0.1", "completion": "0.1"}},
                  {"name": "nameless"}]}
    ).encode()  # fmt: skip
    parsed = parse(content)
    assert [o.key for o in parsed.things["prices"]] == ["e/f"]
    assert sorted(r.key for r in parsed.rejected) == ["?", "a/b", "c/d"]


def test_an_id_that_stands_twice_with_different_prices_is_rejected() -> None:
    content = json.dumps(
        {"data": [{"id": "a/b", "pricing": {"prompt": "1", "completion": "1"}},
                  {"id": "a/b", "pricing": {"prompt": "2", "completion": "2"}},
                  {"id": "c/d", "pricing": {"prompt": "1", "completion": "1"}}]}
    ).encode()  # fmt: skip
    parsed = parse(content)
    assert [r.key for r in parsed.rejected] == ["a/b"]
    assert [o.key for o in parsed.things["prices"]] == ["c/d"]


def test_a_number_too_large_to_be_a_price_is_rejected_and_a_nameless_row_ends_no_run() -> None:
    content = payload({"a/b": ("1e30", "1"), "c/d": ("0.1", "0.1")}).replace(b"[{", b"[{}, {")
    parsed = parse(content)
    assert [(r.key, r.holds) for r in parsed.rejected] == [("?", ""), ("a/b", None)]


@pytest.mark.archive
def test_every_archived_payload_parses(archive: Path) -> None:
    days = sorted((archive / "openrouter").glob("????-??-??"))
    assert len(days) >= 15
    for day in days:
        parsed = SOURCE.parse((day / "models.json").read_bytes(), "")
        assert len(parsed.things["prices"]) >= 300, day.name
        assert not parsed.rejected, day.name


@pytest.mark.archive
def test_archived_prices_are_the_known_ones(archive: Path, staging: Staging) -> None:
    for day in ("2025-10-01", "2026-02-27", "2026-04-17", "2026-04-18", "2026-04-19"):
        staging.fetched(
            "openrouter", day, (archive / "openrouter" / day / "models.json").read_bytes()
        )
    staging.build([TABLE])
    found = rows(
        staging,
        f"select spelling, input_usd_per_mtok, output_usd_per_mtok from {TABLE} "
        "where spelling = 'anthropic/claude-3.5-sonnet' order by first_seen_at",
    )
    assert [(str(i.normalize()), str(o.normalize())) for _, i, o in found] == [
        ("3", "15"), ("6", "3E+1"),
    ]  # fmt: skip
    zero = rows(
        staging,
        f"select cast(first_seen_at as varchar), quarantine_reason from {TABLE} "
        "where spelling = 'moonshotai/kimi-k2.5' and input_usd_per_mtok = 0",
    )
    assert len(zero) == 1
    assert zero[0][0].startswith("2026-04-18")
    assert zero[0][1].startswith("zero for a paid model")
