"""How demand moves when a model is launched, repriced or retired: a nested-logit share model.

Utilities follow from shares (Berry's inversion), so that a market before an event is described by
its shares alone. With inside shares s of a market whose outside share is s0, two levels of nests
(lower n within upper h) and correlations 0 <= upper <= lower < 1,

    q = 1 + entrant / incumbents            of the volume in a lower nest, after the event
    share of n in h     proportional to  s_n q^((1 - lower) / (1 - upper))
    share of h          proportional to  s_h (sum over its n of the former)^(1 - upper)
    share of outside    proportional to  s0

so the entrant's share, given or drawn, fixes q and with it every incumbent's change (one Newton
equation a nest). A model that leaves has q < 1; one that is repriced leaves and enters again with
its volume times the price ratio to the elasticity. An entrant given away takes only a part of its
volume from others: the rest is new. Observed change adds the market's growth, the incumbent's own
drift (what its quality did before goes on in part) and Student-t noise:

    ln(after / before) = growth + change of share + drift + noise

All parameters are estimated together by maximum posterior on past launches, outcomes below the
floor of a list counted as censored, with Laplace draws; entrants' sizes likewise, from past
entrants.

Sources: Berry 1994 and Verboven 1996 (inversion, two-level nests); Cardell 1997; Conlon and
Mortimer 2021 (diversion ratios). Not here: what was used around a launch (`usage`), how forecasts
fared (`backtest`), positions (`marts.launch_impact`).
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit

from pipelines.analysis import INTERVAL

Array = NDArray[np.float64]
Positions = NDArray[np.int64]
#: Columns of equal length by name: a frame, or arrays (a tenth of the time for one launch's).
Columns: TypeAlias = pd.DataFrame | Mapping[str, Any]

#: Degrees of freedom of all noise: volumes jump more often than a normal distribution allows, and
#: four have a closed distribution function.
TAILS = 4
#: Log change below which volume counts as fallen: by more than 5%.
FALL = float(np.log(0.95))
#: Volume of a nest nobody was in before the event, as a share of all incumbents'.
EMPTY = 1e-6
#: Largest share of the market that entrants are given in a draw.
MOST_TAKEN = 0.9
#: Largest part of a product's volume that is counted as lost.
NEARLY_ALL = 1 - 1e-6
NEWTON_STEPS = 20
#: Volume of an entrant never seen on a list, as a part of its floor. (On the archived daily lists
#: launches behind the ninth place have a tenth to a half of its volume, and most are not there.)
UNSEEN = 0.1
#: Log standard deviation of volumes where none is known: the middle two thirds of the products span
#: a factor of twenty. (On the archived daily lists, which end at the fiftieth, it is 1.0.)
VOLUME_SPREAD = 1.5
QUANTILES = np.array([0.5 - INTERVAL / 2, 0.5, 0.5 + INTERVAL / 2])
#: Log miss of the entrants' shares at which the solution stands.
SOLVED = 1e-9
#: Log of the largest ratio of entrants to incumbents in a nest, far below the largest number.
MOST_LOG = 300.0
#: A momentum beyond a factor of e says no more.
MOST_MOMENTUM = 1.0

#: Parameters on the scale on which they are estimated, with the unit of what they transform to.
PARAMETERS = (
    "outside",  # logit of the market's share that buys none of the products listed
    "upper",  # logit of the correlation within upper nests
    "lower",  # logit of the lower nests' correlation in excess of it, as a share of what is left
    "growth",  # log growth of the market from before to after
    "free_is_new",  # logit of the part of a free entrant's volume that is taken from nobody
    "momentum_up",  # drift per unit of rising log volume before the event
    "momentum_down",  # the same of falling log volume
    "free_drift",  # drift of what is given away, log
    "noise",  # log of the noise's scale
    "noise_if_recent",  # added to it for a product listed for less than a month
)
KINDS = ("successor", "sibling", "arrival")
#: Of an entrant's log volume over its reference: its predecessor's volume before, or without one
#: the incumbents' mean.
SIZE_PARAMETERS = (
    "successor",  # centre for one that succeeds a product
    "sibling",  # centre for another of a vendor that was there
    "arrival",  # centre for one of a vendor that was not
    "elasticity",  # of a successor's volume to its price over its predecessor's
    "free_entry",  # added if it is given away
    "successor_noise",  # log of the scale around the first
    "sibling_noise",  # log of the scale around the second
    "arrival_noise",  # log of the scale around the third
)


@dataclass(frozen=True)
class Variant:
    """A form of the share model: which columns make the nests, and what may be estimated."""

    name: str
    upper: str | None
    lower: str | None
    takes: bool = True
    drifts: bool = True

    @property
    def fixed(self) -> dict[str, float]:
        """Parameters the variant does not have, with the value that makes them nothing."""
        held: dict[str, float] = {}
        if self.upper is None:
            held["upper"] = -12.0
        if self.lower is None:
            held["lower"] = -12.0
        if not self.takes:
            held |= {"outside": 0.0, "free_is_new": 0.0}
        if not self.drifts:
            held |= {"momentum_up": 0.0, "momentum_down": 0.0, "free_drift": 0.0}
        return held


#: The forms that the backtest compares.
VARIANTS = {
    v.name: v
    for v in (
        Variant("drift only", None, None, takes=False),
        Variant("plain logit", None, None),
        Variant("vendor nests", None, "vendor"),
        Variant("segment nests", None, "segment"),
        Variant("segment, then vendor", "segment", "vendor"),
        Variant("vendor, then segment", "vendor", "segment"),
        Variant("vendor, then line", "vendor", "line"),
        Variant("vendor, then segment, without drift", "vendor", "segment", drifts=False),
    )
}


@dataclass(frozen=True)
class Fitted:
    """Maximum posterior and Laplace covariance of named parameters."""

    names: tuple[str, ...]
    mean: Array
    covariance: Array
    held: Mapping[str, float]
    events: int

    def draws(self, number: int, random: np.random.Generator) -> dict[str, Array]:
        """Parameter draws by name, `number` each."""
        found = random.multivariate_normal(self.mean, self.covariance, number, method="eigh")
        drawn = {name: found[:, at] for at, name in enumerate(self.names)}
        return drawn | {name: np.full(number, value) for name, value in self.held.items()}


# ------------------------------------------------------------------ the share model


@dataclass(frozen=True)
class Market:
    """The products around one launch or several, nested by a variant, as arrays.

    Lower nests are sorted by launch and upper nest, so that each launch's are next to each other.
    """

    variant: Variant
    #: By lower nest: its upper nest and its launch; by upper nest: its launch.
    upper: Positions
    launch: Positions
    launch_of_upper: Positions
    #: First lower nest of each upper nest, first upper nest of each launch.
    upper_starts: Positions
    launch_starts: Positions
    #: By incumbent: its lower nest, volume before, part given away, and whether listed for a month.
    nest: Positions
    volume: Array
    momentum: Array
    free: Array
    recent: Array
    #: By incumbent: bounds of the log change observed; NaN before it is.
    low: Array
    high: Array
    #: By entrant: its lower nest, part given away, and volume after (the middle of its bounds).
    entrant_nest: Positions
    entrant_free: Array
    entrant_volume: Array

    def only(self, chosen: NDArray[np.bool_]) -> "Market":
        """Some of the launches, renumbered."""
        lower = chosen[self.launch]
        upper = chosen[self.launch_of_upper]
        there, new = lower[self.nest], lower[self.entrant_nest]
        lower_at, upper_at = np.cumsum(lower) - 1, np.cumsum(upper) - 1
        launch_at = np.cumsum(chosen) - 1
        return replace(
            self,
            upper=upper_at[self.upper[lower]],
            launch=launch_at[self.launch[lower]],
            launch_of_upper=launch_at[self.launch_of_upper[upper]],
            upper_starts=lower_at[self.upper_starts[upper]],
            launch_starts=upper_at[self.launch_starts[chosen]],
            nest=lower_at[self.nest[there]],
            volume=self.volume[there],
            momentum=self.momentum[there],
            free=self.free[there],
            recent=self.recent[there],
            low=self.low[there],
            high=self.high[there],
            entrant_nest=lower_at[self.entrant_nest[new]],
            entrant_free=self.entrant_free[new],
            entrant_volume=self.entrant_volume[new],
        )


def market(incumbents: Columns, entrants: Columns, variant: Variant) -> Market:
    """Nest the products of one launch or several; launches are numbered in the order of `origin`.

    Columns: see `usage`. Every entrant's origin has incumbents.
    """

    def numbered(column: str) -> tuple[int, Positions]:
        """How many values there are, and each row's in their order."""
        both = [*map(str, incumbents[column]), *map(str, entrants[column])]
        place = {value: at for at, value in enumerate(sorted(set(both)))}
        return len(place), np.array([place[value] for value in both], np.int64)

    origins, launch = numbered("origin")

    def labels(column: str | None) -> Positions:
        return np.zeros(len(launch), np.int64) if column is None else numbered(column)[1]

    lower = labels(variant.lower)
    # Without an upper level every lower nest stands for itself below the root.
    upper = labels(variant.upper) if variant.upper else lower
    nests, place = np.unique(np.column_stack([launch, upper, lower]), axis=0, return_inverse=True)
    pairs, upper_of = np.unique(nests[:, :2], axis=0, return_inverse=True)
    number = len(incumbents["before"])
    before = _floats(incumbents, "before")
    low, high = log_bounds(incumbents, before)
    return Market(
        variant=variant,
        upper=upper_of,
        launch=nests[:, 0],
        launch_of_upper=pairs[:, 0],
        upper_starts=np.searchsorted(upper_of, np.arange(len(pairs))),
        launch_starts=np.searchsorted(pairs[:, 0], np.arange(origins)),
        nest=place[:number],
        volume=before,
        momentum=np.clip(_floats(incumbents, "momentum"), -MOST_MOMENTUM, MOST_MOMENTUM),
        free=_floats(incumbents, "is_free"),
        recent=_floats(incumbents, "is_recent"),
        low=low,
        high=high,
        entrant_nest=place[number:],
        entrant_free=_floats(entrants, "is_free"),
        entrant_volume=seen_volume(entrants),
    )


def _floats(products: Columns, column: str) -> Array:
    return np.asarray(products[column], float)


def seen_volume(entrants: Columns) -> Array:
    """Entrants' volumes after: the middle of their bounds, or if never seen a part of the floor."""
    low, high = _floats(entrants, "after_low"), _floats(entrants, "after_high")
    return np.asarray(np.where(low > 0, (low + high) / 2, UNSEEN * high))


def log_bounds(products: Columns, reference: Array) -> tuple[Array, Array]:
    """Bounds of the volume after, as log ratios to a reference; minus infinity where it is 0."""
    with np.errstate(divide="ignore"):
        return (
            np.log(_floats(products, "after_low") / reference),
            np.log(_floats(products, "after_high") / reference),
        )


def sums(values: Array, places: Positions, size: int) -> Array:
    """Sums of the last axis by place: (draws, products) to (draws, size)."""
    found = np.zeros((len(values), size))
    for at, place in enumerate(places):
        found[:, place] += values[:, at]
    return found


def respond(
    nests: Market,
    inside: Array,
    entry: Array,
    left: Array,
    outside: Array,
    upper: Array,
    lower: Array,
) -> Array:
    """Log change of share of the incumbents of each lower nest.

    `inside`: volume of each lower nest as a share of its launch's incumbents, (draws, nests);
    `entry`: share of the market after the event that entrants hold; `left`: part of the nest's
    volume that stays (1 unless a product leaves it); `outside`, `upper`, `lower`: (draws,).
    """
    s0, up, low = outside[:, None], upper[:, None], lower[:, None]
    share = np.maximum(inside, EMPTY) * (1 - s0)
    of_upper = np.add.reduceat(share, nests.upper_starts, axis=1)
    within = share / of_upper[:, nests.upper]
    power = (1 - low) / (1 - up)
    enters = entry > 0
    wanted = np.where(enters, entry, 1.0)
    # The entrants' volume over that of those who stay, in the nest; solved in its logarithm. The
    # equations are concave and this start below their root, so Newton's steps rise to it. Their
    # matrix is diagonal but for what nests of one upper nest, and of one launch, share.
    ratio = np.where(enters, entry / np.maximum(share * left, 1e-12), 0.0)
    for step in range(NEWTON_STEPS + 1):
        weight = within * (left * (1 + ratio)) ** power
        total = np.add.reduceat(weight, nests.upper_starts, axis=1)
        value = of_upper * total ** (1 - up)
        market = np.add.reduceat(value, nests.launch_starts, axis=1) + s0
        upper_share = value / market[:, nests.launch_of_upper]
        new_within = weight / total[:, nests.upper]
        new_share = new_within * upper_share[:, nests.upper]
        part = ratio / (1 + ratio)
        miss = np.where(enters, np.log(wanted / np.where(enters, new_share * part, 1.0)), 0.0)
        if step == NEWTON_STEPS or np.abs(miss).max() < SOLVED:
            break
        own = part * power + 1 - part
        pull = part * power * new_within / own
        missed = np.add.reduceat(pull * miss, nests.upper_starts, axis=1)
        pulled = np.add.reduceat(pull, nests.upper_starts, axis=1)
        rest = upper_share / (1 - up * pulled)
        shared = np.add.reduceat(rest * missed, nests.launch_starts, axis=1) / (
            1 - (1 - up) * np.add.reduceat(rest * pulled, nests.launch_starts, axis=1)
        )
        shared = shared[:, nests.launch_of_upper]
        of_nest = (missed + (1 - up) * shared * pulled) / (1 - up * pulled)
        rise = (miss + (up * of_nest + (1 - up) * shared)[:, nests.upper]) / own
        log_ratio = np.log(np.where(enters, ratio, 1.0)) + rise
        ratio = np.where(enters, np.exp(np.clip(log_ratio, -MOST_LOG, MOST_LOG)), 0.0)
    return np.asarray(np.log(new_share / (share * left * (1 + ratio))))


def _natural(drawn: Mapping[str, Array]) -> tuple[Array, Array, Array]:
    outside, upper = expit(drawn["outside"]), expit(drawn["upper"])
    return outside, upper, upper + (1 - upper) * expit(drawn["lower"])


def expected_changes(
    products: Market,
    drawn: Mapping[str, Array],
    sizes: Array | None = None,
    volumes: Array | None = None,
    took: Array | None = None,
) -> Array:
    """Log change of each incumbent's volume without its noise, (draws, incumbents).

    `sizes`: entrants' volumes after the event, (draws, entrants), default as observed; `volumes`:
    incumbents' before it, (draws, incumbents), default as observed; `took`: what `taken` answered,
    if it has been asked.
    """
    growth = drawn["growth"][:, None]
    change = np.zeros((len(growth), len(products.nest)))
    if took is not None:
        change = took
    elif products.variant.takes:
        change = taken(products, drawn, sizes, volumes)
    drift = (
        drawn["momentum_up"][:, None] * np.maximum(products.momentum, 0)
        + drawn["momentum_down"][:, None] * np.minimum(products.momentum, 0)
        + drawn["free_drift"][:, None] * products.free
    )
    return growth + change + drift


def taken(
    products: Market,
    drawn: Mapping[str, Array],
    sizes: Array | None = None,
    volumes: Array | None = None,
) -> Array:
    """Log change of each incumbent's share that the entrants cause, (draws, incumbents)."""
    outside, upper, lower = _natural(drawn)
    number, launches = len(products.upper), len(products.launch_starts)
    by_nest = sums(products.volume[None] if volumes is None else volumes, products.nest, number)
    by_launch = sums(by_nest, products.launch, launches)
    after = by_launch / (1 - outside[:, None]) * np.exp(drawn["growth"][:, None])
    new = expit(drawn["free_is_new"])[:, None]
    sizes = products.entrant_volume[None] if sizes is None else sizes
    takes = sums(sizes * (1 - new * products.entrant_free), products.entrant_nest, number)
    entry = takes / after[:, products.launch]
    entered = sums(entry, products.launch, launches)
    entry = entry * np.minimum(1, MOST_TAKEN / np.maximum(entered, 1e-12))[:, products.launch]
    inside = np.broadcast_to(by_nest / by_launch[:, products.launch], entry.shape)
    changes = respond(products, inside, entry, np.ones_like(entry), outside, upper, lower)
    return changes[:, products.nest]


def noise_scale(products: Market, drawn: Mapping[str, Array]) -> Array:
    """Scale of the noise, log volume, (draws, incumbents)."""
    return np.exp(drawn["noise"][:, None] + drawn["noise_if_recent"][:, None] * products.recent)


# ------------------------------------------------------------------ likelihood and estimation


def pooled(priors: pd.DataFrame, known_by: date | None = None) -> dict[str, tuple[float, float]]:
    """Mean and standard deviation of each parameter's prior, from what was published by a day.

    The method's own assumption, made narrower by published estimates: these are pooled by random
    effects (DerSimonian and Laird 1986), whose predictive spread holds their disagreement.
    """
    found: dict[str, tuple[float, float]] = {}
    published = pd.to_datetime(priors["published_on"]).dt.date
    is_known = np.array([known_by is None or day <= known_by for day in published], bool)
    is_evidence = priors["is_evidence"].to_numpy(bool)
    for row in priors[~is_evidence].itertuples():
        mean, variance = float(row.mean), float(row.sd) ** 2
        stated = priors[is_evidence & is_known & (priors["parameter"] == row.parameter).to_numpy()]
        if len(stated):
            value, squared = stated["mean"].to_numpy(float), stated["sd"].to_numpy(float) ** 2
            weight = 1 / squared
            centre = (weight * value).sum() / weight.sum()
            excess = (weight * (value - centre) ** 2).sum() - (len(value) - 1)
            scale = weight.sum() - (weight**2).sum() / weight.sum()
            between = max(excess / scale, 0.0) if scale > 0 else 0.0
            weight = 1 / (squared + between)
            evidence = (weight * value).sum() / weight.sum()
            evidence_variance = between + 1 / weight.sum()
            mean = (mean / variance + evidence / evidence_variance) / (
                1 / variance + 1 / evidence_variance
            )
            variance = 1 / (1 / variance + 1 / evidence_variance)
        found[str(row.parameter)] = (float(mean), float(np.sqrt(variance)))
    return found


class Priors:
    """`pooled` by any day, made once for each set of estimates that was published by then."""

    def __init__(self, priors: pd.DataFrame):
        """See `pooled` for the frame."""
        self._priors = priors
        published = pd.to_datetime(priors["published_on"]).dt.date
        self._published = sorted(published[priors["is_evidence"].astype(bool)])
        self._found: dict[int, dict[str, tuple[float, float]]] = {}

    def stage(self, known_by: date | None) -> int:
        """How many estimates were published by a day."""
        return len(self._published) if known_by is None else bisect_right(self._published, known_by)

    def by(self, known_by: date | None) -> dict[str, tuple[float, float]]:
        """Mean and standard deviation of each parameter's prior."""
        stage = self.stage(known_by)
        if stage not in self._found:
            self._found[stage] = pooled(self._priors, known_by)
        return self._found[stage]


def student(z: Array) -> Array:
    """Distribution function of Student's t with four degrees of freedom."""
    z = np.clip(z, -1e6, 1e6)
    share = z / np.sqrt(1 + z**2 / TAILS)
    return np.asarray(0.5 + 0.375 * share * (1 - share**2 / 12))


def log_density(low: Array, high: Array, centre: Array, scale: Array) -> Array:
    """Log density of an outcome seen exactly (low = high), or log probability of an interval.

    `low` and `high`: (outcomes,); `centre` and `scale`: (draws, outcomes).
    """
    exact = high <= low
    z = (np.where(exact, low, 0.0) - centre) / scale
    constant = np.log(0.375)
    found = constant - np.log(scale) - (TAILS + 1) / 2 * np.log1p(z**2 / TAILS)
    between = np.flatnonzero(~exact)
    if len(between):
        centre, scale = centre[:, between], scale[:, between]
        mass = student((high[between] - centre) / scale) - student((low[between] - centre) / scale)
        found[:, between] = np.log(np.maximum(mass, 1e-12))
    return np.asarray(found)


def maximise(
    names: Sequence[str],
    held: Mapping[str, float],
    priors: Mapping[str, tuple[float, float]],
    log_likelihood: Any,
    events: int,
    start: Fitted | None = None,
) -> Fitted:
    """Maximum posterior by BFGS on numeric gradients taken in one batch, and Laplace's covariance.

    `priors`: mean and standard deviation of each parameter; `log_likelihood` takes draws by name
    and answers one value a draw.
    """
    free = tuple(name for name in names if name not in held)
    mean = np.array([priors[name][0] for name in free])
    sd = np.array([priors[name][1] for name in free])
    if not events:
        return Fitted(free, mean, np.diag(sd**2), held, 0)

    def loss(points: Array) -> Array:
        drawn = {name: points[:, at] for at, name in enumerate(free)}
        drawn |= {name: np.full(len(points), value) for name, value in held.items()}
        prior = 0.5 * (((points - mean) / sd) ** 2).sum(axis=1)
        return np.asarray(prior - log_likelihood(drawn))

    # In units of an earlier answer's uncertainty the loss is nearly round: few steps are needed.
    begin, shape = mean, np.diag(sd)
    if start is not None and start.events:
        begin, shape = start.mean, np.linalg.cholesky(start.covariance)
    steps = 1e-3 * np.vstack([np.eye(len(free)), -np.eye(len(free))])

    def with_gradient(point: Array) -> tuple[float, Array]:
        values = loss(begin + np.vstack([point, point + steps]) @ shape.T)
        ahead, behind = values[1 : len(free) + 1], values[len(free) + 1 :]
        return float(values[0]), (ahead - behind) / 2e-3

    found = minimize(
        with_gradient, np.zeros(len(free)), jac=True, method="BFGS", options={"gtol": 0.02}
    )
    point = begin + shape @ found.x
    return Fitted(free, point, _covariance(loss, point, sd), held, events)


def _covariance(loss: Any, point: Array, sd: Array) -> Array:
    """Inverse of the loss's second derivatives, kept positive and no wider than the prior."""
    number = len(point)
    width = np.diag(0.05 * sd)
    pairs = [(i, j) for i in range(number) for j in range(i, number)]
    corners = [(1, 1), (1, -1), (-1, 1), (-1, -1)]
    points = [point + a * width[i] + b * width[j] for i, j in pairs for a, b in corners]
    values = loss(np.array(points)).reshape(len(pairs), 4)
    second = np.empty((number, number))
    for (i, j), (pp, pm, mp, mm) in zip(pairs, values, strict=True):
        second[i, j] = second[j, i] = (pp - pm - mp + mm) / (4 * width[i, i] * width[j, j])
    size, direction = np.linalg.eigh(second * np.outer(sd, sd))
    scaled = (direction / np.maximum(size, 1.0)) @ direction.T
    return np.asarray(scaled * np.outer(sd, sd))


def fit(
    products: Market | None,
    variant: Variant,
    priors: Mapping[str, tuple[float, float]],
    start: Fitted | None = None,
) -> Fitted:
    """Estimate a variant on past launches; without any, the priors are the answer."""
    launches = 0 if products is None else len(products.launch_starts)

    def log_likelihood(drawn: Mapping[str, Array]) -> Array:
        assert products is not None
        centre = expected_changes(products, drawn)
        scale = noise_scale(products, drawn)
        return np.asarray(log_density(products.low, products.high, centre, scale).sum(axis=1))

    return maximise(PARAMETERS, variant.fixed, priors, log_likelihood, launches, start)


# ------------------------------------------------------------------ sizes of entrants


def _size_centre(drawn: Mapping[str, Array], entrants: Columns) -> tuple[Array, Array]:
    """Centre and scale of the log of each entrant's volume over its reference."""
    kinds = np.asarray(entrants["kind"], object)
    dearer = np.nan_to_num(_floats(entrants, "log_price_ratio"))
    free = _floats(entrants, "is_free")
    centre = drawn["elasticity"][:, None] * dearer + drawn["free_entry"][:, None] * free
    scale = np.zeros_like(centre)
    for kind in KINDS:
        is_of_kind = kinds == kind
        centre = centre + drawn[kind][:, None] * is_of_kind
        scale = scale + drawn[f"{kind}_noise"][:, None] * is_of_kind
    return centre, np.exp(scale)


def fit_sizes(
    entrants: Columns,
    priors: Mapping[str, tuple[float, float]],
    start: Fitted | None = None,
) -> Fitted:
    """Estimate entrants' sizes on past ones: columns `reference, after_low, after_high, kind,
    log_price_ratio, is_free`."""
    low, high = log_bounds(entrants, _floats(entrants, "reference"))

    def log_likelihood(drawn: Mapping[str, Array]) -> Array:
        return np.asarray(log_density(low, high, *_size_centre(drawn, entrants)).sum(axis=1))

    return maximise(SIZE_PARAMETERS, {}, priors, log_likelihood, len(low), start)


def draw_sizes(
    fitted: Fitted,
    entrants: Columns,
    references: Array,
    number: int,
    random: np.random.Generator,
) -> Array:
    """Entrants' volumes after the event, (number, entrants); `references` likewise, or one row."""
    centre, scale = _size_centre(fitted.draws(number, random), entrants)
    noise = random.standard_t(TAILS, centre.shape)
    return np.asarray(references * np.exp(np.clip(centre + scale * noise, -12, 6)))


# ------------------------------------------------------------------ forecasting


@dataclass(frozen=True)
class Estimates:
    """What past launches say: by role (`own`, `rival`) a form of the model, and entrants' sizes.

    `structure` is the form that says what entrants take; it need not be a role's default.
    """

    own: tuple[Variant, Fitted]
    rival: tuple[Variant, Fitted]
    structure: tuple[Variant, Fitted]
    sizes: Fitted


@dataclass(frozen=True)
class Forecast:
    """`products`: a row per incumbent; `vendors`: a row per entrant's vendor; shares of 1."""

    products: pd.DataFrame
    vendors: pd.DataFrame


def forecast(
    incumbents: pd.DataFrame,
    entrants: pd.DataFrame,
    estimates: Estimates,
    draws: int = 400,
    seed: int = 0,
) -> Forecast:
    """Forecast what a launch does to volumes, as frames; see `forecast_columns`."""
    products, vendors = forecast_columns(incumbents, entrants, estimates, draws, seed)
    return Forecast(pd.DataFrame(products), pd.DataFrame(vendors))


def forecast_columns(
    incumbents: Columns,
    entrants: Columns,
    estimates: Estimates,
    draws: int = 400,
    seed: int = 0,
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Forecast what a launch does to volumes, with 80% intervals. Deterministic.

    Returns columns of the incumbents and rows of the entrants' vendors, shares of 1. Raises
    ValueError without an entrant or an incumbent.

    `incumbents`: `product, model_id, vendor, line, segment, before, before_high, counts, momentum,
    is_free, is_recent, role`, and `unit_price` (USD per million tokens of the usual workload, or
    NaN); see `usage.before_event`. A volume unknown but bounded is drawn below its bound, one
    unknown altogether from all that products may have. `entrants`: `product, vendor, line, segment,
    predecessor, kind, log_price_ratio, is_free, unit_price`.

    Change of volume is what will be seen: growth and noise are in it; `probability_falls_anyway`
    is that of a fall by more than 5% without the launch. What is taken (of a product's volume),
    diversion (its part of the entrants' volume), cannibalisation (the own brand's part) and changes
    of revenue are effects of the launch alone: with it against without it.
    """
    there, new = len(incumbents["product"]), len(entrants["product"])
    if not new or not there:
        raise ValueError("a forecast needs an entrant and an incumbent")
    random = np.random.default_rng(seed)
    volumes = _draw_volumes(incumbents, draws, random)
    counting = np.asarray(incumbents["counts"], bool)
    # What does not count is carried along: its share changes as its nest's does.
    volumes = np.where(counting, volumes, 1e-9 * volumes)
    sizes = _draw_entrants(incumbents, entrants, volumes, counting, estimates.sizes, random)

    def nested(form: Variant) -> Market:
        unseen = {"after_low": [np.nan], "after_high": [np.nan]}
        return market(
            {**_columns(incumbents), "origin": ["event"] * there, **unseen},
            {**_columns(entrants), "origin": ["event"] * new, **unseen},
            form,
        )

    variant, fitted = estimates.structure
    drawn = fitted.draws(draws, random)
    products = nested(variant)
    lost = -np.expm1(np.minimum(taken(products, drawn, sizes, volumes), 0.0))
    usual = volumes * np.exp(drawn["growth"][:, None])
    diversions = usual * lost / sizes.sum(axis=1, keepdims=True)
    is_rival = np.array([role == "rival" for role in incumbents["role"]])
    centre, scale, anyway = (np.empty_like(volumes) for _ in range(3))
    nothing = np.zeros_like(volumes)
    for (form, estimate), chosen in ((estimates.own, ~is_rival), (estimates.rival, is_rival)):
        if form is variant:  # the same draws: what is taken need not be solved again
            parameters, of_form = drawn, products
            took = np.log1p(-np.minimum(lost, NEARLY_ALL))
            found = expected_changes(products, drawn, took=took)
        else:
            parameters = estimate.draws(draws, random)
            of_form = nested(form)
            found = expected_changes(of_form, parameters, sizes, volumes)
        centre[:, chosen] = found[:, chosen]
        scale[:, chosen] = noise_scale(of_form, parameters)[:, chosen]
        anyway[:, chosen] = expected_changes(of_form, parameters, took=nothing)[:, chosen]
    noise = random.standard_t(TAILS, centre.shape)
    change = np.expm1(np.clip(centre + scale * noise, -12, 12))
    table = {
        **{name: incumbents[name] for name in ("product", "model_id", "vendor", "role", "counts")},
        **_interval("change", change),
        "probability_falls": student((FALL - centre) / scale).mean(axis=0),
        "probability_falls_anyway": student((FALL - anyway) / scale).mean(axis=0),
        **_interval("taken", lost),
        "probability_taken": (lost > -np.expm1(FALL)).mean(axis=0),
        **_interval("diversion", diversions),
    }
    vendors, entering = np.array(list(incumbents["vendor"])), np.array(list(entrants["vendor"]))
    rows = []
    for vendor in sorted(set(entering)):
        own = (vendors == vendor) & counting
        its = entering == vendor
        size = sizes[:, its].sum(axis=1)
        with_launch, without = usual * (1 - lost), usual
        prices = _floats(incumbents, "unit_price")[own]
        new_prices = _floats(entrants, "unit_price")[its]
        revenue = with_launch[:, own] @ prices + sizes[:, its] @ new_prices
        former = without[:, own] @ prices
        tokens = with_launch[:, own].sum(axis=1) + size
        row: dict[str, Any] = {"vendor": str(vendor)}
        row |= _interval("entrants_share", size / (with_launch[:, counting].sum(axis=1) + size))
        row |= _interval("cannibalisation", diversions[:, own].sum(axis=1))
        row |= _interval("new_demand", 1 - diversions[:, counting].sum(axis=1))
        if own.any():
            row |= _interval("revenue_change", revenue / former - 1)
            unit = (revenue / tokens) / (former / without[:, own].sum(axis=1)) - 1
            row |= _interval("revenue_per_token_change", unit)
        rows.append(row)
    return table, rows


def _columns(products: Columns) -> dict[str, Any]:
    return {str(name): products[name] for name in products}


def shift_columns(
    others: Columns,
    moved: Columns,
    change: float | None,
    elasticity: tuple[float, float],
    estimates: Estimates,
    draws: int = 400,
    seed: int = 0,
) -> dict[str, Any]:
    """Forecast what a repricing or a withdrawal does to volumes, with 80% intervals. Deterministic.

    `others`: the rest of the market, as the incumbents of `forecast_columns`; `moved`: the one
    product concerned, likewise; `change`: log change of its price, None where it is withdrawn;
    `elasticity`: of volume to its own price, mean and standard deviation over cases.
    Returns columns of the others, and last of the moved product itself. `effect` is what the event
    alone does to a product's volume; `change` is what will be seen.

    A product that is repriced leaves and enters again with its volume times the price ratio to the
    elasticity; one that is withdrawn leaves what the share model says it took.
    """
    random = np.random.default_rng(seed)
    volumes = _draw_volumes(others, draws, random)
    own = _draw_volumes(moved, draws, random)
    counting = np.asarray(others["counts"], bool)
    volumes = np.where(counting, volumes, 1e-9 * volumes)
    own_effect = np.full_like(own, -12.0)
    if change is not None:
        own_effect = change * random.normal(*elasticity, (draws, 1))
    variant, fitted = estimates.structure
    drawn = fitted.draws(draws, random)
    unseen = {"after_low": [np.nan], "after_high": [np.nan]}
    there, new = len(others["product"]), len(moved["product"])
    products = market(
        {**_columns(others), "origin": ["event"] * there, **unseen},
        {**_columns(moved), "origin": ["event"] * new, **unseen},
        variant,
    )
    effect = -taken(products, drawn, own, volumes)
    if change is not None:  # one that is withdrawn takes nothing any more
        effect += taken(products, drawn, own * np.exp(own_effect), volumes)
    centre = expected_changes(products, drawn, took=effect)
    scale = noise_scale(products, drawn)
    # The product itself: grows as the market does, with the noise of one that is not recent.
    growth, noise = drawn["growth"][:, None], np.exp(drawn["noise"])[:, None]
    anyway, noise_anyway = np.hstack([centre - effect, growth]), np.hstack([scale, noise])
    centre = np.hstack([centre, own_effect + (0.0 if change is None else growth)])
    scale = np.hstack([scale, 1e-6 + 0 * noise if change is None else noise])
    effect = np.hstack([effect, own_effect])
    seen = np.expm1(np.clip(centre + scale * random.standard_t(TAILS, centre.shape), -12, 12))
    rise = float(np.log1p(-np.expm1(FALL)))
    return {
        **{name: [*others[name], *moved[name]] for name in ("product", "model_id", "vendor")},
        **_interval("change", seen),
        "probability_falls": student((FALL - centre) / scale).mean(axis=0),
        "probability_falls_anyway": student((FALL - anyway) / noise_anyway).mean(axis=0),
        **_interval("effect", np.expm1(effect)),
        "probability_taken": (effect < FALL).mean(axis=0),
        "probability_gains": (effect > rise).mean(axis=0),
    }


def _draw_volumes(incumbents: Columns, draws: int, random: np.random.Generator) -> Array:
    """Incumbents' volumes before the event, (draws, incumbents)."""
    before, bound = _floats(incumbents, "before"), _floats(incumbents, "before_high")
    shape = (draws, len(before))
    anything = np.exp(VOLUME_SPREAD * random.standard_normal(shape))
    below = bound * random.uniform(0.0, 1.0, shape)
    return np.where(np.isnan(before), np.where(np.isnan(bound), anything, below), before)


def _draw_entrants(
    incumbents: Columns,
    entrants: Columns,
    volumes: Array,
    counting: NDArray[np.bool_],
    fitted: Fitted,
    random: np.random.Generator,
) -> Array:
    """Entrants' volumes after, each relative to what it succeeds or to the mean product."""
    places = {product: at for at, product in enumerate(incumbents["product"])}
    mean = volumes[:, counting].mean(axis=1)
    references = np.column_stack(
        [
            volumes[:, places[product]] if product in places else mean
            for product in entrants["predecessor"]
        ]
    )
    return draw_sizes(fitted, entrants, references, len(volumes), random)


def _interval(name: str, drawn: Array) -> dict[str, Any]:
    """Median and 80% interval of draws (draws,) or (draws, n)."""
    low, middle, high = np.quantile(drawn, QUANTILES, axis=0)
    return {f"{name}_median": middle, f"{name}_low": low, f"{name}_high": high}
