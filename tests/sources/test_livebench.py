"""LiveBench: means the site computes, releases that do not compare, names that carry effort."""

import json
from decimal import Decimal as D
from pathlib import Path

import pytest
from staged_table import FIXTURES, Staged, every_payload

from pipelines.sources import PayloadError
from pipelines.sources.livebench import SOURCE, parse

SONNET = "spelling = 'claude-3-5-sonnet-20240620'"


@pytest.fixture(scope="module")
def staged(tmp_path_factory: pytest.TempPathFactory) -> Staged:
    return Staged(FIXTURES, SOURCE, "results", tmp_path_factory.mktemp("kept"))


def loaded(folder: Path, files: dict[str, str]) -> Staged:
    day = folder / "archive" / SOURCE.name / "2026-01-08"
    day.mkdir(parents=True)
    for name, text in files.items():
        (day / name).write_text(text)
    return Staged(folder / "archive", SOURCE, "results", folder / "kept")


def test_the_average_is_the_mean_over_categories_of_means_over_tasks(staged: Staged) -> None:
    rows = staged.rows(
        "benchmark_spelling, metric, score", f"{SONNET} and benchmark_release = '2024_08_31'"
    )
    assert rows == [
        ("Coding", "mean over tasks", D("60.846")),
        ("Global average", "mean over categories", D("59.756")),
        ("Reasoning", "mean over tasks", D("58.667")),
    ]


def test_releases_are_kept_apart(staged: Staged) -> None:
    rows = staged.rows("benchmark_release, score", f"{SONNET} and benchmark_spelling = 'Reasoning'")
    assert rows == [("2024_08_31", D("58.667")), ("2024_11_25", D("56.667"))]


def test_a_blank_cell_is_left_out_of_the_mean(staged: Staged) -> None:
    where = "spelling like '%-thinking-64k' and benchmark_spelling = 'Reasoning'"
    assert staged.rows("score, configuration", where) == [(D("70.000"), "thinking 64K")]


def test_effort_is_read_off_names_but_a_size_is_not(staged: Staged) -> None:
    rows = dict(staged.rows("distinct spelling, configuration"))
    assert rows["o1-2024-12-17-high"] == "effort high"
    assert rows["mistral-medium"] is None


def test_an_unchanged_table_of_a_later_day_begins_no_new_run(staged: Staged) -> None:
    rows = staged.rows(
        "cast(first_seen_at as date), ended_at", "spelling = 'o1-preview-2024-09-12'"
    )
    assert set(rows) == {("2024-09-20", None)}


def test_models_dropped_from_newer_tables_stay_in_theirs(staged: Staged) -> None:
    where = "spelling = 'o1-preview-2024-09-12'"
    assert staged.rows("distinct benchmark_release", where) == [("2024_08_31",)]


def test_task_and_category_names_change_with_the_release(tmp_path: Path) -> None:
    staged = loaded(tmp_path, {
        "categories_2025_05_30.json": json.dumps(
            {"Coding": ["code_generation"], "Agentic Coding": ["javascript", "python"]}
        ),
        "table_2025_05_30.csv": "model,code_generation,javascript,python\nm,80.0,5.0,35.0\n",
    })  # fmt: skip
    assert staged.rows("benchmark_spelling, score") == [
        ("Agentic Coding", D("20.000")), ("Coding", D("80.000")), ("Global average", D("50.000")),
    ]  # fmt: skip


def test_a_missing_category_spoils_the_overall_mean_only(tmp_path: Path) -> None:
    staged = loaded(tmp_path, {
        "categories_2025_05_30.json": json.dumps({"Coding": ["a"], "Reasoning": ["b"]}),
        "table_2025_05_30.csv": "model,a,b\nm,80.0,\n",
    })  # fmt: skip
    assert dict(staged.rows("benchmark_spelling, quarantine_reason")) == {
        "Coding": None,
        "Reasoning": "no task of the category has a score",
        "Global average": "a whole category is missing",
    }


def test_a_table_without_its_categories_is_quarantined(tmp_path: Path) -> None:
    staged = loaded(tmp_path, {"table_2025_05_30.csv": "model,a\nm,80.0\n"})
    rows = staged.rows("benchmark_spelling, score, quarantine_reason")
    assert rows == [("Global average", None, "the categories of this release were never read")]


def test_a_task_of_no_category_is_noticed(tmp_path: Path) -> None:
    staged = loaded(tmp_path, {
        "categories_2025_05_30.json": json.dumps({"Coding": ["a"]}),
        "table_2025_05_30.csv": "model,a,renamed_v2\nm,80.0,60.0\n",
    })  # fmt: skip
    reasons = {row[0] for row in staged.rows("quarantine_reason")}
    assert reasons == {"tasks that stand in no category"}


def test_numbers_hard_coded_in_the_site_are_not_read(staged: Staged) -> None:
    spellings = {row[0] for row in staged.rows("distinct spelling")}
    fixture = (FIXTURES / "livebench/2024-12-31/table_2024_11_25.csv").read_text()
    assert all(f"\n{name}," in fixture or "o1-preview" in name for name in spellings)


@pytest.mark.parametrize(
    ("part", "payload"),
    [
        ("index.html", b"<html></html>"),
        ("table_2024_08_31.csv", b"<!doctype html><html></html>"),
        ("table_2024_08_31.csv", b"name,a\nm,1\n"),
        ("table_2024_08_31.csv", b"model,a\n"),
        ("categories_2024_08_31.json", b"[]"),
        ("categories_2024_08_31.json", b"{}"),
    ],
)
def test_anything_else_is_refused(part: str, payload: bytes) -> None:
    with pytest.raises(PayloadError):
        parse(payload, part)


@pytest.mark.archive
def test_every_archived_table_parses_to_the_sites_averages(archive: Path, tmp_path: Path) -> None:
    for _, part, payload in every_payload(archive, SOURCE):
        assert parse(payload, part).rejected == []
    staged = Staged(archive, SOURCE, "results", tmp_path)
    assert staged.rows("count(*), count(quarantine_reason)") == [(3349, 0)]
    found = {
        (row[0], row[1]): round(row[2], 2)
        for row in staged.rows(
            "spelling, benchmark_release, score",
            "benchmark_spelling = 'Global average' and ended_at is null",
        )
    }
    assert found[("o1-mini-2024-09-12", "2024_08_31")] == D("59.09")
    assert found[("o1-preview-2024-09-12", "2024_08_31")] == D("66.02")
    assert found[("o1-2024-12-17-high", "2024_11_25")] == D("75.67")
    assert found[("claude-3-5-sonnet-20241022", "2024_11_25")] == D("59.03")
