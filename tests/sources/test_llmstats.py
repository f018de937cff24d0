"""LLMStats: prices with slipped digits, scores whose unit and metric must be read off free text."""

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from price_staging import Staging, rows, staging_in

from pipelines.settings import PROJECT
from pipelines.sources import PayloadError
from pipelines.sources.llmstats import SOURCE, parse

FIXTURES = PROJECT / "tests" / "fixtures" / "llmstats"
PRICES, RESULTS = "staging.llmstats__prices", "staging.llmstats__results"
PREVIEW = "models/openai/o1-preview/model.json"


@pytest.fixture
def staging(tmp_path: Path) -> Iterator[Staging]:
    yield from staging_in(tmp_path)


def model(*scores: tuple[str, float, str], released: str = "2024-09-12", **more: Any) -> bytes:
    metrics = [
        {"dataset_name": name, "score": score, "is_self_reported": True,
         "analysis_method": method, "date_recorded": "2024-10-01", "source_link": "x", **more}
        for name, score, method in scores
    ]  # fmt: skip
    return json.dumps({"release_date": released, "qualitative_metrics": metrics}).encode()


def provider(**prices: tuple[float, float]) -> bytes:
    listed = [
        {"model_id": name, "price_per_input_token": i, "price_per_output_token": o}
        for name, (i, o) in prices.items()
    ]
    return json.dumps({"name": "X", "providermodels": listed}).encode()


def scored(staging: Staging, *scores: tuple[str, float, str]) -> dict[str, tuple[Any, ...]]:
    """What staging makes of scores, by benchmark and method."""
    staging.fetched("llmstats", "2024-11-24", model(*scores), part="models/a/m/model.json")
    staging.build([RESULTS])
    found = rows(
        staging,
        "select benchmark_spelling || '|' || coalesce(configuration, ''), metric, unit, score, "
        f"quarantine_reason from {RESULTS}",
    )
    return {row[0]: row[1:] for row in found}


@pytest.fixture
def fixtures(staging: Staging) -> Staging:
    for path in sorted(FIXTURES.glob("*/*/*/**/*.json")):
        day, _, part = path.relative_to(FIXTURES).as_posix().partition("/")
        staging.fetched("llmstats", day, path.read_bytes(), part=part)
    staging.build([PRICES, RESULTS])
    return staging


# ------------------------------------------------------------------------------ prices


def test_a_slipped_digit_in_the_output_price_is_quarantined(fixtures: Staging) -> None:
    found = rows(
        fixtures,
        f"select input_usd_per_mtok, output_usd_per_mtok, quarantine_reason from {PRICES} "
        "where spelling = 'anthropic/claude-3-5-sonnet-20240620'",
    )
    assert found == [(Decimal(3), Decimal(150), "output more than 10 times input: a slipped digit")]


def test_prices_per_token_become_usd_per_million(fixtures: Staging) -> None:
    found = rows(
        fixtures,
        "select input_usd_per_mtok, output_usd_per_mtok, host_spelling, quarantine_reason "
        f"from {PRICES} where spelling = 'openai/o1-mini'",
    )
    assert found == [(Decimal(3), Decimal(12), "openai", None)]


def test_updated_at_is_not_bumped_with_the_price_so_it_dates_nothing(staging: Staging) -> None:
    for day, output in (("2024-12-15", 2e-06), ("2025-05-22", 4e-06)):
        content = json.loads(provider(m=(1e-06, output)))
        content["providermodels"][0]["updated_at"] = "2024-09-09"
        staging.fetched(
            "llmstats", day, json.dumps(content).encode(), part="providers/openai/provider.json"
        )
    staging.build([PRICES])
    found = rows(
        staging,
        f"select stated_from, cast(first_seen_at as date)::varchar from {PRICES} order by 2",
    )
    assert found == [(None, "2024-12-15"), (None, "2025-05-22")]


def test_test_data_of_october_2024_is_quarantined(staging: Staging) -> None:
    staging.fetched("llmstats", "2024-10-15", provider(m=(1e-06, 2e-06)),
                   part="providers/openai/provider.json")  # fmt: skip
    staging.build([PRICES])
    (reason,) = rows(staging, f"select quarantine_reason from {PRICES}")[0]
    assert "committed test data" in reason


def test_a_dead_collection_falls_silent_90_days_after_its_last_reading(staging: Staging) -> None:
    staging.fetched("llmstats", "2025-05-23", provider(m=(1e-06, 2e-06)),
                   part="providers/openai/provider.json")  # fmt: skip
    staging.build([PRICES])
    found = rows(
        staging,
        "select cast(last_seen_at as date)::varchar, cast(ended_at as date)::varchar "
        f"from {PRICES}",
    )
    assert found == [("2025-05-23", "2025-08-21")]
    assert not SOURCE.is_live


def test_a_file_read_again_after_a_silence_speaks_again(staging: Staging) -> None:
    """What was believed in the silence stays what it was: nothing."""
    for day in ("2024-12-15", "2025-02-01", "2025-05-22"):
        staging.fetched("llmstats", day, provider(m=(1e-06, 2e-06)),
                       part="providers/openai/provider.json")  # fmt: skip
    staging.build([PRICES])
    assert rows(
        staging,
        "select cast(first_seen_at as date)::varchar, cast(last_seen_at as date)::varchar, "
        f"cast(ended_at as date)::varchar from {PRICES} order by 1",
    ) == [("2024-12-15", "2025-02-01", "2025-05-02"), ("2025-05-22", "2025-05-22", "2025-08-20")]


def test_a_price_that_stands_twice_is_rejected_only_where_the_prices_differ() -> None:
    listed = [{"model_id": "m", "price_per_input_token": 1, "price_per_output_token": 2}]
    other = [{"model_id": "n", "price_per_input_token": p, "price_per_output_token": 2}
             for p in (1, 3)]  # fmt: skip
    content = json.dumps({"providermodels": listed * 2 + other}).encode()
    parsed = parse(content, "providers/google/provider.json")
    assert [o.key for o in parsed.things["prices"]] == ["google/m"]
    assert [r.key for r in parsed.rejected] == ["google/n"]


def test_prices_of_all_hosts_in_googles_file_are_vertex_prices(staging: Staging) -> None:
    name = "claude-3-opus-20240229"
    staging.fetched("llmstats", "2024-12-15", provider(**{name: (1.5e-05, 7.5e-05)}),
                   part="providers/google/provider.json")  # fmt: skip
    staging.build(["core.names"])
    assert rows(staging, "select host_id from core.names where source = 'llmstats'") == [
        ("google_vertex",)
    ]


# ------------------------------------------------------------------------------ results


def test_cons64_recorded_as_pass1_is_corrected_with_evidence(fixtures: Staging) -> None:
    found = rows(
        fixtures,
        "select benchmark_spelling, metric, configuration, score, "
        f"cast(first_seen_at as date)::varchar from {RESULTS} "
        "where benchmark_spelling in ('AIME 2024', 'GPQA') order by 1, 5",
    )
    assert found == [
        ("AIME 2024", "cons@64", "pass@1", Decimal("56.7"), "2024-11-24"),
        ("AIME 2024", "pass@1", "pass@1", Decimal(42), "2024-12-23"),
        ("GPQA", "cons@64", "pass@1", Decimal("78.3"), "2024-11-24"),
        ("GPQA", "pass@1", "Diamond, pass@1", Decimal("73.3"), "2024-12-23"),
    ]


def test_a_correction_holds_for_its_one_score_only(staging: Staging) -> None:
    content = model(("AIME 2024", 0.446, "pass@1"))
    staging.fetched("llmstats", "2024-11-24", content, part=PREVIEW)
    staging.build([RESULTS])
    assert rows(staging, f"select metric from {RESULTS}") == [("pass@1",)]


def test_codeforces_in_four_units_is_never_one_series(staging: Staging) -> None:
    found = scored(
        staging,
        ("Codeforces", 0.917, "Elo rating system"),
        ("Codeforces", 0.627, "pass@1"),
        ("Codeforces", 0.89, "percentile"),
        ("Codeforces", 0.4125, "elo divided by max elo"),
        ("CodeForces", 1977, "Elo Rating"),
    )
    assert found["CodeForces|Elo Rating"] == ("elo", "elo", Decimal(1977), None)
    reasons = {key: value[3] for key, value in found.items() if key.startswith("Codeforces")}
    assert reasons == {
        "Codeforces|Elo rating system": "a share where the benchmark is a rating",
        "Codeforces|pass@1": "a share where the benchmark is a rating",
        "Codeforces|percentile": "a percentile: a rank among people, not a score",
        "Codeforces|elo divided by max elo":
            "a rating divided by a maximum the source does not state",
    }  # fmt: skip


def test_an_error_rate_is_not_a_score_nor_its_bare_namesake(staging: Staging) -> None:
    found = scored(
        staging,
        ("FLEURS", 0.098, "Word Error Rate"),
        ("Fleurs", 0.064, "Accuracy"),
        ("FLEURS", 0.864, "Speech recognition accuracy (1 - WER)"),
    )
    wrong = "an error rate, or one in disguise: lower is better"
    assert found["FLEURS|Word Error Rate"][3] == wrong
    assert found["Fleurs|Accuracy"][3] == wrong
    assert found["FLEURS|Speech recognition accuracy (1 - WER)"][2:] == (Decimal("86.4"), None)


def test_a_score_outside_0_to_1_is_not_guessed(staging: Staging) -> None:
    found = scored(staging, ("MT-Bench", 8.99, "Chat evaluation"), ("MBPP", 81.4, "Accuracy"))
    assert all("outside 0 to 1" in value[3] for value in found.values())


def test_the_same_dataset_twice_with_two_methods_is_two_results(staging: Staging) -> None:
    found = scored(
        staging,
        ("AIME 2024", 0.867, "Cons@64"),
        ("AIME 2024", 0.7, "Pass@1"),
        ("GPQA", 0.51, "Diamond, 5-shot CoT"),
        ("GPQA", 0.4, "Main, 5-shot CoT"),
    )
    assert {key: value[0] for key, value in found.items()} == {
        "AIME 2024|Cons@64": "cons@64", "AIME 2024|Pass@1": "pass@1",
        "GPQA|Diamond, 5-shot CoT": "accuracy", "GPQA|Main, 5-shot CoT": "accuracy",
    }  # fmt: skip
    releases = rows(
        staging, f"select distinct benchmark_release from {RESULTS} order by 1 nulls last"
    )
    assert releases == [("diamond",), ("main",), (None,)]


@pytest.mark.parametrize(
    ("method", "metric"),
    [
        ("consistency at 64 samples", "cons@64"),
        ("Maj@32 5-shot CoT", "cons@32"),
        ("5-shot, maj@1", "accuracy"),
        ("pass @ 1", "pass@1"),
        ("pass at 1 attempt on validation set", "pass@1"),
        ("Pass@12 accuracy", "pass@12"),
        ("With multiple parallel attempts and advanced scaffolding", "best-of-n"),
        ("3-shot, F1 score", "f1"),
        ("EM", "exact match"),
        ("spBleu", "bleu"),
        ("0-shot chain-of-thought", "accuracy"),
        ("Standard benchmark", "not stated"),
        ("", "not stated"),
    ],
)
def test_free_text_methods_give_a_metric_or_none(
    staging: Staging, method: str, metric: str
) -> None:
    assert scored(staging, ("X", 0.5, method))[f"X|{method}"][0] == metric


def test_a_dataset_twice_with_one_method_and_two_scores_is_rejected() -> None:
    content = model(("MMMU", 0.594, "Accuracy"), ("MMMU", 0.563, "Accuracy"), ("DROP", 0.8, "f1"))
    parsed = parse(content, PREVIEW)
    assert [r.key for r in parsed.rejected] == ["openai/o1-preview|MMMU|Accuracy"]
    assert len(parsed.things["results"]) == 1


def test_a_date_before_the_model_existed_is_not_believed(fixtures: Staging) -> None:
    found = rows(
        fixtures,
        "select cast(first_seen_at as date)::varchar, cast(stated_on as varchar) "
        f"from {RESULTS} where benchmark_spelling = 'AIME 2024' order by 1",
    )
    assert found == [("2024-11-24", None), ("2024-12-23", "2024-12-17")]


def test_a_link_that_does_not_hold_the_value_makes_no_official_result(fixtures: Staging) -> None:
    found = rows(fixtures, f"select distinct evidence, publisher from {RESULTS}")
    assert found == [("quoted", "LLMStats")]


def test_a_self_reported_score_is_quoted_and_another_secondary(staging: Staging) -> None:
    content = model(("X", 0.5, "accuracy"), is_self_reported=False)
    staging.fetched("llmstats", "2024-11-24", content, part=PREVIEW)
    staging.build([RESULTS])
    assert rows(staging, f"select evidence from {RESULTS}") == [("secondary",)]


def test_names_of_benchmarks_stay_verbatim(staging: Staging) -> None:
    found = scored(staging, ("HumanEval", 0.5, "pass@1"), ("Humaneval", 0.6, "pass@1"))
    assert set(found) == {"HumanEval|pass@1", "Humaneval|pass@1"}


def test_a_file_renamed_away_ends_when_its_folder_is_next_read(staging: Staging) -> None:
    content = model(("X", 0.5, "accuracy"))
    staging.fetched("llmstats", "2024-11-24", content, part="models/openai/o1/model.json")
    staging.fetched(
        "llmstats", "2024-12-23", content, part="models/openai/o1-2024-12-17/model.json"
    )
    staging.build([RESULTS])
    found = rows(
        staging,
        "select spelling, cast(last_seen_at as date)::varchar, cast(ended_at as date)::varchar "
        f"from {RESULTS} order by 1",
    )
    assert found == [
        ("openai/o1", "2024-11-24", "2024-12-23"),
        ("openai/o1-2024-12-17", "2024-12-23", "2025-03-23"),
    ]


@pytest.mark.parametrize(
    ("content", "part"),
    [(b"[]", PREVIEW), (b"{}", PREVIEW), (b'{"providermodels": 1}', "providers/x/provider.json"),
     (b"{}", "README.md"), (b"<html>", PREVIEW)],
)  # fmt: skip
def test_what_is_not_the_file_its_path_says_is_refused(content: bytes, part: str) -> None:
    with pytest.raises(PayloadError):
        parse(content, part)


def test_a_number_that_is_no_score_in_any_unit_is_rejected() -> None:
    parsed = parse(model(("X", 1e12, "accuracy"), ("Y", 0.5, "accuracy")), PREVIEW)
    assert [r.key for r in parsed.rejected] == ["openai/o1-preview|X|accuracy"]


def test_a_price_whose_key_repeats_is_rejected() -> None:
    row = b'{"model_id": "m", "price_per_input_token": 1e-06, "price_per_input_token": 2e-06}'
    parsed = parse(b'{"providermodels": [' + row + b"]}", "providers/x/provider.json")
    assert [r.key for r in parsed.rejected] == ["x/m"]


# ------------------------------------------------------------------------------ archive


@pytest.mark.archive
def test_every_archived_payload_parses(archive: Path) -> None:
    newest_scores = 0
    files = 0
    for day in sorted((archive / "llmstats").glob("????-??-??")):
        for pattern in SOURCE.file_names:
            for path in sorted(day.glob(pattern)):
                parsed = parse(path.read_bytes(), path.relative_to(day).as_posix())
                assert len(parsed.rejected) <= 2, path
                files += 1
                if day.name == "2025-05-22":
                    newest_scores += len(parsed.things.get("results", []))
    assert files > 250
    assert newest_scores == 1728


@pytest.mark.archive
def test_archived_scores_fall_into_bounds_or_quarantine(archive: Path, staging: Staging) -> None:
    folder = archive / "llmstats"
    for path in sorted(folder.glob("*/models/*/*/model.json")):
        day, _, part = path.relative_to(folder).as_posix().partition("/")
        if part.startswith(("models/openai/", "models/google/", "models/qwen/")):
            staging.fetched("llmstats", day, path.read_bytes(), part=part)
    staging.build([RESULTS])
    held = rows(staging, f"select count(quarantine_reason), count(*) from {RESULTS}")[0]
    assert 0 < held[0] < 0.05 * held[1]
    preview = rows(
        staging,
        f"select distinct metric, score from {RESULTS} where spelling = 'openai/o1-preview' "
        "and benchmark_spelling = 'AIME 2024' order by metric",
    )
    assert preview == [("cons@64", Decimal("56.7")), ("pass@1", Decimal(42))]
    broken = (
        PROJECT / "sql/checks/staging.llmstats__results__corrections_still_apply.sql"
    ).read_text()
    assert rows(staging, broken.rstrip().rstrip(";")) == []
