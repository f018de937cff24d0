"""The hub's zip: units that differ per file, ids with suffixes, and a hand export to refuse."""

import io
import struct
import zipfile
from collections.abc import Mapping
from decimal import Decimal as D
from pathlib import Path

import pytest
from staged_table import FIXTURES, Staged, every_payload

from pipelines.sources import PayloadError, epoch_hub
from pipelines.sources.epoch_hub import SOURCE, parse

HERE = FIXTURES / "epoch_hub"
GPQA = "Model version,mean_score,Started at,id\no1-preview-2024-09-12,0.503,2025-01-27,one\n"


@pytest.fixture(scope="module")
def staged(tmp_path_factory: pytest.TempPathFactory) -> Staged:
    return Staged(FIXTURES, SOURCE, "results", tmp_path_factory.mktemp("kept"))


def zipped(members: Mapping[str, str]) -> bytes:
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return kept.getvalue()


def loaded(folder: Path, *days: Mapping[str, str]) -> Staged:
    for number, members in enumerate(days, start=1):
        path = folder / "archive" / SOURCE.name / f"2026-05-{number:02}" / "benchmark_data.zip"
        path.parent.mkdir(parents=True)
        path.write_bytes(zipped(members))
    return Staged(folder / "archive", SOURCE, "results", folder / "kept")


def test_the_fixture_zip_holds_the_members_beside_it() -> None:
    with zipfile.ZipFile(HERE / "2026-04-29" / "benchmark_data.zip") as archive:
        inside = {name: archive.read(name) for name in archive.namelist()}
    folder = HERE / "members"
    beside = {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*.csv")}
    assert inside == beside


@pytest.mark.parametrize(
    ("benchmark", "score", "unit"),
    [
        ("GPQA diamond", D("50.316"), "percent"),
        ("GDPval", D("49.700"), "percent"),
        ("Aider polyglot", D("32.900"), "percent"),
        ("Lech Mazur Writing", D("83.900"), "percent"),
        ("OSWorld", D("58.100"), "percent"),
        ("WebDev Arena", D("1556.290"), "elo"),
    ],
)
def test_units_differ_per_file_and_become_one(
    staged: Staged, benchmark: str, score: D, unit: str
) -> None:
    rows = staged.rows("score, unit", f"benchmark_spelling = '{benchmark}'")
    assert rows[0] == (score, unit)


def test_minutes_are_quarantined(staged: Staged) -> None:
    rows = staged.rows("unit, quarantine_reason", "benchmark_spelling = 'METR Time Horizons'")
    assert rows == [(None, "minutes, neither a share nor a rating")]


def test_the_second_column_is_not_always_the_score(staged: Staged) -> None:
    rows = staged.rows("configuration, score", "benchmark_spelling = 'GeoBench'")
    assert rows == [("tools: Search", D("81.000")), (None, D("88.000"))]
    rows = staged.rows("system, score, stated_on", "benchmark_spelling = 'Terminal Bench'")
    assert rows == [
        ("Gemini CLI", D("19.600"), "2025-11-04"),
        ("Terminus 2", D("32.600"), "2025-11-04"),
    ]


def test_the_same_benchmark_changing_unit_between_exports_is_quarantined(tmp_path: Path) -> None:
    def day(scores: list[str]) -> dict[str, str]:
        lines = [f"model-{n},{score},id{n}" for n, score in enumerate(scores)]
        return {"gpqa_diamond.csv": "\n".join(["Model version,mean_score,id", *lines])}

    fractions, percent = ["0.50", "0.62", "0.75", "0.84"], ["50.0", "62.0", "75.0", "84.0"]
    staged = loaded(tmp_path, day(fractions), day(percent))
    rows = staged.rows("quarantine_reason, count(*)", "true group by all")
    assert rows == [("unit changed: most of the column above 100 percent", 4), (None, 4)]


def test_percent_turning_into_fractions_is_quarantined(tmp_path: Path) -> None:
    lines = [f"model-{n},0.{n},id{n}" for n in range(4, 8)]
    header = "Model version,Percent correct,id"
    staged = loaded(tmp_path, {"aider_polyglot_external.csv": "\n".join([header, *lines])})
    reasons = {row[0] for row in staged.rows("quarantine_reason")}
    assert reasons == {"unit changed: most of the column at most 1 percent"}


def test_effort_and_budget_are_suffixes_but_sizes_are_not(staged: Staged) -> None:
    rows = dict(staged.rows("distinct spelling, configuration", "benchmark_spelling <> 'x'"))
    assert rows["o1-mini-2024-09-12_high"] == "effort high"
    assert rows["o3-2025-04-16_medium"] == "effort medium"
    assert rows["gpt-5.2-2025-12-11_none"] == "effort none"
    assert rows["o1-mini-2024-09-12_unknown"] == "whole"
    assert rows["Qwen-1_8B"] is None


def test_the_shown_name_tells_the_effort_where_the_id_does_not(staged: Staged) -> None:
    rows = dict(staged.rows("spelling, configuration", "benchmark_spelling = 'ARC-AGI-2'"))
    assert rows == {
        "claude-opus-4-6_120K": "thinking 120K; effort high",
        "gemini-3-flash-preview": "effort minimal",
        "gemini-3.1-pro-preview": None,
    }


def test_ids_ending_in_a_space_are_trimmed(staged: Staged) -> None:
    assert staged.rows("spelling", "spelling like 'Llama-2-70b%'") == [("Llama-2-70b-hf",)]


def test_a_model_quoted_twice_keeps_both_rows(staged: Staged) -> None:
    rows = staged.rows("configuration, score, evidence", "spelling = 'falcon-7b'")
    assert rows == [("5-shot", D("23.900"), "quoted"), ("5-shot", D("35.000"), "quoted")]


def test_own_runs_are_independent_and_have_epochs_scaffold(staged: Staged) -> None:
    rows = staged.rows("evidence, system, stated_on", "benchmark_spelling = 'SWE-Bench verified'")
    assert rows == [("independent", "Epoch AI scaffold", "2026-02-11")]


def test_rows_without_a_model_version_are_quarantined(staged: Staged) -> None:
    rows = staged.rows("quarantine_reason, score", "spelling is null")
    assert rows == [("no model version given", D("64.000"))]


def test_costs_mixed_between_run_and_case_are_not_taken(staged: Staged) -> None:
    assert staged.rows("distinct run_cost_usd") == [(None,)]


def test_livebench_categories_carry_the_release(staged: Staged) -> None:
    rows = staged.rows(
        "benchmark_spelling, benchmark_release, score", "spelling like 'o1-2024%_high' and "
        "benchmark_spelling like 'LiveBench%'"
    )  # fmt: skip
    assert ("LiveBench", "2024_11_25", D("75.670")) in rows
    assert ("LiveBench Mathematics", "2024_11_25", D("80.320")) in rows


def test_rows_rerun_upstream_end_and_begin(tmp_path: Path) -> None:
    def day(row: str) -> dict[str, str]:
        return {"swe_bench_verified.csv": f"Model version,mean_score,id\n{row}\n"}

    staged = loaded(tmp_path, day("gpt-4o-2024-11-20,0.254,a"), day("gpt-4o-2024-11-20,0.310,b"))
    rows = staged.rows("score, cast(ended_at as date)")
    assert rows == [(D("25.400"), "2026-05-02"), (D("31.000"), None)]


def test_index_versions_of_one_group_share_a_value(tmp_path: Path) -> None:
    staged = Staged(FIXTURES, SOURCE, "index", tmp_path)
    rows = staged.rows("spelling, group_name, configuration, index_points, scope")
    assert rows == [
        ("o1-mini-2024-09-12_high", "o1-mini", "effort high", D("136.655"), "version"),
        ("o1-mini-2024-09-12_medium", "o1-mini", "effort medium", D("136.655"), "version"),
    ]


def test_versions_without_release_date_are_absent_from_releases(tmp_path: Path) -> None:
    staged = Staged(FIXTURES, SOURCE, "releases", tmp_path)
    rows = dict(staged.rows("spelling, released_on"))
    assert rows["o1-mini-2024-09-12_high"] == "2024-09-12"
    assert "Qwen-1_8B" not in rows


def test_the_hand_export_in_a_spanish_locale_is_refused() -> None:
    payload = (HERE / "refused" / "benchmarks_runs-PUBLIC VIEW.csv").read_bytes()
    with pytest.raises(PayloadError, match="exported by hand"):
        parse(payload)


def test_a_decimal_comma_inside_the_zip_is_refused_by_row() -> None:
    members = {"gpqa_diamond.csv": GPQA + 'o1-mini,"0,961",2026-05-02,two\n'}
    parsed = parse(zipped(members))
    assert [o.fields["score"] for o in parsed.things["results"]] == ["0.503"]
    assert [r.key for r in parsed.rejected] == ["gpqa_diamond/two"]


def test_the_zips_own_metadata_is_believed_and_brings_new_benchmarks(tmp_path: Path) -> None:
    members = {
        "gpqa_diamond.csv": GPQA,
        "new_external.csv": "Model version,Points,id\no1-preview-2024-09-12,42,x\n",
        "benchmark_metadata.csv": (
            "benchmark,source_file,score_column,scale,random_baseline,score_ceiling,release_date,"
            "superseded_by,in_eci\nNew Bench,new_external.csv,Points,0.01,0,1,2026-06-01,,True\n"
        ),
        "eci_model_versions.csv": "model_version,model_group,date\no1,o1,2024-12-17\n",
    }
    rows = loaded(tmp_path, members).rows("benchmark_spelling, score, quarantine_reason")
    assert rows == [("GPQA diamond", D("50.300"), None), ("New Bench", D("42.000"), None)]


def test_an_unknown_benchmark_is_reported_not_guessed() -> None:
    parsed = parse(zipped({"gpqa_diamond.csv": GPQA, "new.csv": "Model version,Points\nx,1\n"}))
    assert [(r.key, r.reason) for r in parsed.rejected] == [
        ("new", "a benchmark whose score column is not known")
    ]


def test_a_missing_score_column_holds_the_files_rows_back(tmp_path: Path) -> None:
    renamed = GPQA.replace("mean_score", "average")
    other = {"vpct_external.csv": "Model version,Correct,id\nm,0.3,v\nn,0.4,w\n"}
    staged = loaded(
        tmp_path, {"gpqa_diamond.csv": GPQA, **other}, {"gpqa_diamond.csv": renamed, **other}
    )
    assert staged.rows("ended_at", "benchmark_spelling = 'GPQA diamond'") == [(None,)]
    assert staged.rejected() == {"gpqa_diamond": "no column 'mean_score' in gpqa_diamond.csv"}


def test_two_different_rows_under_one_id_are_refused() -> None:
    parsed = parse(zipped({"gpqa_diamond.csv": GPQA + GPQA.splitlines()[1].replace("3,", "4,")
                           + "\no1,0.758,2025-01-27,two\n"}))  # fmt: skip
    assert [o.key for o in parsed.things["results"]] == ["gpqa_diamond/two"]
    assert [r.reason for r in parsed.rejected] == ["two different rows under one key"]


def test_too_many_members_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(epoch_hub, "MAX_MEMBERS", 1)
    with pytest.raises(PayloadError, match="2 members"):
        parse(zipped({"gpqa_diamond.csv": GPQA, "a.csv": "x\n"}))


def test_an_inflating_zip_is_refused_before_it_inflates(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(epoch_hub, "MAX_INFLATED_BYTES", 100_000)
    with pytest.raises(PayloadError, match="1000000 bytes"):
        parse(zipped({"gpqa_diamond.csv": "x" * 1_000_000}))


def test_a_member_larger_than_it_declares_is_refused() -> None:
    payload = bytearray(zipped({"gpqa_diamond.csv": "x" * 1_000_000}))
    # The size inflated stands 24 bytes into the central directory's entry.
    at = payload.rindex(b"PK\x01\x02") + 24
    payload[at : at + 4] = struct.pack("<I", 10)
    with pytest.raises(PayloadError):
        parse(bytes(payload))


@pytest.mark.parametrize("payload", [b"", b"PK\x03\x04 cut short", b"<html></html>", b"a,b\n1,2\n"])
def test_anything_else_is_refused(payload: bytes) -> None:
    with pytest.raises(PayloadError):
        parse(payload)


def test_one_file_twice_in_the_zip_is_refused() -> None:
    with pytest.raises(PayloadError, match="twice"):
        parse(zipped({"gpqa_diamond.csv": GPQA, "old/gpqa_diamond.csv": GPQA}))


def test_a_row_with_a_cell_too_many_holds_its_file_back(tmp_path: Path) -> None:
    shifted = GPQA + "o1,0,75,2025-01-27,two\n"
    other = {"vpct_external.csv": "Model version,Correct,id\nm,0.3,v\nn,0.4,w\n"}
    staged = loaded(
        tmp_path, {"gpqa_diamond.csv": GPQA, **other}, {"gpqa_diamond.csv": shifted, **other}
    )
    assert staged.rows("ended_at", "benchmark_spelling = 'GPQA diamond'") == [(None,)]
    (reason,) = staged.rejected().values()
    assert reason == "gpqa_diamond.csv: row 3 has not as many cells as the header"


def test_a_score_beyond_any_unit_is_refused_not_built_on() -> None:
    parsed = parse(zipped({"gpqa_diamond.csv": GPQA + "o1,1e30,2025-01-27,two\n"}))
    assert [r.key for r in parsed.rejected] == ["gpqa_diamond/two"]


@pytest.mark.archive
def test_the_archived_zip_parses_and_the_hand_export_is_refused(
    archive: Path, tmp_path: Path
) -> None:
    days = {day: payload for day, _, payload in every_payload(archive, SOURCE)}
    with pytest.raises(PayloadError, match="exported by hand"):
        parse(days.pop("2026-05-05"))
    parsed = parse(days["2026-04-29"])
    assert {thing: len(rows) for thing, rows in parsed.things.items()} == {
        "index": 369, "listings": 508, "releases": 586, "results": 4253,
    }  # fmt: skip
    assert parsed.rejected == []
    staged = Staged(archive, SOURCE, "results", tmp_path)
    assert staged.problems().keys() == {("2026-05-05", "")}
    known = "spelling = 'o1-preview-2024-09-12' and benchmark_spelling = 'GPQA diamond'"
    assert staged.rows("score", known) == [(D("50.316"),)]
    units = "unit changed: %"
    assert staged.rows("count(*)", f"quarantine_reason like '{units}'") == [(0,)]
