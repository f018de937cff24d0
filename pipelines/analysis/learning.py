"""What forecasts of events may learn from: past launches, published estimates and graded forms.

Everything is a function of what was known by a day, or with hindsight of everything but the
launches that overlap the one forecast; each set of launches is fitted once, from the priors, so
that an estimate never hangs on which others were made before it.
"""

from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from pipelines.analysis import usage
from pipelines.analysis.backtest import AS_KNOWN, FULLEST, OWN, RIVAL, ROLLING
from pipelines.analysis.demand import (
    VARIANTS,
    Estimates,
    Fitted,
    Market,
    Variant,
    fit,
    fit_sizes,
    market,
    pooled,
)
from pipelines.analysis.hashes import Rows, hash_rows, summed
from pipelines.analysis.usage import Windows, days_of
from pipelines.analysis.windows import WINDOWS, nearest, newest

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


class Past:
    """Estimates on past launches, each set of them fitted once."""

    def __init__(self, windows: Windows, priors: pd.DataFrame, defaults: "Defaults"):
        self.priors = priors
        self.defaults = defaults
        self.origins: dict[str, pd.DataFrame] = {}
        self._windows = windows
        self._hashes: dict[str, Rows] = {}
        self._markets: dict[tuple[str, str], Market] = {}
        self._fitted: dict[Any, Any] = {}
        self._pooled: dict[int, dict[str, tuple[float, float]]] = {}
        self._said: dict[Any, str] = {}
        self._published = days_of(priors["published_on"][priors["is_evidence"]])
        said = [
            summed(frame["origin"], hash_rows(frame))
            for frame in (windows.incumbents, windows.entrants)
        ]
        for cadence, there in windows.incumbents.groupby("cadence"):
            used = windows.origins["origin"].isin(there["origin"])
            origins = windows.origins[used].sort_values("origin").reset_index(drop=True)
            before = usage.window_before(str(cadence))
            self.origins[str(cadence)] = origins.assign(
                first_on=[start - before for start in origins["start"]]
            )
            hashes = [[part.get(name, 0) for name in origins["origin"]] for part in said]
            self._hashes[str(cadence)] = np.array(hashes, np.uint64).sum(axis=0, dtype=np.uint64)

    def _market(self, cadence: str, variant: Variant) -> Market:
        """Every past launch of a cadence, in the order of its origins."""
        if (cadence, variant.name) not in self._markets:
            there, new = self._of_cadence(self._windows.incumbents, cadence), self._new(cadence)
            self._markets[cadence, variant.name] = market(there, new, variant)
        return self._markets[cadence, variant.name]

    def _new(self, cadence: str) -> pd.DataFrame:
        return self._of_cadence(self._windows.entrants, cadence)

    @staticmethod
    def _of_cadence(frame: pd.DataFrame, cadence: str) -> pd.DataFrame:
        return frame[frame["cadence"] == cadence]

    def said_by(self, basis: str, day: date, known_by: date) -> str:
        """All that `estimates` for an event follow from, whatever series it is told by."""
        if (basis, day, known_by) not in self._said:
            known = known_by if basis == DAY_AFTER else None
            learnt = []
            for cadence, hashes in sorted(self._hashes.items()):
                for start in usage.period_starts(cadence, day):
                    chosen = self.chosen(cadence, basis, start, known_by)
                    learnt.append((cadence, int(hashes[chosen].sum(dtype=np.uint64))))
                    if basis == DAY_AFTER:  # it is all the same then
                        break
            priors, forms = self._priors(known), self.defaults.on(known)
            said = (learnt, self.longest, sorted(priors.items()), sorted(forms.items()))
            self._said[basis, day, known_by] = repr(said)
        return self._said[basis, day, known_by]

    @property
    def longest(self) -> str | None:
        """The cadence with most launches."""
        return max(self.origins, key=lambda cadence: len(self.origins[cadence]), default=None)

    def elasticity(self, known_by: date | None) -> tuple[float, float]:
        """Of volume to a product's own price: mean and spread over cases."""
        return self._priors(known_by)["repricing"]

    def _priors(self, known_by: date | None) -> dict[str, tuple[float, float]]:
        """Priors from the estimates published by a day."""
        stage = self._stage(known_by)
        if stage not in self._pooled:
            self._pooled[stage] = pooled(self.priors, known_by)
        return self._pooled[stage]

    def _stage(self, known_by: date | None) -> int:
        """How many estimates were published by a day."""
        return sum(known_by is None or day <= known_by for day in self._published)

    def chosen(self, cadence: str | None, basis: str, start: date, known_by: date) -> Any:
        """Which launches of a cadence may inform the forecast of an event whose period begins at
        `start`, as a mask; None without any: the newest then known, or with hindsight the nearest
        that do not overlap it."""
        if cadence is None or cadence not in self.origins:
            return None
        origins = self.origins[cadence]
        if basis == DAY_AFTER:
            return newest((origins["outcome_on"] <= known_by).to_numpy(), origins["start"])
        first = start - usage.window_before(cadence)
        last = start + usage.window_after(cadence)
        apart = (origins["outcome_on"] <= first) | (origins["first_on"] >= last)
        return nearest(apart.to_numpy(), origins["start"], start)

    def estimates(self, cadence: str | None, chosen: Any, known_by: date | None) -> Estimates:
        """Fit what the roles need on the chosen launches."""
        stage, priors = self._stage(known_by), self._priors(known_by)
        known = None if chosen is None or not chosen.any() else chosen
        key = (cadence, None if known is None else known.tobytes(), stage)
        forms = {role: VARIANTS[name] for role, name in self.defaults.on(known_by).items()}

        def fitted(variant: Variant) -> Fitted:
            asked = (*key, variant.name)
            if asked not in self._fitted:
                products = None
                if known is not None:
                    products = self._market(str(cadence), variant).only(known)
                self._fitted[asked] = fit(products, variant, priors)
            found: Fitted = self._fitted[asked]
            return found

        if (*key, "sizes") not in self._fitted:
            new = self._windows.entrants.iloc[:0]
            if known is not None:
                new = self._new(str(cadence))
                new = new[new["origin"].isin(self.origins[str(cadence)]["origin"][known])]
            self._fitted[(*key, "sizes")] = fit_sizes(new, priors)
        return Estimates(
            own=(forms[OWN], fitted(forms[OWN])),
            rival=(forms[RIVAL], fitted(forms[RIVAL])),
            structure=(forms[STRUCTURE], fitted(forms[STRUCTURE])),
            sizes=self._fitted[(*key, "sizes")],
        )


class Defaults:
    """Which form of the share model speaks for a role, by the backtest as it stood on a day."""

    def __init__(self, graded: pd.DataFrame):
        """`graded`: rolling-origin forecasts with their CRPS, and when each was graded."""
        graded = graded.assign(
            outcome_on=days_of(graded["outcome_on"]),
            of=np.where(graded["role"] == RIVAL, RIVAL, OWN),
        )
        self._sums = graded.groupby(["cadence", "of", "model", "outcome_on"], as_index=False).agg(
            total=("crps", "sum"), count=("crps", "size"), launches=("origin", "nunique")
        )
        self._found: dict[date | None, dict[str, str]] = {}

    def on(self, known_by: date | None) -> dict[str, str]:
        """Form by role, and the one that says what entrants take. Without grades, the fullest."""
        if known_by not in self._found:
            self._found[known_by] = self._choose(known_by)
        return self._found[known_by]

    def _choose(self, known_by: date | None) -> dict[str, str]:
        found = dict.fromkeys((OWN, RIVAL), FULLEST)
        known = self._sums
        if known_by is not None:
            known = known[[day <= known_by for day in known["outcome_on"]]]
        if len(known):
            cadence = known.groupby("cadence")["launches"].sum().idxmax()
            mine = known[known["cadence"] == cadence].groupby(["of", "model"])
            means = mine["total"].sum() / mine["count"].sum()
            for role in found:
                if role in means.index:
                    best = str(means[role].idxmin())
                    found[role] = best if best in VARIANTS else FALLBACK[role]
        structure = found[OWN] if VARIANTS[found[OWN]].takes else FULLEST
        return found | {STRUCTURE: structure}
