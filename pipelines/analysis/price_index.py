"""How fast the market's price falls, three ways, month by month, with 80% intervals.

- **matched_fisher**: the same versions in two months, with equal expenditure on every version, for
  no source measures the market's. New versions enter by linking, so that their better price for as
  much capability shows only when old ones are repriced.
- **hedonic**: all versions of two months at equal capability: what new versions give more for the
  money counts.
- **fixed_level_L**: the cheapest list price of any version with an overall capability of L.

Intervals: versions resampled (bootstrap) for the first two; capabilities drawn from their posterior
for the third, where who reaches the level is what is not sure. Months with too few versions have no
value but a reason, and the chain goes on from the last month that has one. All are at 3 tokens read
for one written, and with all that is known. Street prices and demand do not enter. The formulae are
those of `index_numbers`. Versions count that have a price on the first of some month, so that
between two of these nothing changes, and what is kept is that of all months.
"""

import hashlib
from collections.abc import Collection
from pathlib import Path

import numpy as np
import pandas as pd

from pipelines.analysis import INTERVAL, index_numbers
from pipelines.analysis.index_numbers import (
    LEAST_HEDONIC,
    LEAST_MATCHED,
    chained,
    cheapest,
    hedonic,
    matched,
)
from pipelines.settings import SQL

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
LEVELS = (110, 120, 125, 130, 140, 150)
#: What an index follows from beside prices and capabilities.
METHOD = (Path(__file__), Path(index_numbers.__file__), SQL / "analysis" / "price_indices.sql")
COLUMNS = ["method", "on_month", "index_value", "index_low", "index_high", "price", "price_low",
           "price_high", "models", "reason", "state_id"]  # fmt: skip


def compute(
    prices: pd.DataFrame,
    capabilities: pd.DataFrame,
    newest: pd.DataFrame,
    kept: Collection[str] = frozenset(),
) -> dict[str, pd.DataFrame]:
    """Table `price_indices`: a row per method and month, if they are not `kept`, and `standing`:
    their one `state_id`. Frames as `READS` has them."""
    starts = pd.to_datetime(prices["valid_from"])
    ends = pd.to_datetime(prices["valid_to"])
    if prices.empty or pd.isna(newest["as_of"].iloc[0]):
        nothing = pd.DataFrame(columns=COLUMNS)
        return {"price_indices": nothing, "standing": nothing[["state_id"]]}
    months = pd.date_range(starts.min(), pd.Timestamp(newest["as_of"].iloc[0]), freq="MS")
    begun = months.searchsorted(starts)
    ended = months.searchsorted(ends)
    there = begun < ended
    models = sorted(set(prices["model_id"][there]))
    at = {model: i for i, model in enumerate(models)}
    panel = np.full((len(months), len(models)), np.nan)
    for model, first, last, price in zip(
        prices["model_id"][there], begun[there], ended[there], prices["price"][there], strict=True
    ):
        panel[first:last, at[model]] = price
    known = capabilities.set_index("model_id").reindex(models)
    able, sd = known["capability"].to_numpy(float), known["capability_sd"].to_numpy(float)
    told = hashlib.md5(b"".join(path.read_bytes() for path in METHOD))
    told.update(f"{models} {list(months)}".encode())
    for figures in (panel, able, sd):
        told.update(figures.tobytes())
    state = told.hexdigest()[:16]
    standing = pd.DataFrame({"state_id": [state]})
    if state in kept:
        return {"price_indices": pd.DataFrame(columns=COLUMNS), "standing": standing}
    few = "only {} versions to compare with the last month"
    parts = []
    for method, link, least in (
        ("matched_fisher", matched(panel), LEAST_MATCHED),
        ("hedonic", hedonic(panel, able), LEAST_HEDONIC),
    ):
        chain = chained(len(months), len(models), link, least)
        for i, month in enumerate(months):
            row: dict[str, object] = {"method": method, "on_month": month.date()}
            row["models"] = int(chain.count[i])
            if np.isnan(chain.level[i]):
                is_first = np.isnan(chain.level[:i]).all()
                says = "only {} versions with a list price that day" if is_first else few
                row["reason"] = says.format(chain.count[i])
            else:
                low, high = chain.interval(i, INTERVAL)
                row |= {"index_value": chain.level[i], "index_low": low, "index_high": high}
            parts.append(row)
    for level in LEVELS:
        parts += _fixed_level(level, months, cheapest(panel, able, sd, level, INTERVAL))
    found = pd.DataFrame(parts, columns=COLUMNS).assign(state_id=state)
    return {"price_indices": found, "standing": standing}


def _fixed_level(
    level: float, months: pd.DatetimeIndex, found: list[tuple[float, float, float, int] | None]
) -> list[dict[str, object]]:
    """Cheapest price of a capability; its index starts at 100 in the first month it is on offer."""
    rows: list[dict[str, object]] = []
    base = None
    for month, at in zip(months, found, strict=True):
        row: dict[str, object] = {"method": f"fixed_level_{level}", "on_month": month.date()}
        if at is None:
            row |= {"models": 0, "reason": "no version with a known list price reaches it"}
        else:
            price, low, high, row["models"] = at
            base = base or price
            row |= {
                "price": price, "price_low": low, "price_high": high if np.isfinite(high) else None,
                "index_value": 100 * price / base, "index_low": 100 * low / base,
                "index_high": 100 * high / base if np.isfinite(high) else None,
            }  # fmt: skip
        rows.append(row)
    return rows
