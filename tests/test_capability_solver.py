"""The solver eliminates models and deviations; what it finds is what a dense solution would be."""

import tracemalloc

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from pipelines.analysis.capability import (
    GENERAL,
    SD_ABILITY,
    SD_CAPABILITY,
    SD_DIFFICULTY,
    SD_LOG_SLOPE,
    Array,
    Fit,
    estimate,
)

ABILITIES = [GENERAL, "coding", "knowledge", "mathematics"]


def market_of(models: int, benchmarks: int, results: int, seed: int) -> pd.DataFrame:
    """Scores of known parameters, with abilities, weights, chance levels and true deviations."""
    random = np.random.default_rng(seed)
    model = np.repeat(np.arange(models), results)
    benchmark = random.random((models, benchmarks)).argsort(axis=1)[:, :results].ravel()
    capability, difficulty = random.normal(0, 1.5, models), random.normal(0, 1.2, benchmarks)
    slope = np.exp(random.normal(0, 0.3, benchmarks))
    deviation = random.normal(0, 0.5, (models, len(ABILITIES)))
    deviation[:, 0] = 0
    ability = benchmark % len(ABILITIES)
    gap = capability[model] + deviation[model, ability] - difficulty[benchmark]
    chance = np.where(benchmark % 5 == 0, 0.25, 0.0)
    score = chance + (1 - chance) * expit(slope[benchmark] * gap)
    return pd.DataFrame(
        {
            "model": [f"m{i:05}" for i in model],
            "benchmark": [f"b{i:03}" for i in benchmark],
            "ability": [ABILITIES[i] for i in ability],
            "score": np.clip(score + random.normal(0, 0.04, len(score)), 0, 1),
            "weight": random.choice([1.0, 0.5], len(score)),
            "chance": chance,
            "deviation": deviation[model, ability],
        }
    )


def residuals(scores: pd.DataFrame, fitted: Fit, values: Array) -> Array:
    """What the fit minimises the squares of, written down name by name."""
    m, b = len(fitted.models), len(fitted.benchmarks)
    capability = dict(zip(fitted.models, values[:m], strict=True))
    difficulty = dict(zip(fitted.benchmarks, values[m : m + b], strict=True))
    log_slope = dict(zip(fitted.benchmarks, values[m + b : m + 2 * b], strict=True))
    deviation = dict(zip(fitted.pairs, values[m + 2 * b :], strict=True))
    found = []
    for row in scores.itertuples():
        able = capability[row.model] + deviation.get((row.model, row.ability), 0.0)
        solved = expit(np.exp(log_slope[row.benchmark]) * (able - difficulty[row.benchmark]))
        expected = row.chance + (1 - row.chance) * solved
        found.append(np.sqrt(row.weight) * (row.score - expected) / fitted.noise)
    sds = np.repeat(
        [SD_CAPABILITY, SD_DIFFICULTY, SD_LOG_SLOPE, SD_ABILITY], [m, b, b, len(fitted.pairs)]
    )
    return np.concatenate([found, values / sds])


def jacobian(scores: pd.DataFrame, fitted: Fit) -> Array:
    """Derivatives of the residuals by central differences: one column per parameter."""
    columns = []
    for i in range(len(fitted.values)):
        step = np.zeros(len(fitted.values))
        step[i] = 1e-5
        above = residuals(scores, fitted, fitted.values + step)
        columns.append((above - residuals(scores, fitted, fitted.values - step)) / 2e-5)
    return np.stack(columns, axis=1)


def test_the_estimate_is_a_minimum_and_the_covariance_the_inverse_hessian() -> None:
    scores = market_of(25, 12, 7, seed=1)
    fitted = estimate(scores)
    slopes = jacobian(scores, fitted)
    hessian = slopes.T @ slopes
    inverse = np.linalg.inv(hessian)
    gradient = slopes.T @ residuals(scores, fitted, fitted.values)
    assert np.abs(inverse @ gradient).max() < 1e-3
    asked: list[tuple[str, dict[str, float]]] = [
        ("m00003", {}),
        ("m00003", {"coding": 1.0}),
        ("m00007", {"coding": 0.5, "mathematics": 0.5}),
        ("m00011", {"knowledge": 0.7, "unheard of": 0.3}),
    ]
    pairs = [fitted.combination(model, weights) for model, weights in asked]
    rows, unseen = np.array([row for row, _ in pairs]), [variance for _, variance in pairs]
    dense = rows @ inverse @ rows.T + np.diag(unseen)
    assert unseen[3] >= (0.3 * SD_ABILITY) ** 2
    assert np.allclose(fitted.covariance(asked), dense, rtol=1e-3, atol=1e-6)
    m, b = len(fitted.models), len(fitted.benchmarks)
    of_benchmarks = np.diag(inverse)[m : m + 2 * b]
    assert np.allclose(np.concatenate(fitted.benchmark_variance), of_benchmarks, rtol=1e-3)


def test_all_models_at_once_are_the_models_one_by_one() -> None:
    fitted = estimate(market_of(30, 12, 5, seed=2))
    weights = {"coding": 0.6, "mathematics": 0.4}
    joint = fitted.joint(fitted.models, weights)
    covariance = joint.covariance(joint)
    assert np.allclose(np.diag(covariance), joint.variance)
    assert np.allclose(covariance, covariance.T)
    for i, model in enumerate(fitted.models):
        row, unseen = fitted.combination(model, weights)
        assert joint.values[i] == pytest.approx(row @ fitted.values)
        assert joint.unseen[i] == pytest.approx(unseen)
    asked = [(model, weights) for model in fitted.models]
    assert np.allclose(fitted.covariance(asked), covariance + np.diag(joint.unseen))


def test_the_chance_of_being_ahead_and_of_being_behind_make_one() -> None:
    """The variance of a difference does not depend on who is asked about."""
    fitted = estimate(market_of(30, 12, 5, seed=3))
    joint = fitted.joint(fitted.models, {"coding": 1.0})
    between = joint.take(np.array([4])).covariance(joint.take(np.array([9])))
    across = joint.take(np.array([9])).covariance(joint.take(np.array([4])))
    assert between[0, 0] == pytest.approx(across[0, 0], rel=1e-12)


def test_the_start_does_not_decide_where_the_search_ends() -> None:
    scores = market_of(60, 20, 8, seed=4)
    cold = estimate(scores)
    the_day_before = estimate(scores[scores["model"] < "m00050"])
    of_another_market = estimate(market_of(60, 20, 8, seed=5))
    for start in (the_day_before, of_another_market):
        warm = estimate(scores, start)
        assert np.allclose(warm.values, cold.values, atol=5e-4)
        assert warm.noise == pytest.approx(cold.noise, rel=1e-3)


def test_the_order_of_rows_changes_no_bit() -> None:
    scores = market_of(40, 15, 6, seed=6)
    shuffled = scores.sample(frac=1, random_state=1)
    once, again = estimate(scores), estimate(shuffled)
    assert once.pairs == again.pairs
    assert np.array_equal(once.values, again.values)
    assert once.noise == again.noise


def test_deviations_in_abilities_are_recovered() -> None:
    scores = market_of(80, 40, 32, seed=7)
    fitted = estimate(scores)
    true = scores.groupby(["model", "ability"])["deviation"].first()
    found = fitted.values[-len(fitted.pairs) :]
    assert np.corrcoef(found, true[fitted.pairs])[0, 1] > 0.8


def test_scores_without_any_ability_are_fitted_too() -> None:
    scores = market_of(20, 10, 5, seed=8).drop(columns=["ability", "weight", "chance"])
    fitted = estimate(scores)
    assert fitted.pairs == []
    assert np.isfinite(fitted.joint(fitted.models, {"coding": 1.0}).variance).all()


def test_memory_is_linear_in_models() -> None:
    """Of 1,000 models and 2,900 deviations, a dense covariance alone would take 120 MB."""
    scores = market_of(1000, 40, 10, seed=9)
    tracemalloc.start()
    fitted = estimate(scores)
    joint = fitted.joint(fitted.models, {"coding": 1.0})
    assert (joint.variance > 0).all()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 20e6
