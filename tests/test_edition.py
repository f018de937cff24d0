"""The bundled edition: every fact has its source, nothing is known early, all keys resolve."""

import csv
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from feeds import rows

from pipelines.settings import SQL
from pipelines.tables import Connection

SEEDS = sorted((SQL / "seeds").glob("*.csv"))
TODAY = datetime.now(UTC).date()
EVERY_SEED = pytest.mark.parametrize("path", SEEDS, ids=[path.stem for path in SEEDS])


def lines(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


@EVERY_SEED
def test_every_row_has_source_date_and_licence(path: Path) -> None:
    for row in lines(path):
        url = row.get("source_url") or row.get("evidence_url") or ""
        assert url.startswith(("https://", "docs/")), row
        if url.startswith("docs/"):
            assert (SQL.parent / url.partition("#")[0]).exists(), row
        assert row.get("publisher", "noted by us"), row
        assert row.get("licence", "own judgement"), row
        day = date.fromisoformat(row.get("published_on") or row["noted_on"])
        assert date(2021, 1, 1) <= day <= TODAY, row
        assert None not in row, row
        assert all(value == value.strip() for value in row.values()), row


@EVERY_SEED
def test_every_date_is_a_day(path: Path) -> None:
    for row in lines(path):
        for column, value in row.items():
            if column.endswith("_on") or column.startswith("valid_"):
                assert not value or date.fromisoformat(value), row


OPEN_LICENCES = {"MIT", "Apache-2.0", "CC-BY-4.0", "MIT; data CC-BY-4.0"}


@pytest.mark.parametrize("seed", ["models", "prices", "results", "releases", "retirements"])
def test_every_fact_is_a_vendors_statement_or_openly_licensed(seed: str) -> None:
    """What we may not pass on stays with its feed and out of the edition."""
    vendors = {row["name"] for row in lines(SQL / "seeds" / "vendors.csv")}
    for row in lines(SQL / "seeds" / f"{seed}.csv"):
        stated_by_vendor = row["licence"] == f"facts; (c) {row['publisher']}"
        assert row["licence"] in OPEN_LICENCES or (stated_by_vendor and row["publisher"] in vendors)


def test_the_edition_is_large_enough(edition: Connection) -> None:
    [counts] = rows(
        edition,
        "select (select count(*) from seeds.models), (select count(*) from seeds.prices), "
        "(select count(*) from seeds.results), "
        "(select count(distinct benchmark_id) from seeds.results), "
        "(select count(*) from seeds.releases), (select count(*) from seeds.retirements), "
        "(select count(*) from seeds.companies)",
    )
    for found, least in zip(counts, (150, 400, 1000, 30, 150, 60, 12), strict=True):
        assert found >= least


REFERENCES = [
    ("models", "vendor_id", "vendors", "vendor_id"),
    ("vendor_spellings", "vendor_id", "vendors", "vendor_id"),
    ("name_suffixes", "vendor_id", "vendors", "vendor_id"),
    ("name_suffixes", "host_id", "hosts", "host_id"),
    ("host_spellings", "own_models_of", "vendors", "vendor_id"),
    ("prices", "model_id", "models", "model_id"),
    ("prices", "host_id", "hosts", "host_id"),
    ("prices", "lineage", "lineages", "lineage_id"),
    ("results", "model_id", "models", "model_id"),
    ("results", "benchmark_id", "benchmarks", "benchmark_id"),
    ("results", "metric", "metrics", "metric"),
    ("benchmarks", "metric", "metrics", "metric"),
    ("releases", "model_id", "models", "model_id"),
    ("retirements", "model_id", "models", "model_id"),
    ("retirements", "replacement_model_id", "models", "model_id"),
    ("host_spellings", "host_id", "hosts", "host_id"),
    ("hosts", "vendor_id", "vendors", "vendor_id"),
    ("vendors", "list_price_host_id", "hosts", "host_id"),
    ("segment_baskets", "segment_id", "segments", "segment_id"),
    ("segment_baskets", "ability_id", "abilities", "ability_id"),
    ("companies", "segment_id", "segments", "segment_id"),
    ("companies", "capability_benchmark_id", "benchmarks", "benchmark_id"),
    ("claims", "subject_model_id", "models", "model_id"),
    ("claims", "object_model_id", "models", "model_id"),
    ("claims", "event_id", "releases", "event_id"),
    ("capability_anchors", "model_id", "models", "model_id"),
]


@pytest.mark.parametrize(("seed", "column", "other", "key"), REFERENCES)
def test_every_key_resolves(
    edition: Connection, seed: str, column: str, other: str, key: str
) -> None:
    lost = rows(
        edition,
        f"select a.{column} from seeds.{seed} as a where a.{column} is not null "
        f"and a.{column} not in (select b.{key} from seeds.{other} as b)",
    )
    assert lost == []


def test_every_ability_of_a_benchmark_is_known(edition: Connection) -> None:
    lost = rows(
        edition,
        "select ability_id from seeds.benchmarks where ability_id <> 'general' "
        "and ability_id not in (select ability_id from seeds.abilities)",
    )
    assert lost == []


def test_benchmarks_named_by_claims_are_known(edition: Connection) -> None:
    known = {b for (b,) in rows(edition, "select benchmark_id from seeds.benchmarks")}
    segments = {s for (s,) in rows(edition, "select segment_id from seeds.segments")}
    for benchmarks, named in rows(edition, "select benchmark_ids, segment_ids from seeds.claims"):
        assert set((benchmarks or "").split()) <= known
        assert set((named or "").split()) <= segments


def test_no_price_is_known_before_it_was_seen(edition: Connection) -> None:
    """What a dated observation saw on a day cannot have been published before that day."""
    early = rows(
        edition,
        "select model_id, valid_from_latest, published_on from seeds.prices "
        "where evidence = 'dated_observation' and published_on < valid_from_latest",
    )
    assert early == []


def test_no_result_is_known_before_its_model_was_shown(edition: Connection) -> None:
    early = rows(
        edition,
        "select r.model_id, r.benchmark_id, r.publisher, r.published_on, e.announced_on "
        "from seeds.results as r inner join seeds.releases as e on e.model_id = r.model_id "
        "where r.published_on < least(e.announced_on, e.api_available_on)",
    )
    assert early == []


def test_no_price_is_known_before_its_model_was_announced(edition: Connection) -> None:
    early = rows(
        edition,
        "select p.model_id, p.published_on, e.announced_on from seeds.prices as p "
        "inner join seeds.releases as e on e.model_id = p.model_id "
        "where p.published_on < least(e.announced_on, e.api_available_on)",
    )
    assert early == []


def test_a_fit_as_of_a_day_knows_no_later_model(edition: Connection) -> None:
    early = rows(
        edition,
        "select distinct c.model_id, c.known_on from analysis.capabilities as c where not exists "
        "(select 1 from core.results as r where r.model_id = c.model_id "
        "and r.published_on <= c.known_on)",
    )
    assert early == []


def test_the_claims_known_time_is_never_before_the_evidence(edition: Connection) -> None:
    early = rows(
        edition,
        "select claim_id from core.price_claims where cast(known_at as date) < published_on",
    )
    assert early == []


def test_a_score_stands_in_its_benchmarks_unit(edition: Connection) -> None:
    assert rows(edition, "select * from core.results where not has_the_benchmarks_unit") == []
    low, high = rows(edition, "select min(score_share), max(score_share) from core.results")[0]
    assert 0 <= low < high <= 1


def test_gold_launch_dates_are_ours(edition: Connection, gold: Path) -> None:
    """Days of announcement and first API access agree with the verified list, where it is sure."""
    ours = {
        event: (announced, opened)
        for event, announced, opened in rows(
            edition,
            "select event_id, min(announced_on), min(api_available_on) from seeds.releases "
            "group by event_id",
        )
    }
    compared, apart = 0, []
    for row in lines(gold / "launch_events.csv"):
        if not row["event_type"].startswith("launch") or row["event_id"] not in ours:
            continue
        compared += 1
        announced, opened = ours[row["event_id"]]
        for word, mine in (("announced_date", announced), ("api_available_date", opened)):
            # A cell may hold "memory only" where the gold list itself is not sure.
            if row[word][:2] == "20" and mine is not None and row[word] != str(mine):
                apart.append((row["event_id"], word, row[word], str(mine)))
    assert compared >= 35
    assert apart == []
