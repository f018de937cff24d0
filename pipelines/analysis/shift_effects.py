"""What repricings and withdrawals are forecast to do to volumes: from what was known when they
were, and with hindsight. As `effects` for launches, with one product that changes.
"""

import math
from collections.abc import Collection, Sequence
from typing import Any

import pandas as pd

from pipelines.analysis import event_inputs, usage
from pipelines.analysis.demand import shift_columns
from pipelines.analysis.event_inputs import Event, Inputs, Situation, rows_by
from pipelines.analysis.learning import Past
from pipelines.analysis.usage import Traits, days_of
from pipelines.analysis.windows import Asks

#: Draws: such events are many and small.
DRAWS = 200

READS = event_inputs.READS | {
    "shifts": (
        "select d.*, t.market_id from core.shift_days as d "
        "inner join analysis.shift_states as t "
        "on t.event_id = d.event_id and t.basis = d.basis where d.why_not is null"
    ),
    "offers": (
        "select asked.event_id, asked.basis, p.model_id, m.vendor_id, "
        "cast(p.input_usd_per_mtok * 0.75 + p.output_usd_per_mtok * 0.25 as double) as price "
        "from (select t.* from analysis.shift_states as t "
        "where list_contains($states, t.market_id)) as asked "
        "cross join prices_on(asked.as_of, asked.known_by) as p "
        "inner join core.models as m on m.model_id = p.model_id "
        "where p.is_list_price order by asked.event_id, asked.basis, p.model_id"
    ),
}


def compute(
    shifts: pd.DataFrame,
    offers: Asks,
    kept: Collection[str] = frozenset(),
    **frames: Any,
) -> dict[str, pd.DataFrame]:
    """Rows of `shift_forecasts` (a version a row) not in `kept`, and `standing`: the `inputs_hash`
    of all."""
    inputs = Inputs(__file__, ["shift_forecasts"], **frames)
    shifts = shifts.assign(
        effective_on=days_of(shifts["effective_on"]), known_by=days_of(shifts["known_by"])
    ).sort_values(["known_by", "event_id", "basis"], ignore_index=True)
    standing = []
    asked: list[tuple[Event, str, int]] = []
    for at, shift in enumerate(shifts.itertuples(index=False)):
        told = [str(getattr(shift, name)) for name in TOLD]
        event = Event(shift.event_id, shift.basis, shift.effective_on, shift.known_by)
        inputs_hash = inputs.hash_of(event, shift.market_id, told)
        standing.append(inputs_hash)
        if inputs_hash not in kept:
            asked.append((event, inputs_hash, at))
    columns: dict[str, list[Any]] = {name: [] for name in COLUMNS}
    if asked:
        on_offer = offers(states=list(shifts["market_id"].iloc[[at for *_, at in asked]]))
        of_event = rows_by(on_offer, ["event_id", "basis"])
        traits, situations = inputs.read([event for event, *_ in asked])
        for (event, inputs_hash, at), situation in zip(asked, situations, strict=True):
            others = on_offer.iloc[of_event.get((event.event_id, event.basis), [])]
            moved = shifts.iloc[at : at + 1]
            found = _shift(event, moved, others, traits, situation, inputs.past)
            for name, column in found.items():
                columns[name] += column
            columns["inputs_hash"] += [inputs_hash] * len(found.get("model_id", ()))
    return {
        "shift_forecasts": pd.DataFrame(columns),
        "standing": pd.DataFrame({"inputs_hash": standing}),
    }


#: What of the event its forecast follows from.
TOLD = (
    "event_kind", "model_id", "vendor_id", "effective_on", "price_before_usd_per_mtok",
    "price_after_usd_per_mtok",
)  # fmt: skip


def _shift(
    event: Event,
    moved: pd.DataFrame,
    offers: pd.DataFrame,
    traits: Traits,
    situation: Situation,
    past: Past,
) -> dict[str, list[Any]]:
    """Columns of the table for one event on one basis, but for the hash; none if nothing else was
    on offer."""
    shift = next(moved.itertuples(index=False))
    # The product itself stands among the others at its price before, whose place it takes.
    at_hand = offers[offers["model_id"] != shift.model_id]
    models = [*at_hand["model_id"], shift.model_id]
    vendors = [*at_hand["vendor_id"], shift.vendor_id]
    prices = [*at_hand["price"], shift.price_before_usd_per_mtok]
    series = situation.series
    seen = traits.on_day(dict(zip(models, prices, strict=True)))
    there, (own,) = usage.before_event(series, moved, zip(models, vendors, strict=True), seen)
    if not there:
        return {}
    own |= usage.volume_before(series, shift.model_id, event.day)
    estimates = past.estimates(situation.chosen, event.known)
    others, concerned = (
        {name: [row[name] for row in rows] for name in rows[0]} for rows in (there, [own])
    )
    change = None
    if shift.event_kind == "price_change":
        change = math.log(shift.price_after_usd_per_mtok / shift.price_before_usd_per_mtok)
    told = shift_columns(
        others, concerned, change, past.elasticity(event.known), estimates, DRAWS,
        seed=event_inputs.seed_of(event.event_id, event.basis),
    )  # fmt: skip
    rows = _speaking(told["model_id"])
    about = {
        "event_id": event.event_id, "basis": event.basis,
        "concerned_is_listed": not math.isnan(own["before"]),
        "share_model": estimates.structure[0].name, "trained_on": situation.trained_on,
        "usage": situation.said,
    }  # fmt: skip
    told["vendor_id"] = told["vendor"]
    return {
        name: [about[name]] * len(rows) if name in about else [told[name][i] for i in rows]
        for name in COLUMNS
        if name != "inputs_hash"
    }


def _speaking(models: Sequence[str | None]) -> list[int]:
    """Rows that speak for a version: the first of each."""
    first: dict[str, int] = {}
    for at, model_id in enumerate(models):
        if model_id is not None:
            first.setdefault(model_id, at)
    return list(first.values())


COLUMNS = (
    "event_id", "basis", "model_id", "vendor_id", "concerned_is_listed", "share_model",
    "change_median", "change_low", "change_high", "probability_falls", "probability_falls_anyway",
    "effect_median", "effect_low", "effect_high", "probability_taken",
    "probability_gains", "trained_on", "usage", "inputs_hash",
)  # fmt: skip
