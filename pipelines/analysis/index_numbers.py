"""Formulae of price indices on a panel of prices, day by model: no table, no frame, numpy alone.

- **matched**: Fisher's index of the versions two days share, at equal expenditure on each: the
  geometric mean of the arithmetic and the harmonic mean of price relatives.
- **hedonic**: log price on capability with one slope and a dummy of the later day (adjacent-period
  time dummy; Triplett, Handbook on Hedonic Indexes, 2004).

Both are chained from day to day. A day with too few versions has no value, and the chain goes on
from the last that has one. Every formula takes weights, one row a resample of the versions, so that
a bootstrap is one multiplication of matrices.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
#: Versions that two days must share, or have each, for an index of them.
LEAST_MATCHED, LEAST_HEDONIC = 5, 10
RESAMPLES, SEED = 200, 20240912
#: From one day to another: its price level over the former's, one a row of weights, NaN where
#: too few versions stand behind it; and how many do.
Link = Callable[[int, int, Array], tuple[Array, Array]]


@dataclass(frozen=True)
class Chain:
    """An index: its level by day (NaN without one), of every resample, and the versions behind."""

    level: Array
    drawn: Array
    count: NDArray[np.int64]

    def interval(self, day: int, share: float, base: int | None = None) -> tuple[float, float]:
        """Lower and upper end of the interval that holds `share` of the resamples on a day.

        With a base, of the level over that of the base day, times 100.
        """
        drawn = self.drawn[day]
        if base is not None:
            drawn = 100 * drawn / self.drawn[base]
        low, high = np.quantile(drawn, [0.5 - share / 2, 0.5 + share / 2])
        return float(low), float(high)


def fisher(relatives: Array, weights: Array) -> Array:
    """Fisher's index of price relatives (later over earlier) at equal expenditures, per row."""
    total = weights.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        squared = (weights @ relatives / total) / (weights @ (1 / relatives) / total)
    found: Array = np.sqrt(squared)
    return found


def time_dummy(earlier: tuple[Array, Array, Array], later: tuple[Array, Array, Array]) -> Array:
    """Price level of the later day over the earlier, at equal capability, per row of weights.

    Each day is (log price, capability, weights). Least squares with one slope for both days, which
    is the slope of deviations from the days' own means. NaN where capability does not vary.
    """
    above, below = 0.0, 0.0
    means = []
    with np.errstate(invalid="ignore", divide="ignore"):
        for log_price, able, weights in (earlier, later):
            total = weights.sum(axis=1)
            price, mean = weights @ log_price / total, weights @ able / total
            above = above + weights @ (able * log_price) - total * mean * price
            below = below + weights @ (able * able) - total * mean * mean
            means.append((price, mean))
        (price_then, able_then), (price_now, able_now) = means
        slope = np.where(np.asarray(below) > 1e-9, above / below, np.nan)
        found: Array = np.exp(price_now - price_then - slope * (able_now - able_then))
    return found


def matched(panel: Array) -> Link:
    """Links of the matched-model index; `panel` is price by day and version, NaN if not sold."""

    def link(earlier: int, later: int, weights: Array) -> tuple[Array, Array]:
        relatives = panel[later] / panel[earlier]
        both = ~np.isnan(relatives)
        count = weights[:, both].sum(axis=1)
        return np.where(
            count >= LEAST_MATCHED, fisher(relatives[both], weights[:, both]), np.nan
        ), count

    return link


def hedonic(panel: Array, able: Array) -> Link:
    """Links of the hedonic index; `able` is each version's capability, NaN if not measured."""
    centred = able - (np.nanmean(able) if np.isfinite(able).any() else 0.0)

    def link(earlier: int, later: int, weights: Array) -> tuple[Array, Array]:
        sides = []
        for day in (earlier, later):
            has = ~np.isnan(panel[day]) & ~np.isnan(able)
            sides.append((np.log(panel[day, has]), centred[has], weights[:, has]))
        least = np.minimum(*(side[2].sum(axis=1) for side in sides))
        return np.where(least >= LEAST_HEDONIC, time_dummy(*sides), np.nan), least

    return link


def chained(days: int, models: int, link: Link, least: int) -> Chain:
    """The chain of links between days with a value, on all versions and on resampled ones."""
    everything = np.ones((1, models))
    drawn = np.random.default_rng(SEED).integers(0, models, (RESAMPLES, models))
    resampled = np.stack([np.bincount(row, minlength=models) for row in drawn]).astype(float)
    level, levels = np.full(days, np.nan), np.full((days, RESAMPLES), np.nan)
    counts = np.zeros(days, np.int64)
    last = None
    for day in range(days):
        counts[day] = int(link(day if last is None else last, day, everything)[1][0])
        if last is None:
            if counts[day] >= least:
                last, level[day], levels[day] = day, 100.0, 100.0
            continue
        step = link(last, day, everything)[0][0]
        if np.isnan(step):
            continue
        steps = link(last, day, resampled)[0]
        level[day] = level[last] * step
        # A resample with too few versions goes on as the whole does.
        levels[day] = levels[last] * np.where(np.isnan(steps), step, steps)
        last = day
    return Chain(level, levels, counts)


def cheapest(
    panel: Array, able: Array, sd: Array, level: float, share: float
) -> list[tuple[float, float, float, int] | None]:
    """By day the least price of a capability, its interval, and how many versions reach it.

    The interval is over who reaches the level, by draws of capability; its upper end is infinite
    if nobody may. None where nobody does.
    """
    random = np.random.default_rng(SEED)
    reaches = able + sd * random.standard_normal((RESAMPLES, len(able))) >= level
    found: list[tuple[float, float, float, int] | None] = []
    for prices in panel:
        reaching = prices[(able >= level) & ~np.isnan(prices)]
        if not len(reaching):
            found.append(None)
            continue
        # Of the versions by price, NaN last, a draw takes the first that reaches the level.
        order = np.argsort(prices)[: np.count_nonzero(~np.isnan(prices))]
        reach = reaches.take(order, axis=1)
        least = np.where(reach.any(axis=1), prices[order[reach.argmax(axis=1)]], np.inf)
        low, high = np.quantile(least, [0.5 - share / 2, 0.5 + share / 2], method="nearest")
        found.append((float(np.min(reaching)), float(low), float(high), len(reaching)))
    return found
