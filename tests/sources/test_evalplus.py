import json
from decimal import Decimal
from pathlib import Path

import pytest
from benchmark_feeds import FIXTURES, Feed, matching, only

from pipelines.sources import PayloadError
from pipelines.sources.evalplus import SOURCE, parse


@pytest.fixture
def feed(tmp_path: Path) -> Feed:
    return Feed(SOURCE, tmp_path)


def test_display_names_are_kept_as_spelled(feed: Feed) -> None:
    feed.backfilled(FIXTURES)
    row = only(feed.staged(), spelling="O1 Mini (Sept 2024)", benchmark_spelling="humaneval+")
    assert (row["score"], row["metric"], row["unit"]) == (Decimal("89.000"), "pass@1", "percent")


def test_null_is_a_test_not_run_and_no_zero(feed: Feed) -> None:
    feed.backfilled(FIXTURES)
    found = {row["benchmark_spelling"] for row in matching(feed.staged(), spelling="CodeLlama-70B")}
    assert found == {"humaneval", "humaneval+"}


def test_models_not_asked_in_a_chat_say_so(feed: Feed) -> None:
    feed.backfilled(FIXTURES)
    found = {row["spelling"]: row["configuration"] for row in feed.staged()}
    assert found == {"O1 Mini (Sept 2024)": None, "CodeLlama-70B": "direct completion"}


def test_a_share_among_percents_is_a_unit_error(feed: Feed) -> None:
    row = {"pass@1": {"humaneval": 0.963, "mbpp": 93.1}, "prompted": True}
    feed.fetched("2024-12-26", json.dumps({"a": row}))
    reasons = {r["benchmark_spelling"]: r["quarantine_reason"] for r in feed.staged()}
    assert reasons["mbpp"] is None
    assert "unit error" in reasons["humaneval"]


def test_a_model_without_scores_is_rejected_alone() -> None:
    payload = {"a": {"pass@1": {"humaneval": 64}, "prompted": True}, "b": {"prompted": True}}
    parsed = parse(json.dumps(payload).encode())
    assert [observation.key for observation in parsed.things["results"]] == ["a|humaneval"]
    assert [rejected.key for rejected in parsed.rejected] == ["b"]


@pytest.mark.parametrize("payload", [b"[]", b"{}", b"<html>", b'{"a": {"pass@1": {}}}'])
def test_what_is_no_leaderboard_is_refused(payload: bytes) -> None:
    with pytest.raises(PayloadError):
        parse(payload)


@pytest.mark.archive
def test_the_archive_parses(archive: Path, feed: Feed) -> None:
    loaded = feed.backfilled(archive)
    assert (loaded.payloads, loaded.rejected, loaded.problems) == (2, 0, 0)
    rows = feed.staged()
    assert len({row["spelling"] for row in rows}) >= 125
    assert not [row for row in rows if row["quarantine_reason"]]
    mini = {
        row["benchmark_spelling"]: row["score"]
        for row in matching(rows, spelling="O1 Mini (Sept 2024)")
    }
    assert mini == {
        "humaneval": Decimal("96.3"), "humaneval+": Decimal("89.0"),
        "mbpp": Decimal("93.1"), "mbpp+": Decimal("78.8"),
    }  # fmt: skip


def test_a_model_that_cannot_be_read_ends_no_run(feed: Feed) -> None:
    row = {"pass@1": {"humaneval": 64.0}, "prompted": True}
    feed.fetched("2024-09-20", json.dumps({"a": row, "b": row, "c": row}))
    feed.fetched("2024-12-26", json.dumps({"a": row, "b": row, "c": {"pass@1": "x"}}))
    assert all(row["ended_at"] is None for row in feed.staged())


def test_a_number_too_large_to_write_out_is_rejected() -> None:
    payload = b'{"a": {"pass@1": {"humaneval": 1e300, "mbpp": 50.0}, "prompted": true}}'
    parsed = parse(payload)
    assert [observation.key for observation in parsed.things["results"]] == ["a|mbpp"]
