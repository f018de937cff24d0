"""How well launches' effects on volume were forecast: each past one, from what was known before.

Two schemes. *Rolling origin*: estimated on the launches whose outcome was complete before, kept as
tables. *Leave one out*: estimated on all launches whose windows do not touch the one forecast, so
that each new launch changes every forecast: made when asked for (`leave_one_out`). Series of
different periods share no estimate. Scored per incumbent on ln(after / before): log score, CRPS,
coverage of the 80% interval, Brier score of "falls by more than 5%"; against no change, and against
"its predecessor loses 57% of an entrant's volume, rivals nothing", both with a spread estimated as
the model's is. Below the floor of a list forecasts are not told apart (threshold-weighted CRPS),
and an outcome known only by bounds counts by the probability between them.

Sources: Gneiting and Raftery 2007 (proper scores); Gneiting and Ranjan 2011 (threshold weighting);
Czado, Gneiting and Held 2009 (non-randomised PIT); Künsch 1989 (block bootstrap).
"""

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import logsumexp, stdtrit

from pipelines.analysis import INTERVAL
from pipelines.analysis.demand import (
    FALL,
    TAILS,
    VARIANTS,
    Array,
    Fitted,
    Market,
    Positions,
    Priors,
    draw_sizes,
    expected_changes,
    fit,
    fit_sizes,
    log_bounds,
    log_density,
    market,
    maximise,
    noise_scale,
    seen_volume,
    student,
)
from pipelines.analysis.usage import NAN, Windows
from pipelines.analysis.windows import WINDOWS, Asks, PastLaunches, newest
from pipelines.settings import SQL

DRAWS = 400
SEED = 20240912
ROLLING, LEFT_OUT = "rolling origin", "leave one out"
#: The second baseline's diversion: median of nine own-brand launches measured by hand.
OWN_DIVERSION = 0.57
#: Most of a predecessor's volume that the second baseline takes.
MOST_LOST = 0.98
NO_CHANGE, FIXED_DIVERSION = "no change", "predecessor loses 57%, rivals nothing"
PREDECESSOR = "predecessor"
ALL, OWN, RIVAL = "all", "own", "rival"
#: The form used where no backtest can choose.
FULLEST = "vendor, then segment"
AS_KNOWN = "default as then known"
BASELINES = (NO_CHANGE, FIXED_DIVERSION)
#: Noise of a baseline, of predecessors and of all others.
BASELINE_PARAMETERS = ("noise_of_predecessors", "noise_of_others")
#: Launches in a block of the bootstrap: their windows overlap.
BLOCK = 4
RESAMPLES = 2000
QUANTILES = np.array([0.5 - INTERVAL / 2, 0.5, 0.5 + INTERVAL / 2])

READS = WINDOWS | {"priors": "select * from core.demand_priors"}


@dataclass(frozen=True)
class Forecast:
    """Mixture of Student distributions for some incumbents' log change, (draws, incumbents)."""

    centre: Array
    scale: Array
    sizes: Array

    def below(self, bound: Array) -> Array:
        """P(log change <= bound), by incumbent."""
        return np.asarray(student((bound - self.centre) / self.scale).mean(axis=0))

    def log_score(self, low: Array, high: Array) -> Array:
        """Log of the density of an exact outcome, or of the probability between two bounds."""
        dense = log_density(low, high, self.centre, self.scale)
        return np.asarray(logsumexp(dense, axis=0) - np.log(len(dense)))

    def samples(self, random: np.random.Generator) -> Array:
        """Draws of the log change, (draws, incumbents); the noise is spread evenly over them."""
        number = len(self.centre)
        even = stdtrit(TAILS, (np.arange(number) + 0.5) / number)
        noise = random.permuted(np.broadcast_to(even[:, None], self.centre.shape), axis=0)
        return np.asarray(self.centre + self.scale * noise)


def crps(samples: Array, outcome: Array, floor: Array) -> Array:
    """Threshold-weighted CRPS of samples (draws, n): values below the floor count as it."""
    values = np.sort(np.maximum(samples, floor), axis=0)
    number = len(values)
    error = np.abs(values - np.maximum(outcome, floor)).mean(axis=0)
    order = np.arange(1, number + 1)[:, None]
    # Mean absolute difference of two draws, from order statistics (the unbiased estimate).
    spread = (2 * (2 * order - number - 1) * values).sum(axis=0) / (number * (number - 1))
    return np.asarray(error - spread / 2)


# ------------------------------------------------------------------ forecasting the past


def folds(
    origins: pd.DataFrame, scheme: str, asked: Iterable[int] | None = None
) -> Iterator[NDArray[np.bool_]]:
    """For each origin, or those asked for, the origins its forecast may be estimated on."""
    start, outcome, first = (
        np.array(origins[name].to_numpy(), "datetime64[D]")
        for name in ("start", "outcome_on", "first_on")
    )
    for at in range(len(origins)) if asked is None else asked:
        if scheme == ROLLING:
            chosen = outcome <= start[at]
        else:
            chosen = (outcome <= first[at]) | (first >= outcome[at])
        yield newest(chosen, start)


def backtest(
    past: PastLaunches, priors: pd.DataFrame, schemes: tuple[str, ...] = (ROLLING, LEFT_OUT)
) -> pd.DataFrame:
    """Forecast and score every incumbent of every past launch: a row per scheme, model, incumbent.

    `priors`: see `core.demand_priors`. Deterministic.
    """
    return with_default(forecasts_of(past, priors, schemes)[0], past)


def forecasts_of(
    past: PastLaunches,
    priors: pd.DataFrame,
    schemes: tuple[str, ...] = (ROLLING,),
    kept: Collection[str] = frozenset(),
) -> tuple[pd.DataFrame, list[str]]:
    """Forecasts of every model, and the `forecast_id` of all: rows only of those not in `kept`.

    Pure: what is forecast of a launch depends on what its `forecast_id` hashes alone, its window,
    those it learns from, the priors and the code.
    """
    rows, standing = [], []
    known = Priors(priors)
    for cadence in past.cadences:
        origins = past.of_cadence(cadence)
        # Those too old to be scored are only learnt from.
        scored = [int(at) for at in np.flatnonzero(origins["why_not"].isna())]
        asked = []
        for scheme in schemes:
            for number, chosen in zip(scored, folds(origins, scheme, scored), strict=True):
                then = origins["start"].iloc[number] if scheme == ROLLING else None
                forecast_id = _forecast_id(origins, scheme, number, chosen, known.by(then))
                standing.append(forecast_id)
                if forecast_id not in kept:
                    asked.append((scheme, number, chosen, forecast_id))
        if not asked:
            continue
        needed = np.zeros(len(origins), bool)
        for _, number, chosen, _ in asked:
            needed |= chosen
            needed[number] = True
        learnt = _Past(past.windows(origins[needed]), known)
        place = np.cumsum(needed) - 1
        for scheme, number, chosen, forecast_id in asked:
            found = learnt.run(scheme, int(place[number]), chosen[needed])
            rows.append(found.assign(scheme=scheme, cadence=cadence, forecast_id=forecast_id))
    columns = [*FORECASTS, "forecast_id"]
    if not rows:
        return pd.DataFrame(columns=columns), standing
    return pd.concat(rows, ignore_index=True)[columns], standing


def _forecast_id(
    origins: pd.DataFrame,
    scheme: str,
    number: int,
    chosen: NDArray[np.bool_],
    priors: Mapping[str, tuple[float, float]],
) -> str:
    """Hash of all that a launch's forecasts follow from."""
    content = origins["content"].to_numpy()
    learnt_from = content[chosen] if scheme == ROLLING else content
    words = [scheme, repr(sorted(priors.items())), content[number], *learnt_from]
    return hashlib.md5(_method() + "|".join(words).encode()).hexdigest()


def leave_one_out(
    priors: pd.DataFrame, origins: pd.DataFrame, incumbents: Asks, entrants: Asks
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Forecasts and scores of that scheme, in the shape of `analysis.backtest_forecasts` and
    `backtest_scores`; what is given is what `READS` says."""
    found = backtest(PastLaunches(origins, incumbents, entrants), priors, (LEFT_OUT,))
    return found, scores(found)


def with_default(forecasts: pd.DataFrame, past: PastLaunches) -> pd.DataFrame:
    """Forecasts of every model, and beside them those of the default as it was then known."""
    found = [forecasts[list(FORECASTS)]]
    for cadence in past.cadences:
        origins = past.of_cadence(cadence)
        origins = origins[origins["why_not"].isna()].reset_index(drop=True)
        for scheme in sorted(set(forecasts["scheme"]), reverse=True):
            mine = (forecasts["cadence"] == cadence) & (forecasts["scheme"] == scheme)
            found.append(as_known(found[0][mine].reset_index(drop=True), origins))
    return pd.concat(found, ignore_index=True)


class _Past:
    """Past launches of one cadence, prepared once for all models and folds."""

    def __init__(self, windows: Windows, priors: Priors):
        self.origins, self.priors = windows.origins, priors
        self.incumbents, self.entrants = windows.incumbents, windows.entrants
        self.markets = {
            v.name: market(self.incumbents, self.entrants, v) for v in VARIANTS.values()
        }
        place = {name: at for at, name in enumerate(self.origins["origin"])}
        self.of_incumbent = self.incumbents["origin"].map(place).to_numpy()
        self.of_entrant = self.entrants["origin"].map(place).to_numpy()

    def _pooled(self, scheme: str, number: int) -> dict[str, tuple[float, float]]:
        return self.priors.by(self.origins["start"].iloc[number] if scheme == ROLLING else None)

    @cached_property
    def _on_all(self) -> dict[str, Fitted]:
        """Estimates on the newest launches, from where those without one of them begin."""
        starts = np.array(self.origins["start"].to_numpy(), "datetime64[D]")
        every = newest(np.ones(len(starts), bool), starts)
        return self._fits(every, self.priors.by(None), {})

    def _fits(
        self,
        chosen: NDArray[np.bool_],
        priors: dict[str, tuple[float, float]],
        begin: Mapping[str, Fitted],
    ) -> dict[str, Fitted]:
        """Every model, and the entrants' sizes, estimated on the launches chosen."""
        past = self.entrants[chosen[self.of_entrant]]
        found = {"sizes": fit_sizes(past, priors, begin.get("sizes"))}
        for variant in VARIANTS.values():
            products = self.markets[variant.name].only(chosen)
            found[variant.name] = fit(products, variant, priors, begin.get(variant.name))
        for name in BASELINES:
            found[name] = self._fit_baseline(name, chosen, priors, begin.get(name))
        return found

    def run(self, scheme: str, number: int, chosen: NDArray[np.bool_]) -> pd.DataFrame:
        """Forecast and score one launch by every model, learnt from the launches chosen."""
        begin = {} if scheme == ROLLING else self._on_all
        fitted = self._fits(chosen, self._pooled(scheme, number), begin)
        there = self.incumbents[self.of_incumbent == number]
        new = self.entrants[self.of_entrant == number]
        this = np.arange(len(chosen)) == number
        # The same stream for every model: their differences are not of the draws.
        name = hashlib.md5(self.origins["origin"].iloc[number].encode()).digest()
        random = partial(np.random.default_rng, [SEED, int.from_bytes(name[:4])])
        references = new["reference"].to_numpy()[None, :]
        sizes = draw_sizes(fitted["sizes"], new, references, DRAWS, random())
        found = {}
        for variant in VARIANTS.values():
            products = self.markets[variant.name].only(this)
            found[variant.name] = forecast_changes(products, fitted[variant.name], sizes, random())
        for baseline in BASELINES:
            found[baseline] = _forecast_baseline(
                baseline, fitted[baseline], there, new, sizes, random()
            )
        about = there[["origin", "start", "product", "model_id", "role"]]
        return pd.concat(
            [
                about.assign(
                    model=name, trained_on=int(chosen.sum()), **_scored(f, there, new, random())
                )
                for name, f in found.items()
            ],
            ignore_index=True,
        )

    def _fit_baseline(
        self,
        name: str,
        chosen: NDArray[np.bool_],
        priors: Mapping[str, tuple[float, float]],
        start: Fitted | None,
    ) -> Fitted:
        """The baseline's two scales; its centre is what it says."""
        there = self.incumbents[chosen[self.of_incumbent]]
        sizes = seen_volume(self.entrants)[None]
        centre = _baseline_centre(name, there, self.entrants, sizes)
        low, high = log_bounds(there, there["before"].to_numpy(float))
        is_predecessor = (there["role"] == PREDECESSOR).to_numpy()

        def log_likelihood(drawn: Mapping[str, Array]) -> Array:
            scale = _baseline_scale(drawn, is_predecessor)
            return np.asarray(log_density(low, high, centre, scale).sum(axis=1))

        noise = dict.fromkeys(BASELINE_PARAMETERS, priors["noise"])
        return maximise(BASELINE_PARAMETERS, {}, noise, log_likelihood, int(chosen.sum()), start)


def forecast_changes(
    products: Market, fitted: Fitted, sizes: Array, random: np.random.Generator
) -> Forecast:
    """A variant's forecast of one launch; `sizes`: draws of the entrants' volumes."""
    drawn = fitted.draws(len(sizes), random)
    centre = expected_changes(products, drawn, sizes)
    return Forecast(centre, noise_scale(products, drawn), sizes)


def _baseline_centre(
    name: str, incumbents: pd.DataFrame, entrants: pd.DataFrame, sizes: Array
) -> Array:
    """Log change a baseline expects, (draws, incumbents)."""
    centre = np.zeros((len(sizes), len(incumbents)))
    if name == FIXED_DIVERSION:
        column = {
            (origin, product): at
            for at, (origin, product) in enumerate(
                zip(entrants["origin"], entrants["predecessor"], strict=True)
            )
        }
        for at, row in enumerate(incumbents.itertuples()):
            successor = column.get((row.origin, row.product))
            if successor is not None:
                lost = OWN_DIVERSION * sizes[:, successor] / row.before
                centre[:, at] = np.log1p(-np.minimum(lost, MOST_LOST))
    return centre


def _baseline_scale(drawn: Mapping[str, Array], is_predecessor: NDArray[np.bool_]) -> Array:
    of_predecessors, of_others = (np.exp(drawn[name])[:, None] for name in BASELINE_PARAMETERS)
    return np.where(is_predecessor, of_predecessors, of_others)


def _forecast_baseline(
    name: str,
    fitted: Fitted,
    incumbents: pd.DataFrame,
    entrants: pd.DataFrame,
    sizes: Array,
    random: np.random.Generator,
) -> Forecast:
    drawn = fitted.draws(len(sizes), random)
    is_predecessor = (incumbents["role"] == PREDECESSOR).to_numpy()
    centre = _baseline_centre(name, incumbents, entrants, sizes)
    return Forecast(centre, _baseline_scale(drawn, is_predecessor), sizes)


# ------------------------------------------------------------------ scoring

FORECASTS = (
    "scheme", "cadence", "model", "origin", "start", "product", "model_id", "role", "trained_on",
    "median", "low", "high", "probability_falls", "observed_low", "observed_high", "log_score",
    "crps", "pit_low", "pit_high", "has_fallen", "diversion_low", "diversion_median",
    "diversion_high", "observed_diversion_low", "observed_diversion_high",
)  # fmt: skip
SCORES = (
    "scheme", "cadence", "role", "model", "is_baseline", "is_default", "launches", "outcomes",
    "log_score", "crps", "coverage_share", "brier_score", "outcomes_told",
    *(
        f"{score}_less_{baseline}{end}"
        for baseline in ("no_change", "fixed")
        for score in ("crps", "log_score")
        for end in ("", "_low", "_high")
    ),
)  # fmt: skip


def _scored(
    forecast: Forecast,
    incumbents: pd.DataFrame,
    entrants: pd.DataFrame,
    random: np.random.Generator,
) -> dict[str, Array]:
    """A forecast beside what happened, with its scores, in arrays by column. Log changes."""
    before = incumbents["before"].to_numpy()
    low, high = log_bounds(incumbents, before)
    floor = np.log(incumbents["floor"].to_numpy() / before)
    samples = forecast.samples(random)
    lower, middle, upper = np.quantile(samples, QUANTILES, axis=0)
    found = {
        "median": middle,
        "low": lower,
        "high": upper,
        "probability_falls": forecast.below(np.full(len(before), FALL)),
        "observed_low": low,
        "observed_high": high,
        "log_score": forecast.log_score(low, high),
        "crps": crps(samples, high, floor),
        "pit_low": forecast.below(low),
        "pit_high": forecast.below(high),
        "has_fallen": np.where(high <= FALL, 1.0, np.where(low > FALL, 0.0, np.nan)),
    }
    return found | _diversions(incumbents, entrants, samples, forecast)


def _diversions(
    incumbents: pd.DataFrame, entrants: pd.DataFrame, samples: Array, forecast: Forecast
) -> dict[str, Array]:
    """Part of a successor's volume that its predecessor lost, forecast and observed."""
    found = np.full((5, len(incumbents)), np.nan)
    successors = {product: at for at, product in enumerate(entrants["predecessor"]) if product}
    before, low, high = (
        incumbents[column].to_numpy() for column in ("before", "after_low", "after_high")
    )
    new = entrants[["after_low", "after_high"]].to_numpy()
    for at, product in enumerate(incumbents["product"]):
        successor = successors.get(product)
        if successor is None:
            continue
        drawn = before[at] * -np.expm1(samples[:, at]) / forecast.sizes[:, successor]
        found[:3, at] = np.quantile(drawn, QUANTILES)
        if new[successor, 0] > 0:
            lost = before[at] - np.array([low[at], high[at]])
            bounds = lost[:, None] / new[successor]
            found[3:, at] = bounds.min(), bounds.max()
    return dict(zip(FORECASTS[-5:], found, strict=True))


def coverage(forecasts: pd.DataFrame) -> float:
    """Part of the outcomes inside the 80% interval; one known by bounds counts in part."""
    low, high = forecasts["pit_low"].to_numpy(), forecasts["pit_high"].to_numpy()
    inside = np.minimum(high, QUANTILES[-1]) - np.maximum(low, QUANTILES[0])
    exact = (low >= QUANTILES[0]) & (low <= QUANTILES[-1])
    with np.errstate(divide="ignore", invalid="ignore"):
        part = np.where(high > low, np.maximum(inside, 0) / (high - low), exact)
    return float(part.mean())


def difference(
    forecasts: pd.DataFrame, model: str, other: str, score: str
) -> tuple[float, float, float]:
    """Mean of a score's paired difference, model less other, with its 95% interval.

    The interval is by bootstrap of blocks of launches next to each other in time, whose windows
    overlap; NaN with fewer than two blocks.
    """
    return _difference(*_by_outcome(forecasts, score), model, other)


def _by_outcome(forecasts: pd.DataFrame, score: str) -> tuple[pd.DataFrame, Positions]:
    """A score by outcome and model, in the order of launches, and where each launch begins."""
    wide = forecasts.pivot(index=["origin", "product"], columns="model", values=score)
    origins = wide.index.get_level_values("origin")
    return wide, np.flatnonzero(np.r_[True, origins[1:] != origins[:-1]])


def _difference(
    wide: pd.DataFrame, begins: Positions, model: str, other: str
) -> tuple[float, float, float]:
    paired = wide[model].to_numpy() - wide[other].to_numpy()
    told = ~np.isnan(paired)
    total = np.add.reduceat(np.where(told, paired, 0.0), begins)
    count = np.add.reduceat(told.astype(float), begins)
    mean = float(total.sum() / count.sum())
    if len(total) < 2 * BLOCK:
        return mean, NAN, NAN
    drawn = _times_drawn(len(total))
    low, high = np.quantile((drawn @ total) / (drawn @ count), [0.025, 0.975])
    return mean, float(low), float(high)


@cache
def _times_drawn(number: int) -> Array:
    """How often each launch is in each resample, (resamples, launches)."""
    random = np.random.default_rng(SEED)
    starts = random.integers(0, number, (RESAMPLES, -(-number // BLOCK)))
    chosen = (starts[:, :, None] + np.arange(BLOCK)).reshape(RESAMPLES, -1)[:, :number] % number
    found = np.zeros((RESAMPLES, number))
    np.add.at(found, (np.arange(RESAMPLES)[:, None], chosen), 1.0)
    return found


def scores(forecasts: pd.DataFrame) -> pd.DataFrame:
    """Mean scores by scheme, cadence, role and model, with their differences from each baseline.

    `is_default` marks, for each role, the model with the lowest CRPS in the rolling origin of the
    cadence that has most launches.
    """
    rows: list[dict[str, Any]] = []
    is_rival = (forecasts["role"] == RIVAL).to_numpy()
    parts = {ALL: np.ones(len(forecasts), bool), OWN: ~is_rival, RIVAL: is_rival}
    for (scheme, cadence), group in forecasts.groupby(["scheme", "cadence"], sort=True):
        for role, chosen in parts.items():
            part = group[chosen[group.index]]
            by_outcome = {score: _by_outcome(part, score) for score in ("crps", "log_score")}
            for model, found in part.groupby("model", sort=False):
                rows.append(
                    {"scheme": scheme, "cadence": cadence, "role": role, "model": model}
                    | _mean_scores(found)
                    | _differences(by_outcome, str(model))
                )
    table = pd.DataFrame(rows, columns=list(SCORES))
    defaults = chosen_models(table)
    table["is_default"] = [
        model == defaults.get(role)
        for role, model in zip(table["role"], table["model"], strict=True)
    ]
    return table


def _mean_scores(found: pd.DataFrame) -> dict[str, Any]:
    told = found.dropna(subset=["has_fallen"])
    return {
        "is_baseline": found["model"].iloc[0] in BASELINES,
        "launches": found["origin"].nunique(),
        "outcomes": len(found),
        "log_score": found["log_score"].mean(),
        "crps": found["crps"].mean(),
        "coverage_share": coverage(found),
        "brier_score": (told["probability_falls"] - told["has_fallen"]).pow(2).mean(),
        "outcomes_told": len(told),
    }


def _differences(
    by_outcome: Mapping[str, tuple[pd.DataFrame, Positions]], model: str
) -> dict[str, float]:
    found: dict[str, float] = {}
    for baseline, short in zip(BASELINES, ("no_change", "fixed"), strict=True):
        for score, outcomes in by_outcome.items():
            names = (f"{score}_less_{short}{end}" for end in ("", "_low", "_high"))
            found |= dict(zip(names, _difference(*outcomes, model, baseline), strict=True))
    return found


def chosen_models(table: pd.DataFrame) -> dict[str, str]:
    """The default of each role, by the scores; without any, the fullest form for every role."""
    rolling = table[(table["scheme"] == ROLLING) & (table["model"] != AS_KNOWN)]
    found = dict.fromkeys((OWN, RIVAL), FULLEST)
    if rolling.empty:
        return found
    cadence = rolling.sort_values("launches")["cadence"].iloc[-1]
    for role, part in rolling[rolling["cadence"] == cadence].groupby("role"):
        if role in found:
            found[str(role)] = str(part.set_index("model")["crps"].idxmin())
    return found


def as_known(forecasts: pd.DataFrame, origins: pd.DataFrame) -> pd.DataFrame:
    """The default as it would have been chosen then.

    Of each role the model that had the lowest CRPS on the launches a forecast was estimated on,
    and the fullest form before there were any.
    """
    scheme = str(forecasts["scheme"].iloc[0])
    place = {origin: at for at, origin in enumerate(origins["origin"])}
    of_launch = forecasts["origin"].map(place).to_numpy()
    models, names = pd.factorize(forecasts["model"], sort=True)
    is_rival = (forecasts["role"] == RIVAL).to_numpy()
    masks = list(folds(origins, scheme))
    stays = np.zeros(len(forecasts), bool)
    for of_role in (is_rival, ~is_rival):
        at = (of_launch[of_role], models[of_role])
        total, count = np.zeros((2, len(origins), len(names)))
        np.add.at(total, at, forecasts["crps"].to_numpy()[of_role])
        np.add.at(count, at, 1.0)
        best = np.full(len(origins), -1)
        for number, chosen in enumerate(masks):
            seen = count[chosen].sum(axis=0)
            if seen.any():
                with np.errstate(invalid="ignore"):
                    means = total[chosen].sum(axis=0) / seen
                best[number] = np.nanargmin(means)
        fullest = np.flatnonzero(names == FULLEST)
        best[best < 0] = fullest[0] if len(fullest) else -1
        stays |= of_role & (models == best[of_launch])
    return forecasts[stays].reset_index(drop=True).assign(model=AS_KNOWN)


@cache
def _method() -> bytes:
    """What a forecast depends on beside its inputs: the code and the shape of its table."""
    files = [Path(__file__), Path(__file__).with_name("demand.py")]
    files.append(SQL / "analysis" / "model_forecasts.sql")
    return b"".join(hashlib.md5(path.read_bytes()).digest() for path in files)


def compute(
    priors: pd.DataFrame,
    origins: pd.DataFrame,
    incumbents: Asks,
    entrants: Asks,
    kept: Collection[str] = frozenset(),
) -> dict[str, pd.DataFrame]:
    """Rows of table `model_forecasts` not in `kept`, and `standing`: every `forecast_id`."""
    past = PastLaunches(origins, incumbents, entrants)
    forecasts, standing = forecasts_of(past, priors, kept=kept)
    return {"model_forecasts": forecasts, "standing": pd.DataFrame({"forecast_id": standing})}
