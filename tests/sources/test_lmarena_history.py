from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from benchmark_feeds import FIXTURES, Feed, matching, only

from pipelines.sources import PayloadError
from pipelines.sources.lmarena_history import SOURCE, parse


@pytest.fixture
def feed(tmp_path: Path) -> Feed:
    return Feed(SOURCE, tmp_path)


def history(rows: dict[str, list[float]]) -> str:
    width = len(next(iter(rows.values())))
    header = "," + ",".join(f"model-{n}" for n in range(width))
    lines = [f"{day}," + ",".join(map(str, scores)) for day, scores in rows.items()]
    return "\n".join([header, *lines]) + "\n"


def test_zero_means_not_rated(feed: Feed) -> None:
    feed.backfilled(FIXTURES)
    rows = feed.staged()
    assert [row["stated_on"] for row in matching(rows, spelling="o1-mini")] == [
        date(2024, 9, 17), date(2025, 2, 27),
    ]  # fmt: skip
    assert min(row["score"] for row in rows) > 1000


def test_inner_dates_are_claims_and_known_time_is_the_fetch(feed: Feed) -> None:
    feed.backfilled(FIXTURES)
    row = only(feed.staged(), spelling="o1-preview", stated_on=date(2024, 9, 17))
    assert row["score"] == Decimal("1355.231")
    assert str(row["first_seen_at"])[:10] == "2025-02-28"
    assert row["previous_fetch_at"] is None


def test_a_common_shift_before_the_published_tables_is_another_rating(feed: Feed) -> None:
    base = [1000.5 + 10 * n for n in range(12)]
    feed.fetched(
        "2025-02-28",
        history({"20240626": base, "20240629": [b + 94 for b in base], "20240801": base}),
    )
    rows = feed.staged()
    early = matching(rows, stated_on=date(2024, 6, 26))
    assert all("all models shift together on 2024-06-29" in r["quarantine_reason"] for r in early)
    assert {row["benchmark_release"] for row in early} == {"arena history before 2024-06-29"}
    later = [row for row in rows if row["stated_on"] > date(2024, 6, 26)]
    assert {row["benchmark_release"] for row in later} == {"arena pre-2025-06 scale"}
    assert not any(row["quarantine_reason"] for row in later)


def test_a_date_after_the_fetch_is_quarantined(feed: Feed) -> None:
    feed.fetched("2025-02-28", history({"20250301": [1300.0]}))
    assert feed.staged()[0]["quarantine_reason"] == "dated after it was fetched"


def test_a_cell_lost_in_a_wide_row_rejects_the_row() -> None:
    parsed = parse(b",a,b\n20240917,1300.1,1200.2\n20240918,1300.1\n")
    assert len(parsed.things["results"]) == 2
    assert "2 cells under 3" in parsed.rejected[0].reason


def test_a_date_of_another_form_is_rejected() -> None:
    parsed = parse(b",a\n20240917,1300.1\n2024-09-18,1300.2\n")
    assert [rejected.key for rejected in parsed.rejected] == ["a@2024-09-18"]


@pytest.mark.parametrize("payload", [b"", b"model,score\na,1\n", b",a\n20240917,0.0\n"])
def test_what_is_no_history_is_refused(payload: bytes) -> None:
    with pytest.raises(PayloadError):
        parse(payload)


@pytest.mark.archive
def test_the_archive_parses(archive: Path, feed: Feed) -> None:
    loaded = feed.backfilled(archive)
    assert (loaded.rejected, loaded.problems) == (0, 0)
    rows = feed.staged()
    assert len(rows) == 11827
    day = date(2024, 9, 17)
    assert only(rows, spelling="o1-mini", stated_on=day)["score"] == Decimal("1324.494")
    quarantined = [row for row in rows if row["quarantine_reason"]]
    assert max(row["stated_on"] for row in quarantined) == date(2024, 6, 26)
    assert 3000 < len(quarantined) < 3500
