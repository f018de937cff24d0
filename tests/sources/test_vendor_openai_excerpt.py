from decimal import Decimal
from pathlib import Path

import pytest
from benchmark_feeds import FIXTURES, Feed, by_key, matching, only

from pipelines.sources import PayloadError
from pipelines.sources.vendor_openai_excerpt import SOURCE, parse

FOLDER = FIXTURES / "vendor_openai_excerpt"
WHOLE = "learning-to-reason-with-llms.appendix.md"
RAGGED = "learning-to-reason-with-llms.appendix.ragged.md"
HEAD = "| Dataset | Metric | gpt-4o | o1-preview | o1 |\n|---|---|---|---|---|\n"


@pytest.fixture
def feed(tmp_path: Path) -> Feed:
    return Feed(SOURCE, tmp_path)


def test_a_table_that_lost_its_row_spans_is_never_read_shifted() -> None:
    found = by_key(parse((FOLDER / "2024-09-12" / RAGGED).read_bytes(), RAGGED).things["results"])
    aime = f"{RAGGED}|Competition Math AIME (2024)|pass@1|"
    assert {model: found[aime + model]["score"] for model in ("gpt-4o", "o1-preview", "o1")} == {
        "gpt-4o": "9.3", "o1-preview": "44.6", "o1": "74.4",
    }  # fmt: skip
    rating = f"{RAGGED}|Competition Code CodeForces|Elo|"
    assert found[rating + "o1-preview"]["score"] == "1258"
    assert found[rating + "o1"]["score"] == "1673"
    assert found[aime + "o1"]["repaired"] is True
    assert found[rating + "o1"]["repaired"] is False


@pytest.mark.parametrize(
    "row",
    [
        "| MATH | pass@1 | 60.3 | 85.5 |",  # a figure is lost, not a label
        "| MATH | 60.3 | 85.5 | 94.8 |",  # the metric is lost, not the dataset
        "| 60.3 | 85.5 | 94.8 |",  # both labels are lost
        "| MATH | pass@1 | 60.3 | 85.5 | 94.8 | 1 |",  # a figure too many
        "| MATH | pass@1 | many | 85.5 | 94.8 |",
    ],
)
def test_a_row_whose_cells_cannot_be_placed_is_rejected(row: str) -> None:
    parsed = parse(f"{HEAD}| MMLU | pass@1 | 88.0 | 92.3 | 90.8 |\n{row}\n".encode(), WHOLE)
    assert len(parsed.things["results"]) == 3
    assert "cannot be placed" in parsed.rejected[0].reason


def test_a_short_first_row_has_no_labels_to_take() -> None:
    parsed = parse(f"{HEAD}| pass@1 | 9.3 | 44.6 | 74.4 |\n| A | Elo | 1 | 2 | 3 |\n".encode())
    assert len(parsed.rejected) == 1


def test_two_conversions_of_a_page_count_once(feed: Feed) -> None:
    feed.backfilled(FIXTURES)
    rows = matching(
        feed.staged(),
        spelling="o1-preview",
        benchmark_spelling="Competition Math AIME (2024)",
        metric="pass@1",
    )
    assert [row["score"] for row in rows] == [Decimal("44.6")] * 2
    kept = only(rows, quarantine_reason=None)
    assert kept["key"].startswith(WHOLE + "|")


def test_conversions_that_disagree_count_for_nothing(feed: Feed) -> None:
    whole = f"{HEAD}| A | pass@1 | 1.0 | 2.0 | 3.0 |\n"
    feed.fetched("2024-09-12", whole, WHOLE)
    feed.fetched("2024-09-12", whole.replace("2.0", "3.0"), RAGGED)
    rows = matching(feed.staged(), spelling="o1-preview")
    assert len(rows) == 2
    assert all("disagree" in row["quarantine_reason"] for row in rows)


def test_majority_votes_and_first_answers_are_different_metrics(feed: Feed) -> None:
    feed.backfilled(FIXTURES)
    rows = matching(
        feed.staged(),
        spelling="o1-preview",
        benchmark_spelling="Competition Math AIME (2024)",
        quarantine_reason=None,
    )
    assert {row["metric"]: row["score"] for row in rows} == {
        "cons@64": Decimal("56.7"), "pass@1": Decimal("44.6"),
    }  # fmt: skip


def test_thousands_separators_and_percentiles(feed: Feed) -> None:
    feed.backfilled(FIXTURES)
    rows = matching(
        feed.staged(), spelling="o1-preview", benchmark_spelling="Competition Code CodeForces"
    )
    kept = only(rows, quarantine_reason=None)
    assert (kept["score"], kept["unit"]) == (Decimal(1258), "elo")
    assert all("percentile" in r["quarantine_reason"] for r in matching(rows, metric="percentile"))


def test_the_vendors_swapped_columns_are_kept_as_published(feed: Feed) -> None:
    feed.backfilled(FIXTURES)
    rows = matching(feed.staged(), benchmark_spelling="MMLU", quarantine_reason=None)
    assert {(str(row["first_seen_at"])[:10], row["spelling"]): row["score"] for row in rows} == {
        ("2024-09-12", "gpt-4o"): Decimal("88.0"),
        ("2024-09-12", "o1-preview"): Decimal("92.3"),
        ("2024-09-12", "o1"): Decimal("90.8"),
        ("2024-12-17", "o1-preview"): Decimal("90.8"),
        ("2024-12-17", "o1-2024-12-17"): Decimal("91.8"),
    }


def test_category_spans_and_metrics_in_the_label_are_read(feed: Feed) -> None:
    feed.backfilled(FIXTURES)
    rows = matching(feed.staged(), spelling="o1-preview")
    later = [row for row in rows if str(row["first_seen_at"])[:10] == "2024-12-17"]
    found = {row["benchmark_spelling"]: (row["metric"], row["score"]) for row in later}
    assert found["AIME 2024"] == ("pass@1", Decimal("42.0"))
    assert found["SWE-bench Verified"] == ("resolved", Decimal("41.3"))
    assert "MMMU" not in found


@pytest.mark.parametrize("payload", [b"", b"<html>", b"| a | b |\n|---|---|\n| 1 | 2 |\n"])
def test_what_is_no_such_table_is_refused(payload: bytes) -> None:
    with pytest.raises(PayloadError):
        parse(payload, WHOLE)


@pytest.mark.archive
def test_the_archive_parses(archive: Path, feed: Feed) -> None:
    loaded = feed.backfilled(archive)
    assert (loaded.payloads, loaded.rejected, loaded.problems) == (3, 0, 0)
    rows = matching(feed.staged(), quarantine_reason=None)
    assert len(rows) == 63
    aime = matching(rows, benchmark_spelling="Competition Math AIME (2024)", metric="pass@1")
    assert only(aime, spelling="o1-preview")["score"] == Decimal("44.6")
    assert only(rows, spelling="o1-preview", unit="elo")["score"] == Decimal(1258)
    assert not [row for row in rows if row["key"].startswith(RAGGED)]
