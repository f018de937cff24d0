"""What the forecast of an event follows from: market and usage before it, and a hash of all.

The hash is taken over rows as they are read, before anything is prepared or estimated, so that a
forecast that is kept costs next to nothing. Not here: what past launches say (`learning`).
"""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipelines.analysis import demand, learning, usage
from pipelines.analysis.hashes import Rows, hash_rows
from pipelines.analysis.learning import Past
from pipelines.analysis.usage import Series, series_of
from pipelines.settings import SQL

#: Days of usage before an event that are looked at.
HISTORY = timedelta(70)

READS = {
    name: query
    for name, query in usage.READS.items()
    if name in {"usage", "launches", "capabilities", "thinking", "dominance", "bands"}
} | {"fits": "select f.known_on, f.fit_id from analysis.fits as f"}


def method_of(module: str, tables: Iterable[str]) -> str:
    """What forecasts hang on beside their inputs: the code, and the shape of their tables."""
    paths = [Path(module), *(Path(str(code.__file__)) for code in (demand, learning, usage))]
    paths += [Path(__file__), *(SQL / "analysis" / f"{table}.sql" for table in tables)]
    return hashlib.md5(b"".join(path.read_bytes() for path in paths)).hexdigest()


class History:
    """Usage by period, of which an event is told what lay before it."""

    def __init__(self, usage: pd.DataFrame, of_model: "OfModel"):
        """`usage`: see `usage.READS`."""
        self._rows = usage.sort_values("period_from", kind="stable", ignore_index=True)
        self._days = _days(self._rows["period_from"])
        self._seen = pd.to_datetime(self._rows["first_seen_at"]).to_numpy()
        self._ended = pd.to_datetime(self._rows["ended_at"]).to_numpy()
        told = ["series", "period_from", "period_to", "spelling", "model_id", "vendor_id", "tokens"]
        self._hashes = hash_rows(self._rows[told]) + of_model.hashes(self._rows["model_id"])
        self._series: dict[tuple[date, date | None], Series | None] = {}

    def _inside(self, day: date) -> slice:
        first, last = (np.datetime64(d, "D") for d in (day - HISTORY, day))
        found = self._days.searchsorted(first), self._days.searchsorted(last, side="right")
        return slice(*map(int, found))

    def hash_of(self, day: date, known_by: date | None) -> int:
        """Over the rows that `before` is made from."""
        inside = self._inside(day)
        seen, ended = self._seen[inside], self._ended[inside]
        if known_by is None:
            known = np.isnat(ended)
        else:
            end = np.datetime64(known_by + timedelta(1))
            known = (seen < end) & ~(ended < end)
        return int(self._hashes[inside][known].sum(dtype=np.uint64))

    def before(self, day: date, known_by: date | None) -> Series | None:
        """The series with usage before a day: of several the one with the shortest periods."""
        if (day, known_by) not in self._series:
            rows = self._rows[self._inside(day)]
            found = [] if rows.empty else series_of(rows, known_by)
            found = [series for series in found if series.before(series.next_period(day))]
            best = min(found, key=lambda series: (series.days, series.name), default=None)
            self._series[day, known_by] = best
        return self._series[day, known_by]


class OfModel:
    """What is said of a version on all days: its launch, and whether it thinks."""

    def __init__(self, launches: pd.DataFrame, thinking: pd.DataFrame):
        first = launches.groupby("model_id")["effective_on"].min().astype(str)
        known = pd.DataFrame({"released": first}).join(
            pd.DataFrame({"thinks": True}, index=pd.Index(thinking["model_id"])), how="outer"
        )
        known = known.reset_index(names="model_id").astype(str)
        self._hashes = pd.Series(hash_rows(known), index=known["model_id"])

    def hashes(self, models: pd.Series) -> Rows:
        """A hash for each row's model; 0 where nothing is said of it."""
        return np.asarray(models.map(self._hashes).fillna(0).to_numpy(np.uint64))


class Inputs:
    """A hash over all that the forecast of an event follows from."""

    def __init__(
        self,
        method: str,
        history: History,
        fits: pd.DataFrame,
        bands: pd.DataFrame,
        past: Past,
    ):
        self._history, self._past = history, past
        fits = fits.sort_values("known_on")
        self._fit_days = _days(fits["known_on"])
        self._fits = list(fits["fit_id"])
        self._always = [method, sorted(map(float, bands["edge"]))]

    def of(
        self, event_id: str, basis: str, day: date, known_by: date, market_id: str, told: Any
    ) -> str:
        """Sixteen digits. `market_id`: state of the market (`day_states`); `told`: what else is
        said of the event itself."""
        known = known_by if basis == learning.DAY_AFTER else None
        fit = self._fit_days.searchsorted(np.datetime64(day + timedelta(1), "D"), side="right")
        everything = [
            *self._always, event_id, basis, day, told, market_id,
            self._history.hash_of(day, known), self._fits[fit - 1] if fit else None,
            self._past.said_by(basis, day, known_by),
        ]  # fmt: skip
        return hashlib.sha256(repr(everything).encode()).hexdigest()[:16]


def said_of_usage(series: Series | None, trained_on: int) -> str:
    """In words, what of usage stands behind a forecast."""
    learnt = (
        f"parameters from {trained_on} past launches"
        if trained_on
        else "parameters are assumptions and published estimates alone, so intervals are wide"
    )
    if series is None:
        return f"no usage before the event is known, volumes are drawn; {learnt}"
    return f"{series.cadence} usage before the event; {learnt}"


def seed_of(event_id: str, basis: str) -> int:
    """Of the draws for an event: always the same, so that a small difference of what is known makes
    a small one of its forecast."""
    return int(hashlib.sha256(f"{event_id} {basis}".encode()).hexdigest()[:8], 16)


def rows_by(frame: pd.DataFrame, keys: list[str]) -> Mapping[Any, NDArray[np.intp]]:
    """Positions of the rows of each key."""
    return dict(frame.groupby(keys).indices)


def _days(column: pd.Series) -> NDArray[np.datetime64]:
    return np.asarray(pd.to_datetime(column).to_numpy("datetime64[D]"))
