"""What every major launch is forecast to do to volumes: from what was known the day after, and with
hindsight.

The day after, only usage, prices, past outcomes and published estimates known by then count. With
hindsight everything does, but for the outcomes of launches that overlap the one forecast. Where no
usage was known before a launch, its market is every model on offer and volumes are drawn. Forecasts
are kept under a hash of all they follow from. Not here: repricings and withdrawals
(`shift_effects`), positions (`marts.positioning`) and verdicts (`marts.launch_impact`).
"""

from collections.abc import Callable, Collection
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from pipelines.analysis import event_inputs, learning, usage
from pipelines.analysis.backtest import RIVAL
from pipelines.analysis.demand import forecast_columns
from pipelines.analysis.event_inputs import History, Inputs, OfModel, method_of, rows_by
from pipelines.analysis.hashes import hash_rows, summed
from pipelines.analysis.learning import DAY_AFTER, Defaults, Past
from pipelines.analysis.usage import NAN, Traits, days_of
from pipelines.analysis.windows import windows_of

READS = (
    learning.READS
    | event_inputs.READS
    | {
        "days": (
            "select d.event_id, d.basis, d.known_by, d.day_id, d.market_id "
            "from analysis.day_states as d where d.event_id is not null"
        ),
        "offers": (
            "select asked.day_id, p.model_id, m.vendor_id, "
            "cast(p.input_usd_per_mtok * 0.75 + p.output_usd_per_mtok * 0.25 as double) as price, "
            "cast(p.input_usd_per_mtok * 0.98 + p.output_usd_per_mtok * 0.02 as double) "
            "as unit_price "
            "from (select d.* from analysis.day_states as d where list_contains($days, d.day_id)) "
            "as asked cross join prices_on(asked.as_of, asked.known_by) as p "
            "inner join core.models as m on m.model_id = p.model_id "
            "where p.is_list_price order by asked.day_id, p.model_id"
        ),
    }
)
TABLES = ("demand_forecasts", "vendor_effects")


def compute(
    priors: pd.DataFrame,
    graded: pd.DataFrame,
    days: pd.DataFrame,
    offers: Callable[..., pd.DataFrame],
    kept: Collection[str] = frozenset(),
    **frames: pd.DataFrame,
) -> dict[str, pd.DataFrame]:
    """Rows of `demand_forecasts` (an incumbent a row) and `vendor_effects` (an entrants' vendor)
    not in `kept`, and `standing`: the `inputs_hash` of all."""
    launches = frames["launches"]
    launches = launches[launches["event_id"].isin(days["event_id"])].assign(
        effective_on=lambda rows: days_of(rows["effective_on"])
    )
    past = Past(windows_of(frames), priors, Defaults(graded))
    of_model = OfModel(frames["launches"], frames["thinking"])
    history = History(frames["usage"], of_model)
    method = method_of(__file__, TABLES)
    inputs = Inputs(method, history, frames["fits"], frames["bands"], past)
    of_launch = summed(launches["event_id"], hash_rows(launches.astype(str)))
    dominance = frames["dominance"]
    of_dominance = summed(dominance["event_id"], hash_rows(dominance))
    launched = rows_by(launches, ["event_id"])
    days = days[days["event_id"].isin(launched)].assign(known_by=days_of(days["known_by"]))
    standing: list[str] = []
    asked: list[Any] = []
    for day in days.sort_values(["known_by", "event_id", "basis"]).itertuples(index=False):
        own = launches.iloc[launched[day.event_id]]
        told = (of_launch[day.event_id], of_dominance.get(day.event_id))
        first = min(own["effective_on"])
        inputs_hash = inputs.of(day.event_id, day.basis, first, day.known_by, day.market_id, told)
        standing.append(inputs_hash)
        if inputs_hash not in kept:
            asked.append((inputs_hash, own, day))
    products: list[dict[str, Any]] = []
    vendors: list[dict[str, Any]] = []
    if asked:
        on_offer = offers(days=[day.day_id for *_, day in asked])
        of_day = rows_by(on_offer, ["day_id"])
        traits = usage.traits_of(frames)
    for inputs_hash, own, day in asked:
        if day.day_id not in of_day:
            continue
        head = {"event_id": day.event_id, "basis": day.basis, "inputs_hash": inputs_hash}
        market = on_offer.iloc[of_day[day.day_id]]
        found = _event(head, day.known_by, own, market, history, traits, past)
        products += found[0]
        vendors += found[1]
    return {
        "demand_forecasts": pd.DataFrame(products, columns=list(PRODUCT_COLUMNS)),
        "vendor_effects": pd.DataFrame(vendors, columns=list(VENDOR_COLUMNS)),
        "standing": pd.DataFrame({"inputs_hash": standing}),
    }


def _event(
    head: dict[str, Any],
    known_by: date,
    launched: pd.DataFrame,
    offered: pd.DataFrame,
    history: History,
    traits: Traits,
    past: Past,
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Rows of both tables for one launch on one basis; none if nothing else was on offer."""
    basis = head["basis"]
    day = min(launched["effective_on"])
    known = known_by if basis == DAY_AFTER else None
    series = history.before(day, known)
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
    chosen = past.chosen(cadence, basis, start, known_by)
    estimates = past.estimates(cadence, chosen, known)
    seed = event_inputs.seed_of(head["event_id"], basis)
    products, vendors = forecast_columns(incumbents, entrants, estimates, seed=seed)
    trained_on = 0 if chosen is None else int(chosen.sum())
    about = {
        **head,
        "trained_on": trained_on,
        "usage": event_inputs.said_of_usage(series, trained_on),
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
