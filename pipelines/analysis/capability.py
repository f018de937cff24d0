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
from datetime import date
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit, ndtr, ndtri

Array = NDArray[np.float64]
#: Weights of abilities by (kind, name): overall, one ability, or a segment's basket.
Baskets = dict[tuple[str, str], dict[str, float]]

#: Standard deviations of the priors, on the logit scale of an average benchmark.
SD_CAPABILITY = 2.0
SD_DIFFICULTY = 2.0
SD_LOG_SLOPE = 0.5
SD_ABILITY = 0.6
#: Noise of a score, share of points: where the re-estimation starts, and its bounds.
NOISE_START, NOISE_LEAST, NOISE_MOST = 0.08, 0.03, 0.2
NOISE_ROUNDS = 3
INTERVAL = 0.8
#: Standard deviations on each side that make the interval.
REACH = float(ndtri(0.5 + INTERVAL / 2))
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
    "judged": (
        "select e.event_id, e.effective_on + 1 as known_by from core.events as e union "
        "select d.event_id, d.known_by from core.segment_days as d where d.basis = 'day_after'"
    ),
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

    # Each result touches three core parameters and at most one deviation; the Hessian's blocks are
    # sums over results, so that cost is linear in results.
    touched = np.stack([model, n_models + benchmark, n_models + n_benchmarks + benchmark])
    block_at = (touched[:, None, :] * n_core + touched[None, :, :]).ravel()
    paired = np.flatnonzero(has_pair)
    cross_at = (touched[:, paired] * max(n_pairs, 1) + pair[paired]).ravel()

    def system(core: Array, deviation: Array) -> tuple[Array, Array, Array, Array, Array]:
        """Gauss-Newton blocks: core, core x pair, pair diagonal, and the gradients."""
        solved, slope, gap = parts(core, deviation)
        residual = score - chance - span * solved
        strength = weight / noise**2
        along = span * solved * (1 - solved) * slope
        jacobian = np.stack([along, -along, along * gap])
        block = np.bincount(
            block_at, (strength * jacobian[:, None] * jacobian[None]).ravel(), n_core**2
        ).reshape(n_core, n_core)
        cross = np.bincount(
            cross_at, (strength * along * jacobian)[:, paired].ravel(), n_core * n_pairs
        ).reshape(n_core, n_pairs)
        own = np.bincount(pair[paired], (strength * along**2)[paired], n_pairs)
        pull = np.bincount(pair[paired], (strength * along * residual)[paired], n_pairs)
        gradient = np.bincount(touched.ravel(), (strength * jacobian * residual).ravel(), n_core)
        return (
            block.astype(float) + np.diag(prior),
            cross.astype(float),
            own + prior_pair,
            gradient - prior * core,
            pull - prior_pair * deviation,
        )

    for round_ in range(NOISE_ROUNDS):
        damping, at = 1e-2 if round_ == 0 else 1e-6, loss(core, deviation)
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
            if gain < 1e-6 * (1 + at):
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
    sd = np.sqrt(np.diag(fitted.covariance))
    m, b = len(fitted.models), len(fitted.benchmarks)
    value = fitted.values
    counts = scores.groupby("model").size()
    models = pd.DataFrame(
        {
            "model": fitted.models,
            "capability": value[:m],
            "low": value[:m] - REACH * sd[:m],
            "high": value[:m] + REACH * sd[:m],
            "results": counts.reindex(fitted.models).to_numpy(),
        }
    )
    counts = scores.groupby("benchmark").size()
    benchmarks = pd.DataFrame(
        {
            "benchmark": fitted.benchmarks,
            "difficulty": value[m : m + b],
            "slope": np.exp(value[m + b : m + 2 * b]),
            "low": value[m : m + b] - REACH * sd[m : m + b],
            "high": value[m : m + b] + REACH * sd[m : m + b],
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


def _baskets(baskets: pd.DataFrame, abilities: list[str]) -> Baskets:
    found: Baskets = {(OVERALL, OVERALL): {}}
    found |= {("ability", ability): {ability: 1.0} for ability in abilities}
    for segment, rows in baskets.groupby("segment_id"):
        weights = dict(zip(rows["ability_id"], rows["weight"].astype(float), strict=True))
        found[("segment", str(segment))] = weights
    return found


def compute(
    results: pd.DataFrame,
    baskets: pd.DataFrame,
    anchors: pd.DataFrame,
    judged: pd.DataFrame,
    releases: pd.DataFrame,
) -> dict[str, pd.DataFrame]:
    """Tables `capabilities`, `benchmark_difficulties` and `comparisons`."""
    published = pd.to_datetime(results["published_on"]).dt.date
    abilities = sorted(set(results["ability_id"]) - {GENERAL})
    wanted = _baskets(baskets, abilities)
    anchor = dict(zip(anchors["model_id"], anchors["index_value"], strict=True))
    days = known_days(results)
    fits_asked: dict[str, set[date]] = {}
    for row in judged.itertuples():
        known = [day for day in days if day <= pd.Timestamp(row.known_by).date()]
        fits_asked.setdefault(str(row.event_id), set()).update(known[-1:])
    entrants = releases.groupby("event_id")["model_id"].apply(list).to_dict()
    capabilities: list[pd.DataFrame] = []
    difficulties: list[pd.DataFrame] = []
    comparisons: list[pd.DataFrame] = []
    for day in days:
        scores = as_scores(results[published <= day])
        fitted = estimate(scores)
        difficulties.append(_difficulties(fitted, scores).assign(known_on=day))
        launched = [
            (event, model)
            for event, models in entrants.items()
            if day == days[-1] or day in fits_asked.get(event, set())
            for model in models
            if model in fitted.models
        ]
        for (kind, name), weights in wanted.items():
            basket = _Basket(fitted, weights)
            about = {"known_on": day, "basket_kind": kind, "basket_id": name}
            capabilities.append(_capabilities(basket, scores, anchor).assign(**about))
            if launched:
                comparisons.append(_comparisons(basket, launched).assign(**about))
    return {
        "capabilities": pd.concat(capabilities, ignore_index=True),
        "benchmark_difficulties": pd.concat(difficulties, ignore_index=True),
        "comparisons": pd.concat(comparisons)
        if comparisons
        else pd.DataFrame(columns=COMPARISON_COLUMNS),
    }


class _Basket:
    """All models' capability in one basket: estimates and joint covariance, logit scale."""

    def __init__(self, fitted: Fit, weights: dict[str, float]):
        self.fitted = fitted
        self.weights = weights
        rows, unseen = zip(*(fitted.combination(m, weights) for m in fitted.models), strict=True)
        self.rows = np.array(rows)
        self.unseen = np.array(unseen)
        self.values = self.rows @ fitted.values
        self.reach = self.rows @ fitted.covariance
        self.covariance = self.reach @ self.rows.T


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


def _capabilities(
    basket: _Basket, scores: pd.DataFrame, anchor: dict[str, float]
) -> pd.DataFrame:
    fitted = basket.fitted
    zero, shift = _zero(fitted, anchor)
    value = shift + POINTS * (basket.values - zero @ fitted.values)
    variance = (
        np.diag(basket.covariance)
        - 2 * (basket.reach @ zero)
        + zero @ fitted.covariance @ zero
        + basket.unseen
    )
    sd = POINTS * np.sqrt(np.clip(variance, 0.0, None))
    counts = scores.groupby(["model", "ability"]).size().unstack(fill_value=0)
    counts = counts.reindex(index=fitted.models, columns=sorted({*counts, *basket.weights}))
    counts = counts.fillna(0).astype(int)
    missing = counts[list(basket.weights)] == 0
    weight = pd.Series(basket.weights, dtype=float)
    return pd.DataFrame(
        {
            "model_id": fitted.models,
            "capability": value,
            "capability_low": value - REACH * sd,
            "capability_high": value + REACH * sd,
            "capability_sd": sd,
            "results": counts[list(basket.weights) or list(counts)].sum(axis=1).to_numpy(),
            "evidence_share": 1.0 - (missing * weight).sum(axis=1).to_numpy(),
            "abilities_without_evidence": [
                " ".join(a for a in sorted(basket.weights) if gaps[a]) or None
                for gaps in missing.to_dict("records")
            ],
            "is_anchored": bool(zero.any()),
        }
    )


def _difficulties(fitted: Fit, scores: pd.DataFrame) -> pd.DataFrame:
    m, b = len(fitted.models), len(fitted.benchmarks)
    return pd.DataFrame(
        {
            "benchmark": fitted.benchmarks,
            "difficulty_logit": fitted.values[m : m + b],
            "difficulty_sd": np.sqrt(np.diag(fitted.covariance))[m : m + b],
            "slope": np.exp(fitted.values[m + b : m + 2 * b]),
            "results": scores.groupby("benchmark").size().reindex(fitted.benchmarks).to_numpy(),
            "noise_share": fitted.noise,
        }
    )


COMPARISON_COLUMNS = ["known_on", "event_id", "basket_kind", "basket_id", "entrant_id",
                      "incumbent_id", "probability_entrant_above", "difference", "difference_low",
                      "difference_high"]  # fmt: skip


def _comparisons(basket: _Basket, launched: list[tuple[str, str]]) -> pd.DataFrame:
    """Every (event, entrant) against every other model."""
    models = np.array(basket.fitted.models, dtype=object)
    at = np.array([basket.fitted.models.index(entrant) for _, entrant in launched])
    own = np.diag(basket.covariance) + basket.unseen
    mean = POINTS * (basket.values[at, None] - basket.values[None, :])
    variance = own[at, None] + own[None, :] - 2 * basket.covariance[at]
    sd = POINTS * np.sqrt(np.clip(variance, 1e-12, None))
    entrant, incumbent = np.nonzero(at[:, None] != np.arange(len(models))[None, :])
    mean, sd = mean[entrant, incumbent], sd[entrant, incumbent]
    return pd.DataFrame(
        {
            "event_id": np.array([event for event, _ in launched], dtype=object)[entrant],
            "entrant_id": models[at[entrant]],
            "incumbent_id": models[incumbent],
            "probability_entrant_above": ndtr(mean / sd),
            "difference": mean,
            "difference_low": mean - REACH * sd,
            "difference_high": mean + REACH * sd,
        }
    )
