"""How able each model is: a joint logistic fit of all results, overall and per ability.

Model, for a result of model m on benchmark b that is evidence for ability k(b):

    score = chance_b + (ceiling_b - chance_b) * sigmoid(a_b * (C_m + d_mk - D_b)) + noise

C is capability, d the deviation in one ability (pulled to 0: partial pooling, so that a model with
two results still gets an honest, wide interval), D difficulty, a slope. The estimate minimises

    sum w (score - fit)^2 / s^2 + sum C^2/sC^2 + sum D^2/sD^2 + sum (log a)^2/sa^2 + sum d^2/sd^2

by Levenberg-Marquardt with the analytic Jacobian; s is re-estimated from the residuals. Intervals
are Laplace's: the inverse of the Hessian's Gauss-Newton form. Differences use the covariance, so
that P(A > B) knows that both were measured against the same benchmarks.

Source: the two-parameter logistic of Epoch AI's Capabilities Index (A Rosetta Stone for AI
Benchmarks, 2025; https://epoch.ai/benchmarks/eci); abilities, priors and intervals are ours.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit
from scipy.stats import norm

Array = NDArray[np.float64]

#: Standard deviations of the priors, on the logit scale of an average benchmark.
SD_CAPABILITY = 2.0
SD_DIFFICULTY = 2.0
SD_LOG_SLOPE = 0.5
SD_ABILITY = 0.6
#: Noise of a score, share of points: where the re-estimation starts, and its bounds.
NOISE_START, NOISE_LEAST, NOISE_MOST = 0.08, 0.03, 0.2
INTERVAL = 0.8
#: Index points per unit of the logit scale.
POINTS = 20.0
#: Index value of the prior mean in fits from days before any anchor model was measured.
UNANCHORED_VALUE = 100.0
GENERAL = "general"
OVERALL = "overall"

READS = {
    "results": (
        "select r.model_id, r.benchmark_id, r.benchmark_release, r.score_share, r.evidence, "
        "r.published_on, b.ability_id, b.chance_share, b.ceiling_share from core.results as r "
        "inner join core.benchmarks as b on b.benchmark_id = r.benchmark_id "
        "where r.is_headline_metric"
    ),
    "baskets": "select * from core.segment_baskets",
    "anchors": "select * from core.capability_anchors",
    "events": "select e.event_id, e.effective_on from core.events as e",
    "releases": "select r.event_id, r.model_id from core.releases as r",
}


@dataclass(frozen=True)
class Fit:
    """A fitted model: point estimates and their joint covariance, on the logit scale.

    `values` and the rows of `covariance` are ordered: capabilities, difficulties, log slopes,
    ability deviations (one per pair in `pairs`).
    """

    models: list[str]
    benchmarks: list[str]
    pairs: list[tuple[str, str]]
    values: Array
    covariance: Array
    noise: float

    def combination(self, model: str, weights: dict[str, float]) -> tuple[Array, float]:
        """Coefficients of C_m + sum of weighted deviations, and the variance of what is unseen.

        A deviation without evidence is 0 with its prior's variance.
        """
        row = np.zeros(len(self.values))
        row[self._model_at[model]] = 1.0
        unseen = 0.0
        for ability, weight in weights.items():
            at = self._pair_at.get((model, ability))
            if at is None:
                unseen += (weight * SD_ABILITY) ** 2
            else:
                row[at] = weight
        return row, unseen

    @cached_property
    def _model_at(self) -> dict[str, int]:
        return {model: i for i, model in enumerate(self.models)}

    @cached_property
    def _pair_at(self) -> dict[tuple[str, str], int]:
        offset = len(self.models) + 2 * len(self.benchmarks)
        return {pair: offset + i for i, pair in enumerate(self.pairs)}


def estimate(scores: pd.DataFrame) -> Fit:
    """Fit the model.

    `scores`: one row per result with `model`, `benchmark`, `score` (share of points, 0 to 1) and,
    if known, `ability` (default `general`), `weight`, `chance`, `ceiling`. Repeats are welcome:
    give each a weight. Raises ValueError on an empty frame or a score outside 0 to 1.
    """
    if scores.empty:
        raise ValueError("no scores to fit")
    if not scores["score"].between(0, 1).all():
        raise ValueError("a score is a share of points: 0 to 1")
    model, models = pd.factorize(scores["model"], sort=True)
    benchmark, benchmarks = pd.factorize(scores["benchmark"], sort=True)
    ability = scores.get("ability", pd.Series(GENERAL, index=scores.index)).fillna(GENERAL)
    weight = scores.get("weight", pd.Series(1.0, index=scores.index)).to_numpy(float)
    chance = scores.get("chance", pd.Series(0.0, index=scores.index)).to_numpy(float)
    ceiling = scores.get("ceiling", pd.Series(1.0, index=scores.index)).to_numpy(float)
    score = scores["score"].to_numpy(float)
    has_pair = (ability != GENERAL).to_numpy()
    pair_names = list(zip(scores["model"], ability, strict=True))
    pairs = sorted({name for name, use in zip(pair_names, has_pair, strict=True) if use})
    pair_at = {name: i for i, name in enumerate(pairs)}
    pair = np.array([pair_at.get(name, -1) for name in pair_names])

    n_models, n_benchmarks, n_pairs = len(models), len(benchmarks), len(pairs)
    n_core = n_models + 2 * n_benchmarks
    span = ceiling - chance
    prior = np.concatenate(
        [
            np.full(n_models, SD_CAPABILITY**-2),
            np.full(n_benchmarks, SD_DIFFICULTY**-2),
            np.full(n_benchmarks, SD_LOG_SLOPE**-2),
        ]
    )
    prior_pair = np.full(n_pairs, SD_ABILITY**-2)
    core, deviation = np.zeros(n_core), np.zeros(n_pairs)
    noise = NOISE_START

    def parts(core: Array, deviation: Array) -> tuple[Array, Array, Array]:
        slope = np.exp(core[n_models + n_benchmarks :])[benchmark]
        gap = core[:n_models][model] - core[n_models : n_models + n_benchmarks][benchmark]
        if n_pairs:
            gap = gap + np.where(has_pair, deviation[pair], 0.0)
        return expit(slope * gap), slope, gap

    def loss(core: Array, deviation: Array) -> float:
        solved, _, _ = parts(core, deviation)
        residual = score - chance - span * solved
        return float(
            np.sum(weight * residual**2) / noise**2
            + np.sum(prior * core**2)
            + np.sum(prior_pair * deviation**2)
        )

    def system(core: Array, deviation: Array) -> tuple[Array, Array, Array, Array, Array]:
        """Gauss-Newton blocks: core, core x pair, pair diagonal, and the gradients."""
        solved, slope, gap = parts(core, deviation)
        residual = score - chance - span * solved
        slant = span * solved * (1 - solved)
        rows = np.arange(len(score))
        jacobian = np.zeros((len(score), n_core))
        jacobian[rows, model] = slant * slope
        jacobian[rows, n_models + benchmark] = -slant * slope
        jacobian[rows, n_models + n_benchmarks + benchmark] = slant * slope * gap
        weighted = jacobian * (weight / noise**2)[:, None]
        along = np.where(has_pair, slant * slope, 0.0)
        cross = np.zeros((n_core, n_pairs))
        if n_pairs:
            np.add.at(cross.T, pair[has_pair], weighted[has_pair] * along[has_pair, None])
        strength = weight / noise**2
        own = np.bincount(
            pair[has_pair], weights=(strength * along**2)[has_pair], minlength=n_pairs
        )
        pull = np.bincount(
            pair[has_pair], weights=(strength * along * residual)[has_pair], minlength=n_pairs
        )
        return (
            weighted.T @ jacobian + np.diag(prior),
            cross,
            own + prior_pair,
            weighted.T @ residual - prior * core,
            pull - prior_pair * deviation,
        )

    for _ in range(3):
        damping, at = 1e-2, loss(core, deviation)
        for _ in range(60):
            block, cross, own, gradient, gradient_pair = system(core, deviation)
            damped_own = own * (1 + damping)
            schur = block + np.diag(damping * np.diag(block)) - (cross / damped_own) @ cross.T
            step = np.linalg.solve(schur, gradient - cross @ (gradient_pair / damped_own))
            step_pair = (gradient_pair - cross.T @ step) / damped_own
            new = loss(core + step, deviation + step_pair)
            if new > at:
                damping *= 8
                if damping > 1e8:
                    break
                continue
            core, deviation = core + step, deviation + step_pair
            gain, at, damping = at - new, new, max(damping / 6, 1e-9)
            if gain < 1e-7 * (1 + at):
                break
        solved, _, _ = parts(core, deviation)
        residual = score - chance - span * solved
        block, cross, own, _, _ = system(core, deviation)
        covariance = _inverse(block, cross, own)
        used = n_core + n_pairs - float(
            np.sum(np.diag(covariance) * np.concatenate([prior, prior_pair]))
        )
        free = max(float(np.sum(weight)) - used, 0.2 * float(np.sum(weight)))
        noise = float(
            np.clip(np.sqrt(np.sum(weight * residual**2) / free), NOISE_LEAST, NOISE_MOST)
        )
    return Fit(
        list(models), list(benchmarks), pairs, np.concatenate([core, deviation]), covariance, noise
    )


def _inverse(block: Array, cross: Array, own: Array) -> Array:
    """Inverse of [[block, cross], [cross', diag(own)]] by its Schur complement."""
    scaled = cross / own
    first = np.linalg.inv(block - scaled @ cross.T)
    corner = -first @ scaled
    return np.block([[first, corner], [corner.T, np.diag(1 / own) + scaled.T @ first @ scaled]])


def fit(scores: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Estimates for models and for benchmarks, with 80% intervals, on the logit scale.

    `scores` as in `estimate`. Returns (`model`, `capability`, `low`, `high`, `results`) and
    (`benchmark`, `difficulty`, `slope`, `low`, `high`, `results`), each sorted by name.
    """
    fitted = estimate(scores)
    reach = float(norm.ppf(0.5 + INTERVAL / 2))
    sd = np.sqrt(np.diag(fitted.covariance))
    m, b = len(fitted.models), len(fitted.benchmarks)
    value = fitted.values
    counts = scores.groupby("model").size()
    models = pd.DataFrame(
        {
            "model": fitted.models,
            "capability": value[:m],
            "low": value[:m] - reach * sd[:m],
            "high": value[:m] + reach * sd[:m],
            "results": counts.reindex(fitted.models).to_numpy(),
        }
    )
    counts = scores.groupby("benchmark").size()
    benchmarks = pd.DataFrame(
        {
            "benchmark": fitted.benchmarks,
            "difficulty": value[m : m + b],
            "slope": np.exp(value[m + b : m + 2 * b]),
            "low": value[m : m + b] - reach * sd[m : m + b],
            "high": value[m : m + b] + reach * sd[m : m + b],
            "results": counts.reindex(fitted.benchmarks).to_numpy(),
        }
    )
    return models, benchmarks


# ------------------------------------------------------------------------- tables


def as_scores(results: pd.DataFrame) -> pd.DataFrame:
    """Results as the fit wants them: releases of a benchmark apart, repeats weighted to one."""
    release = results["benchmark_release"].fillna("")
    scores = pd.DataFrame(
        {
            "model": results["model_id"],
            "benchmark": results["benchmark_id"] + np.where(release == "", "", " " + release),
            "ability": results["ability_id"],
            "score": results["score_share"],
            "chance": results["chance_share"],
            "ceiling": results["ceiling_share"],
        }
    )
    scores["weight"] = 1.0 / scores.groupby(["model", "benchmark"])["score"].transform("size")
    return scores


def known_days(results: pd.DataFrame) -> list[date]:
    """Days on which evidence was published: between two of them every fit is the same."""
    return sorted(set(pd.to_datetime(results["published_on"]).dt.date))


def _baskets(baskets: pd.DataFrame, abilities: list[str]) -> dict[tuple[str, str], dict[str, float]]:
    found: dict[tuple[str, str], dict[str, float]] = {(OVERALL, OVERALL): {}}
    found |= {("ability", ability): {ability: 1.0} for ability in abilities}
    for segment, rows in baskets.groupby("segment_id"):
        weights = dict(zip(rows["ability_id"], rows["weight"].astype(float), strict=True))
        found[("segment", str(segment))] = weights
    return found


def compute(
    results: pd.DataFrame,
    baskets: pd.DataFrame,
    anchors: pd.DataFrame,
    events: pd.DataFrame,
    releases: pd.DataFrame,
) -> dict[str, pd.DataFrame]:
    """Tables `capabilities`, `benchmark_difficulties` and `comparisons`."""
    published = pd.to_datetime(results["published_on"]).dt.date
    abilities = sorted(set(results["ability_id"]) - {GENERAL})
    wanted = _baskets(baskets, abilities)
    anchor = dict(zip(anchors["model_id"], anchors["index_value"], strict=True))
    days = known_days(results)
    fit_of_day_after = {
        row.event_id: max(
            (d for d in days if d <= pd.Timestamp(row.effective_on).date() + timedelta(days=1)),
            default=None,
        )
        for row in events.itertuples()
    }
    entrants = releases.groupby("event_id")["model_id"].apply(list).to_dict()
    capabilities: list[dict[str, Any]] = []
    difficulties: list[dict[str, Any]] = []
    comparisons: list[dict[str, Any]] = []
    for day in days:
        known = results[published <= day]
        scores = as_scores(known)
        fitted = estimate(scores)
        capabilities += _capability_rows(fitted, scores, wanted, anchor, day)
        difficulties += _difficulty_rows(fitted, scores, day)
        for event, models in entrants.items():
            if day in {fit_of_day_after.get(event), days[-1]}:
                comparisons += _comparison_rows(fitted, wanted, str(event), models, day)
    return {
        "capabilities": pd.DataFrame(capabilities),
        "benchmark_difficulties": pd.DataFrame(difficulties),
        "comparisons": pd.DataFrame(comparisons, columns=COMPARISON_COLUMNS),
    }


def _zero(fitted: Fit, anchor: dict[str, float]) -> tuple[Array, float]:
    """The combination of estimates that counts as zero, and its index value.

    Values and intervals are relative to the anchors, so that the uncertainty all models share
    (how hard the benchmarks are) does not blur their order. Before any anchor was measured,
    zero is the prior mean.
    """
    known = [(fitted.combination(m, {})[0], v) for m, v in anchor.items() if m in fitted.models]
    if not known:
        return np.zeros(len(fitted.values)), UNANCHORED_VALUE
    rows, values = zip(*known, strict=True)
    return np.mean(rows, axis=0), float(np.mean(values))


def _capability_rows(
    fitted: Fit,
    scores: pd.DataFrame,
    wanted: dict[tuple[str, str], dict[str, float]],
    anchor: dict[str, float],
    day: date,
) -> list[dict[str, Any]]:
    zero, shift = _zero(fitted, anchor)
    reach = float(norm.ppf(0.5 + INTERVAL / 2))
    overall = scores.groupby("model").size().to_dict()
    by_ability = scores.groupby(["model", "ability"]).size().to_dict()
    rows = []
    for (kind, name), weights in wanted.items():
        for model in fitted.models:
            row, unseen = fitted.combination(model, weights)
            row = row - zero
            value = shift + POINTS * float(row @ fitted.values)
            sd = POINTS * float(np.sqrt(max(row @ fitted.covariance @ row + unseen, 0.0)))
            seen = {a: by_ability.get((model, a), 0) for a in weights}
            missing = sorted(a for a, count in seen.items() if count == 0)
            rows.append(
                {
                    "known_on": day, "basket_kind": kind, "basket_id": name, "model_id": model,
                    "capability": value, "capability_low": value - reach * sd,
                    "capability_high": value + reach * sd, "capability_sd": sd,
                    "results": sum(seen.values()) if weights else overall[model],
                    "evidence_share": 1.0 - sum(weights[a] for a in missing),
                    "abilities_without_evidence": " ".join(missing) or None,
                    "is_anchored": bool(zero.any()),
                }
            )  # fmt: skip
    return rows


def _difficulty_rows(fitted: Fit, scores: pd.DataFrame, day: date) -> list[dict[str, Any]]:
    m, b = len(fitted.models), len(fitted.benchmarks)
    counts = scores.groupby("benchmark").size()
    sd = np.sqrt(np.diag(fitted.covariance))[m : m + b]
    return [
        {
            "known_on": day, "benchmark": name,
            "difficulty_logit": float(fitted.values[m + i]), "difficulty_sd": float(sd[i]),
            "slope": float(np.exp(fitted.values[m + b + i])), "results": int(counts[name]),
            "noise_share": fitted.noise,
        }
        for i, name in enumerate(fitted.benchmarks)
    ]  # fmt: skip


COMPARISON_COLUMNS = ["known_on", "event_id", "basket_kind", "basket_id", "entrant_id",
                      "incumbent_id", "probability_entrant_above", "difference", "difference_low",
                      "difference_high"]  # fmt: skip


def _comparison_rows(
    fitted: Fit,
    wanted: dict[tuple[str, str], dict[str, float]],
    event: str,
    entrants: list[str],
    day: date,
) -> list[dict[str, Any]]:
    reach = float(norm.ppf(0.5 + INTERVAL / 2))
    rows = []
    for (kind, name), weights in wanted.items():
        combined = {model: fitted.combination(model, weights) for model in fitted.models}
        matrix = np.array([combined[model][0] for model in fitted.models])
        for entrant in entrants:
            if entrant not in combined:
                continue
            own, own_unseen = combined[entrant]
            apart = own - matrix
            mean = POINTS * (apart @ fitted.values)
            variance = np.einsum("ij,jk,ik->i", apart, fitted.covariance, apart, optimize=True)
            for i, incumbent in enumerate(fitted.models):
                if incumbent == entrant:
                    continue
                sd = POINTS * float(np.sqrt(variance[i] + own_unseen + combined[incumbent][1]))
                rows.append(
                    {
                        "known_on": day, "event_id": event, "basket_kind": kind,
                        "basket_id": name, "entrant_id": entrant, "incumbent_id": incumbent,
                        "probability_entrant_above": float(norm.cdf(mean[i] / sd)),
                        "difference": float(mean[i]),
                        "difference_low": float(mean[i] - reach * sd),
                        "difference_high": float(mean[i] + reach * sd),
                    }
                )  # fmt: skip
    return rows
