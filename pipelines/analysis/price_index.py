"""How fast the market's price falls, three ways, month by month, with 80% intervals.

- **matched_fisher**: the same versions in two months. Fisher's index of list prices, chained; with
  equal expenditure on every version, for no source measures the market's, it is the geometric mean
  of the arithmetic and the harmonic mean of price relatives. New versions enter by linking, so that
  their better price for as much capability shows only when old ones are repriced.
- **hedonic**: all versions of two months, log price on capability and a dummy of the later month
  (adjacent-period time dummy; Triplett, Handbook on Hedonic Indexes, 2004), chained: what new
  versions give more for the money counts.
- **fixed_level_L**: the cheapest list price of any version with an overall capability of L.

Intervals: versions resampled (bootstrap) for the first two; capabilities drawn from their posterior
for the third, where who reaches the level is what is not sure. Months with too few versions have no
value but a reason, and the chain goes on from the last month that has one. All are at 3 tokens read
for one written, and with all that is known. Street prices and demand do not enter.
"""

from collections.abc import Callable

import numpy as np
import pandas as pd

from pipelines.analysis import INTERVAL
from pipelines.analysis.item_response import Array, Positions

READS = {
    "prices": (
        "select p.model_id, p.valid_from, coalesce(p.valid_to, date '9999-12-31') as valid_to, "
        "workload_price(p.input_usd_per_mtok, p.output_usd_per_mtok, null, 0.25, 0) as price "
        "from core.prices as p where p.is_list_price"
    ),
    "capabilities": (
        "select c.model_id, c.capability, c.capability_sd from analysis.capabilities as c "
        "where c.basket_kind = 'overall' and c.known_on = "
        "(select max(f.known_on) from analysis.fits as f)"
    ),
    "newest": "select max(d.as_of) as as_of from core.segment_days as d where d.basis = 'newest'",
}
#: Versions that two months must share, or have each, for an index of them.
LEAST_MATCHED, LEAST_HEDONIC = 5, 10
LEVELS = (110, 120, 125, 130, 140, 150)
RESAMPLES, SEED = 200, 20240912
COLUMNS = ["method", "on_month", "index_value", "index_low", "index_high", "price", "price_low",
           "price_high", "models", "reason"]  # fmt: skip


def fisher(relatives: Array) -> float:
    """Fisher's index of price relatives (later over earlier) at equal expenditures."""
    return float(np.sqrt(np.mean(relatives) / np.mean(1 / relatives)))


def time_dummy(earlier: tuple[Array, Array], later: tuple[Array, Array]) -> float:
    """Price level of the later month over the earlier, at equal capability.

    Each month is (log price, capability). Least squares with one slope for both months.
    """
    log_price = np.concatenate([earlier[0], later[0]])
    capability = np.concatenate([earlier[1], later[1]])
    dummy = np.repeat([0.0, 1.0], [len(earlier[0]), len(later[0])])
    design = np.stack([np.ones(len(dummy)), capability, dummy], axis=1)
    return float(np.exp(np.linalg.lstsq(design, log_price, rcond=None)[0][2]))


def compute(
    prices: pd.DataFrame, capabilities: pd.DataFrame, newest: pd.DataFrame
) -> dict[str, pd.DataFrame]:
    """Table `price_indices`: a row per method and month. Frames as `READS` has them."""
    starts = pd.to_datetime(prices["valid_from"])
    ends = pd.to_datetime(prices["valid_to"])
    if prices.empty or pd.isna(newest["as_of"].iloc[0]):
        return {"price_indices": pd.DataFrame(columns=COLUMNS)}
    months = pd.date_range(starts.min(), pd.Timestamp(newest["as_of"].iloc[0]), freq="MS")
    models = sorted(set(prices["model_id"]))
    at = {model: i for i, model in enumerate(models)}
    panel = np.full((len(months), len(models)), np.nan)
    for model, start, end, price in zip(
        prices["model_id"], starts, ends, prices["price"], strict=True
    ):
        panel[(months >= start) & (months < end), at[model]] = price
    known = capabilities.set_index("model_id").reindex(models)
    able, sd = known["capability"].to_numpy(float), known["capability_sd"].to_numpy(float)
    draws = np.random.default_rng(SEED).integers(0, len(models), (RESAMPLES, len(models)))

    def matched(earlier: int, later: int, chosen: Positions) -> tuple[float, int]:
        relatives = (panel[later] / panel[earlier])[chosen]
        relatives = relatives[~np.isnan(relatives)]
        enough = len(relatives) >= LEAST_MATCHED
        return (fisher(relatives) if enough else np.nan), len(relatives)

    def hedonic(earlier: int, later: int, chosen: Positions) -> tuple[float, int]:
        sides = []
        for month in (earlier, later):
            has = chosen[~np.isnan(panel[month, chosen]) & ~np.isnan(able[chosen])]
            sides.append((np.log(panel[month, has]), able[has]))
        least = min(len(side[0]) for side in sides)
        enough = least >= LEAST_HEDONIC and np.ptp(sides[0][1]) > 0
        return (time_dummy(sides[0], sides[1]) if enough else np.nan), least

    parts = [
        _chained("matched_fisher", months, matched, draws, len(models), LEAST_MATCHED),
        _chained("hedonic", months, hedonic, draws, len(models), LEAST_HEDONIC),
        *(_fixed_level(level, months, panel, able, sd) for level in LEVELS),
    ]
    return {"price_indices": pd.concat(parts, ignore_index=True)[COLUMNS]}


def _chained(
    method: str,
    months: pd.DatetimeIndex,
    link: Callable[[int, int, Positions], tuple[float, int]],
    draws: Positions,
    models: int,
    least: int,
) -> pd.DataFrame:
    """The chain of links between months with a value, on all versions and on resampled ones."""
    everything = np.arange(models)
    rows: list[dict[str, object]] = []
    last, level, levels = None, 100.0, np.full(len(draws), 100.0)
    for i, month in enumerate(months):
        row: dict[str, object] = {"method": method, "on_month": month.date()}
        count = link(i, i, everything)[1]
        if last is None:
            if count >= least:
                last = i
                row |= {"index_value": 100.0, "index_low": 100.0, "index_high": 100.0}
            else:
                row["reason"] = f"only {count} versions with a list price that day"
            rows.append(row | {"models": count})
            continue
        step, count = link(last, i, everything)
        if np.isnan(step):
            row["reason"] = f"only {count} versions to compare with the last month"
        else:
            steps = np.array([link(last, i, chosen)[0] for chosen in draws])
            level *= step
            # A resample with too few versions goes on as the whole does.
            levels = levels * np.where(np.isnan(steps), step, steps)
            low, high = np.quantile(levels, [0.5 - INTERVAL / 2, 0.5 + INTERVAL / 2])
            row |= {"index_value": level, "index_low": low, "index_high": high}
            last = i
        rows.append(row | {"models": count})
    return pd.DataFrame(rows, columns=COLUMNS)


def _fixed_level(
    level: float, months: pd.DatetimeIndex, panel: Array, able: Array, sd: Array
) -> pd.DataFrame:
    """Cheapest price of a capability; its index starts at 100 in the first month it is on offer."""
    random = np.random.default_rng(SEED)
    drawn = able + sd * random.standard_normal((RESAMPLES, len(able)))
    rows: list[dict[str, object]] = []
    base = None
    for i, month in enumerate(months):
        row: dict[str, object] = {"method": f"fixed_level_{level}", "on_month": month.date()}
        reaching = panel[i][able >= level]
        reaching = reaching[~np.isnan(reaching)]
        row["models"] = len(reaching)
        if not len(reaching):
            row["reason"] = "no version with a known list price reaches it"
        else:
            price = float(np.min(reaching))
            base = base or price
            cheapest = np.min(np.where(drawn >= level, panel[i], np.inf), axis=1, initial=np.inf,
                              where=~np.isnan(panel[i]))  # fmt: skip
            low, high = np.quantile(cheapest, [0.5 - INTERVAL / 2, 0.5 + INTERVAL / 2],
                                    method="nearest")  # fmt: skip
            row |= {
                "price": price, "price_low": low, "price_high": high if np.isfinite(high) else None,
                "index_value": 100 * price / base, "index_low": 100 * low / base,
                "index_high": 100 * high / base if np.isfinite(high) else None,
            }  # fmt: skip
        rows.append(row)
    return pd.DataFrame(rows, columns=COLUMNS)
