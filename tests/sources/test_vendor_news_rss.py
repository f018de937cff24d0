"""Vendors' news feeds: what the generator gets wrong, and hostile XML."""

from pathlib import Path

import pytest
from staged_table import FIXTURES, Staged, every_payload

from pipelines.sources import PayloadError
from pipelines.sources.vendor_news_rss import SOURCE, parse

ANTHROPIC = "https://www.anthropic.com/news/"


@pytest.fixture(scope="module")
def staged(tmp_path_factory: pytest.TempPathFactory) -> Staged:
    return Staged(FIXTURES, SOURCE, "releases", tmp_path_factory.mktemp("kept"))


def feed(*items: str, before: str = "", built: str = "Tue, 25 Nov 2025 23:00:00 +0000") -> bytes:
    document = f'<?xml version="1.0"?>{before}<rss version="2.0"><channel><title>News</title>'
    document += f"<lastBuildDate>{built}</lastBuildDate>{''.join(items)}</channel></rss>"
    return document.encode()


def item(
    title: str = "Grok 4",
    link: str = "https://x.ai/news/grok-4",
    date: str = "Wed, 09 Jul 2025 00:00:00 +0000",
) -> str:
    return f"<item><title>{title}</title><link>{link}</link><pubDate>{date}</pubDate></item>"


def test_a_post_is_an_announcement_of_the_day_it_states(staged: Staged) -> None:
    where = f"source_url = '{ANTHROPIC}claude-opus-4-5'"
    columns = "spelling, title, released_on, kind, key, ended_at, quarantine_reason"
    assert staged.rows(columns, where) == [
        ("Claude Opus 4.5", "Introducing Claude Opus 4.5", "2025-11-24", "announcement",
         f"feed_anthropic_news.xml|{ANTHROPIC}claude-opus-4-5", None, None)
    ]  # fmt: skip


def test_entities_are_refused_unread() -> None:
    laughs = '<!DOCTYPE rss [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    with pytest.raises(PayloadError, match="document type"):
        parse(feed(item("&b;"), before=laughs))
    outside = '<!DOCTYPE rss [<!ENTITY file SYSTEM "file:///etc/hostname">]>'
    with pytest.raises(PayloadError, match="document type"):
        parse(feed(item("&file;"), before=outside))
    with pytest.raises(PayloadError, match="document type"):
        parse(feed(item(), before='<!DOCTYPE rss SYSTEM "https://example.com/rss.dtd">'))


@pytest.mark.parametrize(
    "payload",
    [b"", b"<html>blocked", b'{"error": 1}', b"\xff\xfe\x00", b"<rss/>", feed()[:80],
     b'<?xml version="1.0" encoding="klingon"?><rss/>'],
)  # fmt: skip
def test_what_is_no_feed_is_a_payload_error(payload: bytes) -> None:
    with pytest.raises(PayloadError):
        parse(payload)


@pytest.mark.parametrize("link", ["javascript:alert(1)", "file:///etc/passwd", "", 'https://a"b'])
def test_an_address_that_is_not_safe_to_follow_is_rejected(link: str) -> None:
    parsed = parse(feed(item(), item("Evil", link)))
    assert len(parsed.things["releases"]) == 1
    assert "link" in parsed.rejected[0].reason


def test_a_date_that_is_none_rejects_the_post_alone() -> None:
    parsed = parse(feed(item(), item("B", "https://x.ai/b", "soon")))
    assert [r.reason for r in parsed.rejected] == ["pubDate is no date: soon"]
    assert len(parsed.things["releases"]) == 1


def test_dates_are_read_in_utc() -> None:
    parsed = parse(feed(item(date="Mon, 24 Nov 2025 20:00:00 -0800")))
    assert parsed.things["releases"][0].fields["published"] == "2025-11-25T04:00:00Z"


def test_a_feed_without_posts_keeps_the_last_good_one(staged: Staged) -> None:
    assert staged.problems()["2025-03-01", "feed_openai_research.xml"] == "no post in the feed"
    where = "title = 'OpenAI o1-mini'"
    assert staged.rows("released_on, ended_at", where) == [("2024-09-12", None)]


def test_item_counts_that_collapse_are_held_back(staged: Staged) -> None:
    problem = staged.problems()["2025-12-01", "feed_anthropic_news.xml"]
    assert problem.startswith("the feed shrank from 5 to 1")
    where = "key like 'feed_anthropic_news%' and ended_at is null"
    assert len(staged.rows("key", where)) == 5


def test_a_frozen_feed_is_seen(staged: Staged) -> None:
    assert staged.warnings == {"feeds_are_not_frozen": 1}


def test_crawl_day_dates_are_quarantined(staged: Staged) -> None:
    where = "title = 'GPT-4'"
    assert staged.rows("released_on, quarantine_reason", where) == [
        ("2025-01-12", "dated with the moment of the crawl")
    ]


def test_a_midnight_equal_to_the_build_time_is_a_date() -> None:
    midnight = "Wed, 09 Jul 2025 00:00:00 +0000"
    parsed = parse(feed(item(date=midnight), built=midnight))
    assert "is_dated_at_build" not in parsed.things["releases"][0].fields


def test_re_dated_posts_keep_their_first_date(staged: Staged) -> None:
    where = "title like '%Gemma 3n%'"
    assert staged.rows("released_on, ended_at, quarantine_reason", where) == [
        ("2025-05-20", None, None),
        ("2026-03-25", None, "re-dated: it was first dated 2025-05-20"),
    ]


def test_posts_without_a_date_are_quarantined(staged: Staged) -> None:
    where = "title = 'A post without a date'"
    assert staged.rows("released_on, quarantine_reason", where) == [(None, "the post has no date")]


def test_a_post_falling_off_a_feed_of_the_last_ten_is_not_withdrawn(staged: Staged) -> None:
    assert staged.rows("ended_at", "source_url like '%/workflow/'") == [(None,)]


def test_titles_that_launch_nothing_name_nothing(staged: Staged) -> None:
    where = "title in ('Anthropic opens an office', 'Introducing Claude for Education')"
    assert staged.rows("spelling", where) == [(None,), (None,)]


@pytest.mark.archive
def test_archive_every_feed_parses_or_is_known_to_be_empty(archive: Path) -> None:
    posts = {}
    empty = set()
    for day, part, payload in every_payload(archive, SOURCE):
        try:
            posts[day, part] = len(parse(payload, part).things["releases"])
        except PayloadError:
            empty.add(part)
    assert empty == {"feed_openai_research.xml"}
    assert posts["2025-01-12", "feed_openai_research.xml"] == 160
    assert posts["2025-12-01", "feed_anthropic_news.xml"] == 1
    assert posts["2026-06-01", "feed_anthropic_news.xml"] == 220


@pytest.mark.archive
def test_archive_known_launches_are_found(archive: Path, tmp_path: Path) -> None:
    staged = Staged(archive, SOURCE, "releases", tmp_path)
    found = dict(staged.rows("spelling, released_on", "quarantine_reason is null"))
    assert found["Claude Opus 4.5"] == "2025-11-24"
    assert found["Claude Haiku 4.5"] == "2025-10-15"
    assert found["OpenAI o3-mini"] == "2025-01-31"
    assert found["Grok 4"] == "2025-07-09"
    assert found["Mistral Small 4"] == "2026-03-16"
    assert len(staged.rows("key", "quarantine_reason is null and ended_at is null")) > 600
