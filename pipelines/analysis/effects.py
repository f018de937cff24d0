"""What every major launch is forecast to do to volumes: from what was known the day after, and with
hindsight.

The day after, only usage, prices, past outcomes and published estimates known by then count. With
hindsight everything does, but for the outcomes of launches that overlap the one forecast. Where no
usage was known before a launch, its market is every model on offer and volumes are drawn. Forecasts
are kept under a hash of all they follow from. Not here: repricings and withdrawals
(`shift_effects`), positions (`marts.positioning`) and verdicts (`marts.launch_impact`).
"""

from collections.abc import Collection
from typing import Any

import numpy as np
import pandas as pd

from pipelines.analysis import event_inputs, usage
from pipelines.analysis.backtest import RIVAL
from pipelines.analysis.demand import forecast_columns
from pipelines.analysis.event_inputs import Event, Inputs, Situation, rows_by
from pipelines.analysis.hashes import hash_rows, summed
from pipelines.analysis.learning import Past
from pipelines.analysis.usage import NAN, Traits, days_of
from pipelines.analysis.windows import Asks

READS = event_inputs.READS | {
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
TABLES = ("demand_forecasts", "vendor_effects")


def compute(
    days: pd.DataFrame,
    offers: Asks,
    kept: Collection[str] = frozenset(),
    **frames: Any,
) -> dict[str, pd.DataFrame]:
    """Rows of `demand_forecasts` (an incumbent a row) and `vendor_effects` (an entrants' vendor)
    not in `kept`, and `standing`: the `inputs_hash` of all."""
    inputs = Inputs(__file__, TABLES, **frames)
    launches = frames["launches"]
    launches = launches[launches["event_id"].isin(days["event_id"])]
    launches = launches.assign(effective_on=days_of(launches["effective_on"]))
    of_launch = summed(launches["event_id"], hash_rows(launches.astype(str)))
    launched = rows_by(launches, ["event_id"])
    first_on = launches.groupby("event_id")["effective_on"].min().to_dict()
    days = days[days["event_id"].isin(launched)].assign(known_by=days_of(days["known_by"]))
    standing: list[str] = []
    asked: list[tuple[Event, str, str]] = []
    for day in days.sort_values(["known_by", "event_id", "basis"]).itertuples(index=False):
        event = Event(day.event_id, day.basis, first_on[day.event_id], day.known_by)
        inputs_hash = inputs.hash_of(event, day.market_id, of_launch[day.event_id])
        standing.append(inputs_hash)
        if inputs_hash not in kept:
            asked.append((event, inputs_hash, day.day_id))
    products: list[dict[str, Any]] = []
    vendors: list[dict[str, Any]] = []
    if asked:
        on_offer = offers(days=[day_id for *_, day_id in asked])
        of_day = rows_by(on_offer, ["day_id"])
        traits, situations = inputs.read([event for event, *_ in asked])
        for (event, inputs_hash, day_id), situation in zip(asked, situations, strict=True):
            if day_id not in of_day:
                continue  # nothing was on offer
            market = on_offer.iloc[of_day[day_id]]
            own = launches.iloc[launched[event.event_id]]
            for found, rows in zip(
                _forecast(event, own, market, traits, situation, inputs.past),
                (products, vendors),
                strict=True,
            ):
                rows += [row | {"inputs_hash": inputs_hash} for row in found]
    return {
        "demand_forecasts": pd.DataFrame(products, columns=list(PRODUCT_COLUMNS)),
        "vendor_effects": pd.DataFrame(vendors, columns=list(VENDOR_COLUMNS)),
        "standing": pd.DataFrame({"inputs_hash": standing}),
    }


def _forecast(
    event: Event,
    launched: pd.DataFrame,
    offered: pd.DataFrame,
    traits: Traits,
    situation: Situation,
    past: Past,
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Rows of both tables for one launch on one basis; none if nothing else was on offer."""
    series = situation.series
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
    estimates = past.estimates(situation.chosen, event.known)
    seed = event_inputs.seed_of(event.event_id, event.basis)
    products, vendors = forecast_columns(incumbents, entrants, estimates, seed=seed)
    about = {
        "event_id": event.event_id, "basis": event.basis, "trained_on": situation.trained_on,
        "usage": situation.said,
    }  # fmt: skip
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
