"""What the forecast of an event follows from: usage before it, what is known of models, past
launches, and a hash of all.

The hash is taken over sums that the warehouse makes of the rows, so that a forecast that is kept
costs next to nothing; the rows are read for the others alone. Not here: estimates (`learning`).
"""

import hashlib
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipelines.analysis import demand, learning, usage, windows
from pipelines.analysis.learning import Chosen, Defaults, Past
from pipelines.analysis.usage import HISTORY, Series, Traits, series_of
from pipelines.analysis.windows import PastLaunches, fits_of
from pipelines.settings import SQL

READS = (
    learning.READS
    | {name: query for name, query in usage.READS.items() if name != "usage"}
    | {name: query for name, query in usage.ASKED.items() if name != "prices"}
)
Asks = Callable[..., pd.DataFrame]


@dataclass(frozen=True)
class Event:
    """When something happened, and by what it is forecast."""

    event_id: str
    basis: str
    day: date
    known_by: date

    @property
    def known(self) -> date | None:
        """Nothing known later is used; None with hindsight."""
        return self.known_by if self.basis == learning.DAY_AFTER else None


@dataclass(frozen=True)
class Situation:
    """Usage before an event, and which launches inform its forecast."""

    series: Series | None
    chosen: Chosen | None

    @property
    def trained_on(self) -> int:
        """Past launches behind the forecast."""
        return 0 if self.chosen is None else int(self.chosen[1].sum())

    @property
    def said(self) -> str:
        """In words, what of usage stands behind the forecast."""
        learnt = (
            f"parameters from {self.trained_on} past launches"
            if self.trained_on
            else "parameters are assumptions and published estimates alone, so intervals are wide"
        )
        if self.series is None:
            return f"no usage before the event is known, volumes are drawn; {learnt}"
        return f"{self.series.cadence} usage before the event; {learnt}"


class Inputs:
    """What forecasts follow from: hashes for all events, and itself for those that are new."""

    def __init__(
        self,
        module: str,
        tables: Iterable[str],
        priors: pd.DataFrame,
        graded: pd.DataFrame,
        origins: pd.DataFrame,
        incumbents: Asks,
        entrants: Asks,
        launches: pd.DataFrame,
        thinking: pd.DataFrame,
        bands: pd.DataFrame,
        fits: pd.DataFrame,
        first_fits: pd.DataFrame,
        periods: pd.DataFrame,
        usage: Asks,
        capabilities: Asks,
        dominance: Asks,
    ):
        """`module` and `tables`: those that forecast. See `READS` for the others."""
        self.past = Past(PastLaunches(origins, incumbents, entrants), priors, Defaults(graded))
        self._launches, self._thinking, self._bands, self._fits = launches, thinking, bands, fits
        self._ask_usage, self._ask_capabilities = usage, capabilities
        self._ask_dominance = dominance
        fits = fits.sort_values("known_on")
        self._fit_days = _days(fits["known_on"])
        self._fit_ids = list(fits["fit_id"])
        self._first_fit = dict(zip(first_fits["event_id"], first_fits["fit_id"], strict=True))
        self._always = [_method_of(module, tables), sorted(map(float, bands["edge"]))]
        periods = periods.sort_values("period_from", kind="stable")
        self._days = _days(periods["period_from"])
        self._seen, self._ended = _days(periods["seen_on"]), _days(periods["ended_on"])
        self._said = periods["said"].to_numpy(np.uint64)
        self._rows = pd.DataFrame()
        self._row_days = self._days[:0]
        self._series: dict[tuple[date, date | None], Series | None] = {}

    def hash_of(self, event: Event, market_id: str, told: Any) -> str:
        """Sixteen digits. `market_id`: state of the market (`day_states`); `told`: what else is
        said of the event itself."""
        after = np.datetime64(event.day + timedelta(1), "D")
        fit = self._fit_days.searchsorted(after, side="right")
        everything = [
            *self._always, event.event_id, event.basis, event.day, told, market_id,
            self._usage_hash(event.day, event.known), self._fit_ids[fit - 1] if fit else None,
            self._first_fit.get(event.event_id),
            self.past.said_by(event.basis, event.day, event.known_by),
        ]  # fmt: skip
        return hashlib.sha256(repr(everything).encode()).hexdigest()[:16]

    def _usage_hash(self, day: date, known_by: date | None) -> int:
        """Over the rows that the series before a day is made from."""
        inside = _inside(self._days, day)
        seen, ended = self._seen[inside], self._ended[inside]
        if known_by is None:
            known = np.isnat(ended)
        else:
            last = np.datetime64(known_by, "D")
            known = (seen <= last) & ~(ended <= last)
        return int(self._said[inside][known].sum(dtype=np.uint64))

    def read(self, events: Collection[Event]) -> tuple[Traits, list[Situation]]:
        """What the forecasts of some events follow from, in one reading: what is known of models,
        and each event's situation."""
        days = [event.day for event in events]
        looked_at = {day - timedelta(back) for day in days for back in range(HISTORY.days + 1)}
        rows = self._ask_usage(periods=sorted(looked_at))
        self._rows = rows.sort_values("period_from", kind="stable", ignore_index=True)
        self._row_days = _days(self._rows["period_from"])
        traits = Traits(
            self._ask_capabilities(fits=fits_of(days, self._fits)),
            self._bands, self._launches, self._thinking,
            self._ask_dominance(events=sorted({event.event_id for event in events})),
        )  # fmt: skip
        situations = [self._situation(event) for event in events]
        self.past.read(situation.chosen for situation in situations)
        return traits, situations

    def _situation(self, event: Event) -> Situation:
        series = self._before(event.day, event.known)
        cadence = series.cadence if series is not None else self.past.longest
        start = series.next_period(event.day) if series is not None else event.day
        chosen = self.past.chosen(cadence, event.basis, start, event.known_by)
        return Situation(series, chosen)

    def _before(self, day: date, known_by: date | None) -> Series | None:
        """The series with usage before a day: of several the one with the shortest periods."""
        if (day, known_by) not in self._series:
            rows = self._rows[_inside(self._row_days, day)]
            found = [] if rows.empty else series_of(rows, known_by)
            found = [series for series in found if series.before(series.next_period(day))]
            best = min(found, key=lambda series: (series.days, series.name), default=None)
            self._series[day, known_by] = best
        return self._series[day, known_by]


def _method_of(module: str, tables: Iterable[str]) -> str:
    """What forecasts hang on beside their inputs: the code, and the shape of their tables."""
    modules = (demand, learning, usage, windows)
    paths = [Path(module), Path(__file__), *(Path(str(code.__file__)) for code in modules)]
    paths += [SQL / "analysis" / f"{table}.sql" for table in (*tables, "comparisons")]
    return hashlib.md5(b"".join(path.read_bytes() for path in paths)).hexdigest()


def _inside(days: NDArray[np.datetime64], day: date) -> slice:
    """Of sorted days those up to a day that are looked at."""
    first, last = (np.datetime64(d, "D") for d in (day - HISTORY, day))
    found = days.searchsorted(first), days.searchsorted(last, side="right")
    return slice(*map(int, found))


def seed_of(event_id: str, basis: str) -> int:
    """Of the draws for an event: always the same, so that a small difference of what is known makes
    a small one of its forecast."""
    return int(hashlib.sha256(f"{event_id} {basis}".encode()).hexdigest()[:8], 16)


def rows_by(frame: pd.DataFrame, keys: list[str]) -> Mapping[Any, NDArray[np.intp]]:
    """Positions of the rows of each key."""
    return dict(frame.groupby(keys).indices)


def _days(column: pd.Series) -> NDArray[np.datetime64]:
    return np.asarray(pd.to_datetime(column).to_numpy("datetime64[D]"))
