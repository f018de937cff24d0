"""The two years behind a monthly issue, by what the issue knew: prices, places and who led.

`marts.price_index` and `marts.price_of_capability` speak with all that is known now; an issue may
not. So list prices of past month ends are resolved by the issue's known time, and placed by its
fit. The formulae are those of the mart (`pipelines.analysis.index_numbers`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np

from pipelines.analysis import INTERVAL
from pipelines.analysis.index_numbers import (
    LEAST_HEDONIC,
    LEAST_MATCHED,
    Array,
    Chain,
    chained,
    cheapest,
    hedonic,
    matched,
)
from pipelines.briefings.charts import Chart, Lines
from pipelines.briefings.evidence import computed_fact
from pipelines.briefings.facts import Fact, Figure, quoted
from pipelines.briefings.market import Market, Row, rows

#: Months behind the issue: of the price index, and of places in segments.
MONTHS, YEAR = 24, 12
#: Levels of overall capability whose price is followed, index points.
LEVELS = (110, 120, 130, 140, 150)
#: A fall by this factor in a year is a finding.
NOTABLE = 1.1
#: Steps of capability in a segment, index points.
STEP = 10
#: How many vendors a chart of places names, and months before the issue that its table shows.
VENDORS, LEADERS_AT = 5, (12, 6, 3, 1, 0)


@dataclass(frozen=True)
class Past:
    """Month ends up to the issue's day, and what held on each by the issue's known time."""

    days: list[date]
    models: list[str]
    #: List price at 3:1 by day and version, NaN where none is known.
    panel: Array
    #: Overall capability and its standard deviation by version, NaN where not measured.
    able: Array
    sd: Array
    fit_on: date | None
    #: Every position on each day of the last year.
    positions: dict[date, list[Row]]


def month_ends(as_of: date, months: int) -> list[date]:
    """The ends of so many months before a day, and the day."""
    found = [as_of]
    for _ in range(months):
        found.append(found[-1].replace(day=1) - timedelta(days=1))
    return found[::-1]


def read(market: Market) -> Past | None:
    """What the past months are known to have been. None if no list price was known then."""
    days = month_ends(market.as_of, MONTHS)
    connection = market.connection
    listed = ", ".join(f"(date '{day}')" for day in days)
    connection.execute(
        "create or replace temp table past_offers as "
        "select cast(d.on_day as varchar) as market_id, d.on_day, "
        f"date '{market.known_by}' as known_by, false as is_drawn, p.model_id, p.host, p.variant, "
        "p.is_list_price, p.input_usd_per_mtok, p.output_usd_per_mtok, p.cache_read_usd_per_mtok, "
        "p.is_disputed, p.source, p.claim_id, "
        "workload_price(p.input_usd_per_mtok, p.output_usd_per_mtok, null, 0.25, 0) as price "
        f"from (values {listed}) as d(on_day) "
        f"cross join prices_on(d.on_day, date '{market.known_by}') as p where p.is_list_price"
    )
    offers = rows(
        connection, "select on_day, model_id, price from past_offers order by on_day, model_id"
    )
    if not offers:
        return None
    able = rows(
        connection,
        "select c.model_id, c.known_on, c.capability, c.capability_sd "
        "from analysis.capabilities as c where c.basket_kind = 'overall' and c.known_on = "
        "(select max(f.known_on) from analysis.fits as f where f.known_on <= ?)",
        [market.known_by],
    )
    connection.execute(
        "create or replace temp table year_offers as select * exclude (on_day, price) "
        f"from past_offers where on_day >= date '{days[-1 - YEAR]}'"
    )
    positions: dict[date, list[Row]] = {day: [] for day in days[-1 - YEAR :]}
    for row in rows(
        connection,
        "select * from standings('year_offers') order by market_id, segment_id, capability_rank, "
        "model_id",
    ):
        if row["segment_id"] in market.segments:
            positions[date.fromisoformat(row["market_id"])].append(row)
    models = sorted({row["model_id"] for row in offers})
    at = {model: i for i, model in enumerate(models)}
    panel = np.full((len(days), len(models)), np.nan)
    for row in offers:
        panel[days.index(row["on_day"]), at[row["model_id"]]] = float(row["price"])
    measured = {row["model_id"]: row for row in able}

    def column(key: str) -> Array:
        return np.array([measured.get(m, {}).get(key, np.nan) for m in models], dtype=float)

    return Past(
        days, models, panel, column("capability"), column("capability_sd"),
        max((row["known_on"] for row in able), default=None), positions,
    )  # fmt: skip


def price_index(market: Market, past: Past) -> Row:
    """Matched and hedonic index with a year before the issue at 100, and what levels cost.

    `charts` may be empty: too few list prices were known.
    """
    base = len(past.days) - 1 - YEAR
    charts: dict[str, Chart] = {}
    found: Row = {"matched": None, "hedonic": None, "levels": [], "from": past.days[base]}
    lines, bands = [], {}
    for key, words, link, least in (
        ("hedonic", "at equal capability", hedonic(past.panel, past.able), LEAST_HEDONIC),
        ("matched", "models already on sale", matched(past.panel), LEAST_MATCHED),
    ):
        chain = chained(len(past.days), len(past.models), link, least)
        known = [i for i, level in enumerate(chain.level) if not np.isnan(level)]
        if base not in known or known[-1] != len(past.days) - 1:
            continue
        found[key], line, band = _index(market, past, key, words, chain, base, known)
        lines.append((words, line))
        bands[words] = band
    if lines:
        charts["index"] = Lines(
            "index", lines, "Price index, a year before = 100", "{:.0f}", True, bands
        )
    priced = []
    bands = {}
    for level in LEVELS:
        by_day = cheapest(past.panel, past.able, past.sd, level, INTERVAL)
        if by_day[-1] is None:
            continue
        row, line, band = _level(market, past, level, by_day, base)
        found["levels"].append(row)
        if len(line) > 1:
            priced.append((row["words"], line))
            bands[row["words"]] = band
    if priced:
        charts["levels"] = Lines(
            "levels", priced, "USD per million tokens, 3:1", "${:g}", True, bands
        )
    falls = [row for row in found["levels"] if row["times"] is not None]
    found["fastest"] = max(falls, key=lambda row: row["times"].value, default=None)
    sides = [found[key] for key in ("hedonic", "matched")]
    found["is_by_new_models"] = all(sides) and sides[0]["level"] < min(sides[1]["level"], 100)
    found["charts"] = charts
    return found


def _days_sql(days: Sequence[date]) -> str:
    """Month ends and the last day as a table, in SQL."""
    first, last = days[0].replace(day=1), days[-1].replace(day=1)
    return (
        f"(select least(last_day(cast(t.m as date)), date '{days[-1]}') as on_day from "
        f"generate_series(timestamp '{first}', timestamp '{last}', interval 1 month) as t(m)) as d"
    )


#: The list price of an offering in a query.
MIX = "workload_price(p.input_usd_per_mtok, p.output_usd_per_mtok, null, 0.25, 0)"


def _prices_sql(past: Past, market: Market) -> str:
    return (
        f"from {_days_sql(past.days)} cross join prices_on(d.on_day, date '{market.known_by}') as p"
    )


def _able_sql(past: Past) -> str:
    return (
        "inner join analysis.capabilities as c on c.model_id = p.model_id "
        f"and c.basket_kind = 'overall' and c.known_on = date '{past.fit_on}'"
    )


def _index(
    market: Market, past: Past, key: str, words: str, chain: Chain, base: int, known: Sequence[int]
) -> tuple[Row, list[tuple[date, float, Figure | None]], list[tuple[date, float, float]]]:
    values = {i: 100 * float(chain.level[i] / chain.level[base]) for i in known}
    ends = {i: chain.interval(i, INTERVAL, base) for i in known}
    last = known[-1]
    is_hedonic = key == "hedonic"
    able = _able_sql(past) + " " if is_hedonic else ""
    fact = computed_fact(
        market,
        f"Price index {words}, {past.days[known[0]]} to {past.days[last]}",
        f"{values[last]:.1f} ({ends[last][0]:.1f} to {ends[last][1]:.1f}) at its end",
        f"select d.on_day, p.model_id, {MIX} as price{', c.capability' if is_hedonic else ''} "
        f"{_prices_sql(past, market)} {able}where p.is_list_price order by d.on_day, p.model_id",
        f"{'adjacent-period time dummy' if is_hedonic else 'Fisher, equal expenditure'}, chained "
        f"over what the query gives (docs/price_index.md); {INTERVAL:.0%} interval by resampling "
        "versions",
        f"index, {past.days[base]} is 100",
    )
    figure = market.facts.figure
    line = [(past.days[i], values[i], figure(values[i], "index", fact)) for i in known]
    share = values[last] / 100 - 1
    low, high = (end / 100 - 1 for end in ends[last])
    row = {
        "level": values[last],
        "move": "fell" if share <= -0.005 else "rose" if share >= 0.005 else "same",
        "share": figure(abs(share), "percent", fact),
        "interval": figure((share, low, high), "signed_interval", fact),
        "models": figure(int(chain.count[last]), "count", fact),
    }
    return row, line, [(past.days[i], *ends[i]) for i in known]


def _level(
    market: Market,
    past: Past,
    level: int,
    by_day: Sequence[tuple[float, float, float, int] | None],
    base: int,
) -> tuple[Row, list[tuple[date, float, Figure | None]], list[tuple[date, float, float]]]:
    now, then = by_day[-1], by_day[base]
    assert now is not None  # asked of levels on offer only
    high = f"{now[2]:.4g}" if np.isfinite(now[2]) else "not on offer"
    fact = computed_fact(
        market,
        f"Cheapest list price of an overall capability of {level}, to {market.as_of}",
        f"{now[0]:.4g} ({now[1]:.4g} to {high})",
        f"select d.on_day, min({MIX}) as price {_prices_sql(past, market)} "
        f"{_able_sql(past)} and c.capability >= {level} "
        "where p.is_list_price group by d.on_day order by d.on_day",
        f"{INTERVAL:.0%} interval by draws of who reaches it",
        "USD per million tokens, 3:1",
    )
    figure = market.facts.figure
    line: list[tuple[date, float, Figure | None]] = []
    band: list[tuple[date, float, float]] = []
    for day, at in zip(past.days, by_day, strict=True):
        if at is None:
            continue
        line.append((day, at[0], figure(at[0], "usd", fact)))
        if np.isfinite(at[2]):
            band.append((day, at[1], at[2]))
        else:
            band.clear()  # a band begins anew after a day on which it had no upper end
    model = past.models[_cheapest_at(past, level)]
    row = {
        "words": f"capability {level}",
        "level": figure(level, "count", fact),
        "model": market.name(model),
        "price": figure(now[0], "usd", fact),
        "low": figure(now[1], "usd", fact),
        "high": figure(now[2], "usd", fact) if np.isfinite(now[2]) else None,
        "former": figure(then[0], "usd", fact) if then else None,
        "times": figure(then[0] / now[0], "times", fact) if then else None,
        "is_notable": bool(then and then[0] / now[0] >= NOTABLE),
    }
    return row, line, band


def _cheapest_at(past: Past, level: int) -> int:
    prices = np.where(past.able >= level, past.panel[-1], np.nan)
    return int(np.nanargmin(prices))


# ------------------------------------------------------------------ places over time


def price_of_capability(market: Market, past: Past) -> list[Row]:
    """Per segment the highest step of capability on offer now and a year before, and its price.

    Where none was on offer then, the highest on offer now.
    """
    then, now = past.days[-1 - YEAR], past.days[-1]
    found = []
    for segment_id in market.segments:
        sides = {
            day: [p for p in past.positions[day] if p["segment_id"] == segment_id]
            for day in (then, now)
        }
        if not sides[now]:
            continue
        tops = {
            day: STEP * int(max(p["capability"] for p in side) // STEP)
            for day, side in sides.items() if side
        }  # fmt: skip
        level = min(tops.values())
        row: Row = {"segment": market.segment_name(segment_id)}
        for key, day in (("now", now), ("then", then)):
            best = min(
                (p for p in sides[day] if p["capability"] >= level),
                key=lambda p: (p["price_3to1_usd_per_mtok"], -p["capability"], p["model_id"]),
                default=None,
            )
            fact = computed_fact(
                market,
                f"Cheapest of {level} points or more in {row['segment']} on {day}",
                f"{best['price_3to1_usd_per_mtok']:.4g}" if best else "not on offer",
                "select s.model_id, s.capability, s.price_3to1_usd_per_mtok as price from "
                f"standing_on({quoted(segment_id)}, '{day}', '{market.known_by}') as s "
                f"where s.capability >= {level} order by price limit 1",
                "list prices of the day, fit and prices as known by the issue",
                "USD per million tokens, 3:1",
            )
            row[key] = best and {
                "model": market.name(best["model_id"]),
                "price": market.facts.figure(best["price_3to1_usd_per_mtok"], "usd", fact),
                "value": float(best["price_3to1_usd_per_mtok"]),
            }
            row.setdefault("level", market.facts.figure(level, "count", fact))
            row.setdefault("fact", fact)
        row["times"] = (
            market.facts.figure(row["then"]["value"] / row["now"]["value"], "times", row["fact"])
            if row["then"] and row["now"] and row["now"]["value"] > 0
            else None
        )
        found.append(row)
    return found


def places(market: Market, past: Past) -> Row | None:
    """How many places on frontiers each vendor held by month, and who led each segment."""
    days = [day for day, positions in past.positions.items() if positions]
    if len(days) < 2:
        return None
    held: dict[date, dict[str, int]] = {day: {} for day in days}
    for day in days:
        for p in past.positions[day]:
            if p["is_on_frontier"]:
                vendor = market.vendor(p["model_id"])
                held[day][vendor] = held[day].get(vendor, 0) + 1
    first, last = days[0], days[-1]
    total = sum(held[last].values())
    fact = _places_fact(market, past, f"{total} places on {last}")
    figure = market.facts.figure
    ranked = sorted({v for day in days for v in held[day]},
                    key=lambda v: (-held[last].get(v, 0), -held[first].get(v, 0), v))  # fmt: skip
    lines = [
        (
            vendor,
            [(day, float(n := held[day].get(vendor, 0)), figure(n, "count", fact)) for day in days],
        )
        for vendor in ranked[:VENDORS]
    ]
    leader = ranked[0]
    gained = held[last].get(leader, 0) - held[first].get(leader, 0)
    return {
        "chart": Lines("places", lines, "Places on frontiers", "{:.0f}"),
        "leader": leader,
        "held": figure(held[last].get(leader, 0), "count", fact),
        "total": figure(total, "count", fact),
        "gained": figure(abs(gained), "count", fact) if gained else None,
        "is_more": gained > 0,
        "since": first,
        "days": [past.days[-1 - back] for back in LEADERS_AT if past.days[-1 - back] in days],
        "leaders": _leaders(market, past, days, fact),
    }


def _leaders(market: Market, past: Past, days: Sequence[date], fact: Fact) -> list[Row]:
    asked = [past.days[-1 - back] for back in LEADERS_AT if past.days[-1 - back] in days]
    found = []
    for segment_id in market.segments:
        names: list[Any] = []
        for day in asked:
            first = next((p for p in past.positions[day] if p["segment_id"] == segment_id), None)
            names.append(market.name(first["model_id"]) if first else None)
        if any(names):
            found.append({"segment": market.segment_name(segment_id), "names": names})
    return found


def _places_fact(market: Market, past: Past, value: str) -> Fact:
    return computed_fact(
        market,
        f"Every frontier at month ends from {past.days[-1 - YEAR]} to {past.days[-1]}",
        value,
        "select d.on_day, f.segment_id, f.model_id from "
        f"{_days_sql(past.days[-1 - YEAR :])} cross join core.segments as g "
        f"cross join frontier_on(g.segment_id, d.on_day, date '{market.known_by}') as f "
        "where g.kind = 'models' order by d.on_day, f.segment_id, f.model_id",
        "list prices of each day, fit and prices as known by the issue",
        "places: a model counts once a segment",
    )
