from decimal import Decimal
from pathlib import Path

import pytest
from benchmark_feeds import FIXTURES, Feed, by_key, matching, only

from pipelines.sources import PayloadError
from pipelines.sources.vendor_deepseek_r1 import SOURCE, parse

PAYLOAD = (FIXTURES / "vendor_deepseek_r1/2025-04-09/README.md").read_text()


@pytest.fixture
def feed(tmp_path: Path) -> Feed:
    found = Feed(SOURCE, tmp_path)
    found.fetched("2025-04-09", PAYLOAD)
    return found


def test_bold_marks_inside_numbers() -> None:
    found = by_key(parse(PAYLOAD.encode()).things["results"])
    assert found["distilled models|o1-mini|CodeForces|rating"]["score"] == "1820"
    assert found["evaluation|OpenAI o1-1217|MMLU|Pass@1"]["score"] == "91.8"


def test_mixed_units_in_one_table(feed: Feed) -> None:
    rows = matching(feed.staged(), spelling="OpenAI o1-mini", benchmark_spelling="Codeforces")
    rating = only(rows, metric="rating")
    assert (rating["score"], rating["unit"]) == (Decimal(1820), "elo")
    assert rating["quarantine_reason"] is None
    assert "percentile" in only(rows, metric="percentile")["quarantine_reason"]


def test_blank_category_cells_do_not_shift_a_row() -> None:
    found = by_key(parse(PAYLOAD.encode()).things["results"])
    assert found["evaluation|OpenAI o1-mini|DROP|3-shot F1"]["score"] == "83.9"
    assert found["evaluation|GPT-4o 0513|AIME 2024|Pass@1"]["score"] == "9.3"


def test_parameters_and_architecture_are_no_results() -> None:
    parsed = parse(PAYLOAD.encode())
    assert not parsed.rejected
    assert not [key for key in by_key(parsed.things["results"]) if "Param" in key]


def test_the_metric_stands_in_the_label(feed: Feed) -> None:
    rows = feed.staged()
    drop = only(rows, spelling="OpenAI o1-mini", benchmark_spelling="DROP")
    assert (drop["metric"], drop["configuration"]) == ("f1", "3-shot")
    code = only(rows, spelling="OpenAI o1-mini", benchmark_spelling="LiveCodeBench")
    assert (code["metric"], code["configuration"]) == ("pass@1", "CoT")
    votes = only(rows, spelling="o1-mini", benchmark_spelling="AIME 2024", metric="cons@64")
    assert votes["score"] == Decimal(80)


def test_the_two_tables_disagree_and_both_stay(feed: Feed) -> None:
    rows = matching(
        feed.staged(), spelling="Claude-3.5-Sonnet-1022", benchmark_spelling="LiveCodeBench"
    )
    assert {row["score"] for row in rows} == {Decimal("33.8"), Decimal("38.9")}
    assert not any(row["quarantine_reason"] for row in rows)


def test_a_figure_in_both_tables_counts_once(feed: Feed) -> None:
    rows = [
        row
        for row in matching(feed.staged(), benchmark_spelling="AIME 2024", metric="pass@1")
        if row["spelling"].endswith("o1-mini")
    ]
    assert [row["score"] for row in rows] == [Decimal("63.6")] * 2
    assert sum(row["quarantine_reason"] is None for row in rows) == 1


def test_figures_of_rivals_are_neither_official_nor_a_second_run(feed: Feed) -> None:
    evidence = {row["spelling"]: row["evidence"] for row in feed.staged()}
    assert evidence["DeepSeek R1"] == "official"
    assert evidence["OpenAI o1-mini"] == "secondary"


def test_a_row_that_lost_a_cell_is_rejected() -> None:
    parsed = parse(PAYLOAD.replace("| 717 | 759 |", "| 759 |").encode())
    assert [rejected.key for rejected in parsed.rejected] == ["Codeforces (Rating)"]


@pytest.mark.parametrize("payload", [b"", b"# Other\n\n| a | b |\n|---|---|\n| 1 | 2 |\n"])
def test_a_readme_without_result_tables_is_refused(payload: bytes) -> None:
    with pytest.raises(PayloadError):
        parse(payload)


@pytest.mark.archive
def test_the_archive_parses(archive: Path, tmp_path: Path) -> None:
    feed = Feed(SOURCE, tmp_path / "archived")
    loaded = feed.backfilled(archive)
    assert (loaded.payloads, loaded.rejected, loaded.problems) == (1, 0, 0)
    rows = feed.staged()
    assert len(rows) == 175
    aime = only(rows, spelling="OpenAI o1-mini", benchmark_spelling="AIME 2024")
    assert aime["score"] == Decimal("63.6")
    swe = only(rows, spelling="OpenAI o1-mini", benchmark_spelling="SWE Verified")
    assert swe["score"] == Decimal("41.6")
