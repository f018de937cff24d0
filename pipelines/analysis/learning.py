"""What forecasts of events may learn from: past launches, published estimates and graded forms.

Everything is a function of what was known by a day, or with hindsight of everything but the
launches that overlap the one forecast; each set of launches is fitted once, from the priors, so
that an estimate never hangs on which others were made before it.
"""

from collections.abc import Iterable
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipelines.analysis import usage
from pipelines.analysis.backtest import AS_KNOWN, FULLEST, OWN, RIVAL, ROLLING
from pipelines.analysis.demand import (
    VARIANTS,
    Estimates,
    Fitted,
    Market,
    Priors,
    Variant,
    fit,
    fit_sizes,
    market,
)
from pipelines.analysis.hashes import hash_rows
from pipelines.analysis.usage import ENTRANT_COLUMNS, Windows
from pipelines.analysis.windows import WINDOWS, PastLaunches, nearest, newest

DAY_AFTER = "day_after"
STRUCTURE = "structure"
#: Where a baseline wins a role: its nearest form.
FALLBACK = {OWN: FULLEST, RIVAL: "drift only"}

READS = WINDOWS | {
    "priors": "select * from core.demand_priors",
    "graded": (
        "select f.cadence, f.model, f.role, f.origin, f.crps, l.outcome_on "
        "from analysis.backtest_forecasts as f "
        "inner join analysis.backtest_launches as l on l.origin = f.origin "
        f"where f.scheme = '{ROLLING}' and f.model <> '{AS_KNOWN}'"
    ),
}


#: Launches of a cadence chosen to learn from, and what cadence that is.
Chosen = tuple[str, NDArray[np.bool_]]


class Past:
    """Estimates on past launches, each set of them fitted once."""

    def __init__(self, launches: PastLaunches, priors: pd.DataFrame, defaults: "Defaults"):
        self._known = Priors(priors)
        self.defaults = defaults
        self._launches = launches
        self._cadences = {name: _Cadence(launches.of_cadence(name)) for name in launches.cadences}
        self._windows: dict[str, tuple[Windows, NDArray[np.bool_]]] = {}
        self._markets: dict[tuple[str, str], Market] = {}
        self._fitted: dict[Any, Any] = {}
        self._said: dict[Any, str] = {}

    def read(self, asked: Iterable[Chosen | None]) -> None:
        """Read the windows of all launches that `estimates` will be asked for."""
        needed: dict[str, NDArray[np.bool_]] = {}
        for chosen in filter(None, asked):
            cadence, mask = chosen
            needed[cadence] = needed.get(cadence, np.zeros_like(mask)) | mask
        for cadence, mask in needed.items():
            origins = self._cadences[cadence].origins[mask]
            self._windows[cadence] = self._launches.windows(origins), mask
        self._markets = {}

    def _market(self, cadence: str, variant: Variant) -> Market:
        """Every launch that was read of a cadence, in the order of its origins."""
        if (cadence, variant.name) not in self._markets:
            windows, _ = self._windows[cadence]
            self._markets[cadence, variant.name] = market(
                windows.incumbents, windows.entrants, variant
            )
        return self._markets[cadence, variant.name]

    def said_by(self, basis: str, day: date, known_by: date) -> str:
        """All that `estimates` for an event follow from, whatever series it is told by."""
        if (basis, day, known_by) not in self._said:
            known = known_by if basis == DAY_AFTER else None
            learnt = []
            for name, cadence in sorted(self._cadences.items()):
                for start in usage.period_starts(name, day):
                    _, mask = self.chosen(name, basis, start, known_by) or (name, None)
                    learnt.append((name, cadence.said_of(mask)))
                    if basis == DAY_AFTER:  # it is all the same then
                        break
            priors, forms = self._known.by(known), self.defaults.on(known)
            said = (learnt, self.longest, sorted(priors.items()), sorted(forms.items()))
            self._said[basis, day, known_by] = repr(said)
        return self._said[basis, day, known_by]

    @property
    def longest(self) -> str | None:
        """The cadence with most launches."""
        sizes = {name: len(cadence.origins) for name, cadence in self._cadences.items()}
        return max(sizes, key=lambda name: sizes[name], default=None)

    def elasticity(self, known_by: date | None) -> tuple[float, float]:
        """Of volume to a product's own price: mean and spread over cases."""
        return self._known.by(known_by)["repricing"]

    def chosen(self, cadence: str | None, basis: str, start: date, known_by: date) -> Chosen | None:
        """Which launches of a cadence may inform the forecast of an event whose period begins at
        `start`, None without any: the newest then known, or with hindsight the nearest that do not
        overlap it."""
        if cadence is None or cadence not in self._cadences:
            return None
        there = self._cadences[cadence]
        if basis == DAY_AFTER:
            known = there.outcome_on <= np.datetime64(known_by, "D")
            return cadence, newest(known, there.start)
        first = np.datetime64(start - usage.window_before(cadence), "D")
        last = np.datetime64(start + usage.window_after(cadence), "D")
        apart = (there.outcome_on <= first) | (there.first_on >= last)
        return cadence, nearest(apart, there.start, start)

    def estimates(self, chosen: Chosen | None, known_by: date | None) -> Estimates:
        """Fit what the roles need on the chosen launches, which have been `read`."""
        stage, priors = self._known.stage(known_by), self._known.by(known_by)
        cadence, known = chosen if chosen and chosen[1].any() else (None, None)
        key = (cadence, None if known is None else known.tobytes(), stage)
        forms = {role: VARIANTS[name] for role, name in self.defaults.on(known_by).items()}
        among = None
        if cadence is not None and known is not None:
            among = known[self._windows[cadence][1]]

        def fitted(variant: Variant) -> Fitted:
            asked = (*key, variant.name)
            if asked not in self._fitted:
                products = None
                if among is not None:
                    products = self._market(str(cadence), variant).only(among)
                self._fitted[asked] = fit(products, variant, priors)
            found: Fitted = self._fitted[asked]
            return found

        if (*key, "sizes") not in self._fitted:
            new = pd.DataFrame(columns=list(ENTRANT_COLUMNS))
            if among is not None:
                windows = self._windows[str(cadence)][0]
                named = windows.origins["origin"][among]
                new = windows.entrants[windows.entrants["origin"].isin(named)]
            self._fitted[(*key, "sizes")] = fit_sizes(new, priors)
        return Estimates(
            own=(forms[OWN], fitted(forms[OWN])),
            rival=(forms[RIVAL], fitted(forms[RIVAL])),
            structure=(forms[STRUCTURE], fitted(forms[STRUCTURE])),
            sizes=self._fitted[(*key, "sizes")],
        )


class _Cadence:
    """The launches of a cadence by place, as arrays."""

    def __init__(self, origins: pd.DataFrame):
        self.origins = origins
        self.start, self.outcome_on, self.first_on = (
            np.array(origins[name].to_numpy(), "datetime64[D]")
            for name in ("start", "outcome_on", "first_on")
        )
        self._content = hash_rows(origins[["origin", "content"]])

    def said_of(self, mask: NDArray[np.bool_] | None) -> int:
        """All that their windows say."""
        return 0 if mask is None else int(self._content[mask].sum(dtype=np.uint64))


class Defaults:
    """Which form of the share model speaks for a role, by the backtest as it stood on a day."""

    def __init__(self, graded: pd.DataFrame):
        """`graded`: rolling-origin forecasts with their CRPS, and when each was graded."""
        graded = graded.assign(
            outcome_on=pd.to_datetime(graded["outcome_on"]),
            of=np.where(graded["role"] == RIVAL, RIVAL, OWN),
        )
        of_day = graded.groupby(["cadence", "of", "model", "outcome_on"], as_index=False).agg(
            total=("crps", "sum"), count=("crps", "size"), launches=("origin", "nunique")
        )
        # By the end of every day on which something was graded: who asks for a day reads one row.
        total, count, launches = (
            of_day.pivot(index="outcome_on", columns=["cadence", "of", "model"], values=name)
            .fillna(0)
            .cumsum()
            for name in ("total", "count", "launches")
        )
        self._days = count.index.to_numpy().astype("datetime64[D]")
        self._means = total / count  # NaN before the first of a form
        self._launches = launches.T.groupby("cadence").sum().T
        self._found: dict[int, dict[str, str]] = {}

    def on(self, known_by: date | None) -> dict[str, str]:
        """Form by role, and the one that says what entrants take. Without grades, the fullest."""
        days = len(self._days)
        if known_by is not None:
            days = int(self._days.searchsorted(np.datetime64(known_by, "D"), side="right"))
        if days not in self._found:
            self._found[days] = self._choose(days)
        return self._found[days]

    def _choose(self, days: int) -> dict[str, str]:
        """By the grades of so many days."""
        found = dict.fromkeys((OWN, RIVAL), FULLEST)
        if days:
            cadence = self._launches.iloc[days - 1].idxmax()
            means = self._means.iloc[days - 1][cadence].dropna()
            for role in found:
                if role in means.index:
                    best = str(means[role].idxmin())
                    found[role] = best if best in VARIANTS else FALLBACK[role]
        structure = found[OWN] if VARIANTS[found[OWN]].takes else FULLEST
        return found | {STRUCTURE: structure}
