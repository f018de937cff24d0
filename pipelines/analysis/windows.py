"""Launches inside the archived usage series with the usage around them: what forecasts learn from.

Usage grows every day, these windows only when the one after a launch is complete. So they are
tables, and what is estimated on them is left as it is on all other days.
"""

from collections.abc import Mapping
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipelines.analysis import usage
from pipelines.analysis.usage import (
    ENTRANT_COLUMNS,
    INCUMBENT_COLUMNS,
    ORIGIN_COLUMNS,
    Windows,
    days_of,
    past_launches,
    traits_of,
)

READS = usage.READS
#: Launches of a cadence that an estimate is made on and that are scored, the newest: the market of
#: years ago says little of today's, and a day's work must not grow with all days before.
NEWEST = 60
#: How a later step reads the three tables.
WINDOWS = {
    "origins": (
        f"select {', '.join(ORIGIN_COLUMNS)} from analysis.backtest_launches order by origin"
    ),
    "incumbents": (
        f"select {', '.join(INCUMBENT_COLUMNS)} from analysis.window_incumbents "
        "order by origin, product"
    ),
    "entrants": (
        f"select {', '.join(ENTRANT_COLUMNS)} from analysis.window_entrants "
        "order by origin, event_id, model_id"
    ),
}


def windows_of(frames: Mapping[str, pd.DataFrame]) -> Windows:
    """The windows as they were made, from what `WINDOWS` reads."""
    found = {name: frames[name].copy() for name in WINDOWS}
    for frame in found.values():
        for column in {"start", "outcome_on"} & set(frame.columns):
            frame[column] = days_of(frame[column])
    return Windows(**found)


def newest(chosen: NDArray[np.bool_], starts: pd.Series) -> NDArray[np.bool_]:
    """Of the launches chosen those that started last, `NEWEST` at most."""
    return nearest(chosen, starts, date.max)


def nearest(chosen: NDArray[np.bool_], starts: pd.Series, day: date) -> NDArray[np.bool_]:
    """Of the launches chosen those that started nearest to a day, `NEWEST` at most."""
    places = np.flatnonzero(chosen)
    if len(places) <= NEWEST:
        return chosen
    away = [abs((day - starts.iloc[at]).days) for at in places]
    found = np.zeros_like(chosen)
    found[places[np.argsort(away, kind="stable")[:NEWEST]]] = True
    return found


def compute(**frames: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Tables `backtest_launches`, `window_incumbents` and `window_entrants`."""
    traits = traits_of(frames)
    windows = past_launches(frames["usage"], frames["launches"], traits)
    origins = windows.origins
    for cadence in set(origins["cadence"]):
        mine = ((origins["cadence"] == cadence) & origins["why_not"].isna()).to_numpy()
        old = mine & ~newest(mine, origins["start"])
        origins.loc[old, "why_not"] = f"older than the newest {NEWEST}, and only learnt from"
    counts = {
        name: windows.origins["origin"].map(frame["origin"].value_counts()).fillna(0)
        for name, frame in (("entrants", windows.entrants), ("outcomes", windows.incumbents))
    }
    return {
        "backtest_launches": windows.origins.assign(**counts),
        "window_incumbents": windows.incumbents,
        "window_entrants": windows.entrants,
    }
