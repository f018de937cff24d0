"""How able each model is: a joint logistic fit of all results, overall and per ability.

Model, for a result of model m on benchmark b that is evidence for ability k(b):

    score = chance_b + (ceiling_b - chance_b) * sigmoid(a_b * (C_m + d_mk - D_b)) + noise

C is capability, d the deviation in one ability (pulled to 0: partial pooling, so that a model with
two results still gets an honest, wide interval), D difficulty, a slope. The estimate minimises

    sum w (score - fit)^2 / s^2 + sum C^2/sC^2 + sum D^2/sD^2 + sum (log a)^2/sa^2 + sum d^2/sd^2

by Levenberg-Marquardt with the analytic Jacobian; s is re-estimated from the residuals. Intervals
are Laplace's: the inverse of the Hessian's Gauss-Newton form. Differences use the covariance, so
that P(A > B) knows that both were measured against the same benchmarks.

Given the benchmarks' parameters the models are independent of each other, and given its capability
so are a model's deviations. The normal equations are therefore solved deviations first, then
capabilities, then the few benchmarks (Schur complements): cost and memory are linear in results and
in models. No covariance of all parameters is ever formed; `Fit` gives that of what is asked.

Source: the two-parameter logistic of Epoch AI's Capabilities Index (A Rosetta Stone for AI
Benchmarks, 2025; https://epoch.ai/benchmarks/eci); abilities, priors and intervals are ours. The
elimination is the Schur trick of bundle adjustment (Triggs et al., 2000, section 6).
"""

from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve, solve_triangular
from scipy.special import expit, ndtr, ndtri

from pipelines.analysis import INTERVAL

Array = NDArray[np.float64]
Positions = NDArray[np.int64]
#: Weights of abilities by (kind, name): overall, one ability, or a segment's basket.
Baskets = dict[tuple[str, str], dict[str, float]]

#: Standard deviations of the priors, on the logit scale of an average benchmark.
SD_CAPABILITY = 2.0
SD_DIFFICULTY = 2.0
SD_LOG_SLOPE = 0.5
SD_ABILITY = 0.6
#: Noise of a score, share of points: where the re-estimation starts, and its bounds.
NOISE_START, NOISE_LEAST, NOISE_MOST = 0.08, 0.03, 0.2
#: The re-estimation ends when the noise moves by less than this share, or after so many rounds.
NOISE_SETTLED, NOISE_ROUNDS = 1e-4, 8
#: A round ends with a step that lowers the loss by less than this share, or after so many steps.
LOSS_SETTLED, STEPS_MOST = 1e-10, 60
#: Models, or deviations, whose ties to the benchmarks are held as a dense matrix at one time.
STRETCH = 1024
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
        # A fit is kept per day of publication, which the edition's few days afford; the feeds'
        # results stand in the same table, and `results_known(known_by)` has those of any day.
        "where r.is_headline_metric and r.source = 'edition'"
    ),
    "baskets": "select * from core.segment_baskets",
    "anchors": "select * from core.capability_anchors",
    "judged": (
        "select e.event_id, e.effective_on + 1 as known_by from core.events as e "
        "where e.event_kind = 'launch' and e.severity = 'major' union "
        "select d.event_id, d.known_by from core.segment_days as d where d.basis = 'day_after'"
    ),
    "releases": (
        "select r.event_id, r.model_id from core.event_models as r where r.role = 'entrant'"
    ),
}


@dataclass(frozen=True)
class _Stretch:
    """Some models, or some models' deviations in one ability, and the benchmarks they touch.

    Their ties to the benchmarks' parameters fit a dense matrix: one row per unit, one column per
    parameter in `parameters`.
    """

    units: Positions
    results: Positions
    #: Where each result's ties go in the flattened matrix: to the difficulty, to the log slope.
    at: Positions
    parameters: Positions

    def matrix(self, ties: Array) -> Array:
        """The ties, 2 x all results, summed into the matrix."""
        shape = len(self.units), len(self.parameters)
        flat = np.bincount(self.at, ties[:, self.results].ravel(), shape[0] * shape[1])
        return flat.astype(float, copy=False).reshape(shape)


@dataclass(frozen=True)
class _Results:
    """Results sorted by model, with positions for names.

    A result that is evidence for no ability points behind the last pair and the last ability.
    """

    models: list[str]
    benchmarks: list[str]
    abilities: list[str]
    pairs: list[tuple[str, str]]
    model: Positions
    benchmark: Positions
    ability: Positions
    pair: Positions
    score: Array
    weight: Array
    chance: Array
    span: Array
    #: Model of each pair; one more for the pair of those without.
    pair_model: Positions
    pair_ability: Positions
    #: First result of each model, and the end.
    bounds: Positions
    stretches_of_models: list[_Stretch]
    stretches_of_pairs: list[_Stretch]

    def split(self, values: Array) -> tuple[Array, Array, Array, Array]:
        """Capabilities, difficulties, log slopes, deviations; views of `values`."""
        m, b = len(self.models), len(self.benchmarks)
        return values[:m], values[m : m + b], values[m + b : m + 2 * b], values[m + 2 * b :]


@dataclass(frozen=True)
class _Equations:
    """The normal equations with the deviations eliminated, then the capabilities."""

    #: Per result: cross derivatives of its model (or deviation) with difficulty and log slope.
    ties: Array
    #: Per result: share of its tie that is left to the capability beside the deviation.
    left: Array
    #: Own curvature: deviations (infinite for the pair of those without), capabilities reduced.
    of_pair: Array
    of_model: Array
    #: Cross derivative of a deviation with its capability.
    lean: Array
    #: Lower Cholesky factor of the Schur complement on difficulties and log slopes.
    root: Array


@dataclass(frozen=True)
class Joint:
    """Estimates of combinations of parameters, one per row, with what their covariance is made of.

    All on the logit scale. `unseen` is the variance of deviations without evidence, which is
    independent of everything and in no covariance.
    """

    values: Array
    unseen: Array
    #: Share in the uncertainty of the benchmarks, all of it common: rows x benchmark parameters.
    shared: Array
    #: Position of the model, its uncertainty given the benchmarks by capability and by ability.
    model: Positions
    by_capability: Array
    by_ability: Array

    @property
    def variance(self) -> Array:
        """Variance of each row, without the unseen."""
        variance: Array = np.einsum("ij,ij->i", self.shared, self.shared)
        variance += self.by_capability**2 + np.einsum("ij,ij->i", self.by_ability, self.by_ability)
        return variance

    def covariance(self, other: "Joint") -> Array:
        """Covariance of each row with each row of `other` (of the same fit), without the unseen."""
        own = np.outer(self.by_capability, other.by_capability)
        own += self.by_ability @ other.by_ability.T
        same = self.model[:, None] == other.model[None, :]
        return self.shared @ other.shared.T + np.where(same, own, 0.0)

    def take(self, at: Positions) -> "Joint":
        """The rows at `at`."""
        return Joint(
            self.values[at],
            self.unseen[at],
            self.shared[at],
            self.model[at],
            self.by_capability[at],
            self.by_ability[at],
        )


def _stacked(joints: list[Joint]) -> Joint:
    """The rows of several, one after another."""
    return Joint(
        np.concatenate([joint.values for joint in joints]),
        np.concatenate([joint.unseen for joint in joints]),
        np.concatenate([joint.shared for joint in joints]),
        np.concatenate([joint.model for joint in joints]),
        np.concatenate([joint.by_capability for joint in joints]),
        np.concatenate([joint.by_ability for joint in joints]),
    )


@dataclass(frozen=True)
class Fit:
    """A fitted model: point estimates, and the covariance of any combinations of them, on request.

    `values`, on the logit scale, are ordered: capabilities, difficulties, log slopes, ability
    deviations (one per pair in `pairs`).
    """

    values: Array
    noise: float
    results: _Results
    equations: _Equations

    @property
    def models(self) -> list[str]:
        """Names of the models, sorted."""
        return self.results.models

    @property
    def benchmarks(self) -> list[str]:
        """Names of the benchmarks, sorted."""
        return self.results.benchmarks

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """(model, ability) with evidence, sorted."""
        return self.results.pairs

    def combination(self, model: str, weights: dict[str, float]) -> tuple[Array, float]:
        """Coefficients of C_m + sum of weighted deviations, and the variance of what is unseen.

        A deviation without evidence is 0 with its prior's variance.
        """
        row = np.zeros(len(self.values))
        row[self.model_at[model]] = 1.0
        unseen = 0.0
        for ability, weight in weights.items():
            at = self._pair_at.get((model, ability))
            if at is None:
                unseen += (weight * SD_ABILITY) ** 2
            else:
                row[len(self.values) - len(self.pairs) + at] = weight
        return row, unseen

    def covariance(self, combinations: list[tuple[str, dict[str, float]]]) -> Array:
        """Joint covariance of `combination`s, (model, weights) each, with the unseen of each."""
        rows = _stacked([self.joint([model], weights) for model, weights in combinations])
        return rows.covariance(rows) + np.diag(rows.unseen)

    def joint(self, models: list[str], weights: dict[str, float]) -> Joint:
        """C_m + sum of weighted deviations for each of the models. Raises KeyError on an unknown.

        Cost and memory are linear in models and in their results.
        """
        results, equations = self.results, self.equations
        at = np.array([self.model_at[model] for model in models], dtype=np.int64)
        pairs = self._pair_table[at]
        weight = np.array([weights.get(ability, 0.0) for ability in results.abilities])
        own = equations.of_pair[pairs]
        capability = (1.0 - (equations.lean[pairs] / own) @ weight) / equations.of_model[at]

        # Each model's column of the inverse, tied to the benchmarks through its results.
        counts = np.diff(results.bounds)[at]
        row = np.repeat(np.arange(len(at)), counts)
        first = results.bounds[at] - (np.cumsum(counts) - counts)
        result = np.arange(len(row)) + np.repeat(first, counts)
        by_weight = np.append(weight, 0.0)[results.ability[result]]
        pull = equations.left[result] * capability[row]
        pull += by_weight / equations.of_pair[results.pair[result]]
        parameters = 2 * len(self.benchmarks)
        place = row * parameters + results.benchmark[result]
        ties = np.bincount(
            np.concatenate([place, place + len(self.benchmarks)]),
            (equations.ties[:, result] * pull).ravel(),
            len(at) * parameters,
        ).reshape(len(at), parameters)

        values, _, _, deviation = results.split(self.values)
        total = sum(share**2 for share in weights.values())
        known = (pairs < len(self.pairs)) @ weight**2
        return Joint(
            values[at] + np.append(deviation, 0.0)[pairs] @ weight,
            SD_ABILITY**2 * np.clip(total - known, 0.0, None),
            solve_triangular(equations.root, ties.T, lower=True).T,
            at,
            capability * np.sqrt(equations.of_model[at]),
            weight / np.sqrt(own),
        )

    @cached_property
    def benchmark_variance(self) -> tuple[Array, Array]:
        """Variances of the difficulties and of the log slopes."""
        root = self.equations.root
        inverse = solve_triangular(root, np.eye(len(root)), lower=True)
        variance = np.einsum("ij,ij->j", inverse, inverse)
        return variance[: len(self.benchmarks)], variance[len(self.benchmarks) :]

    @cached_property
    def model_at(self) -> dict[str, int]:
        """Position of each model in `models` and in `values`."""
        return {model: i for i, model in enumerate(self.models)}

    @cached_property
    def _pair_table(self) -> Positions:
        """Pair of each model and ability; behind the last pair where there is no evidence."""
        results = self.results
        table = np.full((len(self.models), len(results.abilities)), len(self.pairs))
        table[results.pair_model[:-1], results.pair_ability] = np.arange(len(self.pairs))
        return table

    @cached_property
    def _pair_at(self) -> dict[tuple[str, str], int]:
        return {pair: i for i, pair in enumerate(self.pairs)}


def estimate(scores: pd.DataFrame, start: Fit | None = None) -> Fit:
    """Fit the model.

    `scores`: one row per result with `model`, `benchmark`, `score` (share of points, 0 to 1) and,
    if known, `ability` (default `general`), `weight`, `chance`, `ceiling`. Repeats are welcome:
    give each a weight. `start`: a fit of similar scores, from which this one is found in fewer
    steps; what is found is the same within the solver's tolerance. Raises ValueError on an empty
    frame or a score outside 0 to 1.
    """
    results = _in_order(scores)
    prior = _prior(results)
    values, noise = _start(results, start)
    for round_ in range(NOISE_ROUNDS):
        values, equations = _settle(
            results, prior, values, noise, damping=1e-2 if round_ == 0 and start is None else 1e-6
        )
        residual = results.score - _predicted(results, values)[0]
        total = float(np.sum(results.weight))
        free = max(total - _parameters_used(results, equations), 0.2 * total)
        before = noise
        noise = float(
            np.clip(np.sqrt(np.sum(results.weight * residual**2) / free), NOISE_LEAST, NOISE_MOST)
        )
        if abs(noise - before) < NOISE_SETTLED * before:
            break
    return Fit(values, noise, results, equations)


def _in_order(scores: pd.DataFrame) -> _Results:
    """Check the scores and sort them, so that a sum does not depend on the order of rows."""
    if scores.empty:
        raise ValueError("no scores to fit")
    if not scores["score"].between(0, 1).all():
        raise ValueError("a score is a share of points: 0 to 1")
    model, models = pd.factorize(scores["model"], sort=True)
    benchmark, benchmarks = pd.factorize(scores["benchmark"], sort=True)
    named = scores.get("ability", pd.Series(GENERAL, index=scores.index)).fillna(GENERAL)
    ability, abilities = pd.factorize(named.where(named != GENERAL), sort=True)
    ability = np.where(ability < 0, len(abilities), ability)

    def column(name: str, default: float) -> Array:
        values: Array = scores.get(name, pd.Series(default, index=scores.index)).to_numpy(float)
        return values

    weight, chance, ceiling = column("weight", 1.0), column("chance", 0.0), column("ceiling", 1.0)
    score = column("score", 0.0)
    order = np.lexsort(
        (weight, ceiling, chance, score, ability, model * len(benchmarks) + benchmark)
    )
    model, benchmark, ability = model[order], benchmark[order], ability[order]

    seen = ability < len(abilities)
    width = max(len(abilities), 1)
    keys, at = np.unique(model[seen] * width + ability[seen], return_inverse=True)
    pair = np.full(len(model), len(keys))
    pair[seen] = at
    pair_model, pair_ability = keys // width, keys % width
    names, kinds = np.asarray(models, dtype=object), np.asarray(abilities, dtype=object)
    rows = np.arange(len(model))
    b = len(benchmarks)
    return _Results(
        list(models),
        list(benchmarks),
        list(abilities),
        list(zip(names[pair_model], kinds[pair_ability], strict=True)),
        model,
        benchmark,
        ability,
        pair,
        score[order],
        weight[order],
        chance[order],
        (ceiling - chance)[order],
        np.append(pair_model, 0),
        pair_ability,
        np.searchsorted(model, np.arange(len(models) + 1)),
        _stretches(rows, model, benchmark, b),
        [
            stretch
            for k in range(len(abilities))
            for stretch in _stretches(rows[ability == k], pair, benchmark, b)
        ],
    )


def _stretches(
    rows: Positions, unit: Positions, benchmark: Positions, n_benchmarks: int
) -> list[_Stretch]:
    """Cut results, in order of their unit, into stretches of at most STRETCH units."""
    starts = np.flatnonzero(np.diff(unit[rows], prepend=-1))[::STRETCH]
    found = []
    for part in np.split(rows, starts[1:]):
        units, row = np.unique(unit[part], return_inverse=True)
        columns, column = np.unique(benchmark[part], return_inverse=True)
        place = row * 2 * len(columns) + column
        found.append(
            _Stretch(
                units,
                part,
                np.concatenate([place, place + len(columns)]),
                np.concatenate([columns, n_benchmarks + columns]),
            )
        )
    return found


def _prior(results: _Results) -> Array:
    """Precision of each parameter's prior, in the order of `Fit.values`."""
    sizes = [len(results.models), len(results.benchmarks), len(results.benchmarks)]
    sds = [SD_CAPABILITY, SD_DIFFICULTY, SD_LOG_SLOPE, SD_ABILITY]
    return np.repeat(np.array(sds) ** -2.0, [*sizes, len(results.pairs)])


def _start(results: _Results, start: Fit | None) -> tuple[Array, float]:
    """Where the search begins: the prior means, or an earlier fit's values for what it knew."""
    if start is None:
        sizes = len(results.models) + 2 * len(results.benchmarks) + len(results.pairs)
        return np.zeros(sizes), NOISE_START
    old, was = start.results, start.results.split(start.values)
    named: list[tuple[list[str] | list[tuple[str, str]], list[str] | list[tuple[str, str]]]] = [
        (results.models, old.models),
        (results.benchmarks, old.benchmarks),
        (results.benchmarks, old.benchmarks),
        (results.pairs, old.pairs),
    ]
    found = []
    for (names, known), values in zip(named, was, strict=True):
        value = dict(zip(known, values, strict=True))
        found.append(np.array([value.get(name, 0.0) for name in names], dtype=float))
    return np.concatenate(found), start.noise


def _predicted(results: _Results, values: Array) -> tuple[Array, Array, Array, Array]:
    """Per result: score expected, share solved, slope, and capability less difficulty."""
    capability, difficulty, log_slope, deviation = results.split(values)
    slope = np.exp(log_slope)[results.benchmark]
    gap = capability[results.model] - difficulty[results.benchmark]
    gap += np.append(deviation, 0.0)[results.pair]
    solved = expit(slope * gap)
    return results.chance + results.span * solved, solved, slope, gap


def _settle(
    results: _Results, prior: Array, values: Array, noise: float, damping: float
) -> tuple[Array, _Equations]:
    """Minimise at a given noise, by Levenberg-Marquardt. Returns also the equations there."""

    def loss(values: Array, residual: Array) -> float:
        return float(np.sum(strength * residual**2) + np.sum(prior * values**2))

    strength = results.weight / noise**2
    expected, solved, slope, gap = _predicted(results, values)
    at = loss(values, results.score - expected)
    for _ in range(STEPS_MOST):
        along = results.span * solved * (1 - solved) * slope
        pull = strength * along * (results.score - expected)
        curvature = strength * along**2
        gain, tried = 0.0, 0
        while damping <= 1e8:
            equations = _eliminate(results, prior, curvature, gap, damping)
            new = values + _step(results, prior, values, equations, pull, gap)
            predicted = _predicted(results, new)
            loss_there = loss(new, results.score - predicted[0])
            if loss_there <= at:
                values, gain, at = new, at - loss_there, loss_there
                expected, solved, slope, gap = predicted
                # A damping that was just found too low is too low for the next step as well.
                damping = damping if tried else max(damping / 6, 1e-9)
                break
            damping, tried = damping * 8, tried + 1
        if gain < LOSS_SETTLED * (1 + at):
            break
    along = results.span * solved * (1 - solved) * slope
    return values, _eliminate(results, prior, strength * along**2, gap, 0.0)


def _eliminate(
    results: _Results, prior: Array, curvature: Array, gap: Array, damping: float
) -> _Equations:
    """Eliminate each model's block of the Gauss-Newton Hessian, an arrowhead, in closed form.

    `curvature` and `gap` are per result. The diagonal is raised by the share `damping`.
    """
    m, b, pairs = len(results.models), len(results.benchmarks), len(results.pairs)
    raised = 1 + damping
    of_capability, of_difficulty, of_slope, of_deviation = results.split(prior)
    lean = np.bincount(results.pair, curvature, pairs + 1).astype(float, copy=False)
    # The pair of those without evidence: infinitely stiff, so that it neither moves nor matters.
    of_pair = np.append((lean[:-1] + of_deviation) * raised, np.inf)
    of_model = (np.bincount(results.model, curvature, m) + of_capability) * raised
    of_model -= np.bincount(results.pair_model, lean**2 / of_pair, m)
    left = (1 - lean / of_pair)[results.pair]
    ties = np.stack([-curvature, curvature * gap])

    schur = np.zeros((2 * b, 2 * b))
    each = np.arange(b)
    between = np.bincount(results.benchmark, -ties[1], b)
    schur[each, each] = (np.bincount(results.benchmark, curvature, b) + of_difficulty) * raised
    schur[each, b + each] = schur[b + each, each] = between
    schur[b + each, b + each] = (
        np.bincount(results.benchmark, ties[1] * gap, b) + of_slope
    ) * raised
    scaled = ties * (left / np.sqrt(of_model)[results.model])
    for stretch in results.stretches_of_models:
        _subtract_square(schur, stretch, scaled)
    scaled = ties / np.sqrt(of_pair)[results.pair]
    for stretch in results.stretches_of_pairs:
        _subtract_square(schur, stretch, scaled)
    root = np.tril(cho_factor(schur, lower=True, check_finite=False)[0])
    return _Equations(ties, left, of_pair, of_model, lean, root)


def _subtract_square(schur: Array, stretch: _Stretch, ties: Array) -> None:
    matrix = stretch.matrix(ties)
    schur[np.ix_(stretch.parameters, stretch.parameters)] -= matrix.T @ matrix


def _step(
    results: _Results,
    prior: Array,
    values: Array,
    equations: _Equations,
    pull: Array,
    gap: Array,
) -> Array:
    """Solve for the step of all parameters. `pull`: minus the gradient by model, per result."""
    m, b, pairs = len(results.models), len(results.benchmarks), len(results.pairs)
    capability, difficulty, log_slope, deviation = results.split(prior * values)
    ties, left, of_pair, of_model = (
        equations.ties,
        equations.left,
        equations.of_pair,
        equations.of_model,
    )
    by_pair = np.bincount(results.pair, pull, pairs + 1) - np.append(deviation, 0.0)
    by_pair /= of_pair
    by_model = np.bincount(results.model, pull, m) - capability
    by_model -= np.bincount(results.pair_model, equations.lean * by_pair, m)
    by_model /= of_model
    moved = by_pair[results.pair] + left * by_model[results.model]
    by_benchmark = np.concatenate(
        [
            np.bincount(results.benchmark, -pull - ties[0] * moved, b) - difficulty,
            np.bincount(results.benchmark, pull * gap - ties[1] * moved, b) - log_slope,
        ]
    )
    step = cho_solve((equations.root, True), by_benchmark, check_finite=False)
    tied = ties[0] * step[:b][results.benchmark] + ties[1] * step[b:][results.benchmark]
    by_model -= np.bincount(results.model, left * tied, m) / of_model
    by_pair -= np.bincount(results.pair, tied, pairs + 1) / of_pair
    by_pair -= equations.lean / of_pair * by_model[results.pair_model]
    return np.concatenate([by_model, step, by_pair[:-1]])


def _parameters_used(results: _Results, equations: _Equations) -> float:
    """Effective number of parameters: all, less the share of each that the prior decides.

    That share is the parameter's variance times its prior's precision; the variances are those of
    `Joint`, summed without forming one row per deviation.
    """
    m, b, pairs = len(results.models), len(results.benchmarks), len(results.pairs)
    root, of_pair, of_model = equations.root, equations.of_pair, equations.of_model
    inverse = cho_solve((root, True), np.eye(2 * b), check_finite=False)
    in_model, in_pair, across = np.zeros(m), np.zeros(pairs + 1), np.zeros(pairs + 1)
    for stretch in results.stretches_of_models:
        matrix = stretch.matrix(equations.ties * equations.left)
        reach = matrix @ inverse[np.ix_(stretch.parameters, stretch.parameters)]
        in_model[stretch.units] = np.einsum("ij,ij->i", reach, matrix)
        ties = equations.ties[:, stretch.results]
        at = stretch.at.reshape(2, -1)
        met = ties[0] * reach.ravel()[at[0]] + ties[1] * reach.ravel()[at[1]]
        across += np.bincount(results.pair[stretch.results], met, pairs + 1)
    for stretch in results.stretches_of_pairs:
        matrix = stretch.matrix(equations.ties)
        reach = matrix @ inverse[np.ix_(stretch.parameters, stretch.parameters)]
        in_pair[stretch.units] = np.einsum("ij,ij->i", reach, matrix)
    of_models = 1 / of_model + in_model / of_model**2
    # A deviation's column of the inverse: `along` the capability, 1 / of_pair along itself.
    along = -equations.lean / of_pair / of_model[results.pair_model]
    of_pairs = (
        1 / of_pair
        + along**2 * (of_model + in_model)[results.pair_model]
        + 2 * along * across / of_pair
        + in_pair / of_pair**2
    )
    decided = (
        np.sum(of_models) * SD_CAPABILITY**-2
        + np.sum(np.diag(inverse)[:b]) * SD_DIFFICULTY**-2
        + np.sum(np.diag(inverse)[b:]) * SD_LOG_SLOPE**-2
        + np.sum(of_pairs[:-1]) * SD_ABILITY**-2
    )
    return float(m + 2 * b + pairs - decided)


def fit(scores: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Estimates for models and for benchmarks, with 80% intervals, on the logit scale.

    `scores` as in `estimate`. Returns (`model`, `capability`, `low`, `high`, `results`) and
    (`benchmark`, `difficulty`, `slope`, `low`, `high`, `results`), each sorted by name.
    """
    fitted = estimate(scores)
    capability, difficulty, log_slope, _ = fitted.results.split(fitted.values)
    reach = REACH * np.sqrt(fitted.joint(fitted.models, {}).variance)
    counts = scores.groupby("model").size()
    models = pd.DataFrame(
        {
            "model": fitted.models,
            "capability": capability,
            "low": capability - reach,
            "high": capability + reach,
            "results": counts.reindex(fitted.models).to_numpy(),
        }
    )
    reach = REACH * np.sqrt(fitted.benchmark_variance[0])
    counts = scores.groupby("benchmark").size()
    benchmarks = pd.DataFrame(
        {
            "benchmark": fitted.benchmarks,
            "difficulty": difficulty,
            "slope": np.exp(log_slope),
            "low": difficulty - reach,
            "high": difficulty + reach,
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
    fitted: Fit | None = None
    for day in days:
        scores = as_scores(results[published <= day])
        # What was known the day before is most of what is known today: start from it.
        fitted = estimate(scores, start=fitted)
        zero, shift = _zero(fitted, anchor)
        difficulties.append(_difficulties(fitted, scores).assign(known_on=day))
        counts = scores.groupby(["model", "ability"]).size().unstack(fill_value=0)
        counts = counts.reindex(fitted.models)
        launched = [
            (event, model)
            for event, models in entrants.items()
            if day == days[-1] or day in fits_asked.get(event, set())
            for model in models
            if model in fitted.models
        ]
        for (kind, name), weights in wanted.items():
            basket = fitted.joint(fitted.models, weights)
            about = {"known_on": day, "basket_kind": kind, "basket_id": name}
            rows = _capabilities(basket, fitted, weights, counts, zero, shift)
            capabilities.append(rows.assign(**about))
            if launched:
                comparisons.append(_comparisons(basket, fitted, launched).assign(**about))
    return {
        "capabilities": pd.concat(capabilities, ignore_index=True),
        "benchmark_difficulties": pd.concat(difficulties, ignore_index=True),
        "comparisons": pd.concat(comparisons)
        if comparisons
        else pd.DataFrame(columns=COMPARISON_COLUMNS),
    }


def _zero(fitted: Fit, anchor: dict[str, float]) -> tuple[Joint | None, float]:
    """The estimates whose mean counts as zero, and its index value.

    Values and intervals are relative to the anchors, so that the uncertainty all models share
    (how hard the benchmarks are) does not blur their order. Before any anchor was measured,
    zero is the prior mean.
    """
    known = [model for model in anchor if model in fitted.model_at]
    if not known:
        return None, UNANCHORED_VALUE
    return fitted.joint(known, {}), float(np.mean([anchor[model] for model in known]))


def _capabilities(
    basket: Joint,
    fitted: Fit,
    weights: dict[str, float],
    counts: pd.DataFrame,
    zero: Joint | None,
    shift: float,
) -> pd.DataFrame:
    """All models in one basket. `counts`: their results by ability."""
    value = shift + POINTS * basket.values
    variance = basket.variance + basket.unseen
    if zero is not None:
        value = value - POINTS * np.mean(zero.values)
        variance = variance - 2 * np.mean(basket.covariance(zero), axis=1)
        variance = variance + np.mean(zero.covariance(zero))
    sd = POINTS * np.sqrt(np.clip(variance, 0.0, None))
    counts = counts.reindex(columns=sorted({*counts, *weights})).fillna(0).astype(int)
    missing = counts[list(weights)] == 0
    weight = pd.Series(weights, dtype=float)
    return pd.DataFrame(
        {
            "model_id": fitted.models,
            "capability": value,
            "capability_low": value - REACH * sd,
            "capability_high": value + REACH * sd,
            "capability_sd": sd,
            "results": counts[list(weights) or list(counts)].sum(axis=1).to_numpy(),
            "evidence_share": 1.0 - (missing * weight).sum(axis=1).to_numpy(),
            "abilities_without_evidence": [
                " ".join(a for a in sorted(weights) if gaps[a]) or None
                for gaps in missing.to_dict("records")
            ],
            "is_anchored": zero is not None,
        }
    )


def _difficulties(fitted: Fit, scores: pd.DataFrame) -> pd.DataFrame:
    _, difficulty, log_slope, _ = fitted.results.split(fitted.values)
    return pd.DataFrame(
        {
            "benchmark": fitted.benchmarks,
            "difficulty_logit": difficulty,
            "difficulty_sd": np.sqrt(fitted.benchmark_variance[0]),
            "slope": np.exp(log_slope),
            "results": scores.groupby("benchmark").size().reindex(fitted.benchmarks).to_numpy(),
            "noise_share": fitted.noise,
        }
    )


COMPARISON_COLUMNS = ["known_on", "event_id", "basket_kind", "basket_id", "entrant_id",
                      "incumbent_id", "probability_entrant_above", "difference", "difference_low",
                      "difference_high"]  # fmt: skip


def _comparisons(basket: Joint, fitted: Fit, launched: list[tuple[str, str]]) -> pd.DataFrame:
    """Every (event, entrant) against every other model."""
    models = np.array(fitted.models, dtype=object)
    at = np.array([fitted.model_at[entrant] for _, entrant in launched], dtype=np.int64)
    own = basket.variance + basket.unseen
    mean = POINTS * (basket.values[at, None] - basket.values[None, :])
    variance = own[at, None] + own[None, :] - 2 * basket.take(at).covariance(basket)
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
