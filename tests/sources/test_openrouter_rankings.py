"""OpenRouter's rankings three ways: the Data API, a weekly collection, copies of the page."""

import json
from pathlib import Path
from typing import Any

import pytest
from staged_table import FIXTURES, Staged, every_payload

from pipelines.sources import PayloadError, sources
from pipelines.sources import openrouter_rankings_daily as daily
from pipelines.sources import openrouter_rankings_page as page
from pipelines.sources import openrouter_rankings_weekly as weekly

GPT = "openai/gpt-4o-2024-05-13"


def staged_from(name: str, factory: pytest.TempPathFactory) -> Staged:
    return Staged(FIXTURES, sources()[name], "usage", factory.mktemp("kept"))


@pytest.fixture(scope="module")
def days(tmp_path_factory: pytest.TempPathFactory) -> Staged:
    return staged_from("openrouter_rankings_daily", tmp_path_factory)


@pytest.fixture(scope="module")
def weeks(tmp_path_factory: pytest.TempPathFactory) -> Staged:
    return staged_from("openrouter_rankings_weekly", tmp_path_factory)


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Staged:
    return staged_from("openrouter_rankings_page", tmp_path_factory)


# ------------------------------------------------------------------ daily


def answer(*rows: Any) -> bytes:
    return json.dumps({"data": rows, "meta": {"version": "v1"}}).encode()


def row(tokens: Any = "12345678", model: str = GPT, date: str = "2026-05-11") -> dict[str, Any]:
    return {"date": date, "model_permaslug": model, "total_tokens": tokens}


def test_daily_reads_the_api_and_a_mirror_alike(days: Staged) -> None:
    api, mirror = "tokens = 12345678", "tokens = 676195124830"
    columns = "series, spelling, period_from, period_to, share, rank"
    assert days.rows(columns, api) == [("daily", GPT, "2026-07-30", "2026-07-31", None, None)]
    assert days.rows(columns, mirror) == [
        ("daily", "deepseek/deepseek-v4-flash-20260423", "2026-06-21", "2026-06-22", None, None)
    ]


def test_daily_token_counts_are_strings_of_digits() -> None:
    big = "900719925474099301"
    parsed = daily.parse(answer(row(big), *(row(bad, f"a/{bad}") for bad in (1, "1.5e9", "-3"))))
    assert [o.fields["total_tokens"] for o in parsed.things["usage"]] == [big]
    assert len(parsed.rejected) == 3


def test_daily_keeps_the_rest_as_other(days: Staged) -> None:
    assert days.rows("tokens", "spelling = 'other' and period_from = '2026-06-20'") == [
        (335952986717,)
    ]


def test_daily_keeps_free_variants_apart(days: Staged) -> None:
    assert days.rows("tokens", "spelling = 'openai/gpt-oss-120b:free'") == [(90000000000,)]


def test_daily_restated_days_are_two_statements(days: Staged) -> None:
    where = f"spelling = '{GPT}' and period_from = '2026-07-31'"
    assert days.rows("tokens, first_seen_at, ended_at", where) == [
        (9876543, "2026-08-01 00:00:00", "2026-08-02 00:00:00"),
        (9876999, "2026-08-02 00:00:00", None),
    ]


def test_daily_a_day_sliding_out_of_the_window_still_holds(days: Staged) -> None:
    where = "period_from = '2026-07-30'"
    assert days.rows("distinct last_seen_at, ended_at", where) == [(None, None)]


def test_daily_never_reads_the_price_files_beside_it() -> None:
    folder = FIXTURES / "openrouter_rankings_daily" / "2026-06-22"
    assert (folder / "openrouter-prices.json").exists()
    read = every_payload(FIXTURES, daily.SOURCE)
    assert not [part for _, part, _ in read if "prices" in part]
    with pytest.raises(PayloadError):
        daily.parse((folder / "openrouter-prices.json").read_bytes())


def test_daily_a_row_under_another_day_is_rejected() -> None:
    mirror = {"2026-05-12": {GPT: row(), "other": row(model="other", date="2026-05-12")}}
    parsed = daily.parse(json.dumps(mirror).encode())
    assert [o.key for o in parsed.things["usage"]] == ["2026-05-12|other"]
    assert [r.reason for r in parsed.rejected] == ["filed under another day or model"]


def test_days_that_do_not_exist_are_rejected() -> None:
    parsed = daily.parse(answer(row(), row(date="2026-02-30"), row(date="2026-13-01")))
    assert len(parsed.rejected) == 2
    models = [{"rank": 1, "slug": "a/b", "total_tokens": 10**19}]
    with pytest.raises(PayloadError):
        weekly.parse(json.dumps({"date": "2026-05-11", "models": models}).encode())


def test_daily_a_repeated_row_is_held_back() -> None:
    parsed = daily.parse(answer(row(), row("5")))
    assert [r.reason for r in parsed.rejected] == ["stands more than once"]


@pytest.mark.parametrize(
    "payload",
    [b"", b"<html>", b"[]", answer(), b'{"error": {"code": 401, "message": "no key"}}'],
)
def test_daily_an_error_s_answer_is_a_payload_error(payload: bytes) -> None:
    with pytest.raises(PayloadError):
        daily.parse(payload)


def test_only_the_data_api_is_read_live() -> None:
    assert daily.SOURCE.is_live
    assert daily.SOURCE.key_variable == "OPENROUTER_API_KEY"
    assert daily.SOURCE.url_of(*daily.SOURCE.live_parts).endswith("/datasets/rankings-daily")
    for collected in (weekly.SOURCE, page.SOURCE):
        assert not collected.is_live
        assert not collected.live_parts
        assert not collected.may_redistribute
        assert collected.lineage == daily.SOURCE.name


# ------------------------------------------------------------------ weekly


def test_weekly_a_sunday_is_the_last_day_of_its_week(weeks: Staged) -> None:
    where = "spelling = 'anthropic/claude-3-7-sonnet-20250219' and tokens = 195000000000"
    columns = "series, period_from, period_to, rank, share"
    assert weeks.rows(columns, where) == [("weekly_sunday", "2025-02-24", "2025-03-03", 2, None)]


def test_weekly_other_files_are_the_seven_days_before(weeks: Staged) -> None:
    where = "spelling = 'tencent/hy3-preview-20260421'"
    assert weeks.rows("series, period_from, period_to, tokens", where) == [
        ("weekly_rolling", "2026-05-04", "2026-05-11", 2000000000000)
    ]


def test_weekly_fabricated_splits_are_not_read() -> None:
    for _, _, payload in every_payload(FIXTURES, weekly.SOURCE):
        for observation in weekly.parse(payload).things["usage"]:
            assert set(observation.fields) == {"date", "slug", "rank", "total_tokens"}


def test_weekly_a_new_week_does_not_end_the_last(weeks: Staged) -> None:
    assert weeks.rows("distinct ended_at") == [(None,)]


@pytest.mark.parametrize("payload", [b"", b"[]", b"{}", b'{"date": "2025-03-02", "models": []}'])
def test_weekly_a_week_without_models_is_a_payload_error(payload: bytes) -> None:
    with pytest.raises(PayloadError):
        weekly.parse(payload)


def test_weekly_a_row_without_a_total_is_rejected() -> None:
    rows = [{"rank": 1, "slug": "a/b", "total_tokens": 5}, {"rank": 2, "slug": "c/d"}]
    parsed = weekly.parse(json.dumps({"date": "2025-03-02", "models": rows}).encode())
    assert [r.key for r in parsed.rejected] == ["2025-03-02|c/d"]


# ------------------------------------------------------------------ page


def test_page_weeks_are_running_and_named_so(pages: Staged) -> None:
    where = "series = 'running_week:models' and quarantine_reason is null"
    assert pages.rows("period_from, period_to, tokens, share, rank", where) == [
        ("2026-04-13", "2026-04-14", 61300000000, 0.077, 1),
        ("2026-05-11", "2026-05-17", 2025000000000, 0.096, 1),
    ]


def test_page_sections_have_different_buckets(pages: Staged) -> None:
    where = "series = 'running_week:market_share'"
    assert pages.rows("period_from, period_to", where) == [
        ("2026-04-12", "2026-04-14"),
        ("2026-05-11", "2026-05-14"),
        ("2026-05-11", "2026-05-17"),
    ]
    reasons = pages.rows("distinct quarantine_reason", where)
    assert reasons == [("a vendor's tokens, not a model's",)]


def test_page_charts_under_wrong_labels_are_quarantined(pages: Staged) -> None:
    where = "spelling = 'x-ai/grok-4.1-fast'"
    assert pages.rows("quarantine_reason", where) == [
        ("another chart under this label: a fraction of the vendors' total",)
    ]
    programming = "series = 'running_week:categories_programming'"
    assert not pages.rows("key", f"{programming} and quarantine_reason is null")


def test_page_requests_and_images_are_not_tokens() -> None:
    payload = (FIXTURES / "openrouter_rankings_page/2026-04-13/rankings.json").read_bytes()
    sections = {o.fields["section"] for o in page.parse(payload).things["usage"]}
    assert sections == {"models", "categories_programming", "market_share"}


def test_page_empty_payloads_keep_what_was_read(pages: Staged) -> None:
    assert pages.problems() == {("2026-05-17", "rankings.json"): "every section is empty"}
    assert pages.rows("distinct ended_at") == [(None,)]


@pytest.mark.parametrize("payload", [b"", b"[]", b"{}", b'{"meta": {}}'])
def test_page_what_is_no_copy_is_a_payload_error(payload: bytes) -> None:
    with pytest.raises(PayloadError):
        page.parse(payload)


# ------------------------------------------------------------------ archive


@pytest.mark.archive
def test_archive_daily_is_51_rows_a_day(archive: Path, tmp_path: Path) -> None:
    found = Staged(archive, daily.SOURCE, "usage", tmp_path)
    assert not found.problems()
    assert not found.rejected()
    counts = found.connection.execute(
        f"select count(*), count(distinct period_from) from {found.table}"
    ).fetchall()
    assert counts == [(1530, 30)]
    where = "spelling = 'tencent/hy3-preview-20260421' and period_from = '2026-05-23'"
    assert found.rows("tokens", where) == [(407598521870,)]


@pytest.mark.archive
def test_archive_weekly_knows_the_launches(archive: Path, tmp_path: Path) -> None:
    found = Staged(archive, weekly.SOURCE, "usage", tmp_path)
    assert not found.problems()
    series = dict(found.rows("series, count(distinct period_from)", "true group by series"))
    assert series == {"weekly_sunday": 52, "weekly_rolling": 13}
    # Launched on Monday 2025-02-24: in the week that ends on 03-02, not in the one before.
    where = "spelling = 'anthropic/claude-3-7-sonnet-20250219'"
    assert found.rows("min(period_from)", where) == [("2025-02-24",)]
    assert not found.rows("key", "quarantine_reason is not null")


@pytest.mark.archive
def test_archive_page_agrees_with_the_weekly_collection(archive: Path, tmp_path: Path) -> None:
    copies = Staged(archive, page.SOURCE, "usage", tmp_path / "page")
    assert {day for day, _ in copies.problems()} == {"2026-05-17", "2026-05-18"}
    collected = Staged(archive, weekly.SOURCE, "usage", tmp_path / "weekly")
    where = "period_from = '2026-05-04' and quarantine_reason is null"
    whole = dict(collected.rows("spelling, tokens", where))
    sunday = dict(copies.rows("spelling, tokens", f"{where} and period_to = '2026-05-11'"))
    shared = whole.keys() & sunday.keys()
    assert len(shared) == 9
    # Copied at eight on the Sunday morning: the week lacks two thirds of a day.
    assert all(0.85 < sunday[name] / whole[name] < 1.01 for name in shared)
