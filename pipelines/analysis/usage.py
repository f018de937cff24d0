"""Usage around launches: what was used before and after, and which incumbent each entrant succeeds.

One series is never mixed with another, and no window reaches from one into the next. A list of
the most used models says of the others only that they were below its last place, its floor: such a
volume is kept as two bounds. Not here: what follows from it (`demand`), and how well (`backtest`).
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from copy import copy
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache, cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Array = NDArray[np.float64]

#: Days within which the first price seen is taken for the one a model was launched at.
PRICE_DELAY = 120
#: Days of usage before an event that are looked at.
HISTORY = timedelta(70)
#: Days since a product was first listed during which it counts as recent.
RECENT_DAYS = 30
#: The rest of a list, which is no product.
REST = "other"
NAN = float("nan")
#: Words of a name that do not tell product lines apart.
NOT_OF_A_LINE = {"preview", "exp", "beta", "latest", "v", "it", "instruct", "x", "b", "a"}


@dataclass(frozen=True)
class Horizon:
    """How far before and after a launch's own period volumes are taken, in periods."""

    before: int
    after_first: int
    after_last: int

    @property
    def after(self) -> int:
        """Periods of the window after."""
        return self.after_last - self.after_first + 1


#: By days of a period. The launch's own week is skipped, and a daily launch's first week.
HORIZONS = {7: Horizon(2, 1, 2), 1: Horizon(7, 7, 13)}

_USAGE = (
    "select u.series, u.period_from, u.period_to, u.spelling, u.model_id, m.vendor_id, "
    "u.tokens, u.first_seen_at, u.ended_at from core.usage as u "
    "left join core.models as m on m.model_id = u.model_id where u.tokens is not null"
)
_OF_MODEL = (
    "select m.model_id, m.vendor_id, m.is_reasoning, min(e.effective_on) as released_on "
    "from core.models as m left join core.event_models as v on v.model_id = m.model_id "
    "left join core.events as e on e.event_id = v.event_id and e.event_kind = 'launch' "
    "group by m.model_id, m.vendor_id, m.is_reasoning"
)
_PRICES = (
    "select p.model_id, p.is_list_price, p.valid_from, "
    "coalesce(p.valid_to, date '9999-12-31') as valid_to, "
    "cast(p.input_usd_per_mtok * 0.75 + p.output_usd_per_mtok * 0.25 as double) as price "
    "from core.prices as p "
    "where p.is_list_price or (p.host_id = 'openrouter' and p.variant = 'standard')"
)
READS = {
    "usage": _USAGE,
    "launches": (
        "select e.event_id, e.effective_on, v.model_id, m.vendor_id from core.events as e "
        "inner join core.event_models as v on v.event_id = e.event_id "
        "inner join core.models as m on m.model_id = v.model_id "
        "where e.event_kind = 'launch' order by e.effective_on, e.event_id, v.model_id"
    ),
    "thinking": "select m.model_id from core.models as m where m.is_reasoning",
    "bands": (
        "select distinct s.price_band_high_share as edge from core.segments as s "
        "where s.price_band_high_share < 1"
    ),
    "fits": "select f.known_on, f.fit_id from analysis.fits as f",
    # Hashes of what is said of each period, of the versions it names and their prices too: rows are
    # read where they have changed.
    "periods": (
        f"with of_model as ({_OF_MODEL}), "
        # A price holds until the next begins; of those that begin on one day the highest.
        "spells as (select p.model_id, p.is_list_price, p.valid_from, p.price, "
        "least(p.valid_to, lead(p.valid_from, 1, date '9999-12-31') over (partition by p.model_id, "
        "p.is_list_price order by p.valid_from, p.price, p.valid_to)) as until "
        f"from ({_PRICES}) as p "
        "where p.model_id in (select u.model_id from core.usage as u)), "
        "firsts as (select p.model_id, p.is_list_price, min(p.valid_from) as valid_from, "
        "first(p.price order by p.valid_from, p.price) as price from spells as p "
        "group by p.model_id, p.is_list_price) "
        "select u.series, u.period_from, date_diff('day', u.period_from, u.period_to) as days, "
        "cast(u.first_seen_at as date) as seen_on, cast(u.ended_at as date) as ended_on, "
        "cast(sum(hash(u.series, u.period_from, u.period_to, u.spelling, u.tokens, m, "
        "l.price, f.valid_from, f.price, s.price, g.valid_from, g.price)) "
        "% 18446744073709551616 as ubigint) as said "
        "from core.usage as u left join of_model as m on m.model_id = u.model_id "
        "left join spells as l on l.model_id = u.model_id and l.is_list_price "
        "and l.valid_from <= u.period_from and u.period_from < l.until "
        "left join spells as s on s.model_id = u.model_id and not s.is_list_price "
        "and s.valid_from <= u.period_from and u.period_from < s.until "
        "left join firsts as f on f.model_id = u.model_id and f.is_list_price "
        "left join firsts as g on g.model_id = u.model_id and not g.is_list_price "
        f"where u.tokens is not null and u.spelling <> '{REST}' "
        "group by u.series, u.period_from, u.period_to, seen_on, ended_on "
        "order by u.period_from, u.series, days, seen_on, ended_on"
    ),
    # By the fit that first compared an event's entrants with others: what it says follows from it.
    "first_fits": (
        "select c.event_id, f.fit_id from (select d.event_id, min(d.known_on) as known_on "
        "from analysis.comparisons as d group by d.event_id) as c "
        "inner join analysis.fits as f on f.known_on = c.known_on"
    ),
}
#: Rows of what is new, asked for by models, days of periods, days of fits, and events.
ASKED = {
    "prices": (
        f"select p.* from ({_PRICES}) as p where p.model_id in (select unnest($models::varchar[])) "
        "order by p.model_id, p.valid_from, p.price"
    ),
    "usage": f"{_USAGE} and u.period_from in (select unnest($periods::date[]))",
    "capabilities": (
        "select c.known_on, c.model_id, c.capability from analysis.capabilities as c "
        "where c.basket_kind = 'overall' and c.results > 0 "
        "and c.known_on in (select unnest($fits::date[]))"
    ),
    "dominance": (
        "select c.event_id, c.entrant_id, c.incumbent_id, "
        "max(c.probability_entrant_above) as probability from analysis.comparisons as c "
        "inner join (select d.event_id, min(d.known_on) as known_on from analysis.comparisons as d "
        "where d.event_id in (select unnest($events::varchar[])) group by d.event_id) as first "
        "on first.event_id = c.event_id "
        "and first.known_on = c.known_on where c.basket_kind = 'segment' "
        "group by c.event_id, c.entrant_id, c.incumbent_id "
        "having max(c.probability_entrant_above) >= 0.5"
    ),
}


def period(cadence: str) -> timedelta:
    """How long a period is."""
    return timedelta(1 if cadence == "daily" else 7)


def period_starts(cadence: str, day: date) -> list[date]:
    """Days on which the period that holds a day may begin."""
    return [day - timedelta(back) for back in range(period(cadence).days)]


def window_before(cadence: str) -> timedelta:
    """How long the window before is."""
    days = period(cadence).days
    return timedelta(days * HORIZONS[days].before)


def window_after(cadence: str) -> timedelta:
    """How long after the first day of a launch's period its outcome is complete."""
    days = period(cadence).days
    return timedelta(days * (HORIZONS[days].after_last + 1))


INCUMBENT_COLUMNS = (
    "origin", "cadence", "series", "start", "product", "model_id", "vendor", "line", "segment",
    "price", "before", "momentum", "is_free", "is_recent", "role", "floor", "after_low",
    "after_high",
)  # fmt: skip
ENTRANT_COLUMNS = (
    "origin", "cadence", "start", "event_id", "model_id", "product", "vendor", "line",
    "segment", "predecessor", "kind", "log_price_ratio", "is_free", "reference", "floor",
    "after_low", "after_high",
)  # fmt: skip
ORIGIN_COLUMNS = (
    "origin", "cadence", "series", "start", "outcome_on", "event_ids", "why_not",
)  # fmt: skip


@cache
def line_of(model_id: str) -> str:
    """The product line a name belongs to: its words without versions, dates and stages.

    `vendor/claude-3-5-sonnet-20241022` and `vendor/claude-sonnet-4` are one line.
    """
    vendor, _, name = model_id.rpartition("/")
    words = re.split(r"[^a-z]+", name.lower())
    return f"{vendor}/{'-'.join(sorted({word for word in words if word} - NOT_OF_A_LINE))}"


def predecessor(
    entrant: Mapping[str, Any], incumbents: Iterable[Mapping[str, Any]]
) -> tuple[str, str] | None:
    """The incumbent an entrant succeeds and why (`line` or `undercut`), or None.

    Its vendor's newest product of the same line that came before it; else, of its vendor's products
    that cost as much or more, the nearest in capability, or in price where capability is not known.
    `entrant` has `vendor, line, price, capability, released_on`; `incumbents` also `product,
    before`.
    """
    own = [row for row in incumbents if row["vendor"] == entrant["vendor"]]
    same = [
        row
        for row in own
        if row["line"] == entrant["line"] and row["released_on"] < entrant["released_on"]
    ]
    if same:
        newest = max(same, key=lambda row: (row["released_on"], np.nan_to_num(row["before"])))
        return str(newest["product"]), "line"
    undercut = [row for row in own if row["price"] >= entrant["price"]]
    if not undercut:
        return None

    def distance(row: Mapping[str, Any]) -> tuple[float, float, str]:
        far = abs(row["capability"] - entrant["capability"])
        apart = np.log(row["price"] / entrant["price"])
        return (np.inf if np.isnan(far) else far, apart, str(row["product"]))

    return str(min(undercut, key=distance)["product"]), "undercut"


# ------------------------------------------------------------------ what is known of a model


class Traits:
    """Price, capability, segment and age of a model on a day, by look-up."""

    def __init__(
        self,
        capabilities: pd.DataFrame,
        bands: pd.DataFrame,
        launches: pd.DataFrame,
        thinking: pd.DataFrame,
        dominance: pd.DataFrame,
    ):
        """See `READS` and `ASKED` for the frames; only `on_day` has prices."""
        self._fits: dict[date, dict[str, float]] = {}
        for known_on, model, value in zip(
            days_of(capabilities["known_on"]), capabilities["model_id"],
            capabilities["capability"], strict=True,
        ):  # fmt: skip
            self._fits.setdefault(known_on, {})[model] = float(value)
        self._fit_days = sorted(self._fits)
        self._thinking = set(thinking["model_id"])
        self._dominated = set(
            zip(dominance["event_id"], dominance["entrant_id"], dominance["incumbent_id"],
                strict=True)
        )  # fmt: skip
        self._edges = sorted(float(edge) for edge in bands["edge"])
        self._prices: Mapping[str, float] = {}
        self._on_offer: Array = np.empty(0)
        self._released: dict[str, date] = {}
        for model, day in zip(launches["model_id"], days_of(launches["effective_on"]), strict=True):
            self._released[model] = min(day, self._released.get(model, day))

    def on_day(
        self, offers: Mapping[str, float], prices: Mapping[str, float] | None = None
    ) -> "Traits":
        """The same with the list prices on offer one day, by model, as they were known then: they
        make the market's price bands. `prices` of models, where they are told otherwise."""
        found = copy(self)
        found._prices = offers if prices is None else prices
        found._on_offer = np.sort(np.array(list(offers.values()), dtype=float))
        return found

    def released_on(self, model_id: str | None, otherwise: date) -> date:
        """Day of its launch; `otherwise` if none is known."""
        return self._released.get(model_id or "", otherwise)

    def price(self, model_id: str | None) -> float:
        """Price at 3:1, USD per million tokens; NaN if none."""
        return self._prices.get(model_id or "", NAN)

    def capability(self, model_id: str | None, day: date) -> float:
        """Overall capability by the latest fit known the day after, index points; NaN if none."""
        known = bisect_right(self._fit_days, day + timedelta(1))
        return self._fits[self._fit_days[known - 1]].get(model_id or "", NAN) if known else NAN

    def is_as_capable(self, event_id: str, entrant: str, incumbent: str | None) -> bool:
        """The entrant is at least as capable in some segment, more likely than not, by what was
        known the day after its launch."""
        return (event_id, entrant, incumbent) in self._dominated

    def segment(self, model_id: str | None, price: float) -> str:
        """What kind of demand a model serves: the price band among the list prices on offer that
        day, and whether it thinks before it answers."""
        latency = "slow" if model_id in self._thinking else "fast"
        if np.isnan(price):
            return f"{latency}, unpriced"
        share = np.searchsorted(self._on_offer, price) / max(len(self._on_offer) - 1, 1)
        return f"{latency}, price band {sum(share > edge for edge in self._edges) + 1}"


class Prices:
    """Prices of models on a day as they are known now, by look-up."""

    def __init__(self, prices: pd.DataFrame):
        """See `ASKED`."""
        self._rows: dict[tuple[str, bool], list[tuple[date, date, float]]] = {}
        since, until = days_of(prices["valid_from"]), days_of(prices["valid_to"])
        for model, is_list, begin, end, price in zip(
            prices["model_id"], prices["is_list_price"], since, until, prices["price"], strict=True
        ):
            rows = self._rows.setdefault((str(model), bool(is_list)), [])
            rows.append((begin, end, float(price)))

    def on(self, model_id: str, day: date) -> float | None:
        """At 3:1, USD per million tokens: the vendor's, else OpenRouter's; of each the one that
        holds, else the first ever if it begins within `PRICE_DELAY` days; None if none."""
        for is_list in (True, False):
            rows = self._rows.get((model_id, is_list), [])
            begun = [row for row in rows if row[0] <= day]
            if begun and day < begun[-1][1]:
                return begun[-1][2]
            if rows and day < rows[0][0] <= day + timedelta(PRICE_DELAY):
                return rows[0][2]
        return None


# ------------------------------------------------------------------ series


@dataclass(frozen=True)
class Series:
    """Volumes of one series; NaN where a spelling is not on the list of a period."""

    name: str
    #: Days of a period.
    days: int
    #: First day of every period, in order.
    starts: list[date]
    spellings: list[str]
    #: (spellings, periods), tokens.
    volumes: Array
    #: (spellings, periods): the version each spelling meant; None if unresolved or not listed.
    versions: NDArray[np.object_]
    #: By product (name without its way of serving): positions of its spellings, and its vendor.
    products: Mapping[str, list[int]]
    vendors: Mapping[str, str]

    @property
    def cadence(self) -> str:
        """`daily` or `weekly`: what estimates may share."""
        return "daily" if self.days == 1 else "weekly"

    @property
    def horizon(self) -> Horizon:
        """The windows before and after."""
        return HORIZONS[self.days]

    @cached_property
    def floors(self) -> Array:
        """Smallest volume on the list, by period."""
        return np.asarray(np.nanmin(self.volumes, axis=0))

    def next_period(self, day: date) -> date:
        """First day of the period that holds a day, also one the series has not reached."""
        steps = (day - self.starts[0]).days // self.days
        return self.starts[0] + timedelta(self.days * steps)

    def _window(self, start: date, first: int, last: int) -> list[int]:
        """Periods so many steps from `start`; none if less than half of them are there."""
        wanted = {start + timedelta(self.days * step) for step in range(first, last + 1)}
        found = [at for at, day in enumerate(self.starts) if day in wanted]
        return found if 2 * len(found) >= len(wanted) else []

    def before(self, start: date) -> list[int]:
        """The window before a period; empty if the series has less than half of it."""
        return self._window(start, -self.horizon.before, -1)

    def after(self, start: date) -> list[int]:
        """The window after a period; empty if the series has less than half of it."""
        return self._window(start, self.horizon.after_first, self.horizon.after_last)

    def until(self, day: date) -> list[int]:
        """A window as long as the one before, up to the period that holds a day."""
        return self._window(self.next_period(day), 1 - self.horizon.before, 0)

    def product_of(self, model_id: str, periods: list[int]) -> str | None:
        """The product that is a version in all the periods in which it is listed."""
        for product, spellings in self.products.items():
            meant = set(self.versions[np.ix_(spellings, periods)].ravel()) - {None}
            if meant == {model_id}:
                return product
        return None

    def listed(self, spellings: list[int], periods: list[int]) -> list[int]:
        """Those of the spellings that are on the list in any of the periods."""
        return [at for at in spellings if not np.isnan(self.volumes[at, periods]).all()]

    def bounds(self, spellings: list[int], periods: list[int]) -> tuple[float, float]:
        """Mean volume a period: what is listed, and with the floor where something is not."""
        seen = self.volumes[np.ix_(spellings, periods)]
        missing = np.isnan(seen) * self.floors[periods]
        low = float(np.nansum(seen))
        return low / len(periods), (low + float(missing.sum())) / len(periods)

    def listed_since(self, product: str) -> int:
        """First period in which a product was on the list."""
        return int((~np.isnan(self.volumes[self.products[product]])).any(axis=0).argmax())


def days_of(column: pd.Series) -> list[Any]:
    """A column of days as dates; None where there is none."""
    found: list[Any] = pd.to_datetime(column).to_numpy("datetime64[D]").tolist()
    return found


def series_of(usage: pd.DataFrame, known_by: date | None = None) -> list[Series]:
    """Every series of periods of one length that `HORIZONS` has. See `READS` for the frame.

    `known_by` leaves out what was first read later, and takes what was restated later as it stood.
    """
    if known_by is not None:
        end = pd.Timestamp(known_by) + pd.Timedelta(days=1)
        ended = pd.to_datetime(usage["ended_at"])
        usage = usage[(pd.to_datetime(usage["first_seen_at"]) < end) & ~(ended < end)]
    else:
        usage = usage[usage["ended_at"].isna()]
    usage = usage[usage["spelling"] != REST]
    # A name stands in hundreds of periods, and is taken apart once.
    at, names = pd.factorize(usage["spelling"])
    usage = usage.assign(
        product=names.str.split(":").str[0].take(at), brand=names.str.split("/").str[0].take(at)
    )
    known = usage.dropna(subset=["vendor_id"])
    brands = known.groupby("brand")["vendor_id"].agg(lambda found: found.mode().iloc[0]).to_dict()
    found = []
    for name, rows in usage.groupby("series"):
        lengths = set(
            (pd.to_datetime(rows["period_to"]) - pd.to_datetime(rows["period_from"])).dt.days
        )
        if len(lengths) > 1 or not lengths <= set(HORIZONS):
            continue
        latest = rows.sort_values("first_seen_at").drop_duplicates(
            ["spelling", "period_from"], keep="last"
        )
        row, spellings = pd.factorize(latest["spelling"], sort=True)
        column, starts = pd.factorize(latest["period_from"], sort=True)
        volumes = np.full((len(spellings), len(starts)), NAN)
        volumes[row, column] = latest["tokens"].to_numpy(float, na_value=NAN)
        versions = np.full(volumes.shape, None, dtype=object)
        model_ids = latest["model_id"].astype(object)
        versions[row, column] = model_ids.where(model_ids.notna(), None)
        resolved = latest.dropna(subset=["vendor_id"]).groupby("product")["vendor_id"].last()
        products: dict[str, list[int]] = {}
        vendors: dict[str, str] = {}
        for place, spelling in enumerate(spellings):
            product, brand = spelling.split(":")[0], spelling.split("/")[0]
            products.setdefault(product, []).append(place)
            vendors[product] = str(resolved.get(product) or brands.get(brand, brand))
        found.append(
            Series(
                name=str(name),
                days=int(lengths.pop()),
                starts=days_of(pd.Series(starts)),
                spellings=list(spellings),
                volumes=volumes,
                versions=versions,
                products=products,
                vendors=vendors,
            )
        )
    return found


# ------------------------------------------------------------------ windows


@dataclass(frozen=True)
class Windows:
    """Launches with the usage around them. Columns: see the constants of this module."""

    incumbents: pd.DataFrame
    entrants: pd.DataFrame
    origins: pd.DataFrame


def window(
    series: Series, start: date, launched: pd.DataFrame, traits: Traits, is_past: bool
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Incumbents and entrants of one launch, or several of one period, as rows.

    `launched`: `event_id, model_id, vendor_id, effective_on`. With `is_past` the outcome is filled
    in and entrants nobody could see are left out; else outcomes are NaN.
    """
    day = min(launched["effective_on"])
    before = series.before(start)
    after = series.after(start) if is_past else []
    own = _spellings_of(series, set(launched["model_id"]), start) if is_past else {}
    entering = {at for found in own.values() for at in found}
    incumbents = [
        _incumbent(series, product, start, before, after, day, traits)
        for product, spellings in sorted(series.products.items())
        if not entering & set(spellings) and series.listed(spellings, before)
    ]
    if not incumbents:
        return [], []
    vendors = {row["vendor"] for row in incumbents}
    meant = {row["model_id"] for row in incumbents}
    entrants = [
        _entrant(series, row, own.get(row.model_id, []), after, day, traits)
        for row in launched.itertuples()
        if row.model_id not in meant
    ]
    if is_past:
        entrants = [e for e in entrants if e["vendor"] in vendors or e["after_low"] > 0]
    settle(incumbents, entrants, traits)
    return incumbents, entrants


def settle(
    incumbents: list[dict[str, Any]], entrants: list[dict[str, Any]], traits: Traits
) -> None:
    """Fill in who succeeds whom, each entrant's reference volume and each incumbent's role."""
    succeed(entrants, incumbents, traits)
    volumes = {row["product"]: row["before"] for row in incumbents}
    mean = float(np.mean(list(volumes.values())))
    for entrant in entrants:
        entrant["reference"] = volumes.get(entrant["predecessor"], mean)
    succeeded = {entrant["predecessor"] for entrant in entrants}
    entering_vendors = {entrant["vendor"] for entrant in entrants}
    for row in incumbents:
        is_own = row["vendor"] in entering_vendors
        is_succeeded = row["product"] in succeeded
        row["role"] = "predecessor" if is_succeeded else "sibling" if is_own else "rival"


def before_event(
    series: Series | None,
    launched: pd.DataFrame,
    offered: Iterable[tuple[str, str]],
    traits: Traits,
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The market a launch is forecast in, as rows of incumbents and entrants without outcomes.

    Beside the products on the list stand the models `offered` (`model_id, vendor`) that are not on
    it, with no volume but a bound: `before` is NaN and `before_high` the list's floor, or NaN too
    where there is no list. `counts` says that a product takes part in the market: on the list, of
    an entrant's vendor, or without a list all.
    """
    day = min(launched["effective_on"])
    new = set(launched["model_id"])
    incumbents: list[dict[str, Any]] = []
    floor = NAN
    if series is not None:
        start = series.next_period(day)
        before = series.before(start)
        floor = float(series.floors[before].mean())
        incumbents = [
            _incumbent(series, product, start, before, [], day, traits)
            for product, spellings in sorted(series.products.items())
            if series.listed(spellings, before)
        ]
    incumbents = [
        row | {"before_high": NAN, "counts": True}
        for row in incumbents
        if row["model_id"] not in new
    ]
    vendors = set(launched["vendor_id"])
    listed = {row["model_id"] for row in incumbents}
    names = {row["product"] for row in incumbents}
    for model_id, vendor in sorted(set(offered)):
        if model_id in listed or model_id in new:
            continue
        price = traits.price(model_id)
        released = traits.released_on(model_id, otherwise=date.min)
        if released > day:  # the prices are of a later day
            continue
        incumbents.append({
            # The list may call another version, or one nobody knows, by this one's id.
            "product": f"{model_id} (not listed)" if model_id in names else model_id,
            "model_id": model_id, "vendor": vendor, "line": line_of(model_id),
            "released_on": released,
            "segment": traits.segment(model_id, price),
            "price": price, "capability": traits.capability(model_id, day), "before": NAN,
            "before_high": floor, "momentum": 0.0, "is_free": 0.0,
            "is_recent": (day - released).days <= RECENT_DAYS, "floor": NAN, "after_low": NAN,
            "after_high": NAN, "counts": series is None or vendor in vendors,
        })  # fmt: skip
    entrants = [_entrant(None, row, [], [], day, traits) for row in launched.itertuples()]
    if incumbents:
        settle(incumbents, entrants, traits)
    return incumbents, entrants


def volume_before(series: Series | None, model_id: str, day: date) -> dict[str, Any]:
    """A version's own `before` and `before_high` on the list before a day, as `before_event` has
    those of others; and what else of an incumbent a withdrawn or repriced product needs."""
    found: dict[str, Any] = {
        "before": NAN, "before_high": NAN, "counts": True, "momentum": 0.0, "is_recent": False,
    }  # fmt: skip
    if series is None:
        return found
    before = series.before(series.next_period(day))
    found["before_high"] = float(series.floors[before].mean())
    product = series.product_of(model_id, before)
    if product is not None:
        low, high = series.bounds(series.listed(series.products[product], before), before)
        found["before"] = (low + high) / 2
    return found


def succeed(
    entrants: list[dict[str, Any]], incumbents: list[dict[str, Any]], traits: Traits
) -> None:
    """Fill in each entrant's `predecessor, kind, log_price_ratio`, line and segment.

    One predecessor has one successor: of its own line first, then the nearest in price, then the
    plainest name. Others of the vendor are siblings, those of a vendor not there before arrivals.
    A successor that costs no more and is at least as capable competes where its predecessor does,
    whatever its price band.
    """
    known = {row["product"]: row for row in incumbents}
    vendors = {row["vendor"] for row in incumbents}
    claims = []
    for at, entrant in enumerate(entrants):
        entrant |= {"predecessor": None, "kind": "sibling", "log_price_ratio": np.nan}
        if entrant["vendor"] not in vendors:
            entrant["kind"] = "arrival"
        elif found := predecessor(entrant, incumbents):
            ratio = float(np.log(entrant["price"] / known[found[0]]["price"]))
            apart = 9.0 if np.isnan(ratio) else abs(ratio)
            name = str(entrant["model_id"])
            claims.append((found[1] != "line", apart, len(name), name, at, *found[:1], ratio))
    taken = set()
    for *_, at, product, ratio in sorted(claims):
        if product not in taken:
            taken.add(product)
            entrant, former = entrants[at], known[product]
            entrant |= {"predecessor": product, "kind": "successor", "log_price_ratio": ratio}
            entrant["line"] = former["line"]
            if ratio <= 0 and traits.is_as_capable(
                entrant["event_id"], entrant["model_id"], former["model_id"]
            ):
                entrant["segment"] = former["segment"]


def _spellings_of(series: Series, models: set[str], start: date) -> dict[str, list[int]]:
    """Spellings that mean one of the models from the launch on and were not listed before it."""
    launch = bisect_right(series.starts, start) - 1
    found: dict[str, list[int]] = {}
    for at in np.flatnonzero(np.isnan(series.volumes[:, :launch]).all(axis=1)):
        for model in models & set(series.versions[at, launch:]):
            found.setdefault(model, []).append(int(at))
    return found


def _free_share(series: Series, spellings: list[int]) -> float:
    """Part of the spellings that are given away: the list's names say it."""
    return float(np.mean([":free" in series.spellings[at] for at in spellings] or [False]))


def _incumbent(
    series: Series,
    product: str,
    start: date,
    before: list[int],
    after: list[int],
    day: date,
    traits: Traits,
) -> dict[str, Any]:
    spellings = series.products[product]
    there = series.listed(spellings, before)
    low, high = series.bounds(there, before)
    meant = [model for model in series.versions[np.ix_(there, before)].T.ravel() if model]
    model = str(meant[-1]) if meant else None
    price = traits.price(model)
    since = series.listed_since(product)
    row: dict[str, Any] = {
        "product": product,
        "model_id": model,
        "vendor": series.vendors[product],
        "line": line_of(model or product),
        "released_on": traits.released_on(model, otherwise=series.starts[since]),
        "segment": traits.segment(model, price),
        "price": price,
        "capability": traits.capability(model, day),
        "before": (low + high) / 2,
        "momentum": _momentum(np.nansum(series.volumes[np.ix_(there, before)], axis=0)),
        "is_free": _free_share(series, there),
        "is_recent": since > 0 and (start - series.starts[since]).days <= RECENT_DAYS,
        "floor": NAN,
        "after_low": NAN,
        "after_high": NAN,
    }
    if after:
        low, high = series.bounds(sorted({*there, *series.listed(spellings, after)}), after)
        # Below its floor a volume is not seen, so forecasts are not told apart there.
        floor = high if high > low else float(series.floors[after].mean())
        row |= {"after_low": low, "after_high": high, "floor": floor}
    return row


def _entrant(
    series: Series | None,
    row: Any,
    spellings: list[int],
    after: list[int],
    day: date,
    traits: Traits,
) -> dict[str, Any]:
    price = traits.price(row.model_id)
    entrant: dict[str, Any] = {
        "event_id": row.event_id,
        "model_id": row.model_id,
        "product": row.model_id,
        "vendor": row.vendor_id,
        "line": line_of(row.model_id),
        "released_on": row.effective_on,
        "price": price,
        "capability": traits.capability(row.model_id, day),
        "segment": traits.segment(row.model_id, price),
        "is_free": 0.0,
        "floor": NAN,
        "after_low": NAN,
        "after_high": NAN,
    }
    if series is None:
        return entrant
    if spellings:
        entrant["product"] = series.spellings[spellings[0]].split(":")[0]
        entrant["is_free"] = _free_share(series, spellings)
    if after:
        seen = series.listed(spellings, after)
        floor = float(series.floors[after].mean())
        low, high = series.bounds(seen, after) if seen else (0.0, floor)
        entrant |= {"floor": floor, "after_low": low, "after_high": high}
    return entrant


def _momentum(volumes: Array) -> float:
    """Log growth from the first half of a window to its second; 0 if it cannot be told."""
    seen = volumes[volumes > 0]
    half = len(seen) // 2
    return float(np.log(seen[-half:].mean() / seen[:half].mean())) if half else 0.0
