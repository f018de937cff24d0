"""Results, releases, retirements and usage of the feeds reach core under the right versions."""

from decimal import Decimal

import pytest
from feeds import rows

from pipelines.tables import Connection

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
