"""llm-prices: dated rows, context tiers under ids of their own, an id that stands twice."""

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from price_staging import Staging, rows, staging_in

from pipelines.settings import PROJECT
from pipelines.sources import PayloadError
from pipelines.sources.llm_prices import CURRENT, HISTORICAL, SOURCE, parse

FIXTURES = PROJECT / "tests" / "fixtures" / "llm_prices"
TABLE = "staging.llm_prices__prices"


@pytest.fixture
def staging(tmp_path: Path) -> Iterator[Staging]:
    yield from staging_in(tmp_path)


def fixture(day: str, part: str = HISTORICAL) -> bytes:
    return (FIXTURES / day / part).read_bytes()


def listed(*prices: dict[str, Any]) -> bytes:
    shape = {"vendor": "openai", "name": "x", "input": 1, "output": 2, "input_cached": None}
    return json.dumps({"prices": [{**shape, **price} for price in prices]}).encode()


def staged(staging: Staging, fetches: list[tuple[str, str, bytes]], query: str) -> list[Any]:
    for day, part, content in fetches:
        staging.fetched("llm_prices", day, content, part=part)
    staging.build([TABLE])
    return rows(staging, query.format(table=TABLE))


def test_no_start_date_is_unknown_before_the_first_reading_not_since_ever(staging: Staging) -> None:
    found = staged(
        staging,
        [("2025-10-18", HISTORICAL, fixture("2025-10-18"))],
        "select input_usd_per_mtok, output_usd_per_mtok, stated_from, previous_fetch_at, ended_at "
        "from {table} where spelling = 'o1-mini'",
    )
    assert found == [(Decimal("1.1"), Decimal("4.4"), None, None, None)]


def test_the_launch_price_is_not_claimed_for_the_launch_day(staging: Staging) -> None:
    staging.fetched("llm_prices", "2025-10-18", fixture("2025-10-18"), part=HISTORICAL)
    staging.build(["core.price_claims"])
    found = rows(
        staging,
        "select cast(min(holds_from) as varchar) from core.price_claims "
        "where source = 'llm_prices' and spelling = 'o1-mini'",
    )
    assert found == [("2025-10-18",)]


def test_from_is_inclusive_to_is_exclusive_and_the_past_is_not_the_present(
    staging: Staging,
) -> None:
    found = staged(
        staging,
        [("2025-10-18", HISTORICAL, fixture("2025-10-18"))],
        "select spelling, cast(stated_from as varchar), previous_fetch_at is null, "
        "input_usd_per_mtok, quarantine_reason from {table} "
        "where spelling like 'deepseek-chat%' order by 1",
    )
    assert found == [
        ("deepseek-chat", "2025-02-08", True, Decimal("0.27"), None),
        ("deepseek-chat until 2025-02-08", None, True, Decimal("0.14"),
         "ended before it was first seen"),
    ]  # fmt: skip


def test_an_announced_price_waits_for_a_reading_on_its_day(staging: Staging) -> None:
    query = (
        "select spelling, input_usd_per_mtok, cast(first_seen_at as date)::varchar, "
        "cast(ended_at as date)::varchar, quarantine_reason is null from {table} "
        "where spelling like 'claude-sonnet-5%' order by 1, 3"
    )
    scheduled = fixture("2026-07-02")
    assert staged(staging, [("2026-07-02", HISTORICAL, scheduled)], query) == [
        ("claude-sonnet-5", Decimal(2), "2026-07-02", "2026-09-01", True),
        ("claude-sonnet-5 from 2026-09-01", Decimal(3), "2026-07-02", None, False),
    ]
    assert staged(staging, [("2026-09-03", HISTORICAL, scheduled)], query) == [
        ("claude-sonnet-5", Decimal(2), "2026-07-02", "2026-09-01", True),
        ("claude-sonnet-5", Decimal(3), "2026-09-03", None, True),
    ]


def test_an_announced_price_vanishes_when_withdrawn(staging: Staging) -> None:
    kept = [{"id": f"m{n}"} for n in range(3)]
    before = listed(*kept, {"id": "a", "to_date": "2026-09-01"},
                    {"id": "a", "input": 9, "output": 9, "from_date": "2026-09-01"})  # fmt: skip
    found = staged(
        staging,
        [
            ("2026-07-02", HISTORICAL, before),
            ("2026-08-01", HISTORICAL, listed(*kept, {"id": "a"})),
            ("2026-09-03", HISTORICAL, listed(*kept, {"id": "a"})),
        ],
        "select spelling, input_usd_per_mtok, cast(ended_at as date)::varchar, "
        "quarantine_reason is null from {table} where spelling like 'a%' order by 1, first_seen_at",
    )
    assert found == [
        ("a", Decimal(1), "2026-08-01", True),
        ("a", Decimal(1), None, True),
        ("a from 2026-09-01", Decimal(9), "2026-08-01", False),
    ]


def test_current_depends_on_the_build_day_so_the_history_decides(staging: Staging) -> None:
    found = staged(
        staging,
        [
            ("2026-09-03", CURRENT, listed({"id": "a", "input": 2, "output": 10})),
            ("2026-09-03", HISTORICAL, listed(
                {"id": "a", "input": 3, "output": 15, "from_date": "2026-09-01"},
                {"id": "a", "input": 2, "output": 10, "to_date": "2026-09-01"})),
        ],
        "select spelling, input_usd_per_mtok from {table} where quarantine_reason is null",
    )  # fmt: skip
    assert found == [("a", Decimal(3))]


def test_current_speaks_for_an_id_the_history_lacks(staging: Staging) -> None:
    found = staged(
        staging,
        [
            ("2026-09-03", CURRENT, listed({"id": "a"}, {"id": "b"})),
            ("2026-09-03", HISTORICAL, listed({"id": "a"})),
        ],
        "select spelling from {table} order by 1",
    )
    assert found == [("a",), ("b",)]


def test_a_renamed_id_ends_under_its_old_name_and_begins_under_its_new_one(
    staging: Staging,
) -> None:
    """`gemini-2.5-pro--200k` became `-200k`; the price did not move."""
    found = staged(
        staging,
        [
            ("2025-10-18", HISTORICAL, listed({"id": "zeta--200k", "name": "Z >200k"})),
            ("2026-06-30", HISTORICAL, listed({"id": "zeta-200k", "name": "Z >200k"})),
        ],
        "select spelling, ended_at is null, quarantine_reason from {table} "
        "where spelling like 'zeta-%' order by 1",
    )
    tier = "a context tier of another row, not a model"
    assert found == [("zeta--200k", False, tier), ("zeta-200k", True, tier)]


def test_context_tiers_are_not_models(staging: Staging) -> None:
    found = staged(
        staging,
        [("2025-10-18", HISTORICAL, fixture("2025-10-18"))],
        "select spelling, host_spelling, quarantine_reason from {table} "
        "where spelling like 'gemini-1.5-flash%' order by 1",
    )
    assert found == [
        ("gemini-1.5-flash", "google", None),
        ("gemini-1.5-flash-128k", None, "a context tier of another row, not a model"),
    ]
    staging.build(["core.models"])
    assert not rows(
        staging,
        "select * from core.models where registered_by = 'llm_prices' and name like '%128k'",
    )


def test_an_id_that_stands_twice_at_one_price_is_one_price() -> None:
    keys = [o.key for o in parse(fixture("2025-10-18"), HISTORICAL).things["prices"]]
    assert keys.count("grok-4-fast from - to -") == 1


def test_an_id_that_stands_twice_at_two_prices_is_rejected() -> None:
    parsed = parse(listed({"id": "a"}, {"id": "a", "input": 5}, {"id": "b"}), CURRENT)
    assert [r.reason for r in parsed.rejected] == [
        "the id stands more than once with different prices"
    ]
    assert len(parsed.things["prices"]) == 1


def test_prices_of_images_are_not_prices_of_text(staging: Staging) -> None:
    found = staged(
        staging,
        [("2026-07-02", HISTORICAL, fixture("2026-07-02"))],
        "select quarantine_reason from {table} where spelling = 'gpt-image-1'",
    )
    assert found == [("a price of image generation",)]


def test_order_of_rows_means_nothing() -> None:
    document = json.loads(fixture("2026-07-02"))
    turned = json.dumps({"prices": document["prices"][::-1]}).encode()
    one, other = parse(fixture("2026-07-02"), HISTORICAL), parse(turned, HISTORICAL)
    assert {(o.key, str(o.fields)) for o in one.things["prices"]} == {
        (o.key, str(o.fields)) for o in other.things["prices"]
    }


@pytest.mark.parametrize("content", [b"[]", b'{"prices": []}', b'{"models": []}', b"<html>"])
def test_what_is_not_the_list_is_refused(content: bytes) -> None:
    with pytest.raises(PayloadError):
        parse(content, CURRENT)


def test_rows_that_break_the_contract_are_rejected() -> None:
    parsed = parse(listed({"id": "a", "input": None}, {"id": "b"}, {"id": 7}), CURRENT)
    assert sorted(r.key for r in parsed.rejected) == ["?", f"a in {CURRENT}"]


def test_a_date_that_is_no_day_is_rejected_lest_the_price_count_as_in_force() -> None:
    parsed = parse(listed({"id": "a", "from_date": "September 2026"}, {"id": "b"}), HISTORICAL)
    assert [r.key for r in parsed.rejected] == ["a from September 2026 to -"]


@pytest.mark.archive
def test_every_archived_payload_parses(archive: Path) -> None:
    days = sorted((archive / "llm_prices").glob("????-??-??"))
    assert len(days) >= 3
    for day in days:
        for part in SOURCE.live_parts:
            parsed = parse((day / part).read_bytes(), part)
            assert len(parsed.things["prices"]) > 70, (day.name, part)
            assert not parsed.rejected, (day.name, part)


@pytest.mark.archive
def test_archive_holds_the_known_stale_and_dated_rows(archive: Path) -> None:
    content = (archive / "llm_prices" / "2026-07-02" / HISTORICAL).read_bytes()
    prices = {o.key: o.fields for o in parse(content, HISTORICAL).things["prices"]}
    assert prices["o3 from - to -"]["input"] == "10"
    assert prices["o1-mini from - to -"]["output"] == "4.4"
    dated = {key for key in prices if not key.endswith(" from - to -")}
    assert len(dated) == 4
