"""The solver eliminates models and deviations; what it finds is what a dense solution would be."""

import tracemalloc

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from pipelines.analysis.item_response import (
    GENERAL,
    INDEPENDENT,
    SD_MEAN_SLOPE,
    UNSTATED,
    Array,
    Fit,
    estimate,
)

ABILITIES = [GENERAL, "coding", "knowledge", "mathematics"]
EFFORTS = [UNSTATED, UNSTATED, "high", "low"]
KINDS = [INDEPENDENT, INDEPENDENT, "official"]


def market_of(models: int, benchmarks: int, results: int, seed: int) -> pd.DataFrame:
    """Scores of known parameters: abilities, efforts, evidence, weights, chance, deviations."""
    random = np.random.default_rng(seed)
    model = np.repeat(np.arange(models), results)
    benchmark = random.random((models, benchmarks)).argsort(axis=1)[:, :results].ravel()
    capability, difficulty = random.normal(0, 1.5, models), random.normal(0, 1.2, benchmarks)
    slope = np.exp(random.normal(0, 0.3, benchmarks))
    deviation = random.normal(0, 0.5, (models, len(ABILITIES)))
    deviation[:, 0] = 0
    ability = benchmark % len(ABILITIES)
    effort, kind = random.integers(0, len(EFFORTS), len(model)), random.integers(0, 3, len(model))
    gap = capability[model] + deviation[model, ability] - difficulty[benchmark]
    gap += np.array([0, 0, 0.4, -0.6])[effort] + np.array([0, 0, 0.2])[kind]
    chance = np.where(benchmark % 5 == 0, 0.25, 0.0)
    score = chance + (1 - chance) * expit(slope[benchmark] * gap)
    return pd.DataFrame(
        {
            "model": [f"m{i:05}" for i in model],
            "benchmark": [f"b{i:03}" for i in benchmark],
            "ability": [ABILITIES[i] for i in ability],
            "effort": [EFFORTS[i] for i in effort],
            "evidence": [KINDS[i] for i in kind],
            "score": np.clip(score + random.normal(0, 0.04, len(score)), 0, 1),
            "weight": random.choice([1.0, 0.5], len(score)),
            "chance": chance,
            "deviation": deviation[model, ability],
        }
    )


def residuals(scores: pd.DataFrame, fitted: Fit, values: Array) -> Array:
    """What the fit minimises the squares of, written down name by name."""
    results, parts = fitted.results, fitted.results.split(values)

    def named(names: list, part: str) -> dict:  # type: ignore[type-arg]
        return dict(zip(names, parts[part], strict=True))

    capability = named(fitted.models, "capability")
    own_effort = named(results.efforts, "effort")
    deviation = named(results.pairs, "ability")
    difficulty = named(fitted.benchmarks, "difficulty")
    log_slope = named(fitted.benchmarks, "log_slope")
    effort, kind = named(results.levels, "effort_level"), named(results.kinds, "evidence_kind")
    noise = dict(zip(fitted.benchmarks, fitted.noise, strict=True))
    kind_noise = dict(zip(results.kinds, fitted.kind_noise, strict=True))
    found = []
    for row in scores.itertuples():
        able = capability[row.model] + deviation.get((row.model, row.ability), 0.0)
        able += effort.get(row.effort, 0.0) + own_effort.get((row.model, row.effort), 0.0)
        able += kind.get(row.evidence, 0.0)
        solved = expit(np.exp(log_slope[row.benchmark]) * (able - difficulty[row.benchmark]))
        expected = row.chance + (1 - row.chance) * solved
        sd = noise[row.benchmark] * kind_noise.get(row.evidence, 1.0)
        found.append(np.sqrt(row.weight) * (row.score - expected) / sd)
    found.append(np.mean(parts["log_slope"]) / SD_MEAN_SLOPE)
    return np.concatenate([found, values / results.spread(fitted.sds)])


def jacobian(scores: pd.DataFrame, fitted: Fit) -> Array:
    """Derivatives of the residuals by central differences: one column per parameter."""
    columns = []
    for i in range(len(fitted.values)):
        step = np.zeros(len(fitted.values))
        step[i] = 1e-5
        above = residuals(scores, fitted, fitted.values + step)
        columns.append((above - residuals(scores, fitted, fitted.values - step)) / 2e-5)
    return np.stack(columns, axis=1)


def row_of(fitted: Fit, model: str, weights: dict[str, float], effort: str) -> tuple[Array, float]:
    """Coefficients of C_m + weighted deviations at an effort, and what is unseen."""
    results, unseen = fitted.results, 0.0
    row = {name: np.zeros(size) for name, size in results.sizes.items()}
    row["capability"][fitted.models.index(model)] = 1.0
    for ability, weight in weights.items():
        if (model, ability) in results.pairs:
            row["ability"][results.pairs.index((model, ability))] = weight
        else:
            unseen += (weight * fitted.sds["ability"]) ** 2
    if effort != UNSTATED:
        row["effort_level"][results.levels.index(effort)] = 1.0
        if (model, effort) in results.efforts:
            row["effort"][results.efforts.index((model, effort))] = 1.0
        else:
            unseen += fitted.sds["effort"] ** 2
    return np.concatenate(list(row.values())), unseen


def test_the_estimate_is_a_minimum_and_the_covariance_the_inverse_hessian() -> None:
    scores = market_of(25, 12, 7, seed=1)
    fitted = estimate(scores)
    slopes = jacobian(scores, fitted)
    inverse = np.linalg.inv(slopes.T @ slopes)
    gradient = slopes.T @ residuals(scores, fitted, fitted.values)
    assert np.abs(inverse @ gradient).max() < 3e-3
    asked: list[tuple[str, dict[str, float], str]] = [
        ("m00003", {}, UNSTATED),
        ("m00003", {"coding": 1.0}, "high"),
        ("m00003", {"mathematics": 1.0}, "high"),
        ("m00007", {"coding": 0.5, "mathematics": 0.5}, "low"),
        ("m00011", {"knowledge": 0.7, "unheard of": 0.3}, UNSTATED),
    ]
    joints = [fitted.joint([model], weights, [effort]) for model, weights, effort in asked]
    rows = [row_of(fitted, *one) for one in asked]
    dense = np.array([row for row, _ in rows])
    covariance = dense @ inverse @ dense.T
    for i, one in enumerate(joints):
        assert one.values[0] == pytest.approx(dense[i] @ fitted.values)
        assert one.unseen[0] == pytest.approx(rows[i][1])
        for j, other in enumerate(joints):
            assert one.covariance(other)[0, 0] == pytest.approx(
                covariance[i, j], rel=1e-3, abs=1e-6
            )
    assert joints[4].unseen[0] >= (0.3 * fitted.sds["ability"]) ** 2
    sd = np.sqrt(fitted.results.split(np.diag(inverse))["difficulty"])
    assert np.allclose(fitted.common_sd["difficulty"], sd, rtol=1e-3)


def test_all_models_at_once_are_the_models_one_by_one() -> None:
    fitted = estimate(market_of(30, 12, 5, seed=2))
    weights = {"coding": 0.6, "mathematics": 0.4}
    efforts = fitted.best_effort(weights)
    joint = fitted.joint(fitted.models, weights, efforts)
    covariance = joint.covariance(joint)
    assert np.allclose(np.diag(covariance), joint.variance)
    assert np.allclose(covariance, covariance.T)
    for i, (model, effort) in enumerate(zip(fitted.models, efforts, strict=True)):
        one = fitted.joint([model], weights, [effort])
        assert joint.values[i] == pytest.approx(one.values[0])
        assert np.allclose(joint.covariance(one)[:, 0], covariance[:, i])


def test_a_version_stands_at_the_effort_at_which_it_was_run_and_is_ablest() -> None:
    scores = market_of(30, 12, 8, seed=3)
    fitted = estimate(scores)
    ran = scores.groupby("model")["effort"].agg(set)
    best, least = fitted.best_effort(), fitted.least_effort()
    for i, model in enumerate(fitted.models):
        able = {effort: fitted.joint([model], {}, [effort]).values[0] for effort in ran[model]}
        assert best[i] == max(able, key=lambda effort: able[effort])
        quick = UNSTATED if UNSTATED in able else min(able, key=lambda effort: able[effort])
        assert least[i] == quick
    coding = scores[scores["ability"] == "coding"].groupby("model")["effort"].agg(set)
    for model, effort in zip(fitted.models, fitted.best_effort({"coding"}), strict=True):
        assert effort in coding.get(model, ran[model])


def test_efforts_and_what_vendors_add_are_recovered() -> None:
    fitted = estimate(market_of(150, 30, 12, seed=4))
    assert fitted.results.levels == ["high", "low"]
    assert np.allclose(fitted.parts["effort_level"], [0.4, -0.6], atol=0.12)
    assert fitted.parts["evidence_kind"][0] == pytest.approx(0.2, abs=0.06)


def test_the_order_of_rows_changes_no_bit() -> None:
    scores = market_of(40, 15, 6, seed=6)
    shuffled = scores.sample(frac=1, random_state=1)
    once, again = estimate(scores), estimate(shuffled)
    assert once.results.pairs == again.results.pairs
    assert np.array_equal(once.values, again.values)
    assert once.sds == again.sds
    assert np.array_equal(once.noise, again.noise)


def test_deviations_in_abilities_are_recovered() -> None:
    scores = market_of(80, 40, 32, seed=7)
    fitted = estimate(scores)
    true = scores.groupby(["model", "ability"])["deviation"].first()
    found = fitted.parts["ability"]
    assert np.corrcoef(found, true[fitted.results.pairs])[0, 1] > 0.8


def test_how_much_abilities_differ_is_learned() -> None:
    """Deviations of 0.5 here; none there, but for the imagined cases of the prior."""
    scores = market_of(120, 40, 30, seed=8)
    assert estimate(scores).sds["ability"] == pytest.approx(0.5, abs=0.1)
    alike = scores.assign(ability=np.random.default_rng(0).permutation(scores["ability"]))
    assert estimate(alike).sds["ability"] < 0.35


def test_a_noisy_benchmark_is_known_to_be_noisy() -> None:
    scores = market_of(100, 12, 9, seed=9)
    random = np.random.default_rng(9)
    noisy = scores["benchmark"] == "b003"
    shaken = np.clip(scores["score"] + noisy * random.normal(0, 0.2, len(scores)), 0, 1)
    fitted = estimate(scores.assign(score=shaken))
    noise = dict(zip(fitted.benchmarks, fitted.noise, strict=True))
    assert noise["b003"] > 2 * np.median(fitted.noise)


def test_new_scores_are_predicted_with_honest_intervals() -> None:
    covered = []
    for seed in range(5):
        scores = market_of(60, 20, 9, seed=20 + seed)
        held = np.random.default_rng(seed).random(len(scores)) < 0.2
        fitted = estimate(scores[~held])
        new = scores[held & scores["model"].isin(fitted.models)]
        mean, sd = fitted.predict(new)
        covered.append(np.abs(new["score"] - mean) < 1.2816 * sd)
    assert 0.72 < np.concatenate(covered).mean() < 0.9


def test_scores_without_any_ability_are_fitted_too() -> None:
    columns = ["ability", "effort", "evidence", "weight", "chance"]
    fitted = estimate(market_of(20, 10, 5, seed=8).drop(columns=columns))
    assert fitted.results.pairs == []
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
    assert peak < 30e6
