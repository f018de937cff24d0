from decimal import Decimal
from pathlib import Path

import pytest
from benchmark_feeds import FIXTURES, Feed, by_key, matching, only

from pipelines.sources import PayloadError
from pipelines.sources.lmarena import SOURCE, parse

HEADER = "rank,model,arena_score,95_pct_ci,votes,organization\n"


def board(scores: dict[str, int], votes: int = 5000) -> str:
    return HEADER + "".join(
        f"{rank},{model},{score},+3/-3,{votes},Someone\n"
        for rank, (model, score) in enumerate(scores.items(), start=1)
    )


def models(shift: int = 0, count: int = 8) -> dict[str, int]:
    return {f"model-{n}": 1000 + 10 * n + shift for n in range(count)}


@pytest.fixture
def feed(tmp_path: Path) -> Feed:
    return Feed(SOURCE, tmp_path)


def test_early_ratings_carry_their_votes(feed: Feed) -> None:
    feed.backfilled(FIXTURES)
    first, later = matching(feed.staged(), spelling="o1-mini")
    assert (first["score"], first["test_cases"]) == (Decimal(1324), 3009)
    assert (later["score"], later["test_cases"]) == (Decimal(1306), 44113)
    assert first["ended_at"] == later["first_seen_at"]


def test_confidence_intervals_and_interval_ranks_do_not_open_runs(feed: Feed) -> None:
    feed.fetched("2024-09-20", HEADER + "2,a,1324,+12/-9,3009,X\n")
    feed.fetched("2024-09-21", HEADER + "1,a,1324,+11/-9,3009,X\n")
    assert len(feed.staged()) == 1


def test_the_column_rank_stylectrl_came_later() -> None:
    payload = (FIXTURES / "lmarena/2024-12-31/lmsys.csv").read_bytes()
    found = by_key(parse(payload).things["results"])
    assert found["o1-mini"] == {"model": "o1-mini", "arena_score": "1306", "votes": "44113"}


def test_a_renamed_model_keeps_the_spelling_it_was_published_under(feed: Feed) -> None:
    feed.backfilled(FIXTURES)
    old, new = sorted(
        (row for row in feed.staged() if row["spelling"].startswith("Claude")),
        key=lambda row: row["first_seen_at"],
    )
    assert (old["spelling"], new["spelling"]) == (
        "Claude 3.5 Sonnet", "Claude 3.5 Sonnet (20240620)",
    )  # fmt: skip
    assert old["ended_at"] == new["first_seen_at"]


def test_the_file_was_renamed_in_2025() -> None:
    assert SOURCE.file_names[0] == "lmarena_text.csv"
    assert "lmsys.csv" in SOURCE.file_names
    assert SOURCE.url.endswith("/lmarena_text.csv")


def test_the_other_leaderboard_in_the_folder_is_another_thing() -> None:
    assert "huggingface_v2.csv" not in SOURCE.file_names
    with pytest.raises(PayloadError, match="no column"):
        parse(b"t,model,average,ifeval\nx,some/model,50.2,80.1\n")


def test_the_rescaling_of_2025_starts_a_new_series(feed: Feed) -> None:
    feed.fetched("2025-02-28", board(models()))
    feed.fetched("2025-06-18", board(models(shift=21)))
    rows = feed.staged()
    assert {row["benchmark_release"] for row in matching(rows, ended_at=None)} == {
        "arena 2025-06 scale"
    }
    ended = [row for row in rows if row["ended_at"]]
    assert {row["benchmark_release"] for row in ended} == {"arena pre-2025-06 scale"}


def test_a_rating_read_during_the_rescaling_is_quarantined(feed: Feed) -> None:
    feed.fetched("2025-06-01", board(models()))
    assert all("scale was being changed" in row["quarantine_reason"] for row in feed.staged())


def test_a_common_shift_with_unchanged_votes_starts_a_new_series(feed: Feed) -> None:
    feed.fetched("2026-01-01", board(models()))
    feed.fetched("2026-01-02", board(models(shift=-30)))
    releases = {row["benchmark_release"] for row in matching(feed.staged(), ended_at=None)}
    assert releases == {"arena 2025-06 scale, from 2026-01-02"}


def test_one_model_that_moves_is_no_rescaling(feed: Feed) -> None:
    feed.fetched("2026-01-01", board(models()))
    feed.fetched("2026-01-02", board(models() | {"model-3": 1400}))
    assert {row["benchmark_release"] for row in feed.staged()} == {"arena 2025-06 scale"}


def test_a_shift_with_new_votes_is_news_and_no_rescaling(feed: Feed) -> None:
    feed.fetched("2026-01-01", board(models()))
    feed.fetched("2026-01-02", board(models(shift=-30), votes=9000))
    assert {row["benchmark_release"] for row in feed.staged()} == {"arena 2025-06 scale"}


def test_a_rating_off_the_scale_is_quarantined(feed: Feed) -> None:
    feed.fetched("2026-01-01", board({"share": 0, "rating": 1200}))
    reasons = {row["spelling"]: row["quarantine_reason"] for row in feed.staged()}
    assert reasons["rating"] is None
    assert "not a rating" in reasons["share"]


def test_a_row_with_a_cell_too_few_is_rejected() -> None:
    parsed = parse((HEADER + "1,a,1300,+3/-3,5000,X\n2,b,1299,5000,X\n").encode())
    assert [rejected.key for rejected in parsed.rejected] == ["b"]
    assert "5 cells under 6" in parsed.rejected[0].reason


def test_a_model_twice_with_two_ratings_is_quarantined() -> None:
    parsed = parse((HEADER + "1,a,1300,x,1,X\n2,a,1200,x,1,X\n3,b,1100,x,1,X\n").encode())
    assert list(by_key(parsed.things["results"])) == ["b"]
    assert "more than once" in parsed.rejected[0].reason


@pytest.mark.parametrize("payload", [b"", b"<html>404</html>", b"\xff\xfe", HEADER.encode()])
def test_what_is_no_leaderboard_is_refused(payload: bytes) -> None:
    with pytest.raises(PayloadError):
        parse(payload)


@pytest.mark.archive
def test_the_archive_parses(archive: Path, feed: Feed) -> None:
    loaded = feed.backfilled(archive)
    assert (loaded.payloads >= 8, loaded.rejected, loaded.problems) == (True, 0, 0)
    rows = feed.staged()
    assert len(rows) > 1000
    assert not [row for row in rows if row["quarantine_reason"]]
    mini = {str(r["first_seen_at"])[:10]: r["score"] for r in matching(rows, spelling="o1-mini")}
    assert mini["2024-09-20"] == Decimal(1324)
    assert mini["2024-12-31"] == Decimal(1306)
    preview = matching(rows, spelling="o1-preview")
    assert only(preview, test_cases=2991)["score"] == Decimal(1355)
    assert {row["benchmark_release"] for row in rows} == {"arena pre-2025-06 scale"}


def test_a_row_that_cannot_be_read_ends_no_run(feed: Feed) -> None:
    feed.fetched("2026-01-01", board(models()))
    broken = board(models()).replace("model-3,1030,+3/-3,", "1030,")
    feed.fetched("2026-01-02", broken)
    assert all(row["ended_at"] is None for row in feed.staged())


def test_effort_comes_off_the_name_and_sizes_stay(feed: Feed) -> None:
    names = ["o3-mini-high", "Claude Opus 4 (thinking-16k)", "Qwen3-235B-A22B-no-thinking",
             "Mistral-Medium", "Qwen2.5-Max", "Claude 3.5 Sonnet (20241022)"]  # fmt: skip
    feed.fetched("2025-08-06", board({name: 1300 + n for n, name in enumerate(names)}))
    assert {(row["spelling"], row["configuration"]) for row in feed.staged()} == {
        ("o3-mini", "effort high"),
        ("Claude Opus 4", "thinking 16K"),
        ("Qwen3-235B-A22B", "no thinking"),
        ("Mistral-Medium", None),
        ("Qwen2.5-Max", None),
        ("Claude 3.5 Sonnet (20241022)", None),
    }
