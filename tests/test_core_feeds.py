"""Results, releases, retirements and usage of the feeds reach core under the right versions."""

import csv
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from feeds import rows

from pipelines import identity
from pipelines.identity import (
    Identity,
    Registry,
    dated_siblings,
    normalise,
    without_configuration,
    word_bag,
)
from pipelines.tables import Connection

Resolve = Callable[[str, str], Identity]


def registry_of(connection: Connection) -> Registry:
    queries = {name: query for name, query in identity.READS.items() if name != "spellings"}
    queries["models"] = "select * from core.models"
    registry = Registry(**{name: connection.execute(q).df() for name, q in queries.items()})
    for alias, model_id in rows(connection, "select alias, model_id from core.undated_names"):
        registry.point(alias, model_id)
    return registry


@pytest.fixture(scope="module")
def resolve(warehouse: Connection) -> Resolve:
    return registry_of(warehouse).resolve


# ------------------------------------------------------------------ configurations in names


@pytest.mark.parametrize(
    ("name", "bare", "configuration"),
    [
        ("zeta-2024-09-12_high", "zeta-2024-09-12", "effort high"),
        ("zeta-2024-09-12-medium", "zeta-2024-09-12", "effort medium"),
        ("zeta-20250219_16K", "zeta-20250219", "thinking 16K"),
        ("zeta-20250219-thinking-64k", "zeta-20250219", "thinking 64K"),
        ("zeta-20250219 (32k thinking tokens)", "zeta-20250219", "thinking 32K"),
        ("Zeta (thinking)", "Zeta", "thinking"),
        ("Zeta-2024-12-17 (N=1) (Low)", "Zeta-2024-12-17", "effort low"),
        ("Zeta-2024-12-17 (N=1) (Med)", "Zeta-2024-12-17", "effort medium"),
        ("zeta_unknown", "zeta", None),
    ],
)
def test_a_recognised_configuration_is_taken_off(
    name: str, bare: str, configuration: str | None
) -> None:
    assert without_configuration(name) == (bare, configuration)


@pytest.mark.parametrize("name", ["zeta-medium", "zeta-max", "Zeta-2_7b", "zeta-8B", "zeta_5"])
def test_parts_of_names_are_no_configuration(name: str) -> None:
    assert without_configuration(name) == (name, None)


def test_a_configuration_of_no_known_version_resolves_nothing(resolve: Resolve) -> None:
    found = resolve("epoch_hub", "zeta-9-2024-09-12_high")
    assert (found.status, found.target) == ("unknown", None)
    assert found.candidates


def test_two_sources_of_one_lineage_share_their_aliases(resolve: Resolve) -> None:
    for source in ("epoch_hub", "epoch_stitching"):
        found = resolve(source, "o1-mini-2024-09-12_high")
        assert found.configuration == "effort high"
        assert found.target == "o1-mini-2024-09-12_high in epoch_hub"


def test_a_priced_configuration_is_a_variant_and_no_list_price(resolve: Resolve) -> None:
    found = resolve("openrouter", "openai/gpt-4o-2024-08-06 (high)")
    assert (found.target, found.variant) == ("openai/gpt-4o-2024-08-06", "effort high")


# ------------------------------------------------------------------ rules that bring names together


def test_words_may_change_places_and_numbers_may_not(resolve: Resolve) -> None:
    assert word_bag("gemini-flash-1-5-002") == word_bag("gemini-1-5-flash-002")
    assert word_bag("llama-3-1-8b") != word_bag("llama-1-3-8b")
    found = resolve("openrouter", "google/gemini-flash-1.5-002")
    assert found.target == "google/gemini-1.5-flash-002"
    assert resolve("openrouter", "google/gemini-flash-1.5-8b-002").status == "unknown"


def test_an_undated_name_means_its_only_dated_version() -> None:
    assert dated_siblings(["v/zeta", "v/zeta-2026-01-10"], []) == {"v/zeta": "v/zeta-2026-01-10"}


def test_with_two_dated_versions_the_undated_name_is_not_guessed() -> None:
    assert dated_siblings(["v/zeta", "v/zeta-2026-01-10"], ["v/zeta-2025-01-10"]) == {}


def test_a_month_in_a_name_dates_nothing() -> None:
    assert dated_siblings(["v/zeta", "v/zeta-2506"], []) == {}


def test_the_day_of_a_listing_does_not_settle_a_moving_name(resolve: Resolve) -> None:
    """OpenRouter ends its permanent names with the day of its own listing."""
    moving = resolve("openrouter_rankings_daily", "openai/gpt-4o-20260101")
    assert moving.status == "unknown"
    still = resolve("openrouter_rankings_daily", "openai/o1-mini-20260101")
    assert still.target == "openai/o1-mini"
    other = resolve("models_dev", "openai/o1-mini-20260101")
    assert other.status == "unknown"


def test_a_clouds_dotted_name_of_another_firm_registers_nothing(warehouse: Connection) -> None:
    assert identity.other_maker("writer.palmyra-x5-v1:0")
    assert not identity.other_maker("amazon.nova-lite-v1:0")
    assert not identity.other_maker("zeta-4.5")


@pytest.mark.parametrize("name", ["gpt-4o-mini-2024-07-18.ft-", "ft:gpt-4o-2024-08-06", "x-auto"])
def test_fine_tunes_and_routes_are_no_versions(name: str) -> None:
    assert identity.NOT_A_VERSION.search(name)


# ------------------------------------------------------------------ results


def test_an_effort_in_the_name_becomes_part_of_the_results_key(warehouse: Connection) -> None:
    found = rows(
        warehouse,
        "select r.configuration, round(r.score, 1) from core.results as r "
        "where r.source = 'epoch_hub' and r.model_id = 'openai/o1-mini-2024-09-12' "
        "and r.benchmark_id = 'gpqa_diamond'",
    )
    assert found == [("effort high", Decimal("62.4"))]


def test_a_feeds_result_is_known_from_the_day_it_was_seen(warehouse: Connection) -> None:
    assert (
        rows(
            warehouse,
            "select r.result_id from core.results as r inner join raw.fetches as f "
            "on f.fetch_id = r.fetch_id where r.known_at < f.fetched_at "
            "or r.published_on <> cast(r.known_at as date)",
        )
        == []
    )


def test_public_and_private_halves_are_separate_benchmarks(warehouse: Connection) -> None:
    found = rows(
        warehouse,
        "select distinct benchmark_id from core.results "
        "where benchmark_id like 'frontiermath%' and source <> 'edition' order by 1",
    )
    assert found == [("frontiermath_private",), ("frontiermath_public",)]


@pytest.mark.parametrize(
    ("spelling", "never"),
    [("OTIS Mock AIME 2024-2025", "aime_2024"), ("MATH level 5", "math_500")],
)
def test_like_named_tests_are_not_mapped_to_each_other(
    warehouse: Connection, spelling: str, never: str
) -> None:
    found = rows(
        warehouse,
        "select distinct benchmark_id from seeds.benchmark_spellings where spelling = ?",
        [spelling],
    )
    assert len(found) == 1
    assert found != [(never,)]


def test_every_mapped_benchmark_is_known(warehouse: Connection) -> None:
    assert (
        rows(
            warehouse,
            "select p.spelling from seeds.benchmark_spellings as p left join core.benchmarks as b "
            "on b.benchmark_id = p.benchmark_id where b.benchmark_id is null",
        )
        == []
    )


def test_every_run_of_a_result_is_used_quarantined_or_counted(warehouse: Connection) -> None:
    [(lost,)] = rows(
        warehouse,
        """
        select count(*)
        from staging.every_results as r
        left join core.results as f
            on f.result_id
                = md5(r.source || '|' || r.key || '|' || cast(r.first_seen_at as varchar))
        left join core.quarantine as q
            on q.source = r.source and q.spelling = r.key and q.fetch_id = r.fetch_id
        left join core.unresolved_names as n on n.source = r.source and n.spelling = r.spelling
        left join core.unresolved_benchmarks as b
            on b.source = r.source and b.spelling = r.benchmark_spelling
            and b.release_or_none = coalesce(r.benchmark_release, 'none')
        where f.result_id is null and q.spelling is null and n.spelling is null
            and b.spelling is null
        """,
    )
    assert lost == 0


def test_quarantined_results_keep_their_reason(warehouse: Connection) -> None:
    found = rows(
        warehouse,
        "select distinct q.reason from core.quarantine as q "
        "where q.source = 'aider' and q.stage = 'staging'",
    )
    assert ("a pair of models, not one",) in found


# ------------------------------------------------------------------ releases, retirements, usage


def test_a_release_claim_that_agrees_with_either_of_our_days_is_no_dispute(
    warehouse: Connection,
) -> None:
    """o1 was announced on 2024-12-05 and sold from 2024-12-17."""
    found = rows(
        warehouse,
        "select days_after_announcement, days_after_api, is_disputed "
        "from marts.release_disagreements "
        "where model_id = 'openai/o1-2024-12-17' and released_on = '2024-12-17'::date",
    )
    assert found == [(12, 0, False)]


def test_release_claims_that_are_not_used_keep_their_reason(warehouse: Connection) -> None:
    [(kept, staged)] = rows(
        warehouse,
        "select (select count(*) from core.releases_seen), "
        "(select count(*) from staging.every_releases)",
    )
    assert kept == staged
    assert (
        rows(
            warehouse,
            "select key from core.releases_seen where quarantine_reason is not null "
            "and model_id is not null",
        )
        == []
    )


def test_a_host_retires_only_its_own_offering(warehouse: Connection) -> None:
    found = rows(
        warehouse,
        "select distinct model_id, host_id, is_by_vendor from core.retirements_seen "
        "where key in ('OpenAI/o1-mini', 'Azure/gpt-4.1') and quarantine_reason is null "
        "order by 1",
    )
    assert found == [
        ("openai/gpt-4.1-2025-04-14", "azure", False),
        ("openai/o1-mini-2024-09-12", "openai", True),
    ]


def test_the_replacement_is_resolved_too(warehouse: Connection) -> None:
    assert rows(
        warehouse,
        "select distinct replacement_model_id from core.retirements_seen "
        "where key = 'OpenAI/o1-mini' and quarantine_reason is null",
    ) == [("openai/o4-mini-2025-04-16",)]


def test_usage_of_models_nobody_knows_stays_for_the_totals(warehouse: Connection) -> None:
    [(kept, staged)] = rows(
        warehouse,
        "select (select sum(tokens) from core.usage), (select sum(tokens) "
        "from staging.every_usage where quarantine_reason is null)",
    )
    assert kept == staged
    assert rows(warehouse, "select model_id from core.usage where spelling = 'other'")[0] == (None,)


# ------------------------------------------------------------------ the archive


@pytest.mark.archive
@pytest.mark.parametrize(
    ("source", "share"),
    [("litellm", 0.55), ("models_dev", 0.5), ("openrouter", 0.4), ("epoch_hub", 0.5),
     ("epoch_stitching", 0.4), ("livebench", 0.55), ("livecodebench", 0.9), ("llmstats", 0.55),
     ("simple_evals", 0.7), ("aider", 0.55), ("swebench", 0.6), ("lmarena", 0.3)],
)  # fmt: skip
def test_a_known_share_of_every_sources_names_resolves(
    archive_warehouse: Connection, source: str, share: float
) -> None:
    [(found,)] = rows(
        archive_warehouse,
        "select avg(case when n.status = 'resolved' then 1 else 0 end) from core.names as n "
        "where n.source = ?",
        [source],
    )
    assert found >= share


@pytest.mark.archive
def test_no_result_of_the_archive_is_lost(archive_warehouse: Connection) -> None:
    test_every_run_of_a_result_is_used_quarantined_or_counted(archive_warehouse)


@pytest.mark.archive
def test_a_name_is_not_read_as_a_version_that_did_not_exist_yet(
    archive_warehouse: Connection,
) -> None:
    """simple-evals' undated row of August 2024 is no run of the version of December."""
    assert (
        rows(
            archive_warehouse,
            "select f.spelling from core.results as f inner join core.aliases as a "
            "on a.alias = f.model_id and f.model_id = 'xai/grok-2-1212' "
            "where f.published_on < '2024-12-12'::date",
        )
        == []
    )


@pytest.mark.archive
def test_known_results_of_the_archive_are_found(archive_warehouse: Connection) -> None:
    for source, model_id, benchmark_id, configuration, score in (
        ("epoch_hub", "openai/o1-preview-2024-09-12", "gpqa_diamond", None, "50.3"),
        ("epoch_hub", "openai/o1-mini-2024-09-12", "gpqa_diamond", "effort high", "62.4"),
        ("simple_evals", "openai/o1-mini-2024-09-12", "mmlu", "0-shot CoT", "85.2"),
        ("livebench", "openai/o1-mini-2024-09-12", "livebench_global", None, "59.1"),
        ("livecodebench", "openai/o1-preview-2024-09-12", "livecodebench", None, "54.8"),
    ):
        found = rows(
            archive_warehouse,
            "select score from core.results where source = ? and model_id = ? "
            "and benchmark_id = ? and configuration is not distinct from ?",
            [source, model_id, benchmark_id, configuration],
        )
        assert any(abs(s - Decimal(score)) <= Decimal("0.06") for (s,) in found), (source, found)


#: The verified cases' names of sources; those of no feed of ours are left out.
SOURCES = {
    "artificial-analysis": "artificial_analysis", "artificial_analysis": "artificial_analysis",
    "epoch": "epoch_hub", "epoch_hub": "epoch_hub", "evalplus": "evalplus",
    "aider_o1_results": "aider", "litellm": "litellm", "livebench": "livebench",
    "livecodebench": "livecodebench", "llm-prices": "llm_prices", "llmstats": "llmstats",
    "lmarena": "lmarena", "models.dev": "models_dev", "openrouter": "openrouter",
    "sanand0-llmpricing": "sanand0_llmpricing", "simple_evals": "simple_evals",
    "swebench_tags": "swebench",
}  # fmt: skip


@pytest.mark.archive
def test_no_verified_pair_is_merged_wrongly(archive_warehouse: Connection, gold: Path) -> None:
    """A pair that is not the same version never resolves to one; a setting may tell it apart."""
    registry = registry_of(archive_warehouse)
    undated = dict(rows(archive_warehouse, "select alias, model_id from core.undated_names"))
    with (gold / "entity_cases.csv").open(newline="") as file:
        cases = list(csv.DictReader(file))
    wrong, compared = [], 0
    for case in cases:
        meant = []
        for end in ("a", "b"):
            source, _, stated = case[f"source_{end}"].partition("@")
            if source not in SOURCES:
                continue
            spelling = case[f"id_{end}"].removeprefix("Model: ")
            found = registry.resolve(SOURCES[source], spelling)
            day = stated.replace("_", "-") or "2024-09-12"
            version = rows(
                archive_warehouse,
                "select model_id from core.aliases where alias = ? and valid_from <= ? "
                "and valid_to > ?",
                [found.target, date.fromisoformat(day), date.fromisoformat(day)],
            )
            target = version[0][0] if version else undated.get(found.target or "", found.target)
            meant.append((found.status, target, found.configuration, found.variant))
        if len(meant) < 2 or any(status != "resolved" for status, *_ in meant):
            continue
        compared += 1
        same = meant[0][1] == meant[1][1]
        told_apart = meant[0][2:] != meant[1][2:]
        if case["same_model"] == "false" and same and not told_apart:
            wrong.append((case["id_a"], case["id_b"], meant))
    assert wrong == []
    assert compared >= 15


@pytest.mark.archive
def test_no_two_registered_versions_share_a_name(archive_warehouse: Connection) -> None:
    known = [m for (m,) in rows(archive_warehouse, "select model_id from core.models")]
    undated = {a for (a,) in rows(archive_warehouse, "select alias from core.undated_names")}
    assert not undated & set(known)
    assert len({normalise(m) for m in known}) == len(known)
    assert not [m for m in known if identity.NOT_A_VERSION.search(m) and ".ft-" in m]
