"""On the archive: the fit agrees with the published index, beats the plain fit, and is honest."""

import runpy
import time
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from feeds import rows

from pipelines.analysis.item_response import estimate
from pipelines.settings import PROJECT
from pipelines.tables import Connection

pytestmark = pytest.mark.archive


@pytest.fixture(scope="module")
def benchmark() -> dict[str, Any]:
    return runpy.run_path(str(PROJECT / "benchmarks" / "capability.py"))


@pytest.fixture(scope="module")
def scores(archive: Path, benchmark: dict[str, Any]) -> pd.DataFrame:
    found: pd.DataFrame = benchmark["epoch_scores"](archive)
    return found


def test_the_inputs_are_those_of_the_published_index(scores: pd.DataFrame) -> None:
    sizes = len(scores), scores["model"].nunique(), scores["benchmark"].nunique()
    assert sizes == (1324, 179, 38)


def test_the_fit_agrees_with_the_published_index(
    archive: Path, benchmark: dict[str, Any], scores: pd.DataFrame
) -> None:
    """0.97 is what resampling Epoch's rows leaves of the rank correlation: its noise ceiling."""
    found = benchmark["agreement"](archive, estimate(scores))
    assert {what: count for what, (_, count) in found.items()} == {
        "versions": 141,
        "groups": 109,
        "difficulties": 34,
    }
    assert found["versions"][0] >= 0.97
    assert found["groups"][0] >= 0.99
    assert found["difficulties"][0] >= 0.95


def test_the_anchors_have_their_published_values(
    archive: Path, benchmark: dict[str, Any], scores: pd.DataFrame, archive_warehouse: Connection
) -> None:
    values = benchmark["anchored"](archive, estimate(scores))["ours"]
    assert values["Claude 3.5 Sonnet"] == pytest.approx(130)
    assert values["GPT-5"] == pytest.approx(150)
    stored = rows(
        archive_warehouse,
        "select a.index_value, c.capability from core.capability_anchors as a "
        "inner join analysis.capabilities as c on c.model_id = a.model_id "
        "where c.basket_kind = 'overall' and c.known_on = "
        "(select max(f.known_on) from analysis.fits as f)",
    )
    assert sorted(round(value, 6) for value, _ in stored) == [130, 150]
    assert all(value == pytest.approx(found) for value, found in stored)


def test_held_out_scores_are_predicted_better_than_by_the_plain_fit(
    benchmark: dict[str, Any], scores: pd.DataFrame
) -> None:
    found = benchmark["hold_outs"](scores)
    _, _, high = benchmark["paired"](found)
    assert len(found) == 20
    assert high < 0
    assert 0.75 <= found["covered"].mean() <= 0.85


def test_a_fit_of_the_size_of_the_index_takes_a_fifth_of_a_second(scores: pd.DataFrame) -> None:
    seconds = []
    for _ in range(5):
        started = time.process_time()
        estimate(scores)
        seconds.append(time.process_time() - started)
    assert min(seconds) <= 0.2


def test_what_is_said_when_a_model_is_first_measured_holds_later(
    archive_warehouse: Connection,
) -> None:
    """Of models whose evidence at least doubled since, 80% intervals cover today's estimate.

    In logits, for the unit of early fits is a convention.
    """
    [(models, covered)] = rows(
        archive_warehouse,
        "with first as (select c.model_id, c.basket_id, min(c.known_on) as known_on "
        "from analysis.capabilities as c "
        "where c.evidence_share > 0 and c.basket_kind in ('overall', 'ability') group by all) "
        "select count(*), avg(case when abs((n.capability - 130) / g.points_per_logit "
        "- (c.capability - 130) / f.points_per_logit) <= (c.capability_high - c.capability) "
        "/ f.points_per_logit then 1 else 0 end) from first as o "
        "inner join analysis.capabilities as c on c.model_id = o.model_id "
        "and c.basket_id = o.basket_id and c.known_on = o.known_on and c.basket_kind <> 'segment' "
        "inner join analysis.fits as f on f.known_on = c.known_on "
        "inner join (select max(l.known_on) as known_on from analysis.fits as l) as l on true "
        "inner join analysis.fits as g on g.known_on = l.known_on "
        "inner join analysis.capabilities as n on n.model_id = c.model_id "
        "and n.basket_kind = c.basket_kind and n.basket_id = c.basket_id "
        "and n.known_on = l.known_on where n.results >= 2 * c.results and c.is_anchored",
    )
    assert models > 200
    assert covered >= 0.75


# ------------------------------------------------------------------ the market of 2024-09-12

O1_MINI, O1_PREVIEW = "openai/o1-mini-2024-09-12", "openai/o1-preview-2024-09-12"
SONNET = "anthropic/claude-3-5-sonnet-20240620"


def probability(
    connection: Connection, one: str, other: str, basket: str, known_by: str | None
) -> float | None:
    """P(one is abler) from what was known by a day; none where one of them has no result."""
    [(found,)] = rows(
        connection,
        "select c.probability_above from comparison_on(?, ?, ?) as c "
        "where c.basket_id = ? and c.basket_kind <> 'segment'",
        [one, other, known_by, basket],
    )
    return None if found is None else float(found)


@pytest.mark.parametrize(
    ("basket", "other", "low", "high"),
    [
        ("competition_math", O1_PREVIEW, 0.9, 1.0),
        ("competition_math", SONNET, 0.9, 1.0),
        ("algorithmic_coding", O1_PREVIEW, 0.9, 1.0),
        ("algorithmic_coding", SONNET, 0.9, 1.0),
        ("code_editing", SONNET, 0.0, 0.4),
        ("knowledge", O1_PREVIEW, 0.0, 0.05),
        ("overall", O1_PREVIEW, 0.2, 0.8),
    ],
)
def test_with_hindsight_o1_mini_stands_where_its_benchmarks_put_it(
    archive_warehouse: Connection, basket: str, other: str, low: float, high: float
) -> None:
    found = probability(archive_warehouse, O1_MINI, other, basket, None)
    assert found is not None
    assert low <= found <= high


def test_the_day_after_intervals_are_wider_and_abilities_without_results_are_named(
    archive_warehouse: Connection,
) -> None:
    def overall(known_by: str) -> tuple[float, str]:
        [(width, missing)] = rows(
            archive_warehouse,
            "select (c.capability_high - c.capability_low) / f.points_per_logit, "
            "c.abilities_without_evidence from analysis.capabilities as c "
            "inner join analysis.fits as f on f.known_on = c.known_on "
            "where c.model_id = ? and c.basket_kind = 'overall' and c.known_on = "
            "(select max(l.known_on) from analysis.fits as l where l.known_on <= ?)",
            [O1_MINI, known_by],
        )
        return width, missing or ""

    width_then, missing_then = overall("2024-09-13")
    width_now, missing_now = overall("9999-12-31")
    assert width_then > 2 * width_now
    assert {"knowledge", "preference"} <= set(missing_then.split())
    assert missing_now == ""
    assert probability(archive_warehouse, O1_MINI, SONNET, "knowledge", "2024-09-13") is None
    ahead = probability(archive_warehouse, O1_MINI, O1_PREVIEW, "competition_math", "2024-09-13")
    assert ahead is not None
    assert ahead > 0.9
