from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from benchmark_feeds import FIXTURES, Feed, by_key, matching, only

from pipelines.sources import PayloadError
from pipelines.sources.simple_evals import MULTILINGUAL, README, SOURCE, parse

PAYLOAD = (FIXTURES / "simple_evals/2024-09-20/README.md").read_text()
#: The table's later form: no section renames the column, only a footnote tells.
LATER = """
| Model | Prompt | MMLU | GPQA [^8] | MATH [^6]| SimpleQA
|:---:|:---:|:---:|:---:|:---:|:---:|
| **o1** | | | | | | | |
|  o1 [^9] | n/a [^7] | 91.8 | 75.7 | 96.4 | 42.6 |
| o1-mini | n/a | 85.2 | 60.0 | 90.0 | 07.6 |
| **GPT-4.1** | | | |
| gpt-4.1-2025-04-14 | assistant [^2]| 90.2 | 66.3 | 82.1 | - |
| **GPT-4o** | | | | | | |
| gpt-4o-2024-08-06 | assistant | 88.7 | 53.1 | 75.9 | 40.1 |
| gpt-4-0125-preview | assistant | 85.4 | 41.4 | 64.5 | n/a |
| **Other Models (Reported)** | | | | | |
| [Claude 3.5 Sonnet](https://vendor.example/x) | unknown | 88.3 | 59.4 | 71.1 | 28.9 |

[^6]:For newer models (anything on or after o1) we evaluate on [MATH-500](https://x.example/m).
"""


@pytest.fixture
def feed(tmp_path: Path) -> Feed:
    return Feed(SOURCE, tmp_path)


def staged(feed: Feed, text: str) -> list[dict[str, Any]]:
    feed.fetched("2025-07-09", text, README)
    return feed.staged()


def test_a_section_row_redefines_a_column(feed: Feed) -> None:
    rows = staged(feed, PAYLOAD)
    math = {
        row["spelling"]: (row["benchmark_spelling"], row["score"])
        for row in rows
        if row["benchmark_spelling"].startswith("MATH")
    }
    assert math == {
        "o1-preview": ("MATH-500", Decimal("85.5")),
        "o1-mini": ("MATH-500", Decimal("90.0")),
        "o1 (work in progress)": ("MATH-500", Decimal("94.8")),
        "gpt-4o-2024-08-06": ("MATH", Decimal("75.9")),
        "Claude 3.5 Sonnet": ("MATH", Decimal("71.1")),
    }


def test_only_a_footnote_says_which_math_test_was_run(feed: Feed) -> None:
    rows = staged(feed, LATER)
    found = {
        row["spelling"]: (row["benchmark_spelling"], bool(row["quarantine_reason"]))
        for row in rows
        if row["benchmark_spelling"].startswith("MATH")
    }
    assert found == {
        "o1": ("MATH-500", False),
        "o1-mini": ("MATH-500", False),
        "gpt-4.1-2025-04-14": ("MATH", True),
        "gpt-4o-2024-08-06": ("MATH", False),
        "gpt-4-0125-preview": ("MATH", True),
        "Claude 3.5 Sonnet": ("MATH", False),
    }


def test_rows_ragged_on_the_right_keep_their_columns() -> None:
    found = by_key(parse(PAYLOAD.encode(), README).things["results"])
    assert found["gpt-4o-2024-08-06|SimpleQA"]["score"] == "40.1"
    assert found["o1 (work in progress)|MMLU"]["score"] == "92.3"
    assert "o1 (work in progress)|SimpleQA" not in found
    assert len(by_key(parse(LATER.encode(), README).things["results"])) == 22


def test_a_row_that_lost_a_cell_is_rejected_and_not_read_shifted() -> None:
    lost = PAYLOAD.replace("| o1-mini | n/a | 85.2 |", "| o1-mini | n/a |")
    parsed = parse(lost.encode(), README)
    assert [rejected.key for rejected in parsed.rejected] == ["o1-mini"]
    assert not [k for k in by_key(parsed.things["results"]) if k.startswith("o1-mini|")]


def test_bold_code_links_and_leading_zeros_are_figures() -> None:
    found = by_key(parse(PAYLOAD.encode(), README).things["results"])
    assert found["o1-preview|HumanEval"]["score"] == "92.4"
    assert Decimal(found["o1-mini|SimpleQA"]["score"]) == Decimal("7.6")
    assert found["Claude 3.5 Sonnet|MGSM"]["score"] == "91.6"


def test_drop_is_f1_with_three_shots(feed: Feed) -> None:
    row = only(staged(feed, PAYLOAD), spelling="o1-mini", benchmark_spelling="DROP")
    assert (row["metric"], row["configuration"]) == ("f1", "3-shot")


def test_reported_rows_are_other_vendors_claims(feed: Feed) -> None:
    evidence = {row["spelling"]: row["evidence"] for row in staged(feed, PAYLOAD)}
    assert evidence["Claude 3.5 Sonnet"] == "quoted"
    assert evidence["o1-mini"] == evidence["gpt-4o-2024-08-06"] == "official"


def test_the_checkpoint_row_keeps_its_own_name_and_ends_when_it_is_replaced(feed: Feed) -> None:
    feed.fetched("2024-12-01", PAYLOAD, README)
    feed.fetched("2025-07-09", LATER, README)
    checkpoint = matching(feed.staged(), spelling="o1 (work in progress)")
    # The later form has fewer columns here, but more than the smallest share of the last.
    assert checkpoint
    assert all(str(row["ended_at"])[:10] == "2025-07-09" for row in checkpoint)


def test_the_multilingual_table_states_shares_of_one(feed: Feed) -> None:
    feed.backfilled(FIXTURES)
    row = only(feed.staged(), spelling="o1-mini", benchmark_spelling="Multilingual MMLU: Arabic")
    assert (row["score"], row["unit"]) == (Decimal("79.450"), "percent")


def test_effort_behind_the_name_joins_the_configuration(feed: Feed) -> None:
    text = PAYLOAD.replace("| o1-mini |", "| o3-mini-high |")
    rows = matching(staged(feed, text), spelling="o3-mini")
    found = {row["benchmark_spelling"]: row["configuration"] for row in rows}
    assert found["MMLU"] == "0-shot CoT; effort high"
    assert found["SimpleQA"] == "effort high"


def test_comma_decimals_are_rejected() -> None:
    parsed = parse(PAYLOAD.replace("85.2", "85,2").encode(), README)
    assert [rejected.key for rejected in parsed.rejected] == ["o1-mini|MMLU"]


@pytest.mark.parametrize("part", [README, MULTILINGUAL])
@pytest.mark.parametrize("payload", [b"", b"# Overview\n", b"<!doctype html><p>", b"\xff"])
def test_what_holds_no_table_is_refused(payload: bytes, part: str) -> None:
    with pytest.raises(PayloadError):
        parse(payload, part)


@pytest.mark.archive
def test_the_archive_parses(archive: Path, feed: Feed) -> None:
    loaded = feed.backfilled(archive)
    assert (loaded.payloads, loaded.rejected, loaded.problems) == (4, 0, 0)
    rows = feed.staged()
    assert len(rows) >= 180
    assert not [row for row in rows if row["quarantine_reason"]]

    def score(spelling: str, benchmark: str) -> Decimal:
        found: Decimal = only(rows, spelling=spelling, benchmark_spelling=benchmark)["score"]
        return found

    assert score("o1-mini", "MMLU") == Decimal("85.2")
    assert score("o1-preview", "MMLU") == Decimal("90.8")
    assert score("o1-mini", "MATH-500") == Decimal("90.0")
    assert score("gpt-4o-mini-2024-07-18", "MATH") == Decimal("70.2")
    assert score("o1-mini", "SimpleQA") == Decimal("7.6")
