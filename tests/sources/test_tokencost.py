"""tokencost's copy of LiteLLM's map: the noise, the delay and the rows that are no models."""

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from price_staging import Staging, rows, staging_in

from pipelines.settings import PROJECT
from pipelines.sources import PayloadError, sources
from pipelines.sources.tokencost import parse

FIXTURE = PROJECT / "tests" / "fixtures" / "tokencost" / "2024-09-23" / "model_prices.json"
TABLE = "staging.tokencost__prices"


@pytest.fixture
def staging(tmp_path: Path) -> Iterator[Staging]:
    yield from staging_in(tmp_path)


def document(**rows_: tuple[float, float]) -> bytes:
    return json.dumps(
        {
            name: {"input_cost_per_token": i, "output_cost_per_token": o,
                   "litellm_provider": "openai", "mode": "chat"}
            for name, (i, o) in rows_.items()
        }
    ).encode()  # fmt: skip


def test_documentation_and_other_modes_are_no_models() -> None:
    keys = {o.key for o in parse(FIXTURE.read_bytes()).things["prices"]}
    assert keys == {"o1-mini", "azure/o1-mini", "gemini/gemini-1.5-flash", "gemini-1.5-flash"}


def test_a_price_class_without_mode_is_rejected_not_lost() -> None:
    rejected = parse(FIXTURE.read_bytes()).rejected
    assert [(r.key, r.reason) for r in rejected] == [
        ("together-ai-up-to-4b", "mode: Field required")
    ]


def test_float_noise_is_rounded_away(staging: Staging) -> None:
    staging.fetched("tokencost", "2024-09-06", document(a=(3.5e-07, 1.0499999999999999e-06)))
    staging.build([TABLE])
    assert rows(staging, f"select input_usd_per_mtok, output_usd_per_mtok from {TABLE}") == [
        (Decimal("0.35"), Decimal("1.05"))
    ]


def test_a_copy_is_of_the_lineage_it_copies() -> None:
    known = sources()
    assert known["tokencost"].lineage == known["litellm"].lineage == "litellm"


def test_key_prefixes_and_providers_give_the_host(staging: Staging) -> None:
    staging.fetched("tokencost", "2024-09-23", FIXTURE.read_bytes())
    staging.build(["core.names"])
    found = rows(
        staging,
        "select spelling, host_id from core.names where source = 'tokencost' order by 1",
    )
    assert found == [
        ("azure/o1-mini", "azure"),
        ("gemini-1.5-flash", "google_vertex"),
        ("gemini/gemini-1.5-flash", "google_ai_studio"),
        ("o1-mini", "openai"),
    ]


def test_a_late_copy_falls_silent_90_days_after_its_last_reading(staging: Staging) -> None:
    staging.fetched("tokencost", "2024-09-06", document(a=(1e-06, 2e-06), b=(1e-06, 2e-06)))
    staging.fetched("tokencost", "2024-09-23", document(a=(1e-06, 2e-06), b=(2e-06, 4e-06)))
    query = (
        "select spelling, cast(last_seen_at as date)::varchar, cast(ended_at as date)::varchar "
        f"from {TABLE} order by spelling, first_seen_at"
    )
    # Until then the next reading may put it off, and no end is known.
    staging.fetched("litellm", "2024-12-21", document(a=(1e-06, 2e-06), b=(2e-06, 4e-06)))
    staging.build([TABLE])
    assert rows(staging, query) == [
        ("a", None, None),
        ("b", "2024-09-06", "2024-09-23"),
        ("b", None, None),
    ]
    staging.fetched("litellm", "2024-12-22", document(a=(1e-06, 2e-06), b=(2e-06, 4e-06)))
    staging.build([TABLE])
    assert rows(staging, query) == [
        ("a", "2024-09-23", "2024-12-22"),
        ("b", "2024-09-06", "2024-09-23"),
        ("b", "2024-09-23", "2024-12-22"),
    ]


def test_a_copy_that_was_just_read_ends_nothing_tomorrow(staging: Staging) -> None:
    for day in ("2024-09-23", "2024-09-24"):
        staging.fetched("tokencost", day, FIXTURE.read_bytes())
    staging.build(["core.price_claims"])
    ends = "valid_to_earliest, listing_ended_known_at"
    assert rows(
        staging,
        f"select model_id, {ends} from core.price_claims "
        "where source = 'tokencost' and spelling = 'o1-mini'",
    ) == [("openai/o1-mini-2024-09-12", None, None)]


def test_a_copy_read_again_after_a_silence_speaks_again(staging: Staging) -> None:
    for day in ("2024-09-06", "2025-01-06"):
        staging.fetched("tokencost", day, document(a=(1e-06, 2e-06), b=(1e-06, 2e-06)))
    staging.build([TABLE])
    assert rows(
        staging,
        "select cast(first_seen_at as date)::varchar, cast(previous_fetch_at as date)::varchar, "
        f"cast(ended_at as date)::varchar from {TABLE} where spelling = 'a' order by 1",
    ) == [("2024-09-06", None, "2024-12-05"), ("2025-01-06", "2024-09-06", None)]


def test_repeated_keys_with_different_values_are_rejected() -> None:
    row = '{"mode": "chat", "litellm_provider": "x", "input_cost_per_token": 1e-06}'
    content = f'{{"a": {row}, "a": {row.replace("1e-06", "2e-06")}, "b": {row}}}'
    parsed = parse(content.encode())
    assert [r.key for r in parsed.rejected] == ["a"]
    assert [o.key for o in parsed.things["prices"]] == ["b"]


@pytest.mark.parametrize("content", [b"[]", b"{}", b'{"sample_spec": {"mode": "chat"}}', b"<html>"])
def test_what_is_not_the_map_is_refused(content: bytes) -> None:
    with pytest.raises(PayloadError):
        parse(content)


@pytest.mark.archive
def test_every_archived_payload_parses(archive: Path) -> None:
    days = sorted((archive / "tokencost").glob("????-??-??"))
    assert len(days) >= 3
    for day in days:
        parsed = parse((day / "model_prices.json").read_bytes())
        assert len(parsed.things["prices"]) > 450, day.name
        assert len(parsed.rejected) < 20, day.name


@pytest.mark.archive
def test_archive_shows_the_launch_weeks_late(archive: Path) -> None:
    def prices(day: str) -> dict[str, tuple[str, str]]:
        parsed = parse((archive / "tokencost" / day / "model_prices.json").read_bytes())
        return {
            o.key: (
                o.fields.get("input_cost_per_token", ""),
                o.fields.get("output_cost_per_token", ""),
            )
            for o in parsed.things["prices"]
        }

    before, after = prices("2024-09-06"), prices("2024-09-23")
    assert "o1-mini" not in before
    assert tuple(map(Decimal, after["o1-mini"])) == (Decimal("0.000003"), Decimal("0.000012"))
    assert Decimal(before["gemini/gemini-1.5-flash"][0]) == Decimal("3.5e-07")
    assert Decimal(after["gemini/gemini-1.5-flash"][0]) == Decimal("7.5e-08")
