"""The timeline export: Korean midnights and tags that match too much."""

import json
from pathlib import Path
from typing import Any

import pytest
from staged_table import FIXTURES, Staged, every_payload

from pipelines.sources import PayloadError
from pipelines.sources.llm_timeline import SOURCE, parse


@pytest.fixture(scope="module")
def staged(tmp_path_factory: pytest.TempPathFactory) -> Staged:
    return Staged(FIXTURES, SOURCE, "releases", tmp_path_factory.mktemp("kept"))


def event(**fields: Any) -> dict[str, Any]:
    card = '<h2 class="event-card__title">Introducing X 4</h2> <a href="https://x.example/4" >'
    whole = {"id": "e1", "vendor": "openai", "category": "model_release", "models": ["x-4"]}
    whole |= {"event_date": "2025-02-27T10:00:00.000Z", "event_date_kind": "published"}
    return {**whole, "html": card, **fields}


def test_jst_midnights_are_the_next_day_in_utc(staged: Staged) -> None:
    where = "spelling = 'claude-opus-4.5'"
    assert staged.rows("released_on, kind", where) == [("2025-11-24", "announcement")]


def test_openai_times_are_utc_already(staged: Staged) -> None:
    assert staged.rows("released_on", "spelling = 'gpt-4.5'") == [("2025-02-27",)]


def test_a_real_time_of_day_is_not_shifted(staged: Staged) -> None:
    assert staged.rows("released_on", "spelling = 'gemini-3.1-flash-lite'") == [("2026-03-03",)]


def test_jst_days_without_a_time_are_shifted_too(staged: Staged) -> None:
    assert staged.rows("released_on, kind", "spelling = 'veo-3-fast'") == [("2025-07-31", "api")]


def test_a_name_that_only_the_address_completes_is_completed(staged: Staged) -> None:
    where = "title = 'Introducing OpenAI o1'"
    assert staged.rows("spelling, quarantine_reason", where) == [("o1-preview", None)]


def test_both_models_of_one_post_are_read(staged: Staged) -> None:
    where = "released_on = '2025-05-22' and quarantine_reason is null"
    assert staged.rows("spelling, title", where) == [
        (name, "We've launched Claude Opus 4 and Claude Sonnet 4 , our latest models")
        for name in ("claude-opus-4", "claude-sonnet-4")
    ]


def test_a_tag_within_a_longer_tag_is_quarantined(staged: Staged) -> None:
    where = "spelling in ('gpt-4', 'gemini-3')"
    assert (
        staged.rows("quarantine_reason", where)
        == [("the tag is the beginning of another tag of the same post",)] * 2
    )


def test_a_new_feature_is_no_launch_of_its_model(staged: Staged) -> None:
    where = "spelling in ('gpt-4o', 'gemini-1.5-pro', 'gemini-1.5-flash')"
    assert (
        staged.rows("quarantine_reason", where) == [("the title does not announce this name",)] * 3
    )


def test_deprecations_and_notes_are_not_launches() -> None:
    others = [event(category=c) for c in ("deprecation", "release_note", "blog_update")]
    parsed = parse(json.dumps({"events": [event(), *others]}).encode())
    assert [o.key for o in parsed.things["releases"]] == ["e1|x-4"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"models": None},
        {"event_date": "2025-02-30"},
        {"event_date": "May 2025"},
        {"html": "<p>no card</p>"},
    ],
)
def test_an_event_without_its_needed_fields_is_rejected(wrong: dict[str, Any]) -> None:
    parsed = parse(json.dumps({"events": [event(), event(id="e2", **wrong)]}).encode())
    assert len(parsed.rejected) == 1
    assert len(parsed.things["releases"]) == 1


@pytest.mark.parametrize("payload", [b"", b"[]", b'{"events": {}}', b'{"events": []}', b"<html>"])
def test_what_is_not_the_export_is_a_payload_error(payload: bytes) -> None:
    with pytest.raises(PayloadError):
        parse(payload)


@pytest.mark.archive
def test_archive_export_parses_with_known_days(archive: Path, tmp_path: Path) -> None:
    payloads = every_payload(archive, SOURCE)
    assert payloads
    assert all(not parse(payload).rejected for _, _, payload in payloads)
    staged = Staged(archive, SOURCE, "releases", tmp_path)
    found = dict(staged.rows("spelling, released_on", "quarantine_reason is null"))
    assert found["o1-mini"] == found["o1-preview"] == "2024-09-12"
    assert "o1" not in found
    assert found["claude-opus-4.5"] == "2025-11-24"
    assert found["claude-sonnet-4.5"] == "2025-09-29"
    assert found["gemini-1.5-pro-002"] == "2024-09-24"
    assert found["gpt-4.5"] == "2025-02-27"
