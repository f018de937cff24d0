"""Grades verdicts at +30, +90 and +180 days by what the market showed: list price, volume on the
usage lists, withdrawal by the vendor, a successor, and the place on the frontier.

| verdict | upheld | refuted |
|---|---|---|
| loser, cannibalised | volume fell by more than 5% | it did not |
| exposed | off the frontier, and to this event with hindsight; or its vendor cut its price | else |
| winner of a place | on the frontier | off it |
| winner of volume alone | volume rose by more than 5% | it did not |
| unaffected | on the frontier, or off it but not to this event with hindsight | else |
| unaffected, and the event is about it: got no place | off the frontier | on it |
| withdrawn | still shut down by what is known | |

Where volume or place was not seen, a withdrawal (of a loser also a cut of price) upholds what it
fits. Such evidence could refute nothing, so it is not scored. A grade says what came, not why:
other events of the meantime are in it. What nobody observed is not graded, and says why. Grades
follow from the sources and are computed anew with them; verdicts are not.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd

from pipelines.analysis import usage
from pipelines.analysis.usage import Series, days_of, line_of, series_of

HORIZONS = (30, 90, 180)
#: Relative change of volume or price beyond which it counts as fallen, and of volume as risen.
FALLEN, RISEN = -0.05, 0.05
UPHELD, REFUTED, UNSEEN, PENDING = "upheld", "refuted", "not observed", "pending"

_DAYS = " union all ".join(f"select {days} as days" for days in HORIZONS)
READS = {
    "calls": (
        "select v.verdict_id, v.as_of, v.event_id, v.segment_id, v.model_id, v.is_entrant, "
        "v.verdict, v.has_won_place, v.probability_place_lost from marts.verdicts as v"
    ),
    "newest": "select max(d.as_of) as newest from core.segment_days as d where d.basis = 'newest'",
    "usage": usage.READS["usage"],
    "standing": (
        "select v.verdict_id, h.days, s.is_on_frontier from marts.verdicts as v "
        f"cross join ({_DAYS}) as h inner join marts.segment_standing as s "
        "on s.segment_id = v.segment_id and s.model_id = v.model_id "
        "and s.valid_from <= v.as_of + h.days "
        "and (s.valid_to is null or s.valid_to > v.as_of + h.days)"
    ),
    "hindsight": (
        "select v.verdict_id, i.probability_place_lost >= 0.5 as is_lost from marts.verdicts as v "
        "inner join marts.launch_impact as i on i.event_id = v.event_id "
        "and i.segment_id = v.segment_id and i.model_id = v.model_id and i.basis = 'hindsight' "
        "where i.probability_place_lost is not null "
        "union all "
        "select v.verdict_id, i.probability_place_lost >= 0.5 as is_lost from marts.verdicts as v "
        "inner join marts.event_impact as i on i.event_id = v.event_id "
        "and i.segment_id = v.segment_id and i.model_id = v.model_id and i.basis = 'hindsight' "
        "where i.probability_place_lost is not null"
    ),
    "prices": (
        "select p.model_id, p.valid_from, p.valid_to, "
        "cast(p.input_usd_per_mtok * 0.75 + p.output_usd_per_mtok * 0.25 as double) as price, "
        "min(c.publisher) as publisher from core.prices as p "
        "inner join (select distinct v.model_id from marts.verdicts as v) as v "
        "on v.model_id = p.model_id "
        "inner join core.price_claims as c on c.offering_id = p.offering_id "
        "and c.input_usd_per_mtok = p.input_usd_per_mtok "
        "and c.output_usd_per_mtok = p.output_usd_per_mtok where p.is_list_price "
        "group by p.model_id, p.valid_from, p.valid_to, p.input_usd_per_mtok, "
        "p.output_usd_per_mtok order by p.model_id, p.valid_from, price"
    ),
    "retirements": (
        "select t.model_id, t.deprecated_on, t.shutdown_on, t.publisher, t.source_url "
        "from core.retirements as t"
    ),
    "launches": (
        "select e.event_id, e.effective_on, v.model_id, m.vendor_id, r.publisher, r.source_url "
        "from core.events as e inner join core.event_models as v on v.event_id = e.event_id "
        "inner join core.models as m on m.model_id = v.model_id "
        "left join core.releases as r on r.model_id = v.model_id "
        "where e.event_kind = 'launch' order by e.effective_on, v.model_id"
    ),
}
GRADES = (
    "verdict_id", "horizon_days", "graded_on", "outcome", "because", "is_scored",
    "is_on_frontier", "is_place_lost",
    "price_change_share", "price_publisher", "volume_change_low", "volume_change_high",
    "volume_series", "volume_why_not", "has_fallen", "has_risen", "deprecated_on", "shutdown_on",
    "retirement_publisher", "retirement_url", "successor_id", "successor_on", "successor_url",
)  # fmt: skip
Observed = Mapping[str, Any]


def compute(
    calls: pd.DataFrame,
    newest: pd.DataFrame,
    usage: pd.DataFrame,
    standing: pd.DataFrame,
    hindsight: pd.DataFrame,
    **frames: pd.DataFrame,
) -> dict[str, pd.DataFrame]:
    """Table `verdict_grades`: a row per verdict and horizon."""
    if calls.empty:
        return {"verdict_grades": pd.DataFrame(columns=list(GRADES))}
    (last,) = days_of(newest["newest"])
    volumes = Volumes(usage)
    market = Market(**frames)
    on_frontier = {
        (verdict, days): bool(is_on) for verdict, days, is_on in standing.itertuples(index=False)
    }
    is_lost = {verdict: bool(lost) for verdict, lost in hindsight.itertuples(index=False)}
    rows = []
    for call in calls.assign(as_of=days_of(calls["as_of"])).itertuples():
        for days in HORIZONS:
            until = call.as_of + timedelta(days)
            head = {"verdict_id": call.verdict_id, "horizon_days": days, "graded_on": until}
            if last is None or until > last:
                waits = {"outcome": PENDING, "because": f"due on {until}", "is_scored": False}
                rows.append(head | waits)
                continue
            seen = {
                "is_on_frontier": on_frontier.get((call.verdict_id, days)),
                "is_place_lost": is_lost.get(call.verdict_id),
                **market.price_change(call.model_id, call.as_of, until),
                **market.withdrawal(call.model_id, until),
                **market.successor(call.model_id, call.event_id, call.as_of, until),
                **volumes.change(call.model_id, call.as_of, until),
            }
            outcome, because, is_scored = grade(_said(call), seen)
            told = {"outcome": outcome, "because": because, "is_scored": is_scored}
            rows.append(head | told | seen)
    return {"verdict_grades": pd.DataFrame(rows, columns=list(GRADES))}


NO_PLACE, MORE_VOLUME = "gets no place", "gains volume"


def _said(call: Any) -> str:
    """A verdict as it is graded: what `unaffected` and `winner` say depends on of whom."""
    if call.verdict == "unaffected" and call.is_entrant and pd.isna(call.probability_place_lost):
        return NO_PLACE
    if call.verdict == "winner" and not (pd.isna(call.has_won_place) or call.has_won_place):
        return MORE_VOLUME
    return str(call.verdict)


def grade(verdict: str, seen: Observed) -> tuple[str, str, bool]:
    """Outcome of a verdict, the reason, and whether the evidence could have said the opposite.

    `seen` holds what was observed by the day graded, and `is_place_lost`: whether with hindsight
    the event took the place; None for what is not known.
    """
    fallen, place, lost = (seen[k] for k in ("has_fallen", "is_on_frontier", "is_place_lost"))
    if verdict == "withdrawn":
        if seen["shutdown_on"] is not None:
            return UPHELD, "its vendor shut it down", False
        return UNSEEN, "no shutdown by that day is on record any more", False
    if verdict == MORE_VOLUME and seen["has_risen"] is not None:
        said = "rose" if seen["has_risen"] else "did not rise"
        return UPHELD if seen["has_risen"] else REFUTED, f"its volume {said} by more than 5%", True
    if verdict in {"winner", NO_PLACE} and place is not None:
        said = "on the frontier that day" if place else "not on the frontier that day"
        return UPHELD if place == (verdict == "winner") else REFUTED, said, True
    if verdict in {"loser", "cannibalised"} and fallen is not None:
        said = "fell" if fallen else "did not fall"
        return UPHELD if fallen else REFUTED, f"its volume {said} by more than 5%", True
    if verdict == "exposed" and place is not None and (seen["price_change_share"] or 0) <= FALLEN:
        return UPHELD, "its vendor cut its price", True
    if verdict in {"exposed", "unaffected"} and (place or (place is False and lost is not None)):
        said = "on the frontier that day"
        if not place:
            said = f"off the frontier that day, {'' if lost else 'but not '}through this event"
        is_lost = bool(not place and lost)
        return UPHELD if is_lost == (verdict == "exposed") else REFUTED, said, True
    if verdict in {"loser", "cannibalised", "exposed"}:
        if seen["deprecated_on"] is not None or seen["shutdown_on"] is not None:
            return UPHELD, "its vendor withdraws it", False
        if verdict != "cannibalised" and (seen["price_change_share"] or 0) <= FALLEN:
            return UPHELD, "its vendor cut its price", False
    if verdict in {"loser", "cannibalised", MORE_VOLUME}:
        return UNSEEN, "its volume is not known, and nothing else shows it", False
    if place is False:
        return (
            UNSEEN,
            "off the frontier that day; with hindsight it had no place to lose",
            False,
        )
    return UNSEEN, "its place in the segment that day is not known", False


class Market:
    """List prices, withdrawals and launches, by look-up."""

    def __init__(
        self,
        prices: pd.DataFrame,
        retirements: pd.DataFrame,
        launches: pd.DataFrame,
    ):
        """See `READS` for the frames."""
        self._prices: dict[str, list[tuple[date, date, float, str]]] = {}
        since, ends = days_of(prices["valid_from"]), days_of(prices["valid_to"])
        for model, begin, end, price, publisher in zip(
            prices["model_id"], since, ends, prices["price"], prices["publisher"], strict=True
        ):
            row = (begin, end or date.max, float(price), str(publisher))
            self._prices.setdefault(model, []).append(row)
        self._retired = {
            row.model_id: row
            for row in retirements.assign(
                deprecated_on=days_of(retirements["deprecated_on"]),
                shutdown_on=days_of(retirements["shutdown_on"]),
            ).itertuples()
        }
        self._lines: dict[str, list[Any]] = {}
        launches = launches.assign(effective_on=days_of(launches["effective_on"]))
        for row in launches.itertuples():
            self._lines.setdefault(line_of(row.model_id), []).append(row)

    def _price(self, model_id: str, day: date) -> tuple[float, str] | None:
        for begin, end, price, publisher in self._prices.get(model_id, []):
            if begin <= day < end:
                return price, publisher
        return None

    def price_change(self, model_id: str, since: date, until: date) -> Observed:
        """Relative change of the list price at 3:1 between two days."""
        before, after = self._price(model_id, since), self._price(model_id, until)
        is_known = before is not None and after is not None and before[0] > 0
        return {
            "price_change_share": after[0] / before[0] - 1 if is_known else None,  # type: ignore[index]
            "price_publisher": after[1] if is_known else None,  # type: ignore[index]
        }

    def withdrawal(self, model_id: str, until: date) -> Observed:
        """Deprecation and shutdown by a day."""
        row = self._retired.get(model_id)
        days = [getattr(row, name, None) for name in ("deprecated_on", "shutdown_on")]
        deprecated, shutdown = (day if day is not None and day <= until else None for day in days)
        is_any = deprecated is not None or shutdown is not None
        return {
            "deprecated_on": deprecated,
            "shutdown_on": shutdown,
            "retirement_publisher": row.publisher if row is not None and is_any else None,
            "retirement_url": row.source_url if row is not None and is_any else None,
        }

    def successor(self, model_id: str, event_id: str, since: date, until: date) -> Observed:
        """The first later launch of the same product line, not of the event itself."""
        found = next(
            (
                row
                for row in self._lines.get(line_of(model_id), [])
                if since < row.effective_on <= until
                and row.event_id != event_id
                and row.model_id != model_id
            ),
            None,
        )
        return {
            "successor_id": found.model_id if found else None,
            "successor_on": found.effective_on if found else None,
            "successor_url": found.source_url if found else None,
        }


class Volumes:
    """Changes of volume on the usage lists; one series is never compared with another."""

    def __init__(self, frame: pd.DataFrame):
        """See `usage.READS` for the frame."""
        self._series = (
            sorted(series_of(frame), key=lambda s: (s.days, s.name)) if len(frame) else []
        )
        self._found: dict[tuple[str, date, date], Observed] = {}

    def change(self, model_id: str, since: date, until: date) -> Observed:
        """Bounds of the change from before a day to the days up to another, or why there are none.

        Of several series the one that comes nearest to an answer speaks.
        """
        key = (model_id, since, until)
        if key not in self._found:
            tried = [_bounds(series, *key) for series in self._series]
            best = max(tried, key=lambda found: found[0], default=(0, {"volume_why_not": NO_LIST}))
            self._found[key] = {**NOTHING_SEEN, **best[1]}
        return self._found[key]


NOTHING_SEEN: Observed = dict.fromkeys(
    ("volume_change_low", "volume_change_high", "volume_series", "volume_why_not", "has_fallen",
     "has_risen")
)  # fmt: skip
#: Why a volume is not graded, the farthest from an answer first.
NO_LIST = "no usage list has the weeks before the event and before that day"
NOT_LISTED = "below the last place of the usage list before the event and on that day"
ANOTHER = "its name on the usage list meant another version too"
OPEN = "below the last place of the usage list on one side, which leaves the change open"


def _bounds(series: Series, model_id: str, since: date, until: date) -> tuple[int, Observed]:
    """How near a series comes to an answer, and the answer. Below its last place a volume lies
    between nothing and that."""
    before, after = series.before(series.next_period(since)), series.until(until)
    if not before or not after:
        return 0, {"volume_why_not": NO_LIST}
    product = series.product_of(model_id, before)
    if product is None and not _means(series, model_id, before):
        product = series.product_of(model_id, after)
        if product is None and not _means(series, model_id, after):
            return 1, {"volume_why_not": NOT_LISTED, "volume_series": series.name}
    if product is None:
        return 2, {"volume_why_not": ANOTHER, "volume_series": series.name}
    spellings = series.products[product]
    meant = set(series.versions[np.ix_(spellings, [*before, *after])].ravel()) - {None}
    if not meant <= {model_id}:
        return 2, {"volume_why_not": ANOTHER, "volume_series": series.name}
    there, still = series.listed(spellings, before), series.listed(spellings, after)
    start = series.bounds(there or still, before)
    end = series.bounds(sorted({*there, *still}), after)
    low = end[0] / start[1] - 1
    high = end[1] / start[0] - 1 if start[0] > 0 else None

    def beyond(bound: float) -> bool | None:
        return True if low > bound else False if high is not None and high <= bound else None

    is_above, has_risen = beyond(FALLEN), beyond(RISEN)
    has_fallen = None if is_above is None else not is_above
    return 3 if has_fallen is None else 4, {
        "volume_change_low": low,
        "volume_change_high": high,
        "volume_series": series.name,
        "volume_why_not": OPEN if has_fallen is None else None,
        "has_fallen": has_fallen,
        "has_risen": has_risen,
    }


def _means(series: Series, model_id: str, periods: list[int]) -> bool:
    """Some name on the list meant the version in some of the periods."""
    return bool((series.versions[:, periods] == model_id).any())
