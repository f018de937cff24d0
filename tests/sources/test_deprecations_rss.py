"""The deprecations list: dates that mean other things than their names say."""

import json
from pathlib import Path
from typing import Any

import pytest
from staged_table import FIXTURES, Staged, every_payload

from pipelines.sources import PayloadError
from pipelines.sources.deprecations_rss import SOURCE, parse


@pytest.fixture(scope="module")
def staged(tmp_path_factory: pytest.TempPathFactory) -> Staged:
    return Staged(FIXTURES, SOURCE, "retirements", tmp_path_factory.mktemp("kept"))


def listed(**fields: Any) -> dict[str, Any]:
    row = {"provider": "OpenAI", "model_id": "o1-mini", "announcement_date": "2025-04-28"}
    return {**row, "shutdown_date": "2025-10-27", "replacement_models": ["o4-mini"], **fields}


def test_the_tiny_payload_of_2025_08_20_is_refused(staged: Staged) -> None:
    assert staged.problems() == {("2025-08-20", ""): "expected a JSON list of deprecations"}
    assert not staged.rows("key", "spelling like '%test%'")


def test_announcement_dates_of_the_first_scrape_are_not_announcements(staged: Staged) -> None:
    where = "key = 'OpenAI/o1-mini' and ended_at is null and quarantine_reason is null"
    columns = "deprecated_on, shutdown_on, replacement_spelling, host_spelling, spelling"
    assert staged.rows(columns, where) == [
        ("2025-04-28", "2025-10-27", "o4-mini", "OpenAI", "o1-mini")
    ]
    assert staged.rows("deprecated_on, shutdown_on", "key = 'Azure/gpt-4.1'") == [
        (None, "2026-10-14")
    ]


def test_a_first_scrape_without_a_shutdown_says_nothing(staged: Staged) -> None:
    where = "key = 'Google/gemini-2.0-flash'"
    assert staged.rows("deprecated_on, quarantine_reason", where) == [
        (None, "no day of deprecation or shutdown")
    ]


def test_one_date_in_both_columns_is_quarantined(staged: Staged) -> None:
    where = "key = 'OpenAI/o1-mini' and shutdown_on = '2025-04-28'"
    reasons = staged.rows("quarantine_reason", where)
    assert reasons == [
        ("shut down on the day of its announcement: one date read into both columns",)
    ]


def test_a_provider_s_whole_model_list_is_no_list_of_retirements(staged: Staged) -> None:
    assert set(staged.rejected()) == {"xAI/grok-4-0709", "xAI/grok-3-mini"}
    assert "no date of any kind" in staged.rejected()["xAI/grok-3-mini"]


def test_names_run_together_are_quarantined(staged: Staged) -> None:
    where = "host_spelling = 'Google' and spelling like '%8bgemini%'"
    assert staged.rows("quarantine_reason", where) == [("several names run together",)]


def test_dates_in_prose_discredit_their_table(staged: Staged) -> None:
    assert staged.rows("spelling, quarantine_reason", "host_spelling = 'AWS Bedrock'") == [
        ("amazon.nova-lite-v1:0", "its table was misread: other rows of it have prose for dates"),
        ("anthropic.claude-opus-4-1-20250805-v1:0", "a date in prose, with conditions"),
    ]


def test_headings_are_not_models(staged: Staged) -> None:
    where = "host_spelling = 'Cohere'"
    assert staged.rows("quarantine_reason", where) == [
        ("not one model: a heading, a sentence or several names",)
    ]


def test_the_first_of_several_replacements_is_taken(staged: Staged) -> None:
    where = "spelling = 'Llama-3.2-90B-Vision-Instruct'"
    assert staged.rows("replacement_spelling", where) == [
        ("Llama-4-Maverick-17B-128E-Instruct-FP8",)
    ]


def test_a_row_dropped_after_its_shutdown_still_holds(staged: Staged) -> None:
    where = "key = 'OpenAI/o1-preview' and quarantine_reason is null"
    assert staged.rows("shutdown_on, ended_at", where) == [("2025-07-28", None)]


def test_a_row_dropped_before_its_shutdown_is_withdrawn(staged: Staged) -> None:
    where = "spelling = 'Llama-3.2-90B-Vision-Instruct'"
    assert staged.rows("shutdown_on, ended_at", where) == [("2026-06-13", "2026-04-02 00:00:00")]


def test_a_model_listed_twice_is_held_back() -> None:
    parsed = parse(json.dumps([listed(), listed(shutdown_date="2026-01-01")]).encode())
    assert [r.reason for r in parsed.rejected] == ["stands more than once"]


@pytest.mark.parametrize("wrong", [listed(model_id=None), listed(provider=7), "o1-mini", None])
def test_a_row_without_its_needed_fields_is_rejected(wrong: Any) -> None:
    parsed = parse(json.dumps([listed(), wrong]).encode())
    assert len(parsed.things["retirements"]) == len(parsed.rejected) == 1


@pytest.mark.parametrize("payload", [b"", b"<html>", b"{}", b"[]", b"[1]"])
def test_what_is_no_list_of_deprecations_is_a_payload_error(payload: bytes) -> None:
    with pytest.raises(PayloadError):
        parse(payload)


def test_changes_of_the_scrape_alone_are_no_news() -> None:
    first, second = (
        parse(json.dumps([listed(scraped_at=day, content_hash=day)]).encode())
        for day in ("2026-01-01", "2026-01-02")
    )
    assert first.things == second.things


@pytest.mark.archive
def test_archive_every_payload_parses_but_the_first(archive: Path) -> None:
    rows = {}
    for day, _, payload in every_payload(archive, SOURCE):
        try:
            rows[day] = len(parse(payload).things["retirements"])
        except PayloadError:
            assert day == "2025-08-20"
    assert rows["2025-11-11"] == 84
    assert rows["2026-06-02"] == 371


@pytest.mark.archive
def test_archive_known_retirements_are_found(archive: Path, tmp_path: Path) -> None:
    staged = Staged(archive, SOURCE, "retirements", tmp_path)
    where = "quarantine_reason is null and ended_at is null"
    found = {row[0]: row[1:] for row in staged.rows("key, deprecated_on, shutdown_on", where)}
    assert found["OpenAI/o1-mini"] == ("2025-04-28", "2025-10-27")
    assert found["OpenAI/o1-preview"] == ("2025-04-28", "2025-07-28")
    assert found["OpenAI/gpt-4.5-preview"] == ("2025-04-14", "2025-07-14")
    assert found["Anthropic/claude-3-7-sonnet-20250219"] == ("2025-10-28", "2026-02-19")
    assert len(found) == len(staged.rows("key", where)) > 400
    hosts = {row[0] for row in staged.rows("host_spelling", where)}
    assert hosts == {
        "AWS Bedrock", "Anthropic", "Azure", "Cohere", "Google", "Google Vertex", "Groq",
        "OpenAI", "xAI",
    }  # fmt: skip
