"""Aider's YAML: costs that are not costs, partial runs, pairs of models, and YAML's own types."""

from decimal import Decimal as D
from pathlib import Path

import pytest
from staged_table import FIXTURES, Staged, every_payload

from pipelines.sources import PayloadError
from pipelines.sources.aider import SOURCE, parse

EDIT = "edit_leaderboard.yml"
RUN = b"- dirname: a\n  model: m\n  pass_rate_1: 1.0\n  pass_rate_2: 2.0\n"


@pytest.fixture(scope="module")
def staged(tmp_path_factory: pytest.TempPathFactory) -> Staged:
    return Staged(FIXTURES, SOURCE, "results", tmp_path_factory.mktemp("kept"))


def test_a_cost_of_zero_means_not_recorded(staged: Staged) -> None:
    where = "spelling = 'gpt-4o-2024-08-06'"
    assert staged.rows("score, run_cost_usd", where) == [(D("71.400"), None)]


def test_what_a_whole_run_cost_is_kept(staged: Staged) -> None:
    rows = dict(staged.rows("key, run_cost_usd", "first_seen_at < '2024-10-01'"))
    assert rows["edit_leaderboard/2024-09-12-19-57-35--o1-mini-whole"] == D("5.3725")


def test_a_partial_run_is_quarantined(staged: Staged) -> None:
    where = "test_cases = 36"
    assert staged.rows("quarantine_reason", where) == [("a partial run: 36 of 133 tasks",)]


def test_a_run_of_almost_all_tasks_is_not_partial(staged: Staged) -> None:
    rows = staged.rows("test_cases, quarantine_reason", "test_cases in (83, 224)")
    assert rows == [(83, None), (224, None)]


def test_the_polyglot_run_in_the_edit_file_is_quarantined(staged: Staged) -> None:
    rows = staged.rows("quarantine_reason", "key like 'edit%polyglot%'")
    assert rows == [("a run of another benchmark: 225 tasks of 133",)]


def test_rows_replaced_in_place_are_two_runs(staged: Staged) -> None:
    where = "key like 'edit%o1-preview%'"
    assert staged.rows("spelling, score, run_cost_usd, cast(ended_at as date)", where) == [
        ("o1-preview", D("79.700"), D("63.9190"), None),
        ("o1-preview (diff)", D("75.200"), D("71.7927"), "2024-12-31"),
    ]


def test_a_renamed_row_is_one_run_under_two_spellings(staged: Staged) -> None:
    where = "key like 'edit%claude-3.5-sonnet-diff-continue'"
    assert staged.rows("key, spelling, score", where) == [
        ("edit_leaderboard/2024-07-04-14-32-08--claude-3.5-sonnet-diff-continue", name, D("77.400"))
        for name in ("claude-3.5-sonnet", "claude-3.5-sonnet-20240620")
    ]


def test_a_pair_of_models_is_not_one_model(staged: Staged) -> None:
    rows = staged.rows("spelling, system, quarantine_reason", "key like 'architect/%'")
    assert rows == [
        ("claude-3.5-sonnet", "architect with editor claude-3.5-sonnet", None),
        ("o1-mini", "architect with editor gpt-4o", "a pair of models, not one"),
    ]


def test_the_same_run_in_two_files_counts_once(staged: Staged) -> None:
    rows = staged.rows("quarantine_reason", "key like 'o1_results/%'")
    assert rows == [("the same run stands in edit_leaderboard",)]


def test_a_model_with_two_runs_keeps_both(staged: Staged) -> None:
    rows = staged.rows("configuration, score", "spelling = 'Qwen2.5-Coder-32B-Instruct'")
    assert rows == [("diff", D("8.000")), ("whole; effort high", D("16.400"))]


def test_effort_and_budget_are_read_off_the_name(staged: Staged) -> None:
    rows = dict(staged.rows("spelling, configuration", "key like 'polyglot%'"))
    assert rows["o1-2024-12-17 (high)"] == "diff; effort high"
    assert rows["claude-3-7-sonnet-20250219 (32k thinking tokens)"] == "diff; thinking 32K"


def test_refactoring_has_one_try(staged: Staged) -> None:
    rows = staged.rows("metric, score", "benchmark_spelling = 'refactor_leaderboard'")
    assert rows == [("pass_rate_1", D("72.300"))]


def test_yaml_types_do_not_change_what_stands_there() -> None:
    payload = (
        RUN + b"  commit_hash: 5139594\n  date: 2024-09-12\n  total_cost: 0.1000000000000001\n"
    )
    (row,) = parse(payload, EDIT).things["results"]
    assert row.fields["date"] == "2024-09-12"
    assert row.fields["total_cost"] == "0.1000000000000001"


def test_released_may_be_spelled_with_an_underscore(staged: Staged) -> None:
    assert staged.rejected().keys() == {
        "architect/2024-09-25-21-52-42--architect-o1preview-sonnet-jr-diff"
    }


def test_a_key_given_twice_with_different_values_refuses_the_row(staged: Staged) -> None:
    (reason,) = staged.rejected().values()
    assert reason == "keys repeated with different values: editor_model"


def test_how_fresh_the_data_are_is_the_newest_run(staged: Staged) -> None:
    assert staged.rows("max(stated_on)") == [("2025-02-24",)]


def test_a_run_without_a_name_ends_no_other() -> None:
    (rejected,) = parse(RUN + b"- model: m\n  pass_rate_1: 3.0\n", EDIT).rejected
    assert rejected.holds == "edit_leaderboard/"


def test_aliases_are_refused_before_they_inflate() -> None:
    with pytest.raises(PayloadError, match="alias"):
        parse(b"- &a [x, x]\n- [*a, *a]\n", EDIT)


@pytest.mark.parametrize(
    "payload", [b"", b"a: b", b"- [", b"<html>: <b>", b"\xff", b"- not a run\n", b"[" * 5000]
)
def test_anything_else_is_refused(payload: bytes) -> None:
    with pytest.raises(PayloadError):
        parse(payload, EDIT)


def test_unknown_files_are_refused() -> None:
    with pytest.raises(PayloadError, match="no known leaderboard"):
        parse(RUN, "quant.yml")


@pytest.mark.archive
def test_every_archived_leaderboard_parses(archive: Path, tmp_path: Path) -> None:
    payloads = every_payload(archive, SOURCE)
    assert len(payloads) == 15
    counts = {(day, part): len(parse(b, part).things["results"]) for day, part, b in payloads}
    assert counts[("2024-09-20", EDIT)] == 53
    assert counts[("2024-12-31", EDIT)] == 98
    assert counts[("2025-05-15", "polyglot_leaderboard.yml")] == 50
    staged = Staged(archive, SOURCE, "results", tmp_path)
    where = "spelling = 'o1-mini (whole)' and quarantine_reason is null"
    assert staged.rows("score, run_cost_usd", where) == [(D("70.700"), D("5.3725"))]
    where = "spelling = 'o1-2024-12-17 (high)' and quarantine_reason is null and ended_at is null"
    assert staged.rows("score, run_cost_usd", where) == [(D("61.700"), D("186.4958"))]
