"""Launches inside the archived usage series with the usage around them: what forecasts learn from.

A launch's window is made when its outcome is complete, from the usage around it as it stands and
from prices as they were known then, and is kept under a hash of all it follows from: what becomes
known later changes no window of the past, and a day costs what is new in it. Forecasts see as far
back, so that what they learn from looks like what they are about.
"""

import hashlib
from bisect import bisect_right
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipelines.analysis import day_states, usage
from pipelines.analysis.hashes import hash_rows, summed
from pipelines.analysis.usage import (
    ENTRANT_COLUMNS,
    HISTORY,
    HORIZONS,
    INCUMBENT_COLUMNS,
    ORIGIN_COLUMNS,
    Horizon,
    Prices,
    Traits,
    Windows,
    days_of,
    series_of,
    window,
)
from pipelines.settings import SQL

Asks = Callable[..., pd.DataFrame]
TABLES = ("window_launches", "window_incumbents", "window_entrants")

READS = (
    {name: query for name, query in usage.READS.items() if name != "usage"}
    | usage.ASKED
    | {
        # Of the models launched: a sum over all that is known of their prices. Repricing one makes
        # the window of its own launch anew, and no other.
        "launch_prices": (
            "select p.model_id, cast(sum(hash(p.is_list_price, p.valid_from, p.valid_to, "
            "p.input_usd_per_mtok, p.output_usd_per_mtok)) as varchar) as said "
            "from core.prices as p where p.model_id in (select v.model_id "
            "from core.event_models as v) and (p.is_list_price or p.host_id = 'openrouter') "
            "group by p.model_id"
        ),
        "states": day_states.OFFERS_OF,
        "offers": (
            "select asked.day_id, p.model_id, "
            "cast(p.input_usd_per_mtok * 0.75 + p.output_usd_per_mtok * 0.25 as double) as price "
            "from (select unnest($ids::varchar[]) as day_id, unnest($days::date[]) as as_of, "
            "unnest($known::date[]) as known_by) as asked "
            "cross join prices_on(asked.as_of, asked.known_by) as p "
            "where p.is_list_price order by asked.day_id, p.model_id, p.offering_id"
        ),
    }
)
#: Launches of a cadence that an estimate is made on, the newest: the market of years ago says
#: little of today's, and a day's work must not grow with all days before. As many are scored, see
#: `analysis.backtest_launches`.
NEWEST = 60
#: Days of launch whose offers are asked for at once, so that they fit in memory.
AT_ONCE = 50
#: A series not continued for so long after a window was to be complete is taken to have ended.
ENDED = timedelta(30)


def _told(columns: tuple[str, ...]) -> str:
    return ", ".join(f"t.{name}" for name in columns)


def _contents(table: str, columns: tuple[str, ...]) -> str:
    return (
        f"(select t.origin, sum(hash({_told(columns)})) as said "
        f"from analysis.{table} as t group by t.origin)"
    )


#: How a later step reads the tables: all launches, and the rows of those it asks for. `content`
#: says what the rows of a launch are, without reading them.
WINDOWS = {
    "origins": (
        f"select {_told(ORIGIN_COLUMNS)}, concat_ws(' ', cast(i.said as varchar), "
        "cast(e.said as varchar)) as content, t.outcomes > 0 as is_whole "
        "from analysis.backtest_launches as t "
        f"left join {_contents('window_incumbents', INCUMBENT_COLUMNS)} as i "
        "on i.origin = t.origin "
        f"left join {_contents('window_entrants', ENTRANT_COLUMNS)} as e on e.origin = t.origin "
        "order by t.origin"
    ),
    "incumbents": (
        f"select {_told(INCUMBENT_COLUMNS)} from analysis.window_incumbents as t "
        "where t.origin in (select unnest($origins::varchar[])) order by t.origin, t.product"
    ),
    "entrants": (
        f"select {_told(ENTRANT_COLUMNS)} from analysis.window_entrants as t "
        "where t.origin in (select unnest($origins::varchar[])) "
        "order by t.origin, t.event_id, t.model_id"
    ),
}


class PastLaunches:
    """All past launches by name, day and content; their windows are read where they are needed."""

    def __init__(self, origins: pd.DataFrame, incumbents: Asks, entrants: Asks):
        """What `WINDOWS` reads. Of the origins those that can be learnt from are kept."""
        origins = origins[origins["is_whole"].astype(bool)].sort_values("origin")
        origins = origins.reset_index(drop=True)
        #: `ORIGIN_COLUMNS` and `content`, with days as dates.
        self.origins = origins.assign(
            start=days_of(origins["start"]), outcome_on=days_of(origins["outcome_on"])
        )
        self._incumbents, self._entrants = incumbents, entrants

    @classmethod
    def of(cls, windows: Windows) -> "PastLaunches":
        """Of windows at hand."""
        frames = (windows.incumbents, windows.entrants)
        said = [summed(frame["origin"], hash_rows(frame)) for frame in frames]
        names = windows.origins["origin"]
        content = [" ".join(str(part.get(name)) for part in said) for name in names]
        origins = windows.origins.assign(
            content=content, is_whole=names.isin(windows.incumbents["origin"])
        )

        def asked(frame: pd.DataFrame) -> Asks:
            return lambda origins: frame[frame["origin"].isin(set(origins))]

        return cls(origins, *map(asked, frames))

    @property
    def cadences(self) -> list[str]:
        """Cadences with a launch that can be learnt from."""
        return sorted(set(self.origins["cadence"]))

    def of_cadence(self, cadence: str) -> pd.DataFrame:
        """Launches of a cadence, in the order of `demand.market`, so that a launch's number is its
        place; `first_on` is the first day of its window before."""
        found = self.origins[self.origins["cadence"] == cadence].reset_index(drop=True)
        before = usage.window_before(cadence)
        return found.assign(first_on=[start - before for start in found["start"]])

    def windows(self, origins: pd.DataFrame) -> Windows:
        """The windows of some of them, in the order of `origins`."""
        names = list(origins["origin"])
        frames = [
            ask(origins=names).sort_values(["origin", *order], ignore_index=True)
            for ask, order in (
                (self._incumbents, ["product"]),
                (self._entrants, ["event_id", "model_id"]),
            )
        ]
        for frame in frames:
            frame["start"] = days_of(frame["start"])
        incumbents, entrants = frames
        return Windows(incumbents, entrants, origins.reset_index(drop=True))


def newest(chosen: NDArray[np.bool_], starts: NDArray[np.datetime64]) -> NDArray[np.bool_]:
    """Of the launches chosen those that started last, `NEWEST` at most."""
    return nearest(chosen, starts, date.max)


def nearest(
    chosen: NDArray[np.bool_], starts: NDArray[np.datetime64], day: date
) -> NDArray[np.bool_]:
    """Of the launches chosen those that started nearest to a day, `NEWEST` at most."""
    places = np.flatnonzero(chosen)
    if len(places) <= NEWEST:
        return chosen
    away = np.abs(starts[places] - np.datetime64(day, "D"))
    found = np.zeros_like(chosen)
    found[places[np.argsort(away, kind="stable")[:NEWEST]]] = True
    return found


# ------------------------------------------------------------------ making them


#: What is told of a version launched.
LAUNCHED = ("event_id", "effective_on", "model_id", "vendor_id")


@dataclass(frozen=True, eq=False)
class Origin:
    """Launches of one period of a series."""

    series: str
    #: Days of a period, and the first of the one they are in.
    days: int
    start: date
    #: Last period the series has so far, and the last day on which any usage was read.
    last: date
    read_on: date
    #: All launches, and which are in it. A frame of its own for each would cost more than its hash.
    launches: pd.DataFrame
    places: tuple[int, ...]
    #: Rows of these: `event_id, effective_on, model_id, vendor_id`.
    rows: list[list[Any]]

    @property
    def name(self) -> str:
        """How the tables call it."""
        return f"{self.series} {self.start}"

    @property
    def horizon(self) -> Horizon:
        """The windows before and after."""
        return HORIZONS[self.days]

    @property
    def launched(self) -> pd.DataFrame:
        """`event_id, effective_on, model_id, vendor_id`."""
        return self.launches.iloc[list(self.places)]

    @property
    def events(self) -> list[str]:
        """Of each version launched."""
        return [row[0] for row in self.rows]

    @property
    def models(self) -> list[str]:
        """Versions launched."""
        return [row[2] for row in self.rows]

    @cached_property
    def day(self) -> date:
        """Of the first launch."""
        found: date = min(row[1] for row in self.rows)
        return found

    @property
    def periods(self) -> tuple[date, date]:
        """The first and the last that are looked at."""
        return self.start - HISTORY, self.start + timedelta(self.days * self.horizon.after_last)

    @property
    def outcome_on(self) -> date:
        """Day the window after is complete."""
        return self.periods[1] + timedelta(self.days)

    @property
    def is_complete(self) -> bool:
        """Whether the series has come to the end of the window after, or will not any more."""
        return self.periods[1] <= self.last or self.read_on >= self.outcome_on + ENDED


def origins_of(periods: pd.DataFrame, launches: pd.DataFrame) -> list[Origin]:
    """All launches inside a series of periods of one length that `HORIZONS` has, those of one
    period together. See `usage.READS` for the frames."""
    found: list[Origin] = []
    if periods.empty:
        return found
    launches = launches[list(LAUNCHED)].assign(effective_on=days_of(launches["effective_on"]))
    rows_of = launches.to_numpy().tolist()
    read_on = pd.to_datetime(periods["seen_on"].max()).date()
    for series, rows in periods[periods["ended_on"].isna()].groupby("series"):
        lengths = set(rows["days"])
        if len(lengths) > 1 or not lengths <= set(HORIZONS):
            continue
        length = int(lengths.pop())
        starts = sorted(set(days_of(rows["period_from"])))
        launched: dict[date, list[int]] = {}
        for place, row in enumerate(rows_of):
            if start := _period_of(row[1], starts, length):
                launched.setdefault(start, []).append(place)
        found += [
            Origin(
                str(series), length, start, starts[-1], read_on, launches, tuple(places),
                [rows_of[place] for place in places],
            )
            for start, places in launched.items()
        ]  # fmt: skip
    return sorted(found, key=lambda origin: origin.name)


def _period_of(day: date, starts: list[date], length: int) -> date | None:
    """First day of the period that holds a day; None if the series has none."""
    at = bisect_right(starts, day) - 1
    return starts[at] if at >= 0 and (day - starts[at]).days < length else None


def compute(
    periods: pd.DataFrame,
    launches: pd.DataFrame,
    fits: pd.DataFrame,
    first_fits: pd.DataFrame,
    thinking: pd.DataFrame,
    bands: pd.DataFrame,
    states: Asks,
    offers: Asks,
    prices: Asks,
    launch_prices: pd.DataFrame,
    usage: Asks,
    capabilities: Asks,
    dominance: Asks,
    kept: Collection[str] = frozenset(),
) -> dict[str, pd.DataFrame]:
    """Rows of `window_launches`, `window_incumbents` and `window_entrants` not in `kept`, and
    `standing`: the `window_id` of all."""
    origins = origins_of(periods, launches)
    ids = _ids(origins, periods, fits, first_fits, bands, thinking, launch_prices, states)
    asked = [origin for origin in origins if ids[origin.name] not in kept]
    complete = [origin for origin in asked if origin.is_complete]
    incumbents: list[dict[str, Any]] = []
    entrants: list[dict[str, Any]] = []
    about = []
    if complete:
        traits = Traits(
            capabilities(fits=fits_of([origin.day for origin in complete], fits)), bands, launches,
            thinking, dominance(events=[event for origin in complete for event in origin.events]),
        )  # fmt: skip
        on_offer: dict[str, dict[str, float]] = {}
        for at in range(0, len(complete), AT_ONCE):
            on_offer |= _by_launch(offers(**_looks(complete[at : at + AT_ONCE])))
        every = usage(periods=_days(complete))
        seen = {origin.name: _inside(every, origin) for origin in complete}
        models = {
            origin.name: {*seen[origin.name]["model_id"].dropna(), *origin.models}
            for origin in complete
        }
        known = Prices(prices(models=sorted(set().union(*models.values()))))
    for origin in asked:
        there: list[dict[str, Any]] = []
        new: list[dict[str, Any]] = []
        why_not: str | None = "its window after is not complete"
        if origin.is_complete:
            paid = {model: known.on(model, origin.start) for model in models[origin.name]}
            own = {model: price for model, price in paid.items() if price is not None}
            on_day = traits.on_day(on_offer.get(origin.name, {}), own)
            why_not, there, new = _window(origin, seen[origin.name], on_day)
        head = {
            "origin": origin.name, "cadence": _cadence(origin), "series": origin.series,
            "start": origin.start, "window_id": ids[origin.name],
        }  # fmt: skip
        incumbents += [head | row for row in there]
        entrants += [head | row for row in new]
        about.append(
            head | {
                "outcome_on": origin.outcome_on,
                "event_ids": ", ".join(sorted(set(origin.events))),
                "entrants": len(new), "outcomes": len(there), "why_not": why_not,
            }
        )  # fmt: skip
    return {
        "window_launches": pd.DataFrame(about, columns=list(LAUNCH_COLUMNS)),
        "window_incumbents": pd.DataFrame(incumbents, columns=[*INCUMBENT_COLUMNS, "window_id"]),
        "window_entrants": pd.DataFrame(entrants, columns=[*ENTRANT_COLUMNS, "window_id"]),
        "standing": pd.DataFrame({"window_id": [ids[origin.name] for origin in origins]}),
    }


LAUNCH_COLUMNS = (*ORIGIN_COLUMNS, "entrants", "outcomes", "window_id")


def _cadence(origin: Origin) -> str:
    return "daily" if origin.days == 1 else "weekly"


def _window(
    origin: Origin, rows: pd.DataFrame, traits: Traits
) -> tuple[str | None, list[dict[str, Any]], list[dict[str, Any]]]:
    """Why there is none, or incumbents and entrants.

    An entrant counts if its vendor is on the list before, or if it is on the list after: of vendors
    new to the list only those that reached it can be told.
    """
    found = series_of(rows)
    if not found or not found[0].before(origin.start) or not found[0].after(origin.start):
        return "less than half of a window is in the series", [], []
    there, new = window(found[0], origin.start, origin.launched, traits, is_past=True)
    if not new:
        return "no entrant's vendor is on the list before, nor it after", [], []
    return None, there, new


def _ids(
    origins: list[Origin],
    periods: pd.DataFrame,
    fits: pd.DataFrame,
    first_fits: pd.DataFrame,
    bands: pd.DataFrame,
    thinking: pd.DataFrame,
    launch_prices: pd.DataFrame,
    states: Asks,
) -> dict[str, str]:
    """A hash of all that each window follows from, by name of its launch."""
    paths = [Path(__file__), Path(str(usage.__file__)), SQL / "analysis" / "comparisons.sql"]
    paths += [SQL / "analysis" / f"{table}.sql" for table in TABLES]
    method = hashlib.md5(b"".join(path.read_bytes() for path in paths)).hexdigest()
    always = [method, sorted(map(float, bands["edge"]))]
    complete = [origin for origin in origins if origin.is_complete]
    offers: dict[str, str] = {}
    if complete:
        state = day_states.with_offers(states(**_looks(complete)))
        offers = dict(zip(state["day_id"], state["offers_id"], strict=True))
    fit_days, fit_ids = _sorted_fits(fits)
    first = dict(zip(first_fits["event_id"], first_fits["fit_id"], strict=True))
    said = Sums(periods)
    thinks = set(thinking["model_id"])
    paid = dict(zip(launch_prices["model_id"], launch_prices["said"], strict=True))
    found = {}
    for origin in origins:
        models = origin.models
        told: list[Any] = [*always, origin.name, origin.is_complete]
        told += [origin.rows, [model in thinks for model in models]]
        if origin.is_complete:
            fit = bisect_right(fit_days, origin.day + timedelta(1))
            told += [offers[origin.name], [paid.get(model) for model in models]]
            told += [fit_ids[fit - 1] if fit else None, said.of(origin.series, *origin.periods)]
            told += [first.get(event) for event in origin.events]
        found[origin.name] = hashlib.sha256(repr(told).encode()).hexdigest()[:16]
    return found


class Sums:
    """What is said of the periods of a series between two days, as it now stands, in one number."""

    def __init__(self, periods: pd.DataFrame):
        """See `usage.READS`."""
        self._of: dict[str, tuple[NDArray[np.datetime64], NDArray[np.uint64]]] = {}
        for series, rows in periods[periods["ended_on"].isna()].groupby("series"):
            rows = rows.sort_values("period_from")
            days = np.asarray(pd.to_datetime(rows["period_from"]).to_numpy("datetime64[D]"))
            so_far = rows["said"].to_numpy(np.uint64).cumsum(dtype=np.uint64)
            self._of[str(series)] = days, np.concatenate([np.zeros(1, np.uint64), so_far])

    def of(self, series: str, first: date, last: date) -> int:
        """Both days are inside."""
        days, so_far = self._of[series]
        begin = days.searchsorted(np.datetime64(first, "D"))
        end = days.searchsorted(np.datetime64(last, "D"), side="right")
        return (int(so_far[end]) - int(so_far[begin])) % 2**64


def _sorted_fits(fits: pd.DataFrame) -> tuple[list[date], list[str]]:
    fits = fits.sort_values("known_on")
    return days_of(fits["known_on"]), list(fits["fit_id"])


def fits_of(days: Collection[date], fits: pd.DataFrame) -> list[date]:
    """Days of the fits that say how able models were on some days: the latest known the day
    after each."""
    known = _sorted_fits(fits)[0]
    places = {bisect_right(known, day + timedelta(1)) for day in days}
    return [known[place - 1] for place in sorted(places) if place]


def _looks(origins: list[Origin]) -> dict[str, list[Any]]:
    """What is asked of the days of launch, as it was known when their outcome was complete."""
    return {
        "ids": [origin.name for origin in origins],
        "days": [origin.day for origin in origins],
        "known": [origin.outcome_on for origin in origins],
    }


def _inside(usage: pd.DataFrame, origin: Origin) -> pd.DataFrame:
    first, last = map(pd.Timestamp, origin.periods)
    days = pd.to_datetime(usage["period_from"])
    return usage[(days >= first) & (days <= last) & (usage["series"] == origin.series)]


def _days(origins: list[Origin]) -> list[date]:
    found: set[date] = set()
    for origin in origins:
        first, last = origin.periods
        found |= {first + timedelta(step) for step in range((last - first).days + 1)}
    return sorted(found)


def _by_launch(offers: pd.DataFrame) -> dict[str, dict[str, float]]:
    """Prices by launch and model; of several the last."""
    found: dict[str, dict[str, float]] = {}
    for look, model, price in zip(
        offers["day_id"], offers["model_id"], offers["price"], strict=True
    ):
        found.setdefault(look, {})[model] = float(price)
    return found
