import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from benchmark_feeds import FIXTURES, Feed, by_key, only

from pipelines.sources import PayloadError
from pipelines.sources.livecodebench import SOURCE, parse

PAYLOAD = FIXTURES / "livecodebench/2025-01-15/performances_generation.json"


@pytest.fixture
def feed(tmp_path: Path) -> Feed:
    return Feed(SOURCE, tmp_path)


def document() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(PAYLOAD.read_text())
    return found


def test_the_score_depends_on_the_window(feed: Feed) -> None:
    feed.backfilled(FIXTURES)
    rows = feed.staged()
    every = only(rows, spelling="O1-Mini-2024-09-12", benchmark_release="all problems to 2025-01")
    assert (every["score"], every["test_cases"]) == (Decimal("66.667"), 3)
    window = only(rows, spelling="O1-Mini-2024-09-12", benchmark_release="2024-08 to 2025-01")
    assert (window["score"], window["test_cases"]) == (Decimal(50), 2)


def test_dates_are_milliseconds_and_windows_include_their_first_day() -> None:
    found = by_key(parse(PAYLOAD.read_bytes()).things["results"])
    window = found["O1-Mini-2024-09-12 (N=1)|2024-08 to 2025-01"]
    assert window["first_problem_on"] == "2024-08-01"
    seconds = document()
    for row in seconds["performances"]:
        row["date"] //= 1000
    with pytest.raises(PayloadError, match="no model with results"):
        parse(json.dumps(seconds).encode())


def test_effort_and_samples_come_off_the_name(feed: Feed) -> None:
    feed.backfilled(FIXTURES)
    row = only(feed.staged(), key="O1-2024-12-17 (N=1) (Med)|all problems")
    assert (row["spelling"], row["configuration"]) == ("O1-2024-12-17", "effort medium")


def test_the_placeholder_cutoff_of_a_vendor_is_not_taken_for_a_release_date() -> None:
    for fields in by_key(parse(PAYLOAD.read_bytes()).things["results"]).values():
        assert "release_date" not in fields


def test_a_model_that_was_not_given_all_problems_is_quarantined(feed: Feed) -> None:
    feed.backfilled(FIXTURES)
    row = only(feed.staged(), key="GPT-4O-2024-08-06|all problems")
    assert row["quarantine_reason"] == "another set of problems: 2 of 3"


def test_one_broken_problem_rejects_its_model_and_no_other() -> None:
    changed = document()
    changed["performances"][0]["pass@1"] = "most"
    parsed = parse(json.dumps(changed).encode())
    assert {rejected.key.split(" ")[0] for rejected in parsed.rejected} == {"O1-Mini-2024-09-12"}
    assert len(parsed.things["results"]) == 4


def test_a_problem_twice_with_two_results_rejects_its_model() -> None:
    changed = document()
    changed["performances"].append(changed["performances"][0] | {"pass@1": 0.0})
    parsed = parse(json.dumps(changed).encode())
    assert all("stands twice" in rejected.reason for rejected in parsed.rejected)
    assert len(parsed.rejected) == 2


def test_a_newer_file_that_drops_a_model_ends_its_run(feed: Feed) -> None:
    feed.fetched("2025-01-15", PAYLOAD.read_bytes())
    changed = document()
    changed["performances"] = [row for row in changed["performances"] if "Mini" not in row["model"]]
    feed.fetched("2025-05-01", json.dumps(changed))
    row = only(feed.staged(), key="O1-Mini-2024-09-12 (N=1)|all problems")
    assert str(row["ended_at"])[:10] == "2025-05-01"
    assert row["quarantine_reason"] is None


@pytest.mark.parametrize("payload", [b"[]", b'{"performances": []}', b"<html>", b'{"models": [1]}'])
def test_what_is_no_result_file_is_refused(payload: bytes) -> None:
    with pytest.raises(PayloadError):
        parse(payload)


@pytest.mark.archive
def test_the_archive_parses(archive: Path, feed: Feed) -> None:
    loaded = feed.backfilled(archive)
    assert (loaded.rejected, loaded.problems) == (0, 0)
    rows = feed.staged()
    assert len(rows) == 38
    assert not [row for row in rows if row["quarantine_reason"]]

    def score(spelling: str, release: str, configuration: str | None = None) -> Decimal:
        found: Decimal = only(
            rows, spelling=spelling, benchmark_release=release, configuration=configuration
        )["score"]
        return found.quantize(Decimal("0.1"))

    every, window = "all problems to 2025-01", "2024-08 to 2025-01"
    assert score("O1-Mini-2024-09-12", every) == Decimal("68.2")
    assert score("O1-Mini-2024-09-12", window) == Decimal("51.3")
    assert score("O1-Preview-2024-09-12", every) == Decimal("54.8")
    assert score("O1-Preview-2024-09-12", window) == Decimal("42.7")
    assert score("O1-2024-12-17", window, "effort high") == Decimal("71.0")
    assert {row["test_cases"] for row in rows} == {880, 279}
