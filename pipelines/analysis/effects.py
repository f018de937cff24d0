"""What every major launch is forecast to do to volumes: from what was known the day after, and with
hindsight.

The day after, only usage, prices, past outcomes and published estimates known by then count. With
hindsight everything does, but for the outcomes of launches that overlap the one forecast. Where no
usage was known before a launch, its market is every model on offer and volumes are drawn. Not here:
positions (`marts.positioning`) and verdicts (`marts.launch_impact`).
"""

import hashlib
import json
import math
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipelines.analysis import usage
from pipelines.analysis.backtest import AS_KNOWN, FULLEST, OWN, RIVAL, ROLLING
from pipelines.analysis.demand import (
    VARIANTS,
    Columns,
    Estimates,
    Fitted,
    Market,
    Variant,
    fit,
    fit_sizes,
    forecast_columns,
    market,
    pooled,
    shift_columns,
)
from pipelines.analysis.usage import (
    NAN,
    TRAITS,
    Series,
    Traits,
    Windows,
    days_of,
    series_of,
)
from pipelines.analysis.windows import WINDOWS, newest, windows_of

#: Days of usage before a launch that are looked at.
HISTORY = timedelta(70)
DAY_AFTER = "day_after"
#: Draws for repricings and withdrawals, which are many and small.
SHIFT_DRAWS = 200
ROUNDED = 6

READS = {**usage.READS, **WINDOWS} | {
    "priors": "select * from core.demand_priors",
    "graded": (
        "select f.cadence, f.model, f.role, f.origin, f.crps, l.outcome_on "
        "from analysis.backtest_forecasts as f "
        "inner join analysis.backtest_launches as l on l.origin = f.origin "
        f"where f.scheme = '{ROLLING}' and f.model <> '{AS_KNOWN}'"
    ),
    "shifts": "select * from core.shift_days where why_not is null",
    "shift_offers": (
        "select asked.event_id, asked.basis, p.model_id, m.vendor_id, "
        "cast(p.input_usd_per_mtok * 0.75 + p.output_usd_per_mtok * 0.25 as double) as price "
        "from (select d.event_id, d.basis, d.model_id, d.effective_on, d.known_by "
        "from core.shift_days as d where d.why_not is null) as asked "
        "cross join prices_on(asked.effective_on, asked.known_by) as p "
        "inner join core.models as m on m.model_id = p.model_id "
        "where p.is_list_price and p.model_id <> asked.model_id "
        "union all select d.event_id, d.basis, d.model_id, d.vendor_id, "
        "d.price_before_usd_per_mtok as price from core.shift_days as d where d.why_not is null"
    ),
    "days": "select * from core.segment_days where event_id is not null",
    "offers": (
        "select asked.event_id, asked.basis, p.model_id, m.vendor_id, "
        "cast(p.input_usd_per_mtok * 0.75 + p.output_usd_per_mtok * 0.25 as double) as price, "
        "cast(p.input_usd_per_mtok * 0.98 + p.output_usd_per_mtok * 0.02 as double) as unit_price "
        "from core.segment_days as asked cross join prices_on(asked.as_of, asked.known_by) as p "
        "inner join core.models as m on m.model_id = p.model_id "
        "where p.is_list_price and asked.event_id is not null"
    ),
}


class Past:
    """Estimates on past launches, each set of them fitted once."""

    def __init__(self, windows: Windows, priors: pd.DataFrame, defaults: "Defaults"):
        self.priors = priors
        self.defaults = defaults
        self.origins: dict[str, pd.DataFrame] = {}
        self._markets: dict[tuple[str, str], Market] = {}
        self._entrants: dict[str, pd.DataFrame] = {}
        self._of_entrant: dict[str, NDArray[np.int64]] = {}
        self._nobody = windows.entrants.iloc[:0]
        self._fitted: dict[Any, Fitted] = {}
        self._pooled: dict[int, dict[str, tuple[float, float]]] = {}
        self._published = days_of(priors["published_on"][priors["is_evidence"]])
        for cadence, there in windows.incumbents.groupby("cadence"):
            new = windows.entrants[windows.entrants["cadence"] == cadence]
            used = windows.origins["origin"].isin(there["origin"])
            origins = windows.origins[used].sort_values("origin").reset_index(drop=True)
            before = usage.window_before(str(cadence))
            self.origins[str(cadence)] = origins.assign(
                first_on=[start - before for start in origins["start"]]
            )
            names = list(origins["origin"])
            self._entrants[str(cadence)] = new
            self._of_entrant[str(cadence)] = new["origin"].map(names.index).to_numpy()
            for name in VARIANTS:
                self._markets[str(cadence), name] = market(there, new, VARIANTS[name])

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
        """Which launches of a cadence may inform a forecast, as a mask; None without any."""
        if cadence not in self.origins:
            return None
        origins = self.origins[cadence]
        if basis == DAY_AFTER:
            return newest((origins["outcome_on"] <= known_by).to_numpy(), origins["start"])
        # With hindsight: all but what overlaps the launch's own windows.
        first = start - usage.window_before(cadence)
        last = start + usage.window_after(cadence)
        apart = (origins["outcome_on"] <= first) | (origins["first_on"] >= last)
        return newest(apart.to_numpy(), origins["start"])

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
                    products = self._markets[str(cadence), variant.name].only(known)
                before = self._fitted.get(("last", cadence, variant.name))
                self._fitted[asked] = fit(products, variant, priors, before)
                self._fitted["last", cadence, variant.name] = self._fitted[asked]
            return self._fitted[asked]

        if (*key, "sizes") not in self._fitted:
            new = self._nobody
            if known is not None:
                new = self._entrants[str(cadence)][known[self._of_entrant[str(cadence)]]]
            self._fitted[(*key, "sizes")] = fit_sizes(new, priors)
        return Estimates(
            own=(forms[OWN], fitted(forms[OWN])),
            rival=(forms[RIVAL], fitted(forms[RIVAL])),
            structure=(forms[STRUCTURE], fitted(forms[STRUCTURE])),
            sizes=self._fitted[(*key, "sizes")],
        )


STRUCTURE = "structure"


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


#: Where a baseline wins a role: its nearest form.
FALLBACK = {OWN: FULLEST, RIVAL: "drift only"}


def compute(
    priors: pd.DataFrame,
    graded: pd.DataFrame,
    days: pd.DataFrame,
    offers: pd.DataFrame,
    shifts: pd.DataFrame,
    shift_offers: pd.DataFrame,
    **frames: pd.DataFrame,
) -> dict[str, pd.DataFrame]:
    """Tables `demand_forecasts` (an incumbent a row), `vendor_effects` (an entrants' vendor) and
    `shift_forecasts` (a product a row, around repricings and withdrawals)."""
    launches = frames["launches"].assign(effective_on=days_of(frames["launches"]["effective_on"]))
    traits = Traits(**{name: frames[name] for name in TRAITS})
    past = Past(windows_of(frames), priors, Defaults(graded))
    history = frames["usage"].assign(period_day=days_of(frames["usage"]["period_from"]))
    launched_by = dict(list(launches.groupby("event_id")))
    offered_by = dict(list(offers.groupby(["event_id", "basis"])))
    products: list[dict[str, Any]] = []
    vendors: list[dict[str, Any]] = []
    for day in days.sort_values(["known_by", "event_id", "basis"]).itertuples():
        launched = launched_by.get(day.event_id)
        offered = offered_by.get((day.event_id, day.basis))
        if launched is None or offered is None:
            continue
        head = {"event_id": day.event_id, "basis": day.basis}
        found = _event(head, day.known_by, launched, offered, history, traits, past)
        products += found[0]
        vendors += found[1]
    return {
        "demand_forecasts": pd.DataFrame(products, columns=list(PRODUCT_COLUMNS)),
        "vendor_effects": pd.DataFrame(vendors, columns=list(VENDOR_COLUMNS)),
        "shift_forecasts": _shifts(shifts, shift_offers, history, traits, past),
    }


def _shifts(
    shifts: pd.DataFrame,
    offers: pd.DataFrame,
    history: pd.DataFrame,
    traits: Traits,
    past: Past,
) -> pd.DataFrame:
    """What repricings and withdrawals do, by what was known then and with hindsight."""
    offered_by = {
        key: (list(own["model_id"]), list(own["vendor_id"]), list(own["price"]))
        for key, own in offers.groupby(["event_id", "basis"])
    }
    shifts = shifts.assign(
        effective_on=days_of(shifts["effective_on"]), known_by=days_of(shifts["known_by"])
    ).sort_values(["known_by", "event_id", "basis"], ignore_index=True)
    recent: dict[date, pd.DataFrame] = {}
    found: dict[str, list[Any]] = {name: [] for name in SHIFT_COLUMNS}
    for at, shift in enumerate(shifts.itertuples()):
        models, vendors, prices = offered_by[shift.event_id, shift.basis]
        day = shift.effective_on
        known = shift.known_by if shift.basis == DAY_AFTER else None
        if day not in recent:
            inside = (history["period_day"] <= day) & (history["period_day"] >= day - HISTORY)
            recent[day] = history[inside]
        series = _before(recent[day], day, known)
        seen = traits.on_day(dict(zip(models, prices, strict=True)))
        moved = shifts.iloc[at : at + 1]
        there, (own,) = usage.before_event(series, moved, zip(models, vendors, strict=True), seen)
        if not there:
            continue
        own |= usage.volume_before(series, shift.model_id, day)
        cadence = series.cadence if series is not None else past.longest
        start = series.next_period(day) if series is not None else day
        chosen = past.chosen(cadence, shift.basis, start, shift.known_by)
        estimates = past.estimates(cadence, chosen, known)
        others, concerned = (
            {name: [row[name] for row in rows] for name in rows[0]} for rows in (there, [own])
        )
        change = None
        if shift.event_kind == "price_change":
            change = math.log(shift.price_after_usd_per_mtok / shift.price_before_usd_per_mtok)
        inputs = _hash(others, concerned | {"change": [change]}, past, cadence, chosen, estimates)
        told = shift_columns(
            others, concerned, change, past.elasticity(known), estimates, SHIFT_DRAWS,
            seed=int(inputs[:8], 16),
        )  # fmt: skip
        rows = _speaking(told["model_id"])
        trained_on = 0 if chosen is None else int(chosen.sum())
        about = {
            "event_id": shift.event_id, "basis": shift.basis,
            "concerned_is_listed": not math.isnan(own["before"]),
            "share_model": estimates.structure[0].name, "trained_on": trained_on,
            "usage": _said_of_usage(series, trained_on, past), "inputs_hash": inputs,
        }  # fmt: skip
        told["vendor_id"] = told["vendor"]
        for name, column in found.items():
            column += [about[name]] * len(rows) if name in about else [told[name][i] for i in rows]
    return pd.DataFrame(found)


def _speaking(models: Sequence[str | None]) -> list[int]:
    """Rows that speak for a version: the first of each."""
    first: dict[str, int] = {}
    for at, model_id in enumerate(models):
        if model_id is not None:
            first.setdefault(model_id, at)
    return list(first.values())


SHIFT_COLUMNS = (
    "event_id", "basis", "model_id", "vendor_id", "concerned_is_listed", "share_model",
    "change_median", "change_low", "change_high", "probability_falls", "probability_falls_anyway",
    "effect_median", "effect_low", "effect_high", "probability_taken",
    "probability_gains", "trained_on", "usage", "inputs_hash",
)  # fmt: skip


def _event(
    head: dict[str, Any],
    known_by: Any,
    launched: pd.DataFrame,
    offered: pd.DataFrame,
    history: pd.DataFrame,
    traits: Traits,
    past: Past,
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Rows of both tables for one launch on one basis; none if nothing else was on offer."""
    basis = head["basis"]
    day = min(launched["effective_on"])
    known = known_by.date() if isinstance(known_by, pd.Timestamp) else known_by
    recent = (history["period_day"] <= day) & (history["period_day"] >= day - HISTORY)
    series = _before(history[recent], day, known if basis == DAY_AFTER else None)
    seen = traits.on_day(dict(zip(offered["model_id"], offered["price"], strict=True)))
    pairs = zip(offered["model_id"], offered["vendor_id"], strict=True)
    there, new = usage.before_event(series, launched, pairs, seen)
    if not there or not new:
        return [], []
    unit = dict(zip(offered["model_id"], offered["unit_price"], strict=True))
    incumbents, entrants = (
        {
            **{name: [row[name] for row in rows] for name in rows[0]},
            "unit_price": [unit.get(row["model_id"], NAN) for row in rows],
        }
        for rows in (there, new)
    )
    cadence = series.cadence if series is not None else past.longest
    start = series.next_period(day) if series is not None else day
    chosen = past.chosen(cadence, basis, start, known)
    estimates = past.estimates(cadence, chosen, known if basis == DAY_AFTER else None)
    inputs = _hash(incumbents, entrants, past, cadence, chosen, estimates)
    products, vendors = forecast_columns(incumbents, entrants, estimates, seed=int(inputs[:8], 16))
    trained_on = 0 if chosen is None else int(chosen.sum())
    about = {
        **head,
        "trained_on": trained_on,
        "inputs_hash": inputs,
        "usage": _said_of_usage(series, trained_on, past),
    }
    successor = {
        product: entrant
        for product, entrant in zip(entrants["predecessor"], entrants["model_id"], strict=True)
        if product
    }
    before = np.asarray(incumbents["before"], float)
    products |= {
        "vendor_id": products.pop("vendor"),
        "successor_id": [successor.get(product) for product in incumbents["product"]],
        "is_listed": ~np.isnan(before) if series is not None else [False] * len(before),
        "model": [
            (estimates.rival if role == RIVAL else estimates.own)[0].name
            for role in incumbents["role"]
        ],
    }
    # Two names of one version: the more used one speaks for it.
    used = np.nan_to_num(before)
    speaks: dict[str, int] = {}
    for at in sorted(range(len(used)), key=lambda at: (-used[at], incumbents["product"][at])):
        speaks.setdefault(incumbents["model_id"][at] or f"no version {at}", at)
    rows = sorted(speaks.values())
    return (
        [{name: products[name][at] for name in products} | about for at in rows],
        [{"vendor_id": row.pop("vendor")} | row | about for row in vendors],
    )


PRODUCT_COLUMNS = (
    "event_id", "basis", "product", "model_id", "vendor_id", "role", "successor_id", "counts",
    "is_listed", "model", "change_median", "change_low", "change_high", "probability_falls",
    "probability_falls_anyway", "taken_median", "taken_low", "taken_high",
    "probability_taken", "diversion_median",
    "diversion_low", "diversion_high", "trained_on", "usage", "inputs_hash",
)  # fmt: skip
VENDOR_COLUMNS = (
    "event_id", "basis", "vendor_id", "entrants_share_median", "entrants_share_low",
    "entrants_share_high", "cannibalisation_median", "cannibalisation_low", "cannibalisation_high",
    "new_demand_median", "new_demand_low", "new_demand_high", "revenue_change_median",
    "revenue_change_low", "revenue_change_high", "revenue_per_token_change_median",
    "revenue_per_token_change_low", "revenue_per_token_change_high", "trained_on", "usage",
    "inputs_hash",
)  # fmt: skip


def _before(history: pd.DataFrame, day: date, known_by: date | None) -> Series | None:
    """The series with usage before a day: of several the one with the shortest periods."""
    if history.empty:
        return None
    found = [
        series for series in series_of(history, known_by) if series.before(series.next_period(day))
    ]
    return min(found, key=lambda series: (series.days, series.name), default=None)


def _said_of_usage(series: Series | None, trained_on: int, past: Past) -> str:
    """In words, what of usage stands behind a forecast."""
    learnt = (
        f"parameters from {trained_on} past launches"
        if trained_on
        else "parameters are assumptions and published estimates alone, so intervals are wide"
    )
    if series is None:
        return f"no usage before the event is known, volumes are drawn; {learnt}"
    return f"{series.cadence} usage before the event; {learnt}"


def _hash(
    incumbents: Columns,
    entrants: Columns,
    past: Past,
    cadence: str | None,
    chosen: Any,
    estimates: Estimates,
) -> str:
    """Sixteen digits over everything a forecast is made from."""
    told: list[Any] = [
        list(zip(*(map(_told, column) for column in columns.values()), strict=True))
        for columns in (incumbents, entrants)
    ]
    if chosen is not None and cadence is not None:
        told.append(list(past.origins[cadence]["origin"][chosen]))
    for _, fitted in (estimates.own, estimates.rival, estimates.structure):
        told.append([round(float(value), 4) for value in fitted.mean])
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:16]


def _told(value: Any) -> Any:
    """A value as JSON has it; small differences of arithmetic make no other forecast."""
    if isinstance(value, float):
        return round(float(value), ROUNDED) if math.isfinite(value) else None
    if isinstance(value, np.bool_):
        return bool(value)
    return f"{value}T00:00:00.000" if isinstance(value, date) else value
