from datetime import date
from pathlib import Path

import pytest
from benchmark_feeds import FIXTURES, Feed, by_key, matching, only

from pipelines.sources import PayloadError
from pipelines.sources.published_shares import SOURCE, parse

HEADER = "source,period,entity,metric,value,unit,definition,url,how_read\n"
FIRST = "A 2025,2025,X,share,10,%,spend,https://a.example/r,page\n"


@pytest.fixture
def feed(tmp_path: Path) -> Feed:
    found = Feed(SOURCE, tmp_path)
    found.backfilled(FIXTURES)
    return found


def test_same_means_the_row_above(feed: Feed) -> None:
    row = only(feed.staged("shares"), spelling="Anthropic", period="2025")
    assert (row["definition"], row["how_read"]) == ("spend", "copy")
    assert row["source_url"].startswith("https://menlovc.com/")


def test_same_below_a_missing_row_is_rejected() -> None:
    parsed = parse((HEADER + "A,2025,X,share,1,%,same,same,same\n" + FIRST).encode())
    assert len(parsed.things["shares"]) == 1
    assert "a row above that is missing" in parsed.rejected[0].reason


def test_same_below_a_ragged_row_is_rejected() -> None:
    ragged = "A,2025,Y,share,1,%,other\n"
    ditto = "A 2025,2025,Z,share,5,%,same,same,same\n"
    parsed = parse((HEADER + FIRST + ragged + ditto).encode())
    assert len(parsed.rejected) == 2


def test_percent_become_shares_of_one(feed: Feed) -> None:
    row = only(feed.staged("shares"), spelling="OpenAI")
    assert row["share"] == 0.359
    assert (row["period_from"], row["period_to"]) == (date(2026, 1, 1), date(2026, 2, 1))


def test_a_range_and_a_hedge_are_kept(feed: Feed) -> None:
    row = only(feed.staged("shares"), spelling="OpenAI+Anthropic")
    assert (row["period_from"], row["period_to"]) == (date(2024, 1, 1), date(2025, 3, 1))
    assert row["caveat"] == "about"


def test_words_and_other_units_are_no_shares(feed: Feed) -> None:
    rows = feed.staged("shares")
    assert "words" in only(rows, spelling="Google Gemini")["quarantine_reason"]
    company = only(rows, spelling="Chegg")
    assert company["share"] is None
    assert company["quarantine_reason"] == "no share: million (-13% y/y)"
    assert company["source_url"] is None


def test_publishers_and_their_measures_are_never_one_series(feed: Feed) -> None:
    rows = matching(feed.staged("shares"), quarantine_reason=None)
    assert {row["series"] for row in rows} == {
        "Menlo Ventures 2025-12-09: enterprise LLM share",
        "Poe usage report 2025-03: text message share",
        "Ramp AI Index: US businesses paying",
    }
    assert {row["publisher"] for row in rows} == {
        "Menlo Ventures", "Poe usage report", "Ramp AI Index",
    }  # fmt: skip


def test_the_known_time_is_the_fetch_and_not_the_publication(feed: Feed) -> None:
    row = only(feed.staged("shares"), spelling="Anthropic", period="2024")
    assert row["stated_on"] == date(2025, 12, 9)
    assert str(row["first_seen_at"])[:10] == "2026-11-22"


@pytest.mark.parametrize("payload", [b"", b"a,b\n1,2\n", HEADER.encode()])
def test_what_is_no_table_of_shares_is_refused(payload: bytes) -> None:
    with pytest.raises(PayloadError):
        parse(payload)


@pytest.mark.archive
def test_the_archive_parses(archive: Path, tmp_path: Path) -> None:
    feed = Feed(SOURCE, tmp_path / "archived")
    loaded = feed.backfilled(archive)
    assert (loaded.payloads, loaded.rejected, loaded.problems) == (1, 0, 0)
    rows = feed.staged("shares")
    assert len(rows) == 49
    assert len(matching(rows, quarantine_reason=None)) == 44
    found = only(rows, spelling="Anthropic", measure="enterprise LLM share", period="2025")
    assert found["share"] == 0.4
    payload = next((archive / "published_shares").glob("*/published_shares.csv")).read_bytes()
    assert "same" not in {f["url"] for f in by_key(parse(payload).things["shares"]).values()}
