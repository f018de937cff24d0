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
follow from the sources and are computed anew with them; verdicts are not. A grade whose sources say
the same as before is kept: `states` hashes all of it that it follows from.
"""

import hashlib
from collections.abc import Callable, Collection, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipelines.analysis import usage
from pipelines.analysis.hashes import Rows, hash_rows, summed
from pipelines.analysis.usage import Series, days_of, line_of, series_of
from pipelines.settings import SQL

HORIZONS = (30, 90, 180)
#: Relative change of volume or price beyond which it counts as fallen, and of volume as risen.
FALLEN, RISEN = -0.05, 0.05
UPHELD, REFUTED, UNSEEN, PENDING = "upheld", "refuted", "not observed", "pending"

_HOLDS = f"u.tokens is not null and u.ended_at is null and u.spelling <> '{usage.REST}'"
_CALLS = (
    "select v.verdict_id, v.as_of, v.event_id, v.segment_id, v.model_id, v.is_entrant, v.verdict, "
    "v.has_won_place, v.probability_place_lost, h.days, v.as_of + h.days as until, "
    "coalesce(v.as_of + h.days <= n.newest, false) as is_due from marts.verdicts as v "
    f"cross join (select unnest({list(HORIZONS)}) as days) as h "
    "cross join (select max(d.as_of) as newest from core.segment_days as d "
    "where d.basis = 'newest') as n"
)
_HINDSIGHT = " union all ".join(
    "select v.verdict_id, i.probability_place_lost >= 0.5 as is_lost from marts.verdicts as v "
    f"inner join marts.{impact} as i on i.event_id = v.event_id "
    "and i.segment_id = v.segment_id and i.model_id = v.model_id and i.basis = 'hindsight' "
    "where i.probability_place_lost is not null"
    for impact in ("launch_impact", "event_impact")
)
READS = {
    # A verdict at each horizon, with the place held that day and whether hindsight takes it; `told`
    # is a hash of it all, of what is not due yet without these two.
    "asked": (
        f"with calls as ({_CALLS}), "
        "spans as (select c.segment_id, c.model_id, min(c.until) as first, max(c.until) as last "
        "from calls as c group by c.segment_id, c.model_id), "
        "near as (select s.segment_id, s.model_id, s.valid_from, s.valid_to, s.is_on_frontier "
        "from marts.segment_standing as s inner join spans as n on n.segment_id = s.segment_id "
        "and n.model_id = s.model_id and s.valid_from <= n.last "
        "and (s.valid_to is null or s.valid_to > n.first)), "
        "places as (select c.verdict_id, c.days, s.is_on_frontier from calls as c "
        "asof inner join near as s "
        "on s.segment_id = c.segment_id and s.model_id = c.model_id and s.valid_from <= c.until "
        "where s.valid_to is null or s.valid_to > c.until), "
        f"hindsight as ({_HINDSIGHT}), "
        "asked as (select c.*, p.is_on_frontier, i.is_lost from calls as c "
        "left join places as p on p.verdict_id = c.verdict_id and p.days = c.days "
        "left join hindsight as i on i.verdict_id = c.verdict_id) "
        "select a.*, hash(if(a.is_due, a, struct_update(a, is_on_frontier := null, "
        "is_lost := null))) as told from asked as a"
    ),
    # What the volumes follow from: of each day the rows that hold, and of each series where its
    # periods begin and how long they are.
    "usage_days": (
        "select u.period_from, cast(sum(hash(u.series, u.period_to, u.spelling, u.model_id, "
        "u.tokens, u.first_seen_at)) % 18446744073709551616 as ubigint) as told "
        f"from core.usage as u where {_HOLDS} group by u.period_from"
    ),
    "series": (
        "select u.series, min(u.period_from) as first_on, "
        "count(distinct u.period_to - u.period_from) as lengths from core.usage as u "
        f"where {_HOLDS} group by u.series order by u.series"
    ),
    "usage": (
        f"{usage.READS['usage']} and {_HOLDS} "
        "and u.series in (select unnest($series)) and u.period_from in (select unnest($days))"
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
    "state_id",
)  # fmt: skip
#: What a grade follows from beside its inputs.
METHOD = (Path(__file__), Path(str(usage.__file__)), SQL / "marts" / "verdict_grades.sql")
#: Days of usage up to a day that the windows before it and up to it may reach back.
REACH = max(days * (horizon.before + 1) for days, horizon in usage.HORIZONS.items())
Observed = Mapping[str, Any]


def compute(
    asked: pd.DataFrame,
    usage_days: pd.DataFrame,
    series: pd.DataFrame,
    usage: Callable[..., pd.DataFrame],
    kept: Collection[str] = frozenset(),
    **frames: pd.DataFrame,
) -> dict[str, pd.DataFrame]:
    """Table `verdict_grades`: a row per verdict and horizon not in `kept`, and `standing`: the
    `state_id` of all."""
    found = states(asked, usage_days, series, **frames)
    is_fresh = np.array([state not in kept for state in found], bool)
    fresh = asked.assign(state_id=found)[is_fresh].sort_values(["verdict_id", "days"])
    fresh = fresh.assign(as_of=days_of(fresh["as_of"]), until=days_of(fresh["until"]))
    if fresh.empty:
        frames = {name: frame.iloc[:0] for name, frame in frames.items()}
    volumes = Volumes(_usage_of(fresh, series, usage))
    market = Market(**frames)
    rows = []
    for call in fresh.itertuples():
        head = {"verdict_id": call.verdict_id, "horizon_days": call.days,
                "graded_on": call.until, "state_id": call.state_id}  # fmt: skip
        if not call.is_due:
            waits = {"outcome": PENDING, "because": f"due on {call.until}", "is_scored": False}
            rows.append(head | waits)
            continue
        seen = {
            "is_on_frontier": _known(call.is_on_frontier),
            "is_place_lost": _known(call.is_lost),
            **market.price_change(call.model_id, call.as_of, call.until),
            **market.withdrawal(call.model_id, call.until),
            **market.successor(call.model_id, call.event_id, call.as_of, call.until),
            **volumes.change(call.model_id, call.as_of, call.until),
        }
        outcome, because, is_scored = grade(_said(call), seen)
        told = {"outcome": outcome, "because": because, "is_scored": is_scored}
        rows.append(head | told | seen)
    return {
        "verdict_grades": pd.DataFrame(rows, columns=list(GRADES)),
        "standing": pd.DataFrame({"state_id": pd.Series(found, dtype=object)}),
    }


def _known(value: Any) -> bool | None:
    return None if pd.isna(value) else bool(value)


def states(
    asked: pd.DataFrame,
    usage_days: pd.DataFrame,
    series: pd.DataFrame,
    prices: pd.DataFrame,
    retirements: pd.DataFrame,
    launches: pd.DataFrame,
) -> list[str]:
    """Hash of all that each grade follows from: the verdict, whether it is due, and if it is the
    place, the history of prices, withdrawal and product line of its model, and the usage in the
    windows before the event and before the day graded."""
    method = hashlib.md5(b"".join(path.read_bytes() for path in METHOD))
    method.update(series.to_csv(index=False).encode())
    days = usage_days.assign(day=pd.to_datetime(usage_days["period_from"])).sort_values("day")
    used = _so_far(days["told"].to_numpy(np.uint64))

    def used_before(column: str) -> Rows:
        """Hash of the usage in the days that the window up to a day may reach."""
        ends = pd.to_datetime(asked[column])
        since = days["day"].searchsorted(ends - pd.Timedelta(days=REACH), side="right")
        upto = days["day"].searchsorted(ends, side="right")
        return np.asarray(used[upto] - used[since])

    at, models = pd.factorize(asked["model_id"])

    def of_model(frame: pd.DataFrame) -> Rows:
        """Hash of the rows of each verdict's model."""
        rows = summed(frame["model_id"], hash_rows(frame))
        return np.asarray(np.array([rows.get(model, 0) for model in models], np.uint64)[at])

    seen = pd.DataFrame(
        {
            "prices": of_model(prices),
            "retirement": of_model(retirements),
            "line": _launched_between(asked, at, models, launches),
            "before": used_before("as_of"),
            "until": used_before("until"),
        }
    )
    seen.loc[~asked["is_due"].to_numpy(bool)] = 0
    told = np.stack([asked["told"].to_numpy(np.uint64), hash_rows(seen)], axis=1)
    words = told.astype(">u8").tobytes().hex()
    return [method.hexdigest()[:8] + words[n : n + 32] for n in range(0, len(words), 32)]


def _so_far(hashes: Rows) -> Rows:
    """Sums of the first none, one, two ... of them, modulo 2^64."""
    return np.concatenate([np.zeros(1, np.uint64), hashes.cumsum(dtype=np.uint64)])


def _launched_between(
    asked: pd.DataFrame, at: NDArray[np.intp], models: pd.Index, launches: pd.DataFrame
) -> Rows:
    """Hash of the launches in each verdict's product line after its day and up to the one graded;
    0 if there are none. `models` are the verdicts' own by number `at`."""
    lines = [line_of(model) for model in [*models, *launches["model_id"]]]
    numbers = pd.factorize(np.array(lines, dtype=object))[0]

    def placed(line: NDArray[np.intp], days: pd.Series) -> NDArray[np.int64]:
        """Lines one after another, each in the order of days."""
        on = pd.to_datetime(days).to_numpy("datetime64[D]").astype(np.int64)
        return np.asarray(line.astype(np.int64) * 2**32 + on)

    launched = placed(numbers[len(models) :], launches["effective_on"])
    order = launched.argsort()
    total = _so_far(hash_rows(launches)[order])
    since, until = (
        total[launched[order].searchsorted(placed(numbers[at], asked[day]), side="right")]
        for day in ("as_of", "until")
    )
    return until - since


def _usage_of(
    fresh: pd.DataFrame, series: pd.DataFrame, usage: Callable[..., pd.DataFrame]
) -> pd.DataFrame:
    """Rows of the periods that the volumes of fresh grades are read from, and of the days on which
    series begin, from which their periods are counted."""
    due = fresh[fresh["is_due"]]
    ends = {*due["as_of"], *due["until"]}
    days = sorted({end - timedelta(back) for end in ends for back in range(REACH)})
    of_one_length = series["series"][series["lengths"] == 1]
    firsts = sorted(days_of(series["first_on"]))
    return usage(days=[*days, *firsts], series=list(of_one_length))


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
