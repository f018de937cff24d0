"""sanand0/llmpricing's elo.csv: input prices only, a header that moved, months for dates."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from price_staging import Staging, rows, staging_in

from pipelines.settings import PROJECT
from pipelines.sources import PayloadError
from pipelines.sources.sanand0_llmpricing import parse

FIXTURE = PROJECT / "tests" / "fixtures" / "sanand0_llmpricing" / "2024-09-21" / "elo.csv"
TABLE = "staging.sanand0_llmpricing__prices"


@pytest.fixture
def staging(tmp_path: Path) -> Iterator[Staging]:
    yield from staging_in(tmp_path)


def test_only_an_input_price_is_evidence_but_no_price_of_the_market(staging: Staging) -> None:
    staging.fetched("sanand0_llmpricing", "2024-09-21", FIXTURE.read_bytes())
    staging.build([TABLE])
    found = {
        row[0]: row[1:]
        for row in rows(
            staging,
            "select spelling, input_usd_per_mtok, output_usd_per_mtok, quarantine_reason "
            f"from {TABLE}",
        )
    }
    only_input = "only an input price: the feed has no other"
    assert found["o1-mini"] == (Decimal(3), None, only_input)
    assert found["o1-preview"] == (Decimal(15), None, only_input)
    assert found["vicuna-33b"] == (None, None, "no price given")


def test_launch_is_a_month_and_dates_no_price(staging: Staging) -> None:
    staging.fetched("sanand0_llmpricing", "2024-09-21", FIXTURE.read_bytes())
    staging.build([TABLE])
    assert rows(staging, f"select distinct stated_from from {TABLE}") == [(None,)]


def test_one_model_may_have_two_rows_the_older_with_its_end(staging: Staging) -> None:
    staging.fetched("sanand0_llmpricing", "2024-09-21", FIXTURE.read_bytes())
    staging.build([TABLE])
    found = rows(
        staging,
        "select spelling, input_usd_per_mtok, quarantine_reason like 'ended in 2024-08%' "
        f"from {TABLE} where spelling like 'gemini%' order by 1",
    )
    assert found == [
        ("gemini-1.5-flash-api-0514", Decimal("0.075"), False),
        ("gemini-1.5-flash-api-0514 until 2024-08", Decimal("0.35"), True),
    ]


def test_a_model_twice_with_another_rating_is_one_price() -> None:
    keys = [o.key for o in parse(FIXTURE.read_bytes()).things["prices"]]
    assert keys.count("qwen-max-0428@2024-04") == 1


def test_the_header_that_changed_is_still_read() -> None:
    content = b"model,overall,hard,coding,cpmi,launch,end,source\no1-mini,1306,1,2,3,2024-09,,x\n"
    (observation,) = parse(content).things["prices"]
    assert observation.fields == {"model": "o1-mini", "cpmi": "3", "launch": "2024-09"}


def test_a_row_rewritten_in_place_is_a_new_run(staging: Staging) -> None:
    header = b"model,elo,cpmi,launch,end,source\n"
    staging.fetched("sanand0_llmpricing", "2024-09-21", header + b"a,1,5,2024-05,,\n")
    staging.fetched("sanand0_llmpricing", "2024-10-08", header + b"a,1,2.5,2024-05,,\n")
    staging.build([TABLE])
    found = rows(
        staging,
        f"select input_usd_per_mtok, ended_at is null from {TABLE} order by first_seen_at",
    )
    assert found == [(Decimal(5), False), (Decimal("2.5"), True)]


def test_rows_that_break_the_contract_are_rejected() -> None:
    content = (
        b"model,elo,cpmi,launch,end,source\n"
        b"a,1,cheap,2024-05,,\nb,1,5\nc,1,5,2024-05,,,more\n"
        b"d,1,5,2024-05,,\nd,1,6,2024-05,,\ne,1,5,2024-05,,\n"
    )
    parsed = parse(content)
    assert sorted(r.key for r in parsed.rejected) == ["a@2024-05", "b", "c", "d@2024-05"]
    assert [o.key for o in parsed.things["prices"]] == ["e@2024-05"]


@pytest.mark.parametrize("content", [b"", b"<html>", b"model,elo\na,1\n", b"\xff\xfe"])
def test_what_is_not_the_table_is_refused(content: bytes) -> None:
    with pytest.raises(PayloadError):
        parse(content)


@pytest.mark.archive
def test_every_archived_payload_parses(archive: Path) -> None:
    days = sorted((archive / "sanand0_llmpricing").glob("????-??-??"))
    assert len(days) >= 3
    for day in days:
        parsed = parse((day / "elo.csv").read_bytes())
        assert len(parsed.things["prices"]) > 100, day.name
        assert len(parsed.rejected) <= 1, day.name


@pytest.mark.archive
def test_archive_holds_the_launch_prices(archive: Path) -> None:
    content = (archive / "sanand0_llmpricing" / "2024-09-21" / "elo.csv").read_bytes()
    prices = {o.key: o.fields.get("cpmi") for o in parse(content).things["prices"]}
    assert prices["o1-mini@2024-09"] == "3"
    assert prices["o1-preview@2024-09"] == "15"
