"""SWE-bench: systems rather than models, tags that cannot be, four layouts, one licence."""

import json
from decimal import Decimal as D
from pathlib import Path
from typing import Any

import pytest
from staged_table import FIXTURES, Staged, every_payload

from pipelines.sources import PayloadError
from pipelines.sources.swebench import SOURCE, parse

ROW: dict[str, Any] = {"name": "A + m", "folder": "f", "resolved": 1.5, "date": "2025-01-01"}


@pytest.fixture(scope="module")
def staged(tmp_path_factory: pytest.TempPathFactory) -> Staged:
    return Staged(FIXTURES, SOURCE, "results", tmp_path_factory.mktemp("kept"))


def boards(*rows: Any, name: str = "Verified") -> bytes:
    return json.dumps({"leaderboards": [{"name": name, "results": list(rows)}]}).encode()


def test_the_licence_is_non_commercial() -> None:
    assert not SOURCE.may_use_commercially
    assert "CC-BY-NC-4.0" in SOURCE.licence


def test_the_model_is_the_tags_and_the_agent_the_names(staged: Staged) -> None:
    where = "spelling = 'gpt-4o-20241120' and benchmark_spelling = 'Verified'"
    columns = "system, score, metric, evidence, run_cost_usd, quarantine_reason"
    assert staged.rows(columns, where) == [
        ("mini-SWE-agent", D("21.620"), "resolved", "independent", D("765.5000"), None)
    ]


def test_before_tags_the_model_stands_in_the_name(staged: Staged) -> None:
    where = "key = 'Verified/20240620_sweagent_claude3.5sonnet' and spelling = 'Claude 3.5 Sonnet'"
    columns = "system, evidence, quarantine_reason, cast(ended_at as date)"
    assert staged.rows(columns, where) == [("SWE-agent", "independent", None, "2025-08-08")]


def test_a_tag_dated_after_the_run_is_quarantined(staged: Staged) -> None:
    where = "spelling = 'claude-3-5-sonnet-20241022'"
    assert staged.rows("stated_on, quarantine_reason", where) == [
        ("2024-06-20", "tagged with a version dated after the run")
    ]


def test_a_system_of_several_models_speaks_for_none(staged: Staged) -> None:
    rows = staged.rows("system, spelling", "quarantine_reason like 'several models%'")
    assert rows == [("Aider", "GPT 4o & Claude 3 Opus"), ("TRAE", None)]


def test_an_entry_that_names_no_model_is_quarantined(staged: Staged) -> None:
    rows = staged.rows("quarantine_reason", "system like 'Gru%'")
    assert rows == [("names no model",)]


def test_the_same_run_on_two_boards_counts_once(staged: Staged) -> None:
    rows = staged.rows("quarantine_reason", "benchmark_spelling = 'bash-only'")
    assert rows == [("the same run stands on the Verified board",)]


def test_several_attempts_are_another_metric(staged: Staged) -> None:
    rows = staged.rows("metric, evidence", "spelling = 'o3-2025-04-16'")
    assert rows == [("best-of-n", "quoted")]


@pytest.mark.parametrize("site", ["https://a.example", ["https://a.example", "b"], None])
def test_site_may_be_text_or_a_list(site: Any) -> None:
    assert len(parse(boards({**ROW, "site": site})).things["results"]) == 1


def test_every_layout_yields_the_same_fields() -> None:
    old = {**ROW, "verified": True, "oss": True}
    new = {**ROW, "checked": True, "tags": ["Model: m"], "per_instance_details": {"x": 1}}
    (before,) = parse(boards(old)).things["results"]
    (after,) = parse(boards(new)).things["results"]
    assert {**before.fields, "models": ["m"]} == after.fields


def test_a_row_without_result_is_refused_alone() -> None:
    parsed = parse(boards(ROW, {**ROW, "folder": "g", "resolved": None}, "text"))
    assert len(parsed.things["results"]) == 1
    assert [r.key for r in parsed.rejected] == ["Verified/g", "Verified/2"]


def test_a_run_twice_on_one_board_is_refused() -> None:
    parsed = parse(boards(ROW, {**ROW, "resolved": 2.0}))
    assert [r.reason for r in parsed.rejected] == ["the run stands more than once on one board"]


@pytest.mark.parametrize("payload", [b"[]", b"{}", b'{"leaderboards": []}', b"<html>", boards()])
def test_anything_else_is_refused(payload: bytes) -> None:
    with pytest.raises(PayloadError):
        parse(payload)


@pytest.mark.archive
def test_every_archived_layout_parses(archive: Path, tmp_path: Path) -> None:
    counts = {day: len(parse(b).things["results"]) for day, _, b in every_payload(archive, SOURCE)}
    assert counts == {"2024-09-20": 70, "2025-05-07": 168, "2025-08-08": 259}
    staged = Staged(archive, SOURCE, "results", tmp_path)
    impossible = "quarantine_reason like 'tagged%'"
    assert staged.rows("count(*)", impossible) == [(9,)]
    where = "key = 'Verified/20240620_sweagent_claude3.5sonnet' and ended_at is null"
    assert staged.rows("score", where) == [(D("33.600"),)]
    assert staged.rows("count(*)", "quarantine_reason like '%Verified board'") == [(18,)]
