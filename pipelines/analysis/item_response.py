"""The joint logistic model of results: its equations, its solver and its uncertainty.

Which results enter, on which scale they are stated and what is kept is `capability.py`'s.

A result of model m on benchmark b, evidence for ability k, obtained at effort e and published as
evidence of kind q (the vendor's own, say), has

    score = chance_b + (ceiling_b - chance_b) * sigmoid(a_b * (able - D_b)) + noise
    able  = C_m + d_mk + G_e + g_me + V_q

C is capability; d the deviation in one ability; G what an effort level adds in general and g what
it adds for this model beyond that; V by how much a kind of evidence runs above independent runs; D
is difficulty and a the slope. The estimate minimises

    sum w (score - fit)^2 / s_b^2  +  sum of theta^2 / sd^2 over all parameters (a by its logarithm)

by Levenberg-Marquardt with the analytic Jacobian. The priors pull deviations to zero: partial
pooling, so that a model with two results in an ability still gets an honest, wide interval. How
hard they pull is learned: the priors' standard deviations and each benchmark's noise s_b are
re-estimated by expectation-maximisation, held near their start by `PRIOR_COUNT` and `NOISE_COUNT`
imagined cases, so that little evidence cannot make them absurd. Intervals are Laplace's: the
inverse of the Hessian's Gauss-Newton form.

Given the parameters of benchmarks, effort levels and kinds of evidence ("common" ones, a few
hundred) models are independent of each other, and given C and g so are a model's d. The normal
equations are solved in that order (Schur complements): cost and memory are linear in results and
in models. No covariance of all parameters is ever formed; `Fit.joint` gives that of what is asked.

Source: the two-parameter logistic and its squared loss are those of Epoch AI's Capabilities Index
(A Rosetta Stone for AI Benchmarks, 2025; https://epoch.ai/benchmarks/eci); abilities, efforts,
kinds of evidence, priors and intervals are ours. Elimination: the Schur trick of bundle adjustment
(Triggs et al., Bundle Adjustment - A Modern Synthesis, 2000, section 6).
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve, solve_triangular
from scipy.special import expit

Array = NDArray[np.float64]
Positions = NDArray[np.int64]

#: Standard deviations of the priors at the start, on the logit scale of an average benchmark.
SDS = {
    "capability": 2.0,
    "effort": 0.2,
    "ability": 0.4,
    "difficulty": 2.0,
    "log_slope": 0.35,
    "effort_level": 0.5,
    "evidence_kind": 0.2,
}
#: Those of parameters that models share.
COMMON = ("difficulty", "log_slope", "effort_level", "evidence_kind")
#: Those never re-estimated: there are too few of them to tell.
FIXED = {"capability", "difficulty", "log_slope", "effort_level", "evidence_kind"}
#: Standard deviation of the mean log slope: what makes the unit a logit of the average benchmark.
#: Without it the priors would shrink the whole scale, the more so the more models there are.
SD_MEAN_SLOPE = 0.01
#: Imagined cases behind each prior's start.
PRIOR_COUNT = 100.0
#: Noise of a score, share of points: the start, its bounds, and imagined results of each benchmark.
NOISE_START, NOISE_LEAST, NOISE_MOST, NOISE_COUNT = 0.08, 0.04, 0.3, 20.0
#: Re-estimation ends when no standard deviation moves by more than this share, or after so many
#: rounds; each takes a few steps, and only the last search is taken to its end.
SETTLED, ROUNDS, STEPS_A_ROUND = 0.02, 12, 2
#: The search ends with a step that lowers the loss (in units of a squared standard error) by less
#: than this, or after so many steps.
LOSS_SETTLED, STEPS_MOST = 1e-5, 100
#: Units whose ties to the common parameters are held as a dense matrix at one time.
STRETCH = 1024
#: Names that stand for the reference: no ability, no stated effort, independent evidence.
GENERAL, UNSTATED, INDEPENDENT = "general", "unstated", "independent"


def _sums(at: Positions, values: Array, size: int) -> Array:
    """Sum of the values at each position."""
    found: Array = np.bincount(at.ravel(), values.ravel(), size).astype(float, copy=False)
    return found


@dataclass(frozen=True)
class _Stretch:
    """Some units (models, or some models' deviations in one ability) and their results.

    The ties of their results to the common parameters, summed by unit, fit a dense matrix with a
    row per unit and a column per entry of `columns`.
    """

    units: Positions
    results: Positions
    #: Flat place of each tie: kinds of tie x results.
    at: Positions
    columns: Positions

    def matrix(self, ties: Array) -> Array:
        """The ties, kinds x all results, summed into the matrix."""
        shape = len(self.units), len(self.columns)
        return _sums(self.at, ties[:, self.results], shape[0] * shape[1]).reshape(shape)


@dataclass(frozen=True)
class _Results:
    """Results sorted by model, with positions for names.

    What a result has none of (no ability, no stated effort, independent evidence) points behind
    the last one.
    """

    models: list[str]
    benchmarks: list[str]
    abilities: list[str]
    levels: list[str]
    kinds: list[str]
    #: (model, effort level) and (model, ability) with results, sorted.
    efforts: list[tuple[str, str]]
    pairs: list[tuple[str, str]]
    model: Positions
    benchmark: Positions
    ability: Positions
    kind: Positions
    pair: Positions
    #: Place of the result's effort among its model's own: 0 if not stated.
    slot: Positions
    score: Array
    weight: Array
    chance: Array
    span: Array
    #: Columns of the common parameters each result has: kinds of tie x results.
    common: Positions
    #: Of each (model, ability) and each (model, level): positions of the two.
    pair_model: Positions
    pair_ability: Positions
    effort_model: Positions
    effort_level: Positions
    effort_slot: Positions
    #: First result of each model, and the end.
    bounds: Positions
    stretches_of_models: list[_Stretch]
    stretches_of_pairs: list[_Stretch]

    @property
    def slots(self) -> int:
        """Own parameters of a model, at most: its capability and its efforts."""
        return 1 + int(self.effort_slot.max(initial=0))

    @property
    def sizes(self) -> dict[str, int]:
        """How many parameters of each prior, in their order."""
        return {
            "capability": len(self.models),
            "effort": len(self.efforts),
            "ability": len(self.pairs),
            "difficulty": len(self.benchmarks),
            "log_slope": len(self.benchmarks),
            "effort_level": len(self.levels),
            "evidence_kind": len(self.kinds),
        }

    def spread(self, by_prior: dict[str, float]) -> Array:
        """A value per parameter from one per prior."""
        return np.repeat(list(by_prior.values()), list(self.sizes.values())).astype(float)

    def split(self, values: Array) -> dict[str, Array]:
        """The parameters by prior; views of `values`."""
        ends = np.cumsum(list(self.sizes.values()))
        return dict(zip(self.sizes, np.split(values, ends[:-1]), strict=True))

    def own(self, values: Array, padding: float = 0.0) -> tuple[Array, Array, Array]:
        """Capability and efforts (models x slots), deviations (pairs), and common parameters."""
        parts = self.split(values)
        core = np.full((len(self.models), self.slots), padding)
        core[:, 0] = parts["capability"]
        core[self.effort_model, self.effort_slot] = parts["effort"]
        common = values[sum(len(parts[p]) for p in ("capability", "effort", "ability")) :]
        return core, parts["ability"], common

    def joined(self, core: Array, deviation: Array, common: Array) -> Array:
        """The inverse of `own`."""
        efforts = core[self.effort_model, self.effort_slot]
        return np.concatenate([core[:, 0], efforts, deviation, common])


@dataclass(frozen=True)
class _Equations:
    """The normal equations with the deviations eliminated, then capabilities and efforts."""

    #: Per kind of tie and result: cross derivative of its model's ability with a common parameter.
    ties: Array
    #: Per result and slot: share of its tie that is left to the slot beside the deviation.
    left: Array
    #: Curvature of deviations (infinite for the pair of those without) and their cross derivatives
    #: with their model's slots.
    of_pair: Array
    lean: Array
    #: Square root of the inverse of each model's reduced block: models x slots x slots.
    half: Array
    #: Lower Cholesky factor of the Schur complement on the common parameters.
    root: Array


@dataclass(frozen=True)
class Joint:
    """Estimates of combinations of parameters, one per row, with what their covariance is made of.

    All on the logit scale. `unseen` is the variance of deviations without evidence, which is
    independent of everything and in no covariance.
    """

    values: Array
    unseen: Array
    #: Share in the uncertainty of the common parameters: rows x common parameters.
    shared: Array
    #: Position of the model, and its own uncertainty given the common parameters.
    model: Positions
    own: Array

    @property
    def variance(self) -> Array:
        """Variance of each row, without the unseen."""
        variance: Array = np.einsum("ij,ij->i", self.shared, self.shared)
        variance += np.einsum("ij,ij->i", self.own, self.own)
        return variance

    def covariance(self, other: "Joint") -> Array:
        """Covariance of each row with each row of `other` (of the same fit), without the unseen."""
        same = self.model[:, None] == other.model[None, :]
        return self.shared @ other.shared.T + np.where(same, self.own @ other.own.T, 0.0)

    def take(self, at: Positions) -> "Joint":
        """The rows at `at`."""
        return Joint(
            self.values[at], self.unseen[at], self.shared[at], self.model[at], self.own[at]
        )


@dataclass(frozen=True)
class Fit:
    """A fitted model: point estimates, and the covariance of any combinations of them, on request.

    `values`, on the logit scale, are ordered as `parts`; `sds` are the priors' standard deviations
    as re-estimated.
    """

    values: Array
    sds: dict[str, float]
    noise: Array
    kind_noise: Array
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

    @cached_property
    def parts(self) -> dict[str, Array]:
        """Estimates by prior: capability, effort, ability, difficulty, log_slope, ..."""
        return self.results.split(self.values)

    @cached_property
    def model_at(self) -> dict[str, int]:
        """Position of each model in `models`."""
        return {model: i for i, model in enumerate(self.models)}

    @cached_property
    def common_sd(self) -> dict[str, Array]:
        """Standard deviations of difficulties, log slopes, effort levels and kinds of evidence."""
        root = self.equations.root
        inverse = solve_triangular(root, np.eye(len(root)), lower=True)
        sd = np.sqrt(np.einsum("ij,ij->j", inverse, inverse))
        ends = np.cumsum([self.results.sizes[name] for name in COMMON])
        return dict(zip(COMMON, np.split(sd, ends[:-1]), strict=True))

    def best_effort(self, abilities: Collection[str] = ()) -> list[str]:
        """Effort at which each model is ablest, among those it was run at in these abilities.

        Among all it was run at where `abilities` is empty or the model has no result in any.
        """
        named = [UNSTATED, *self.results.levels]
        able = self._able_at(np.ones(len(self.results.model), dtype=bool))
        if abilities:
            asked = [a in abilities for a in self.results.abilities]
            there = self._able_at(np.append(asked, False)[self.results.ability])
            able = np.where(np.all(np.isnan(there), axis=1)[:, None], able, there)
        return [named[i] for i in np.nanargmax(able, axis=1)]

    def least_effort(self) -> list[str]:
        """Effort unstated where a model was run so, else that at which it is least able."""
        named = [UNSTATED, *self.results.levels]
        able = self._able_at(np.ones(len(self.results.model), dtype=bool))
        able[~np.isnan(able[:, 0]), 0] = -np.inf
        return [named[i] for i in np.nanargmin(able, axis=1)]

    def _able_at(self, counted: NDArray[np.bool_]) -> Array:
        """Capability of each model at each effort: models x (unstated, levels); nan if not run."""
        results = self.results
        core, _, common = results.own(self.values)
        first = 2 * len(self.benchmarks)
        effects = np.append(0.0, common[first : first + len(results.levels)])
        level_of = np.zeros((len(self.models), results.slots), dtype=np.int64)
        level_of[results.effort_model, results.effort_slot] = 1 + results.effort_level
        able = np.full((len(self.models), len(effects)), np.nan)
        model, slot = results.model[counted], results.slot[counted]
        level = level_of[model, slot]
        own = np.where(slot > 0, core[model, slot], 0.0)
        able[model, level] = core[model, 0] + own + effects[level]
        return able

    def joint(
        self, models: Sequence[str], weights: dict[str, float], efforts: Sequence[str] | None = None
    ) -> Joint:
        """C_m + weighted deviations for each of the models, at `efforts` (default: unstated).

        A deviation without evidence is 0 with its prior's variance. Raises KeyError on an unknown
        model. Cost and memory are linear in models and in their results.
        """
        results = self.results
        at = np.array([self.model_at[model] for model in models], dtype=np.int64)
        core = np.zeros((len(at), results.slots))
        core[:, 0] = 1.0
        common = np.zeros((len(at), len(self.equations.root)))
        unseen = np.zeros(len(at))
        levels = {level: i for i, level in enumerate(results.levels)}
        slots = {pair: int(s) for pair, s in zip(results.efforts, results.effort_slot, strict=True)}
        for row, (model, effort) in enumerate(
            zip(models, efforts or [UNSTATED] * len(models), strict=True)
        ):
            if effort == UNSTATED:
                continue
            if effort in levels:
                common[row, 2 * len(self.benchmarks) + levels[effort]] = 1.0
            else:
                unseen[row] += self.sds["effort_level"] ** 2
            slot = slots.get((model, effort))
            if slot is None:
                unseen[row] += self.sds["effort"] ** 2
            else:
                core[row, slot] = 1.0
        weight = np.array([weights.get(ability, 0.0) for ability in results.abilities])
        total = sum(share**2 for share in weights.values())
        seen = (self._pair_table[at] < len(results.pairs)) @ weight**2
        unseen += self.sds["ability"] ** 2 * np.clip(total - seen, 0.0, None)
        return self._rows(at, core, np.tile(weight, (len(at), 1)), common, unseen)

    def predict(self, scores: pd.DataFrame) -> tuple[Array, Array]:
        """Mean and standard deviation of new scores, their own noise included.

        `scores` as in `estimate`, `score` not needed; models and benchmarks must be known
        (KeyError), an ability, effort or kind of evidence need not be.
        """
        results, parts = self.results, self.parts
        frame = _with_defaults(scores)
        at = np.array([self.model_at[model] for model in frame["model"]], dtype=np.int64)
        where = {name: i for i, name in enumerate(self.benchmarks)}
        benchmark = np.array([where[name] for name in frame["benchmark"]], dtype=np.int64)
        rows, n = np.arange(len(at)), len(self.benchmarks)
        core = np.zeros((len(at), results.slots))
        core[:, 0] = 1.0
        weight = np.zeros((len(at), len(results.abilities)))
        common = np.zeros((len(at), len(self.equations.root)))
        common[rows, benchmark] = -1.0
        unseen = np.zeros(len(at))
        known = {name: i for i, name in enumerate(results.abilities)}
        seen = {pair: i for i, pair in enumerate(results.pairs)}
        slots = {pair: int(s) for pair, s in zip(results.efforts, results.effort_slot, strict=True)}
        columns = {("effort_level", name): 2 * n + i for i, name in enumerate(results.levels)} | {
            ("evidence_kind", name): 2 * n + len(results.levels) + i
            for i, name in enumerate(results.kinds)
        }
        noise = self.noise[benchmark].copy()
        for row, (model, ability, effort, kind) in enumerate(
            zip(frame["model"], frame["ability"], frame["effort"], frame["evidence"], strict=True)
        ):
            if ability != GENERAL:
                if (model, ability) in seen:
                    weight[row, known[ability]] = 1.0
                else:
                    unseen[row] += self.sds["ability"] ** 2
            if effort != UNSTATED:
                if (model, effort) in slots:
                    core[row, slots[model, effort]] = 1.0
                else:
                    unseen[row] += self.sds["effort"] ** 2
            for prior, name, reference in (
                ("effort_level", effort, UNSTATED),
                ("evidence_kind", kind, INDEPENDENT),
            ):
                if name == reference:
                    continue
                if (prior, name) in columns:
                    common[row, columns[prior, name]] = 1.0
                else:
                    unseen[row] += self.sds[prior] ** 2
            if kind in results.kinds:
                noise[row] *= self.kind_noise[results.kinds.index(kind)]
        # The slope multiplies the whole gap, so its own uncertainty enters through the gap.
        slope = np.exp(parts["log_slope"])[benchmark]
        gap = self._rows(at, core, weight, common, unseen).values
        common[rows, n + benchmark] = gap
        joint = self._rows(at, core, weight, common, unseen)
        variance = slope**2 * (joint.variance + unseen)
        # Mean of a sigmoid over a normal: MacKay, The Evidence Framework, 1992.
        solved = expit(slope * gap / np.sqrt(1 + np.pi / 8 * variance))
        span = (frame["ceiling"] - frame["chance"]).to_numpy(float)
        mean = frame["chance"].to_numpy(float) + span * solved
        along = span * solved * (1 - solved)
        return mean, np.sqrt(noise**2 + along**2 * variance)

    @cached_property
    def _pair_table(self) -> Positions:
        """Pair of each model and ability; behind the last pair where there is no evidence."""
        results = self.results
        table = np.full((len(self.models), len(results.abilities)), len(results.pairs))
        table[results.pair_model, results.pair_ability] = np.arange(len(results.pairs))
        return table

    def _rows(
        self, at: Positions, core: Array, weight: Array, common: Array, unseen: Array
    ) -> Joint:
        """Combinations of models' parameters: by slot, by ability, and by common parameter."""
        results, equations = self.results, self.equations
        pairs = self._pair_table[at]
        own_core, deviation, own_common = results.own(self.values)
        values = np.einsum("ij,ij->i", core, own_core[at]) + common @ own_common
        values += np.einsum("ij,ij->i", weight, np.append(deviation, 0.0)[pairs])
        weight = np.where(pairs < len(results.pairs), weight, 0.0)
        by_pair = weight / equations.of_pair[pairs]
        half = equations.half[at]
        reduced = core - np.einsum("ij,ijk->ik", by_pair, equations.lean[pairs])
        by_core = np.einsum("ijk,ij->ik", half, reduced)
        pull_core = np.einsum("ijk,ik->ij", half, by_core)

        # Each row's column of the inverse, tied to the common parameters through its results.
        counts = np.diff(results.bounds)[at]
        row = np.repeat(np.arange(len(at)), counts)
        first = results.bounds[at] - (np.cumsum(counts) - counts)
        result = np.arange(len(row)) + np.repeat(first, counts)
        pull = np.einsum("ij,ij->i", equations.left[result], pull_core[row])
        pull += np.append(by_pair, np.zeros((len(at), 1)), axis=1)[row, results.ability[result]]
        width = common.shape[1] + 1
        tied = _sums(
            row * width + results.common[:, result],
            equations.ties[:, result] * pull,
            len(at) * width,
        ).reshape(len(at), width)[:, :-1]
        return Joint(
            values,
            unseen,
            solve_triangular(equations.root, (common - tied).T, lower=True).T,
            at,
            np.concatenate([by_core, weight / np.sqrt(equations.of_pair[pairs])], axis=1),
        )


def estimate(scores: pd.DataFrame) -> Fit:
    """Fit the model.

    `scores`: one row per result with `model`, `benchmark`, `score` (share of points, 0 to 1) and,
    if known, `ability` (default `general`: evidence for no ability), `effort` (default `unstated`),
    `evidence` (default `independent`), `weight`, `chance`, `ceiling`. Repeats are welcome: give
    each a weight. The order of rows changes no bit. Raises ValueError on an empty frame or a score
    outside 0 to 1.
    """
    results = _in_order(scores)
    values = np.zeros(sum(results.sizes.values()))
    sds = dict(SDS)
    common_noise = NOISE_START
    noise = np.full(len(results.benchmarks), NOISE_START)
    kind_noise = np.ones(len(results.kinds) + 1)
    total = float(np.sum(results.weight))
    of_benchmark = _sums(results.benchmark, results.weight, len(noise))
    of_kind = _sums(results.kind, results.weight, len(kind_noise))
    damping = 1e-2
    for round_ in range(ROUNDS):
        strength = results.weight / (noise[results.benchmark] * kind_noise[results.kind]) ** 2
        prior = results.spread({name: sd**-2 for name, sd in sds.items()})
        values, equations, damping = _settle(
            results, prior, values, strength, damping, STEPS_A_ROUND if round_ else STEPS_MOST
        )
        before = np.array([*sds.values(), common_noise])
        now = _predicted(results, values)
        variance, of_gap = _variances(results, equations, now)
        sds = _updated(results, sds, values**2 + variance)
        squares = (results.score - now.expected) ** 2 + now.along**2 * of_gap
        squares *= results.weight
        by_kind = _sums(results.kind, squares / noise[results.benchmark] ** 2, len(kind_noise))
        kind_noise = np.sqrt((NOISE_COUNT + by_kind) / (NOISE_COUNT + of_kind))
        kind_noise[-1] = 1.0
        squares /= kind_noise[results.kind] ** 2
        by_benchmark = _sums(results.benchmark, squares, len(noise))
        noise = np.sqrt(
            (NOISE_COUNT * common_noise**2 + by_benchmark) / (NOISE_COUNT + of_benchmark)
        )
        noise = np.clip(noise, NOISE_LEAST, NOISE_MOST)
        common_noise = float(np.exp(np.sum(of_benchmark * np.log(noise)) / total))
        if np.all(np.abs(np.array([*sds.values(), common_noise]) / before - 1) < SETTLED):
            break
    strength = results.weight / (noise[results.benchmark] * kind_noise[results.kind]) ** 2
    prior = results.spread({name: sd**-2 for name, sd in sds.items()})
    values, equations, _ = _settle(results, prior, values, strength, damping, STEPS_MOST)
    return Fit(values, sds, noise, kind_noise[:-1], results, equations)


def _updated(results: _Results, sds: dict[str, float], squares: Array) -> dict[str, float]:
    """The priors' standard deviations by expectation-maximisation, held near their start."""
    by_prior = results.split(squares)
    return {
        name: sd
        if name in FIXED
        else float(
            np.sqrt(
                (PRIOR_COUNT * SDS[name] ** 2 + np.sum(by_prior[name]))
                / (PRIOR_COUNT + len(by_prior[name]))
            )
        )
        for name, sd in sds.items()
    }


def _with_defaults(scores: pd.DataFrame) -> pd.DataFrame:
    """The frame with every column the model knows."""
    defaults = {
        "ability": GENERAL, "effort": UNSTATED, "evidence": INDEPENDENT,
        "weight": 1.0, "chance": 0.0, "ceiling": 1.0,
    }  # fmt: skip
    missing = {name: value for name, value in defaults.items() if name not in scores}
    return scores.assign(**missing).fillna(defaults)


def _places(names: pd.Series, reference: str) -> tuple[Positions, list[str]]:
    """Position of each name among the sorted names, the reference behind the last."""
    at, found = pd.factorize(names.where(names != reference), sort=True)
    return np.where(at < 0, len(found), at).astype(np.int64), [str(name) for name in found]


def _in_order(scores: pd.DataFrame) -> _Results:
    """Check the scores and sort them, so that a sum does not depend on the order of rows."""
    if scores.empty:
        raise ValueError("no scores to fit")
    if not scores["score"].between(0, 1).all():
        raise ValueError("a score is a share of points: 0 to 1")
    frame = _with_defaults(scores)
    model, models = _places(frame["model"], "")
    benchmark, benchmarks = _places(frame["benchmark"], "")
    ability, abilities = _places(frame["ability"], GENERAL)
    level, levels = _places(frame["effort"], UNSTATED)
    kind, kinds = _places(frame["evidence"], INDEPENDENT)
    numbers = {
        name: frame[name].to_numpy(float) for name in ("score", "weight", "chance", "ceiling")
    }
    order = np.lexsort(
        (*numbers.values(), kind, level, ability, model * len(benchmarks) + benchmark)
    )
    model, benchmark, ability = model[order], benchmark[order], ability[order]
    level, kind = level[order], kind[order]
    score, weight, chance, ceiling = (values[order] for values in numbers.values())

    pair, pair_model, pair_ability = _pairs(model, ability, len(abilities))
    effort, effort_model, effort_level = _pairs(model, level, len(levels))
    place = np.arange(len(effort_model)) - np.searchsorted(effort_model, effort_model) + 1
    b = len(benchmarks)
    last = 2 * b + len(levels) + len(kinds)
    common = [benchmark, b + benchmark]
    if levels:
        common.append(np.where(level < len(levels), 2 * b + level, last))
    if kinds:
        common.append(np.where(kind < len(kinds), 2 * b + len(levels) + kind, last))
    columns = np.stack(common)
    rows = np.arange(len(model))
    return _Results(
        models,
        benchmarks,
        abilities,
        levels,
        kinds,
        [(models[m], levels[k]) for m, k in zip(effort_model, effort_level, strict=True)],
        [(models[m], abilities[k]) for m, k in zip(pair_model, pair_ability, strict=True)],
        model,
        benchmark,
        ability,
        kind,
        pair,
        np.append(place, 0)[effort],
        score,
        weight,
        chance,
        ceiling - chance,
        columns,
        pair_model,
        pair_ability,
        effort_model,
        effort_level,
        place,
        np.searchsorted(model, np.arange(len(models) + 1)),
        list(_stretches(rows, model, columns)),
        [
            stretch
            for k in range(len(abilities))
            for stretch in _stretches(rows[ability == k], pair, columns)
        ],
    )


def _pairs(
    model: Positions, other: Positions, others: int
) -> tuple[Positions, Positions, Positions]:
    """Number the (model, other) that occur: number of each row, and the two of each number."""
    has = other < others
    keys, at = np.unique(model[has] * max(others, 1) + other[has], return_inverse=True)
    pair = np.full(len(model), len(keys))
    pair[has] = at
    return pair, keys // max(others, 1), keys % max(others, 1)


def _stretches(rows: Positions, unit: Positions, columns: Positions) -> Iterator[_Stretch]:
    """Cut results, in order of their unit, into stretches of at most STRETCH units."""
    starts = np.flatnonzero(np.diff(unit[rows], prepend=-1))[::STRETCH]
    for part in np.split(rows, starts[1:]):
        units, row = np.unique(unit[part], return_inverse=True)
        used, column = np.unique(columns[:, part], return_inverse=True)
        at = row * len(used) + column.reshape(len(columns), -1)
        yield _Stretch(units, part, at, used)


@dataclass(frozen=True)
class _Prediction:
    """Per result: the score expected, its derivative by ability, and ability less difficulty."""

    expected: Array
    along: Array
    gap: Array


def _predicted(results: _Results, values: Array) -> _Prediction:
    core, deviation, common = results.own(values)
    padded = np.append(common, 0.0)
    slope = np.exp(common[results.common[1]])
    gap = core[results.model, 0] - common[results.common[0]]
    gap += np.where(results.slot > 0, core[results.model, results.slot], 0.0)
    gap += np.append(deviation, 0.0)[results.pair]
    for columns in results.common[2:]:
        gap += padded[columns]
    solved = expit(slope * gap)
    expected = results.chance + results.span * solved
    return _Prediction(expected, results.span * solved * (1 - solved) * slope, gap)


def _settle(
    results: _Results,
    prior: Array,
    values: Array,
    strength: Array,
    damping: float,
    steps: int,
) -> tuple[Array, _Equations, float]:
    """Minimise at given noise and priors, by Levenberg-Marquardt.

    Returns also the equations there, undamped, and the damping to go on with.
    """

    def loss(values: Array, expected: Array) -> float:
        mean_slope = np.mean(results.split(values)["log_slope"])
        return float(
            np.sum(strength * (results.score - expected) ** 2)
            + np.sum(prior * values**2)
            + (mean_slope / SD_MEAN_SLOPE) ** 2
        )

    now = _predicted(results, values)
    at = loss(values, now.expected)
    for _ in range(steps):
        gain, tried = 0.0, 0
        while damping <= 1e8:
            equations = _eliminate(results, prior, strength, now, damping)
            new = values + _step(results, prior, values, equations, strength, now)
            there = _predicted(results, new)
            loss_there = loss(new, there.expected)
            if loss_there <= at:
                values, gain, at, now = new, at - loss_there, loss_there, there
                # A damping that was just found too low is too low for the next step as well.
                damping = damping if tried else max(damping / 6, 1e-9)
                break
            damping, tried = damping * 8, tried + 1
        if gain < LOSS_SETTLED:
            break
    return values, _eliminate(results, prior, strength, now, 0.0), damping


def _eliminate(
    results: _Results, prior: Array, strength: Array, now: _Prediction, damping: float
) -> _Equations:
    """Eliminate deviations, then each model's slots, from the Gauss-Newton Hessian.

    The diagonal is raised by the share `damping`.
    """
    m, pairs, slots = len(results.models), len(results.pairs), results.slots
    raised = 1 + damping
    curvature = strength * now.along**2
    core_prior, deviation_prior, common_prior = results.own(prior, padding=1.0)

    by_slot = _sums(results.pair * slots + results.slot, curvature, (pairs + 1) * slots)
    lean = by_slot.reshape(-1, slots)
    lean[:, 0] = lean.sum(axis=1)
    # The pair of those without ability: infinitely stiff, so that it neither moves nor matters.
    of_pair = np.append((lean[:-1, 0] + deviation_prior) * raised, np.inf)
    left = -(lean / of_pair[:, None])[results.pair]
    left[:, 0] += 1.0
    stated = np.flatnonzero(results.slot)
    left[stated, results.slot[stated]] += 1.0

    flat = _sums(results.model * slots + results.slot, curvature, m * slots)
    by_slot = flat.reshape(m, slots)
    core = np.zeros((m, slots, slots))
    each = np.arange(slots)
    core[:, each, each] = core[:, 0, :] = core[:, :, 0] = by_slot
    core[:, 0, 0] = by_slot.sum(axis=1)
    core[:, each, each] = (core[:, each, each] + core_prior) * raised
    scaled = lean[:-1] / np.sqrt(of_pair[:-1, None])
    for a in range(slots):
        for b in range(a + 1):
            taken = _sums(results.pair_model, scaled[:, a] * scaled[:, b], m)
            core[:, a, b] -= taken
            if b < a:
                core[:, b, a] -= taken
    half = np.linalg.cholesky(np.linalg.inv(core))

    width = len(common_prior) + 1
    factors = _factors(results, now)
    ties = curvature * factors
    square = np.zeros(width * width)
    for i, columns in enumerate(results.common):
        square += _sums(columns * width + results.common, ties[i] * factors, width * width)
    schur = square.reshape(width, width)
    each = np.arange(width - 1)
    schur[each, each] = (schur[each, each] + common_prior) * raised
    b = len(results.benchmarks)
    schur[b : 2 * b, b : 2 * b] += (SD_MEAN_SLOPE * b) ** -2
    for stretch in results.stretches_of_pairs:
        _subtract_square(schur, stretch, stretch.matrix(ties / np.sqrt(of_pair)[results.pair]))
    for stretch in results.stretches_of_models:
        tied = np.stack([stretch.matrix(ties * left[:, k]) for k in range(slots)], axis=1)
        tied = np.swapaxes(half[stretch.units], 1, 2) @ tied
        _subtract_square(schur, stretch, tied.reshape(-1, tied.shape[2]))
    root = np.tril(cho_factor(schur[:-1, :-1], lower=True, check_finite=False)[0])
    return _Equations(ties, left, of_pair, lean, half, root)


def _subtract_square(schur: Array, stretch: _Stretch, matrix: Array) -> None:
    schur[np.ix_(stretch.columns, stretch.columns)] -= matrix.T @ matrix


def _step(
    results: _Results,
    prior: Array,
    values: Array,
    equations: _Equations,
    strength: Array,
    now: _Prediction,
) -> Array:
    """Solve for the step of all parameters."""
    m, pairs, slots = len(results.models), len(results.pairs), results.slots
    ties, left, of_pair, lean = (
        equations.ties,
        equations.left,
        equations.of_pair,
        equations.lean,
    )
    core, deviation, common = results.own(prior * values)
    pull = strength * now.along * (results.score - now.expected)
    by_pair = _sums(results.pair, pull, pairs + 1) - np.append(deviation, 0.0)
    by_pair /= of_pair
    by_core = _sums(results.model * slots + results.slot, pull, m * slots).reshape(m, slots)
    by_core[:, 0] = by_core.sum(axis=1)
    by_core -= core
    for k in range(slots):
        by_core[:, k] -= _sums(results.pair_model, (lean[:, k] * by_pair)[:-1], m)
    by_core = _solved(equations.half, by_core)
    moved = by_pair[results.pair] + np.einsum("ij,ij->i", left, by_core[results.model])
    factors = _factors(results, now)
    by_common = _sums(results.common, factors * pull - ties * moved, len(common) + 1)[:-1]
    by_common -= common
    b = len(results.benchmarks)
    by_common[b : 2 * b] -= np.sum(results.split(values)["log_slope"]) * (SD_MEAN_SLOPE * b) ** -2
    step = cho_solve((equations.root, True), by_common, check_finite=False)
    tied = np.einsum("ij,ij->j", ties, np.append(step, 0.0)[results.common])
    back = np.stack([_sums(results.model, left[:, k] * tied, m) for k in range(slots)], axis=1)
    by_core -= _solved(equations.half, back)
    by_pair -= _sums(results.pair, tied, pairs + 1) / of_pair
    on = np.append(results.pair_model, 0)
    by_pair -= np.einsum("ij,ij->i", lean, by_core[on]) / of_pair
    return results.joined(by_core, by_pair[:-1], step)


def _solved(half: Array, right: Array) -> Array:
    """Solve each model's block for its right-hand side."""
    solved: Array = np.einsum("ijk,ilk,il->ij", half, half, right, optimize=True)
    return solved


def _variances(results: _Results, equations: _Equations, now: _Prediction) -> tuple[Array, Array]:
    """Variance of each parameter, and of each result's ability less difficulty.

    Of models' own parameters given the common ones: what those add is second order here and would
    cost a row of the whole covariance per deviation; `Fit.joint` has it.
    """
    half, left = equations.half, equations.left
    core = np.einsum("ijk,ijk->ij", half, half)
    lean = equations.lean[:-1] / equations.of_pair[:-1, None]
    across = np.einsum("ijk,ij->ik", half[results.pair_model], lean)
    deviation = 1 / equations.of_pair[:-1] + np.einsum("ij,ij->i", across, across)
    root = solve_triangular(equations.root, np.eye(len(equations.root)), lower=True)
    inverse = root.T @ root
    variance = results.joined(core, deviation, np.diag(inverse))

    through = np.einsum("ijk,ij->ik", half[results.model], left)
    of_gap = 1 / equations.of_pair[results.pair] + np.einsum("ij,ij->i", through, through)
    return variance, of_gap


def _factors(results: _Results, now: _Prediction) -> Array:
    """Derivatives of each result's slope times gap by its common parameters, over the slope."""
    factors = np.ones(results.common.shape)
    factors[0], factors[1] = -1.0, now.gap
    last = int(np.sum([results.sizes[name] for name in COMMON]))
    factors[2:][results.common[2:] == last] = 0.0
    return factors
