"""The frozen repository: a unit per file, several scorers in a cell, English dates only."""

from decimal import Decimal as D
from pathlib import Path

import pytest
from staged_table import FIXTURES, Staged, every_payload

from pipelines.sources import PayloadError
from pipelines.sources.epoch_stitching import SOURCE, parse

RUNS = "benchmarks_runs.csv"
HEADER = "id,task,model,Best score (across scorers),started_at,Status\n"


@pytest.fixture(scope="module")
def staged(tmp_path_factory: pytest.TempPathFactory) -> Staged:
    return Staged(FIXTURES, SOURCE, "results", tmp_path_factory.mktemp("kept"))


def test_it_is_not_collected_live() -> None:
    assert not SOURCE.is_live


def test_of_several_scorers_in_one_cell_the_best_counts(staged: Staged) -> None:
    rows = staged.rows("score, configuration, stated_on", "benchmark_spelling = 'MATH level 5'")
    assert rows == [(D("94.700"), "effort high", "2025-02-13")]


def test_private_and_public_halves_are_separate(staged: Staged) -> None:
    rows = staged.rows("benchmark_spelling, score", "benchmark_spelling like 'FrontierMath%'")
    assert rows == [
        ("FrontierMath-2025-02-28-Private", D("9.700")),
        ("FrontierMath-2025-02-28-Public", D("20.000")),
    ]


@pytest.mark.parametrize(
    ("benchmark", "score"),
    [
        ("MMLU", D("77.000")),
        ("Aider polyglot", D("88.000")),
        ("Lech Mazur Writing", D("83.000")),
        ("SWE-Bench verified", D("25.400")),
    ],
)
def test_percent_signs_fractions_and_tenths_become_percent(
    staged: Staged, benchmark: str, score: D
) -> None:
    rows = staged.rows("score, unit", f"benchmark_spelling = '{benchmark}'")
    assert (score, "percent") in rows


def test_minutes_are_quarantined(staged: Staged) -> None:
    rows = staged.rows("unit, quarantine_reason", "benchmark_spelling = 'METR Time Horizons'")
    assert rows == [(None, "minutes, neither a share nor a rating")]


def test_scaffolds_are_systems_of_their_own(staged: Staged) -> None:
    where = "benchmark_spelling = 'Terminal Bench'"
    assert staged.rows("system, score, benchmark_release", where) == [
        ("Ante", D("54.800"), "1.0"),
        ("Terminus 1", D("12.800"), "1.0"),
    ]


def test_models_repeated_by_paper_keep_every_row(staged: Staged) -> None:
    rows = staged.rows("key, score", "spelling = 'falcon-7b'")
    assert rows == [("mmlu/recMmluB", D("23.900")), ("mmlu/recMmluC", D("35.000"))]


def test_rows_without_a_model_version_are_quarantined(staged: Staged) -> None:
    where = "spelling = 'Some model'"
    assert staged.rows("quarantine_reason", where) == [("no model version given",)]


def test_a_byte_order_mark_does_not_hide_the_first_column(staged: Staged) -> None:
    assert staged.rows("count(*)", "key like 'runs/run%'") == [(4,)]


def test_versions_without_date_are_absent_and_spaces_trimmed(tmp_path: Path) -> None:
    rows = Staged(FIXTURES, SOURCE, "releases", tmp_path).rows("spelling, released_on, kind")
    assert rows == [
        ("Llama-2-70b-hf", "2023-07-18", "database"),
        ("o1-mini-2024-09-12_high", "2024-09-12", "database"),
    ]


def test_a_runs_file_with_decimal_commas_is_refused_whole() -> None:
    text = HEADER + 'a,GPQA diamond,m,"0,961",,Success\nb,GPQA diamond,n,1,,Success\n'
    with pytest.raises(PayloadError, match="decimal comma"):
        parse(text.encode(), RUNS)


def test_a_runs_file_with_spanish_dates_is_refused_whole() -> None:
    text = HEADER + "a,GPQA diamond,m,1,2 de mayo de 2026 2:08am,Success\n"
    with pytest.raises(PayloadError, match="not in English"):
        parse(text.encode(), RUNS)


def test_a_score_that_is_no_number_refuses_its_row_only() -> None:
    text = HEADER + "a,GPQA diamond,m,n/a,,Success\nb,GPQA diamond,n,0.5,,Success\n"
    parsed = parse(text.encode(), RUNS)
    assert [o.key for o in parsed.things["results"]] == ["runs/b"]
    assert [r.key for r in parsed.rejected] == ["runs/a"]


@pytest.mark.parametrize("part", ["external_benchmark_new.csv", "benchmark_optim.csv", ""])
def test_unknown_files_are_refused(part: str) -> None:
    with pytest.raises(PayloadError, match="no score column"):
        parse(b"id,Model version,Score\na,m,50%\n", part)


@pytest.mark.archive
def test_every_archived_file_parses(archive: Path, tmp_path: Path) -> None:
    payloads = every_payload(archive, SOURCE)
    assert len(payloads) == 44
    for _, part, payload in payloads:
        assert parse(payload, part).rejected == []
    staged = Staged(archive, SOURCE, "results", tmp_path)
    assert staged.rows("count(*)") == [(3091,)]
    where = "key like 'runs/%' and spelling = 'o1-2024-12-17_high'"
    assert ("MATH level 5", D("94.700")) in staged.rows("benchmark_spelling, score", where)
    assert staged.rows("count(*)", "key like 'mmlu/%' and spelling = 'falcon-7b'") == [(7,)]
