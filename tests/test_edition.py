"""The bundled edition: every fact has its source, nothing is known early, all keys resolve."""

import csv
from datetime import UTC, date, datetime, timedelta
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


def test_every_term_of_the_claim_checker_means_something_known(edition: Connection) -> None:
    lost = rows(
        edition,
        "select t.term, t.id from seeds.claim_terms as t left join ("
        "select 'benchmark' as kind, benchmark_id as id from seeds.benchmarks "
        "union all select 'ability', ability_id from seeds.abilities "
        "union all select case kind when 'companies' then 'companies' else 'segment' end, "
        "segment_id from seeds.segments) as k on k.kind = t.kind and k.id = t.id "
        "where k.id is null",
    )
    assert lost == []


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
            "select event_id, min(announced_on), min(api_available_on) from core.releases "
            "group by event_id",
        )
    }
    launches = [row for row in lines(gold / "launch_events.csv") if "launch" in row["event_type"]]
    apart = []
    for row in launches:
        announced, opened = ours[row["event_id"]]
        # A cell may hold "memory only" where the gold list itself is not sure.
        if row["announced_date"][:2] == "20" and not row["source_announced"].startswith("memory"):
            apart += [row["event_id"]] if row["announced_date"] != str(announced) else []
        apart += [row["event_id"]] if row["api_available_date"] != str(opened or "") else []
    assert len(launches) >= 60
    assert apart == []


def test_gold_price_cuts_are_events(edition: Connection, gold: Path) -> None:
    names = {
        "gemini-1.5-flash-cut": "google/gemini-1.5-flash-001",
        "o3-cut": "openai/o3-2025-04-16",
    }
    cuts = [row for row in lines(gold / "launch_events.csv") if "price_cut" in row["event_type"]]
    for row in cuts:
        [(fall,)] = rows(
            edition,
            "select price_3to1_usd_per_mtok / former_price_3to1_usd_per_mtok from core.events "
            f"where event_kind = 'price_change' and model_id = '{names[row['event_id']]}' "
            f"and effective_on = date '{row['api_available_date']}'",
        )
        assert 0.2 <= fall <= 0.26
    assert len(cuts) == 2


#: What each vendor sold as its best general model, from the first month-end on which it is priced.
FLAGSHIPS = [
    ("2023-03", "openai/gpt-4-0314"), ("2023-06", "openai/gpt-4-0613"),
    ("2023-11", "openai/gpt-4-1106-preview"), ("2024-05", "openai/gpt-4o-2024-05-13"),
    ("2024-08", "openai/gpt-4o-2024-08-06"),
    ("2024-09", "openai/o1-preview-2024-09-12"), ("2024-12", "openai/o1-2024-12-17"),
    ("2025-05", "openai/o3-2025-04-16"), ("2025-08", "openai/gpt-5-2025-08-07"),
    ("2025-11", "openai/gpt-5.1-2025-11-13"), ("2025-12", "openai/gpt-5.2-2025-12-11"),
    ("2026-03", "openai/gpt-5.4-2026-03-05"), ("2026-04", "openai/gpt-5.5-2026-04-23"),
    ("2023-04", "anthropic/claude-1.0"), ("2023-07", "anthropic/claude-2.0"),
    ("2023-11", "anthropic/claude-2.1"), ("2024-03", "anthropic/claude-3-opus-20240229"),
    ("2024-06", "anthropic/claude-3-5-sonnet-20240620"),
    ("2024-10", "anthropic/claude-3-5-sonnet-20241022"),
    ("2025-02", "anthropic/claude-3-7-sonnet-20250219"),
    ("2025-05", "anthropic/claude-opus-4-20250514"),
    ("2025-08", "anthropic/claude-opus-4-1-20250805"),
    ("2025-11", "anthropic/claude-opus-4-5-20251101"), ("2026-02", "anthropic/claude-opus-4-6"),
    ("2026-04", "anthropic/claude-opus-4-7"),
    ("2024-08", "google/gemini-1.5-pro-001"), ("2024-10", "google/gemini-1.5-pro-002"),
    ("2025-06", "google/gemini-2.5-pro"), ("2025-11", "google/gemini-3-pro-preview"),
    ("2026-02", "google/gemini-3.1-pro-preview"),
    ("2023-12", "mistral/mistral-medium-2312"), ("2024-03", "mistral/mistral-large-2402"),
    ("2024-08", "mistral/mistral-large-2407"), ("2025-01", "mistral/mistral-large-2411"),
    ("2025-12", "mistral/mistral-large-2512"),
    ("2024-11", "xai/grok-beta"), ("2025-01", "xai/grok-2-1212"), ("2025-05", "xai/grok-3"),
    ("2025-07", "xai/grok-4-0709"), ("2026-03", "xai/grok-4.20-0309-reasoning"),
    ("2025-01", "deepseek/deepseek-r1-0120"), ("2025-06", "deepseek/deepseek-r1-0528"),
    ("2025-09", "deepseek/deepseek-v3.2-exp"), ("2025-12", "deepseek/deepseek-v3.2"),
    ("2026-04", "deepseek/deepseek-v4-pro"),
]  # fmt: skip
#: What changed between two readings leaves the days between without an answer: Mistral's move from
#: euros to dollars, and the months in which DeepSeek's names moved faster than they were read.
UNKNOWN_THEN = {
    ("2024-02", "mistral/mistral-medium-2312"), ("2025-05", "deepseek/deepseek-r1-0120"),
    ("2025-08", "deepseek/deepseek-r1-0528"),
}  # fmt: skip
MONTH_ENDS = [
    date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)
    for year in range(2023, 2027)
    for month in range(1, 13)
    if "2023-03" <= f"{year}-{month:02d}" <= "2026-06"
]


def flagships_on(day: date) -> dict[str, str]:
    """Every vendor's flagship on a day, by vendor."""
    past = sorted(flagship for flagship in FLAGSHIPS if flagship[0] <= f"{day:%Y-%m}")
    return {model_id.split("/")[0]: model_id for _, model_id in past}


def test_every_month_has_list_prices_of_the_flagships(edition: Connection) -> None:
    missing = []
    for day in MONTH_ENDS:
        priced = {
            model_id
            for (model_id,) in rows(
                edition,
                f"select model_id from prices_on(date '{day}', null) where is_list_price",
            )
        }
        missing += [
            (f"{day:%Y-%m}", model_id)
            for model_id in flagships_on(day).values()
            if model_id not in priced and (f"{day:%Y-%m}", model_id) not in UNKNOWN_THEN
        ]
    assert len(MONTH_ENDS) == 40
    assert missing == []


@pytest.mark.parametrize(
    ("segment", "since"),
    [("premium_reasoning", "2023-03"), ("math_reasoning", "2023-03"),
     ("conversational", "2023-03"), ("developer_midrange", "2023-06"),
     ("capable_low_cost", "2023-06"), ("algorithmic_coding", "2023-11")],
)  # fmt: skip
def test_every_month_has_models_in_the_segment(
    edition: Connection, segment: str, since: str
) -> None:
    for day in (day for day in MONTH_ENDS[::3] if f"{day:%Y-%m}" >= since):
        [(members,)] = rows(
            edition, f"select count(*) from standing_on('{segment}', date '{day}', null)"
        )
        assert members > 0, (segment, day)


def test_the_edition_answers_with_what_was_known_then(edition: Connection) -> None:
    """In most months the flagships' prices stood in a publication of that month or before."""
    known = asked = 0
    for day in MONTH_ENDS:
        priced = {
            model_id
            for (model_id,) in rows(
                edition,
                f"select model_id from prices_on(date '{day}', date '{day}') where is_list_price",
            )
        }
        asked += len(flagships_on(day))
        known += len(priced & set(flagships_on(day).values()))
    assert known >= 0.8 * asked
