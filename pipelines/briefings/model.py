"""One model on one page: what it cost, where it stands, who is on each side, what would beat it."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from pipelines.analysis import INTERVAL
from pipelines.answers import UnknownModel, find_model
from pipelines.briefings import changes as changed
from pipelines.briefings import judged
from pipelines.briefings.changes import INTERVAL_COLUMNS, Snapshot, mixed, snapshot, standing_fact
from pipelines.briefings.charts import Bar, Chart, PriceHistory, PriceStep, Standings
from pipelines.briefings.evidence import (
    capability_fact,
    price_fact,
    release_fact,
    result_fact,
)
from pipelines.briefings.facts import Facts, Figure, score_format
from pipelines.briefings.market import (
    BriefingError,
    Market,
    Order,
    Row,
    newest_fact,
    read_market,
    rows,
    with_contradictions,
)
from pipelines.briefings.provenance import fit_behind, masthead
from pipelines.briefings.theme import Theme
from pipelines.warehouse import Connection

#: How many of each a page shows.
HOSTS, RESULTS, NEIGHBOURS = 8, 20, 12
#: How far a price history reaches back where older days say nothing.
LEAST_SPAN = timedelta(days=90)


def gather(connection: Connection, facts: Facts, order: Order, theme: Theme) -> Row:
    """Everything `model.md.j2` prints. Raises BriefingError."""
    newest = newest_fact(connection)
    as_of = order.as_of or min(order.known_by or newest, newest)
    known_by = order.known_by or newest
    if as_of > newest:
        raise BriefingError(f"as of {as_of}: the newest fact is of {newest}")
    try:
        model_id = find_model(connection, order.subject, as_of)
    except UnknownModel as error:
        raise BriefingError(str(error)) from error
    market = read_market(
        connection, facts, as_of, known_by, known_by, known_by >= newest, theme.segments
    )
    now = snapshot(market, as_of, known_by)
    positions = {s: now.positions.get((s, model_id)) for s in market.segments}
    price = next((p for p in now.prices.values() if p["model_id"] == model_id), None)
    release = next(
        (r for r in changed.known_releases(market, known_by) if r["model_id"] == model_id), None
    )
    retirement = next(
        (r for r in changed.known_retirements(market, known_by) if r["model_id"] == model_id), None
    )
    steps = price_steps(market, model_id, as_of, known_by)
    charts: dict[str, Chart] = {}
    if steps:
        charts["history"] = history(market, steps, release, retirement, as_of)
    if (chart := neighbours(market, now, model_id)) is not None:
        charts["standing"] = chart
    fits = [p["capability_known_on"] for p in now.positions.values()]
    name = str(market.name(model_id))
    return {
        **masthead(market, "model", f"{name}: price, place and rivals"),
        "usual_as_of": min(order.known_by or newest, newest),
        "model_id": model_id,
        "name": name,
        "asked": order.subject,
        "vendor": market.vendor(model_id),
        "model": market.models.get(model_id, {}),
        "price": changed.price_figures(market, price),
        "is_disputed": bool(price and price["is_disputed"]),
        "others": changed.other_prices(market, price, as_of, known_by) if price else [],
        "release": _release(market, release),
        "retirement": changed.retirement_figures(market, retirement, now) if retirement else None,
        "steps": steps,
        "first_step": steps[0] if steps else None,
        "hosts": hosts(market, model_id, price),
        "standing": [standing(market, now, s, p) for s, p in positions.items() if p is not None],
        "absent": [market.segment_name(s) for s, p in positions.items() if p is None],
        "results": results(market, model_id),
        "judged": judged.of_model(market, model_id, now),
        "charts": charts,
        "method_fit": fit_behind(market, max(fits, default=None)),
        "vendors": {market.vendor(model_id)},
        "about": {model_id},
    }


def _release(market: Market, release: Row | None) -> Row | None:
    if release is None:
        return None
    fact = release_fact(market, release)
    return {
        "on": market.facts.figure(release["api_available_on"], "date", fact),
        "announced_on": market.facts.figure(release["announced_on"], "date", fact),
        "event_id": release["event_id"],
    }


def price_steps(market: Market, model_id: str, as_of: date, known_by: date) -> list[Row]:
    """The list price from day to day by what was known: one row a change, gaps where unknown.

    `until` is the first day it is not known to hold, None while it does.
    """
    answers = rows(
        market.connection,
        "with days as ("
        "select c.offering_id, c.holds_from as on_day from core.price_claims as c "
        "inner join core.offerings as o on o.offering_id = c.offering_id "
        "where c.model_id = ? and o.is_list_price and cast(c.known_at as date) <= ? "
        "union select c.offering_id, c.valid_to_earliest from core.price_claims as c "
        "inner join core.offerings as o on o.offering_id = c.offering_id "
        "where c.model_id = ? and o.is_list_price and cast(c.known_at as date) <= ? "
        "and c.valid_to_earliest is not null "
        "union select o.offering_id, a.api_available_on from core.offerings as o "
        "inner join core.availability as a on a.model_id = o.model_id "
        "where o.model_id = ? and o.is_list_price and a.api_available_on is not null "
        "union select o.offering_id, a.shutdown_on from core.offerings as o "
        "inner join core.availability as a on a.model_id = o.model_id "
        "where o.model_id = ? and o.is_list_price and a.shutdown_on is not null), "
        "answers as (select asked.offering_id, asked.on_day, p.* from days as asked "
        f"cross join price_of(asked.offering_id, asked.on_day, date '{known_by}') as p "
        "where asked.on_day <= ?) "
        "select d.on_day, a.input_usd_per_mtok, a.output_usd_per_mtok, a.is_disputed, c.* exclude "
        "(input_usd_per_mtok, output_usd_per_mtok) from days as d "
        "left join answers as a on a.offering_id = d.offering_id and a.on_day = d.on_day "
        "left join core.price_claims as c on c.source || ':' || c.claim_id = a.first_claim "
        "where d.on_day <= ? order by d.on_day",
        [model_id, known_by, model_id, known_by, model_id, model_id, as_of, as_of],
    )
    found: list[Row] = []
    former: tuple[Any, Any] | None = None
    for answer in answers:
        pair = (answer["input_usd_per_mtok"], answer["output_usd_per_mtok"])
        is_known = pair[0] is not None
        if is_known and former == pair:
            continue
        if former is not None and found and found[-1]["until"] is None:
            found[-1]["until"] = answer["on_day"]
        former = pair if is_known else None
        if not is_known:
            continue
        fact = price_fact(market, {**answer, "model_id": model_id}, answer["on_day"])
        share = None
        if found:
            old = found[-1]["claim"]
            share = mixed(answer) / mixed(old) - 1
        found.append(
            {
                "from": answer["on_day"],
                "until": None,
                "claim": answer,
                "from_figure": market.facts.figure(answer["on_day"], "date", fact),
                "input": market.facts.figure(pair[0], "usd", fact),
                "output": market.facts.figure(pair[1], "usd", fact),
                "mix": market.facts.figure(mixed(answer), "usd", fact),
                "change": market.facts.figure(
                    share, "signed", changed.move_fact(market, found[-1]["claim"], answer, share)
                )
                if share is not None
                else None,
            }
        )
    return found


def history(
    market: Market, steps: Sequence[Row], release: Row | None, retirement: Row | None, as_of: date
) -> PriceHistory:
    """Input and output over time with the days that matter marked."""
    first = min(steps[0]["from"], as_of - LEAST_SPAN)
    marks = []
    if release and release["api_available_on"] and release["api_available_on"] >= first:
        marks.append((release["api_available_on"], "on sale"))
    if retirement and retirement["deprecated_on"] and retirement["deprecated_on"] <= as_of:
        marks.append((retirement["deprecated_on"], "retirement announced"))
    if retirement and retirement["shutdown_on"] and retirement["shutdown_on"] <= as_of:
        marks.append((retirement["shutdown_on"], "shut down"))
    series = [
        (
            side,
            [
                PriceStep(s["from"], s["until"], float(s["claim"][f"{side}_usd_per_mtok"]), s[side])
                for s in steps
            ],
        )
        for side in ("output", "input")
    ]
    return PriceHistory("history", series, marks, first, as_of)


def hosts(market: Market, model_id: str, price: Row | None) -> list[Row]:
    """Street prices of the same version: hosts other than the vendor, cheapest first."""
    found = rows(
        market.connection,
        f"select * from prices_on('{market.as_of}', '{market.known_by}') "
        "where model_id = ? and not is_list_price and variant = 'standard'",
        [model_id],
    )
    found.sort(key=lambda p: (mixed(p), p["host"]))
    return [
        {
            "host": p["host"].replace("_", " "),
            **(changed.price_figures(market, p) or {}),
            "against": market.facts.figure(
                mixed(p) / mixed(price) - 1, "change", changed.move_fact(
                    market, price, p, mixed(p) / mixed(price) - 1
                ),
            )
            if price
            else None,
        }
        for p in found[:HOSTS]
    ]  # fmt: skip


def standing(market: Market, now: Snapshot, segment_id: str, position: Row) -> Row:
    """A place in a segment, the rivals on each side of it, and what would take it."""
    fact = standing_fact(market, now, segment_id, position)
    figure = market.facts.figure
    members = [p for (s, _), p in now.positions.items() if s == segment_id]
    others = [p for p in members if p["model_id"] != position["model_id"]]
    price, able = position["price_3to1_usd_per_mtok"], position["capability"]
    cheaper = max(
        (p for p in others if p["price_3to1_usd_per_mtok"] < price and p["is_on_frontier"]),
        key=lambda p: (p["capability"], p["model_id"]),
        default=None,
    )
    abler = min(
        (p for p in others if p["capability"] > able),
        key=lambda p: (p["price_3to1_usd_per_mtok"], -p["capability"], p["model_id"]),
        default=None,
    )
    row: Row = {
        "segment": market.segment_name(segment_id),
        "rank": figure((position["capability_rank"], position["members"]), "rank", fact),
        "capability": figure(
            (able, position["capability_low"], position["capability_high"]),
            "interval",
            capability_fact(market, {**position, "segment_id": segment_id}),
        ),
        "premium": figure(position["premium_to_frontier_share"], "percent", fact),
        "premium_heavy": figure(position["premium_to_frontier_98to2_share"], "percent", fact),
        "is_on_frontier": position["is_on_frontier"],
        "dominated_by": market.name(position["dominated_by"]),
        "dominated_points": figure(position["dominated_by_points"], "points", fact),
        "dominated_cheaper": figure(position["dominated_cheaper_share"] or None, "percent", fact),
        "cheaper": _rival(market, now, segment_id, cheaper, able),
        "abler": _rival(market, now, segment_id, abler, able),
        "at_price": figure(price, "usd", fact),
        "at_points": figure(able, "points", fact),
        "by_price": None,
        "by_points": None,
    }
    if position["is_on_frontier"]:
        row |= {
            "by_price": _by_price(market, now, segment_id, others, price, able),
            "by_points": _by_points(market, now, segment_id, others, price, able),
        }
    return row


def _rival(
    market: Market, now: Snapshot, segment_id: str, rival: Row | None, able: float
) -> Row | None:
    if rival is None:
        return None
    fact = standing_fact(market, now, segment_id, rival)
    return {
        "name": market.name(rival["model_id"]),
        "price": market.facts.figure(rival["price_3to1_usd_per_mtok"], "usd", fact),
        "points": market.facts.figure(abs(rival["capability"] - able), "points", fact),
    }


def _by_price(
    market: Market, now: Snapshot, segment_id: str, others: Sequence[Row], price: Any, able: float
) -> Row | None:
    """Who would take the place by the smallest cut: at least as able, but dearer."""
    dearer = [p for p in others if p["capability"] >= able and p["price_3to1_usd_per_mtok"] > price]
    nearest = min(dearer, key=lambda p: (p["price_3to1_usd_per_mtok"], p["model_id"]), default=None)
    if nearest is None:
        return None
    fact = standing_fact(market, now, segment_id, nearest)
    return {
        "name": market.name(nearest["model_id"]),
        "cut": market.facts.figure(1 - price / nearest["price_3to1_usd_per_mtok"], "percent", fact),
    }


def _by_points(
    market: Market, now: Snapshot, segment_id: str, others: Sequence[Row], price: Any, able: float
) -> Row | None:
    """Who would take the place by the smallest gain of capability: no dearer, but less able."""
    weaker = [p for p in others if p["capability"] < able and p["price_3to1_usd_per_mtok"] <= price]
    nearest = max(weaker, key=lambda p: (p["capability"], p["model_id"]), default=None)
    if nearest is None:
        return None
    fact = standing_fact(market, now, segment_id, nearest)
    return {
        "name": market.name(nearest["model_id"]),
        "points": market.facts.figure(able - nearest["capability"], "points", fact),
    }


def neighbours(market: Market, now: Snapshot, model_id: str) -> Standings | None:
    """The model among those nearest to it: frontier models and the next in rank, by segment."""
    own = [s for s in market.segments if (s, model_id) in now.positions]
    if not own:
        return None
    near: dict[str, int] = {}
    for segment_id in own:
        rank = now.positions[segment_id, model_id]["capability_rank"]
        for (s, m), p in now.positions.items():
            if s == segment_id and m != model_id:
                gap = abs(p["capability_rank"] - rank) * (1 if p["is_on_frontier"] else 2)
                near[m] = min(near.get(m, gap), gap)
    chosen = [model_id, *sorted(near, key=lambda m: (near[m], m))[: NEIGHBOURS - 1]]
    best = {
        m: max(now.positions[s, m]["capability"] for s in own if (s, m) in now.positions)
        for m in chosen
    }
    chosen.sort(key=lambda m: (-best[m], m))
    cells = {}
    for i, m in enumerate(chosen):
        for j, segment_id in enumerate(own):
            place = now.positions.get((segment_id, m))
            if place is None:
                continue
            middle, low, high = interval = tuple(place[k] for k in INTERVAL_COLUMNS)
            fact = capability_fact(market, {**place, "segment_id": segment_id})
            cells[i, j] = Bar(
                middle,
                low,
                high,
                place["is_on_frontier"],
                market.facts.figure(interval, "interval", fact),
            )
    return Standings(
        name="standing",
        models=[str(market.name(m)) for m in chosen],
        segments=[market.segment_name(s) for s in own],
        cells=cells,
        marked=[str(market.name(model_id))],
        interval=f"{INTERVAL:.0%}",
    )


def results(market: Market, model_id: str) -> list[Row]:
    """Benchmark results known, the headline metric, official and independent apart."""
    found = with_contradictions(
        rows(
            market.connection,
            "select r.*, b.name as benchmark, b.ability_id from results_known(?) as r "
            "inner join core.benchmarks as b on b.benchmark_id = r.benchmark_id "
            "where r.model_id = ? and r.is_headline_metric and not r.is_repeat "
            "order by b.ability_id, b.name, r.published_on desc, r.result_id",
            [market.known_by, model_id],
        )
    )
    shown: list[Row] = []
    seen: set[tuple[str, str]] = set()
    for row in found:
        key = (row["benchmark_id"], row["evidence"])
        if key in seen:
            continue
        seen.add(key)
        figure: Figure | None = market.facts.figure(
            row["score"], score_format(row["unit"]), result_fact(market, row)
        )
        shown.append(
            {
                "benchmark": row["benchmark"],
                "release": row["benchmark_release"],
                "ability": market.abilities.get(row["ability_id"], ""),
                "publisher": row["publisher"],
                "evidence": row["evidence"],
                "configuration": row["configuration"],
                "on": row["published_on"],
                "score": figure,
            }
        )
    return shown[:RESULTS]
