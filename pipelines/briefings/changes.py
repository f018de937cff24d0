"""What changed in the market between two questions, each of a day and what was known by then.

Weekly and monthly issues and alerts all draw from here, so that they never disagree. A change in
the market is told apart from a change in what is known of it: a price learnt late, or corrected,
has not moved. Sentences about changes are in `changes.md.j2`.
"""

import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from pipelines.briefings.evidence import (
    computed_fact,
    price_fact,
    ratio_fact,
    release_fact,
)
from pipelines.briefings.facts import Fact, Figure, day, quoted
from pipelines.briefings.market import Market, Row, rows

SEVERITIES = ("high", "medium", "low")
#: A list price that falls or rises by this share of its 3:1 mix, and more, is of high severity.
LARGE_MOVE = Decimal("0.2")
#: Two feeds that state one price per token and per million differ by less than this share of it.
ROUNDING = Decimal("0.002")
#: Retirements nearer than this are of high severity: there is work to do now.
SOON = timedelta(days=60)
#: How far ahead dates are listed.
AHEAD = timedelta(days=180)
#: An estimate with its interval, as a position holds it.
INTERVAL_COLUMNS = ("capability", "capability_low", "capability_high")


@dataclass(frozen=True)
class Change:
    """One change: its kind and severity, the day it took effect, and what sentences need.

    `change_id` is the same however often the change is looked at; `segments` are names of segments
    concerned, `figures` what its sentences show.
    """

    kind: str
    severity: str
    on: date | None
    subject: str
    model_id: str | None
    key: str
    figures: Row = field(default_factory=dict)
    size: float = 0.0

    @property
    def change_id(self) -> str:
        """Stable across runs: kind, subject and what it changed to."""
        return hashlib.sha256(f"{self.kind}|{self.key}".encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Snapshot:
    """List prices and standings of one day by what was known by then."""

    as_of: date
    known_by: date
    prices: dict[str, Row]
    positions: dict[tuple[str, str], Row]

    def frontier(self, segment_id: str) -> list[Row]:
        """Positions on a segment's frontier, cheapest first."""
        on = [p for (s, _), p in self.positions.items() if s == segment_id and p["is_on_frontier"]]
        return sorted(on, key=lambda p: (p["price_3to1_usd_per_mtok"], p["model_id"]))


def snapshot(market: Market, as_of: date, known_by: date) -> Snapshot:
    """List prices by offering and standings by segment and model."""
    return snapshots(market, [(as_of, known_by)])[0]


def snapshots(market: Market, days: Sequence[tuple[date, date]]) -> list[Snapshot]:
    """Snapshots of several days, each with its known time, asked at once.

    DuckDB needs longer to plan such a question than to answer it, of one day or of three.
    """
    asked = list(dict.fromkeys(days))
    new = [at for at in asked if ("snapshot", at) not in market.answers]
    for at, found in zip(new, _read_snapshots(market, new) if new else (), strict=True):
        market.answers["snapshot", at] = found
    return [market.answers["snapshot", at] for at in days]


def _read_snapshots(market: Market, days: Sequence[tuple[date, date]]) -> list[Snapshot]:
    listed = ", ".join(
        f"({n}, date '{as_of}', date '{known_by}')" for n, (as_of, known_by) in enumerate(days)
    )
    market.connection.execute(
        "create or replace temp table snapshot_offers as select asked_days.market_id, "
        "asked_days.known_by, false as is_drawn, p.* "
        f"from (values {listed}) as asked_days(market_id, as_of, known_by) "
        "cross join prices_on(asked_days.as_of, asked_days.known_by) as p"
    )
    found = [Snapshot(as_of, known_by, {}, {}) for as_of, known_by in days]
    for price in rows(
        market.connection,
        "select * exclude (known_by, is_drawn) from snapshot_offers "
        "where is_list_price order by offering_id",
    ):
        found[price.pop("market_id")].prices[price["offering_id"]] = price
    for position in rows(
        market.connection,
        "select * from standings('snapshot_offers') order by segment_id, capability_rank, model_id",
    ):
        place = position["segment_id"], position["model_id"]
        found[position.pop("market_id")].positions[place] = position
    return found


def mixed(price: Row, into: int = 3, out: int = 1) -> Decimal:
    """Price of `into` input tokens for every `out` output tokens, USD per million."""
    total = price["input_usd_per_mtok"] * into + price["output_usd_per_mtok"] * out
    return Decimal(total) / (into + out)


def changes(market: Market, before: Snapshot, now: Snapshot) -> list[Change]:
    """Every change from one snapshot to the next, most severe first."""
    found = [
        *price_changes(market, before, now),
        *launches(market, before, now),
        *retirements(market, before, now),
        *frontier_changes(market, before, now),
        *disputes(market, before, now),
    ]
    return ranked(found)


#: Kinds of change in the order in which a reader wants them.
KINDS = (
    "launch", "price move", "frontier lost", "retirement", "retirement moved", "retired",
    "frontier gained", "announcement", "source down", "price corrected", "launch learnt late",
    "retirement learnt late", "dispute",
)  # fmt: skip


def ranked(found: Iterable[Change]) -> list[Change]:
    """Most severe first, then by kind, the larger first, the sooner first."""
    return sorted(
        found,
        key=lambda c: (
            SEVERITIES.index(c.severity),
            KINDS.index(c.kind),
            -c.size,
            c.on or date.max,
            c.subject,
            c.key,
        ),
    )


def merged(found: Sequence[Change]) -> list[Change]:
    """Changes as lines of a table: alike ones as one, none that another line tells already.

    Alike are retirements of one vendor on one day with one successor, and launches of one vendor
    that come onto no frontier for one reason. A place lost for want of a price is told by the
    shutdown where there is one. What calls for action comes before what does not.
    """
    shut = {c.model_id for c in found if c.kind == "retired"}
    groups: dict[tuple[object, ...], list[Change]] = {}
    for c in found:
        f = c.figures
        if c.kind == "frontier lost" and f["why"] == "gone" and c.model_id in shut:
            continue
        alike: object = c.change_id
        if "retire" in c.kind:
            alike = (f.get("vendor"), c.on, f.get("instead"))
        elif c.kind == "launch" and not f["frontier_in"]:
            alike = (f["vendor"], bool(f["price"]), tuple(f["segments"]))
        groups.setdefault((c.kind, c.severity, alike), []).append(c)
    lines = [
        group[0]
        if len(group) == 1
        else replace(
            group[0],
            subject=" and ".join(c.subject for c in group),
            figures={
                **group[0].figures,
                "names": [c.subject for c in group],
                "dearer": None,
                "launched": [c for c in group if c.kind == "launch"],
            },
        )
        for group in groups.values()
    ]
    return sorted(lines, key=lambda c: not is_actionable(c))  # stable: the rest keeps its order


def is_actionable(change: Change) -> bool:
    """There is something to do about it now."""
    f = change.figures
    if change.kind == "launch":
        return bool(f["frontier_in"])
    if change.kind == "frontier lost":
        return bool(f["by"]) and f["why"] != "results"
    return change.kind not in ("announcement", "launch learnt late", "retirement learnt late")


# ------------------------------------------------------------------ prices


def price_changes(market: Market, before: Snapshot, now: Snapshot) -> list[Change]:
    """List prices that moved, and those that were learnt or corrected only now."""
    found = []
    for offering_id, price in now.prices.items():
        former = before.prices.get(offering_id)
        if former is None:
            continue
        pair = (price["input_usd_per_mtok"], price["output_usd_per_mtok"])
        was = (former["input_usd_per_mtok"], former["output_usd_per_mtok"])
        if all(abs(new - old) <= ROUNDING * old for new, old in zip(pair, was, strict=True)):
            continue
        held_from = price["valid_from_latest"]
        is_move = held_from > before.as_of
        if is_move and price["lineages"] < 2 and _is_still_said(market, former, now):
            continue  # one source against another: a dispute, told as such
        share = mixed(price) / mixed(former) - 1
        fact = price_fact(market, price)
        figure = market.facts.figure
        found.append(
            Change(
                kind="price move" if is_move else "price corrected",
                severity=("high" if abs(share) >= LARGE_MOVE else "medium") if is_move else "low",
                on=held_from,
                subject=str(market.name(price["model_id"])),
                model_id=price["model_id"],
                key=f"{offering_id}|{held_from}|{pair[0].normalize()}|{pair[1].normalize()}",
                size=abs(float(share)),
                figures={
                    "vendor": market.vendor(price["model_id"]),
                    "is_cut": share < 0,
                    "pair": pair_figure(market, price, fact),
                    "former_pair": pair_figure(market, former, price_fact(market, former)),
                    "input": figure(pair[0], "usd", fact),
                    "output": figure(pair[1], "usd", fact),
                    "former_input": figure(
                        former["input_usd_per_mtok"], "usd", price_fact(market, former)
                    ),
                    "former_output": figure(
                        former["output_usd_per_mtok"], "usd", price_fact(market, former)
                    ),
                    "change": figure(share, "signed", move_fact(market, former, price, share)),
                    "on": figure(held_from, "date", fact),
                    "not_before": figure(price["valid_from_earliest"], "date", fact)
                    if price["valid_from_earliest"] != held_from
                    else None,
                    "frontier_in": _segments_on(market, now, price["model_id"]),
                    "cheaper": _as_able_for_less(market, now, price["model_id"]),
                },
            )
        )
    return found


def _is_still_said(market: Market, former: Row, now: Snapshot) -> bool:
    """Whether the source of a former price says it still."""
    found = rows(
        market.connection,
        f"select 1 as said from price_claims_on('{now.as_of}', '{now.known_by}') "
        f"where claim_id = {quoted(former['claim_id'])} limit 1",
    )
    return bool(found)


def move_fact(market: Market, former: Row, price: Row, share: Decimal) -> Fact:
    """A change of price: the two claims it compares."""
    return ratio_fact(
        market,
        f"List price of {market.name(price['model_id'])} at 3:1, against the issue before",
        f"{float(share):+.1%}",
        "core.price_claims",
        "claim_id",
        (price["claim_id"], former["claim_id"]),
        "(3 * a.input_usd_per_mtok + a.output_usd_per_mtok) / "
        "(3 * b.input_usd_per_mtok + b.output_usd_per_mtok) - 1 as difference",
    )


def _segments_on(market: Market, now: Snapshot, model_id: str) -> list[str]:
    """Names of segments on whose frontier a model is."""
    return [
        market.segment_name(s)
        for (s, m), p in now.positions.items()
        if m == model_id and p["is_on_frontier"]
    ]


def _as_able_for_less(market: Market, now: Snapshot, model_id: str) -> Row | None:
    """Who dominates a model in the segment where it overpays least, and how much cheaper it is."""
    behind = [
        (p["premium_to_frontier_share"] or 0, s, p)
        for (s, m), p in now.positions.items()
        if m == model_id and p["dominated_by"]
    ]
    if not behind:
        return None
    _, segment_id, position = min(behind, key=lambda b: (b[0], b[1]))
    return {
        "name": market.name(position["dominated_by"]),
        "segment": market.segment_name(segment_id),
        "cheaper": market.facts.figure(
            position["dominated_cheaper_share"] or None,
            "percent",
            standing_fact(market, now, segment_id, position),
        ),
    }


def standing_fact(market: Market, at: Snapshot, segment_id: str, position: Row) -> Fact:
    """A position on a day by what was known then."""
    model_id = position["model_id"]
    return computed_fact(
        market,
        f"Position of {market.name(model_id)} in {market.segment_name(segment_id)} on {at.as_of}",
        f"rank {position['capability_rank']} of {position['members']}",
        f"select * from standing_on({quoted(segment_id)}, '{at.as_of}', '{at.known_by}') "
        f"where model_id = {quoted(model_id)}",
        f"list prices of the day and the fit known by {position['capability_known_on']}",
        "rank",
    )


def frontier_fact(market: Market, at: Snapshot, segment_id: str) -> Fact:
    """A segment's whole frontier on a day."""
    steps = at.frontier(segment_id)
    return computed_fact(
        market,
        f"Frontier of {market.segment_name(segment_id)} on {at.as_of}",
        f"{len(steps)} models",
        f"select * from frontier_on({quoted(segment_id)}, '{at.as_of}', '{at.known_by}')",
        "list prices of the day and the fit known by then",
        "models",
    )


def positions_fact(market: Market, at: Snapshot, segment_id: str) -> Fact:
    """Every position in a segment on a day: one query for all figures of its tables and charts."""
    members = sum(s == segment_id for s, _ in at.positions)
    return computed_fact(
        market,
        f"Every position in {market.segment_name(segment_id)} on {at.as_of}",
        f"{members} models",
        f"select * from standing_on({quoted(segment_id)}, '{at.as_of}', '{at.known_by}')",
        "column claim_id leads to each price, model_id to each result",
        "models",
    )


def first_prices(
    market: Market, before: Snapshot, now: Snapshot, explained: Collection[str | None] = ()
) -> list[Row]:
    """List prices known for the first time, by vendor, but those of models `explained`."""
    by_vendor: dict[str, list[Row]] = {}
    for offering_id, price in now.prices.items():
        if offering_id not in before.prices and price["model_id"] not in explained:
            by_vendor.setdefault(market.vendor(price["model_id"]), []).append(price)
    found = []
    for vendor, prices in sorted(by_vendor.items()):
        found.append(
            {
                "vendor": vendor,
                "models": [
                    {
                        "name": market.name(p["model_id"]),
                        "price": market.facts.figure(
                            (p["input_usd_per_mtok"], p["output_usd_per_mtok"]),
                            "pair",
                            price_fact(market, p),
                        ),
                    }
                    for p in sorted(prices, key=lambda p: (mixed(p), p["model_id"]))
                ],
            }
        )
    return sorted(found, key=lambda g: (-len(g["models"]), g["vendor"]))


def disputes(market: Market, before: Snapshot, now: Snapshot) -> list[Change]:
    """List prices on which sources have come to disagree."""
    found = []
    for offering_id, price in now.prices.items():
        former = before.prices.get(offering_id)
        if not price["is_disputed"] or (former is not None and former["is_disputed"]):
            continue
        fact = price_fact(market, price)
        found.append(
            Change(
                kind="dispute",
                severity="low",
                on=day(price["known_at"]),
                subject=str(market.name(price["model_id"])),
                model_id=price["model_id"],
                key=f"{offering_id}|{price['claim_id']}",
                figures={
                    "vendor": market.vendor(price["model_id"]),
                    "pair": pair_figure(market, price, fact),
                    "input": market.facts.figure(price["input_usd_per_mtok"], "usd", fact),
                    "output": market.facts.figure(price["output_usd_per_mtok"], "usd", fact),
                    "others": other_prices(market, price, now.as_of, now.known_by),
                },
            )
        )
    return found


def other_prices(market: Market, price: Row, as_of: date, known_by: date) -> list[Row]:
    """What other sources say the same list price was that day: each price with all who say so."""
    found = rows(
        market.connection,
        f"select c.*, true as is_disputed from price_claims_on('{as_of}', '{known_by}') as c "
        "where c.offering_id = ? and (c.input_usd_per_mtok, c.output_usd_per_mtok) <> (?, ?) "
        "order by c.publisher, c.known_at, c.claim_id",
        [price["offering_id"], price["input_usd_per_mtok"], price["output_usd_per_mtok"]],
    )
    latest = {row["publisher"]: row for row in found}
    groups: dict[tuple[Decimal, Decimal], list[Row]] = {}
    for row in latest.values():
        pair = (row["input_usd_per_mtok"], row["output_usd_per_mtok"])
        groups.setdefault(pair, []).append(row)
    return [
        {
            "publishers": sorted(row["publisher"] for row in group),
            "pair": pair_figure(market, group[0], price_fact(market, group[0])),
        }
        for _, group in sorted(groups.items())
    ]


# ------------------------------------------------------------------ launches


def known_releases(market: Market, known_by: date) -> list[Row]:
    """Launches by what was known on a day, one row a version; feeds' where the edition has none."""
    return market.once(("releases", known_by), lambda: _read_releases(market, known_by))


def _read_releases(market: Market, known_by: date) -> list[Row]:
    found = rows(
        market.connection,
        f"select k.*, c.source_url, c.publisher, c.licence, r.event_id, r.availability_scope, "
        f"r.is_limited_at_first, r.note from releases_known('{known_by}') as k "
        "inner join core.release_claims as c "
        "on c.source || '|' || c.key || '|' || cast(c.first_seen_at as varchar) = k.claim "
        "and c.model_id = k.model_id and c.claimed_on = k.released_on and c.about = case "
        "when k.announced_on is not null then 'announcement' "
        "when k.api_available_on is not null then 'api' else 'database' end "
        "left join core.releases as r on r.model_id = k.model_id and k.evidence = 'curated' "
        "order by k.model_id",
    )
    for row in found:
        row["published_on"] = day(row["known_at"])
        row["query"] = (
            f"select * from releases_known('{known_by}') where model_id = {quoted(row['model_id'])}"
        )
        row["on"] = row["api_available_on"] or (
            None if row["evidence"] == "curated" else row["released_on"]
        )
    return found


def launches(market: Market, before: Snapshot, now: Snapshot) -> list[Change]:
    """Versions that came on sale, were announced, or whose release became known only now.

    Where only a feed dates a version, its day is taken for the launch, with less severity.
    """
    found = []
    for release in known_releases(market, now.known_by):
        open_on, announced = release["on"], release["announced_on"]
        is_known_late = release["published_on"] > before.known_by
        is_curated = release["evidence"] == "curated"
        if open_on is not None and before.as_of < open_on <= now.as_of:
            kind = "launch"
        elif announced is not None and before.as_of < announced <= now.as_of:
            kind = "announcement"
        elif is_known_late and is_curated and open_on is not None and open_on <= before.as_of:
            kind = "launch learnt late"
        else:
            continue
        model_id = release["model_id"]
        price = next((p for p in now.prices.values() if p["model_id"] == model_id), None)
        fact = release_fact(market, release)
        positions = [(s, p) for (s, m), p in now.positions.items() if m == model_id]
        severity = {"launch": "high", "announcement": "medium"}.get(kind, "low")
        found.append(
            Change(
                kind=kind,
                severity=severity if is_curated or kind != "launch" else "medium",
                on=open_on if kind != "announcement" else announced,
                subject=str(market.name(model_id)),
                model_id=model_id,
                key=f"{model_id}|{kind}",
                figures={
                    "vendor": market.vendor(model_id),
                    "event_id": release["event_id"],
                    "on": market.facts.figure(open_on, "date", fact),
                    "announced_on": market.facts.figure(announced, "date", fact),
                    "is_limited": release["is_limited_at_first"],
                    "price": price_figures(market, price),
                    "segments": [market.segment_name(s) for s, _ in positions],
                    "frontier_in": [
                        market.segment_name(s) for s, p in positions if p["is_on_frontier"]
                    ],
                    "dominated_by": next(
                        (market.name(p["dominated_by"]) for _, p in positions), None
                    ),
                    "launched": [],
                },
            )
        )
    return found


def pair_figure(market: Market, price: Row, fact: Fact) -> Figure | None:
    """Input and output price as one figure, so that a mark stands once."""
    pair = (price["input_usd_per_mtok"], price["output_usd_per_mtok"])
    return market.facts.figure(pair, "cost_pair", fact)


def price_figures(market: Market, price: Row | None) -> Row | None:
    """A list price as figures: input, output, and both workloads; None if not known."""
    if price is None:
        return None
    fact = price_fact(market, price)
    return {
        "pair": pair_figure(market, price, fact),
        "input": market.facts.figure(price["input_usd_per_mtok"], "usd", fact),
        "output": market.facts.figure(price["output_usd_per_mtok"], "usd", fact),
        "mix": market.facts.figure(mixed(price), "usd", fact),
        "heavy": market.facts.figure(mixed(price, 98, 2), "usd", fact),
    }


# ------------------------------------------------------------------ retirements and other dates


def known_retirements(market: Market, known_by: date) -> list[Row]:
    """Retirements by their vendor, from what was known on a day: one row a version."""
    return market.once(("retirements", known_by), lambda: _read_retirements(market, known_by))


def _read_retirements(market: Market, known_by: date) -> list[Row]:
    found = rows(
        market.connection, f"select * from retirements_known('{known_by}') order by model_id"
    )
    for row in found:
        row["published_on"] = day(row["known_at"])
        row["query"] = (
            f"select * from retirements_known('{known_by}') "
            f"where model_id = {quoted(row['model_id'])}"
        )
    return found


def retirement_fact(market: Market, row: Row) -> Fact:
    """When a version stops being served."""
    instead = market.name(row["replacement_model_id"])
    return Fact(
        says=f"Retirement of {market.name(row['model_id'])}",
        value=f"shutdown {row['shutdown_on'] or 'on a day not known'}"
        + (f", announced {row['deprecated_on']}" if row["deprecated_on"] else "")
        + (f"; {instead} named instead" if instead else ""),
        unit="days",
        publisher=row["publisher"],
        published_on=row["published_on"],
        known_on=row["published_on"],
        licence=row["licence"],
        source_url=row["source_url"],
        is_disputed=row["is_disputed"],
        query=row["query"],
    )


def retirement_figures(market: Market, row: Row, at: Snapshot) -> Row:
    """What a sentence on a retirement needs, with the price of the model named instead."""
    fact = retirement_fact(market, row)
    own = next((p for p in at.prices.values() if p["model_id"] == row["model_id"]), None)
    instead = row["replacement_model_id"]
    other = next((p for p in at.prices.values() if p["model_id"] == instead), None)
    share = mixed(other) / mixed(own) - 1 if own and other else None
    return {
        "vendor": market.vendor(row["model_id"]),
        "name": market.name(row["model_id"]),
        "names": [str(market.name(row["model_id"]))],
        "on": market.facts.figure(row["shutdown_on"], "date", fact),
        "announced_on": market.facts.figure(row["deprecated_on"], "date", fact),
        "instead": market.name(instead),
        "instead_price": price_figures(market, other),
        "price": price_figures(market, own),
        "dearer": market.facts.figure(
            share,
            "change",
            ratio_fact(
                market,
                f"{market.name(instead)} against {market.name(row['model_id'])}, 3:1",
                f"{float(share):+.0%}",
                "core.price_claims",
                "claim_id",
                (other["claim_id"], own["claim_id"]),
                "(3 * a.input_usd_per_mtok + a.output_usd_per_mtok) / "
                "(3 * b.input_usd_per_mtok + b.output_usd_per_mtok) - 1 as difference",
            ),
        )
        if share is not None and own and other
        else None,
        "fact": fact,
    }


def retirements(market: Market, before: Snapshot, now: Snapshot) -> list[Change]:
    """Retirements that became known, whose day moved, that took effect, or had long before."""
    former = {r["model_id"]: r for r in known_retirements(market, before.known_by)}
    found = []
    for row in known_retirements(market, now.known_by):
        shutdown, model_id = row["shutdown_on"], row["model_id"]
        old = former.get(model_id)
        is_gone = shutdown is not None and before.as_of < shutdown <= now.as_of
        is_past = shutdown is not None and shutdown <= before.as_of
        if is_gone:
            kind = "retired"
        elif old is not None and old["shutdown_on"] == shutdown:
            continue
        elif is_past and old is None:
            continue  # from before the time of this issue, and first heard of now
        elif is_past:
            kind = "retirement learnt late"
        elif old is None or old["shutdown_on"] is None:
            kind = "retirement"
        else:
            kind = "retirement moved"
        is_moved = kind in ("retirement moved", "retirement learnt late")
        is_soon = shutdown is not None and not is_past and shutdown - now.as_of <= SOON
        former_fact = retirement_fact(market, old) if old and is_moved else None
        found.append(
            Change(
                kind=kind,
                severity="low"
                if is_past and not is_gone
                else "high"
                if is_soon and not is_gone
                else "medium",
                on=shutdown,
                subject=str(market.name(model_id)),
                model_id=model_id,
                key=f"{model_id}|{kind}|{shutdown}",
                figures={
                    **retirement_figures(market, row, now if not is_gone else before),
                    "former_on": market.facts.figure(old["shutdown_on"], "date", former_fact)
                    if old and old["shutdown_on"] and former_fact
                    else None,
                },
            )
        )
    return found


def upcoming(market: Market, now: Snapshot) -> list[Row]:
    """Dates ahead, soonest first: shutdowns, announced prices, launches announced for later.

    An announced price is no price yet, and a plan may be withdrawn.
    """
    found: list[Row] = []
    for row in known_retirements(market, now.known_by):
        if row["shutdown_on"] and now.as_of < row["shutdown_on"] <= now.as_of + AHEAD:
            found.append(
                {
                    "day": row["shutdown_on"],
                    "kind": "retirement",
                    "model_id": row["model_id"],
                    **retirement_figures(market, row, now),
                }
            )
    for claim in scheduled_prices(market, now):
        fact = price_fact(market, claim)
        found.append(
            {
                "day": claim["holds_from"],
                "kind": "price",
                "model_id": claim["model_id"],
                "name": market.name(claim["model_id"]),
                "vendor": market.vendor(claim["model_id"]),
                "on": market.facts.figure(claim["holds_from"], "date", fact),
                "pair": pair_figure(market, claim, fact),
                "input": market.facts.figure(claim["input_usd_per_mtok"], "usd", fact),
                "output": market.facts.figure(claim["output_usd_per_mtok"], "usd", fact),
                "fact": fact,
            }
        )
    for release in known_releases(market, now.known_by):
        open_on = release["api_available_on"]
        if open_on is None or open_on <= now.as_of:
            continue
        fact = release_fact(market, release)
        found.append(
            {
                "day": release["api_available_on"],
                "kind": "launch",
                "model_id": release["model_id"],
                "name": market.name(release["model_id"]),
                "vendor": market.vendor(release["model_id"]),
                "on": market.facts.figure(release["api_available_on"], "date", fact),
                "fact": fact,
            }
        )
    return sorted(found, key=lambda r: (r["day"], r["kind"], str(r["name"])))


def scheduled_prices(market: Market, now: Snapshot) -> list[Row]:
    """Claims of list prices that begin after the day asked and were not withdrawn by then."""
    return rows(
        market.connection,
        "select c.*, false as is_disputed from core.price_claims as c "
        "inner join core.offerings as o on o.offering_id = c.offering_id "
        "where o.is_list_price and c.holds_from > ? and cast(c.known_at as date) <= ? "
        "and (c.ended_known_at is null or cast(c.ended_known_at as date) > ?) "
        "order by c.holds_from, c.model_id, c.claim_id",
        [now.as_of, now.known_by, now.known_by],
    )


# ------------------------------------------------------------------ frontiers

#: What moved a place on a frontier, and how severe a loss by it is.
WHY = {"new model": "high", "price": "high", "gone": "medium", "left": "low", "results": "low"}


def frontier_changes(market: Market, before: Snapshot, now: Snapshot) -> list[Change]:
    """Who came onto and who fell off segments' frontiers, one change a model and cause.

    A place gained or lost by new results alone moves no market. A segment in which nobody could
    be placed before has no places to lose or gain.
    """
    moved = {
        p["model_id"]
        for offering_id, p in now.prices.items()
        if (old := before.prices.get(offering_id)) is not None
        and (p["input_usd_per_mtok"], p["output_usd_per_mtok"])
        != (old["input_usd_per_mtok"], old["output_usd_per_mtok"])
    }
    priced = {p["model_id"] for p in before.prices.values()}
    new = {p["model_id"] for p in now.prices.values()} - priced
    gone = priced - {p["model_id"] for p in now.prices.values()}
    places: dict[tuple[str, str, str], list[Row]] = {}
    for segment_id in market.segments:
        on_before = {p["model_id"]: p for p in before.frontier(segment_id)}
        on_now = {p["model_id"]: p for p in now.frontier(segment_id)}
        if not on_before:
            continue
        for model_id in [m for m in on_before if m not in on_now]:
            position = now.positions.get((segment_id, model_id))
            by = position["dominated_by"] if position else None
            why = (
                "gone" if model_id in gone
                else "left" if position is None
                else "new model" if by in new
                else "price" if by in moved or model_id in moved
                else "results"
            )  # fmt: skip
            place = _lost_place(market, now, segment_id, position, by)
            places.setdefault(("frontier lost", model_id, why), []).append(place)
        for model_id in [m for m in on_now if m not in on_before]:
            why = "new model" if model_id in new else "price" if model_id in moved else "results"
            place = _gained_place(market, now, segment_id, on_now[model_id])
            places.setdefault(("frontier gained", model_id, why), []).append(place)
    found = []
    for (kind, model_id, why), where in places.items():
        severity = WHY[why] if kind == "frontier lost" else "low" if why == "results" else "medium"
        rivals = sorted({str(p["by_id"]) for p in where if p.get("by_id")})
        segments = "|".join(sorted(p["segment_id"] for p in where))
        found.append(
            Change(
                kind=kind,
                severity=severity,
                on=now.as_of,
                subject=str(market.name(model_id)),
                model_id=model_id,
                key=f"{model_id}|{why}|{segments}|{_price_key(now, model_id, *rivals)}",
                figures={
                    "vendor": market.vendor(model_id),
                    "why": why,
                    "where": where,
                    "segments": [p["segment"] for p in where],
                    "by": list(dict.fromkeys(p["by"] for p in where if p.get("by"))),
                },
            )
        )
    return found


def _lost_place(
    market: Market, now: Snapshot, segment_id: str, position: Row | None, by: str | None
) -> Row:
    fact = (
        standing_fact(market, now, segment_id, position)
        if position
        else frontier_fact(market, now, segment_id)
    )
    figure = market.facts.figure
    found = position or {}
    return {
        "segment_id": segment_id,
        "segment": market.segment_name(segment_id),
        "by_id": by,
        "by": market.name(by),
        "points": figure(found.get("dominated_by_points"), "points", fact),
        "cheaper": figure(found.get("dominated_cheaper_share") or None, "percent", fact),
        "fact": fact,
    }


def _gained_place(market: Market, now: Snapshot, segment_id: str, position: Row) -> Row:
    fact = standing_fact(market, now, segment_id, position)
    figure = market.facts.figure
    return {
        "segment_id": segment_id,
        "segment": market.segment_name(segment_id),
        "rank": figure((position["capability_rank"], position["members"]), "rank", fact),
        "price": figure(position["price_3to1_usd_per_mtok"], "usd", fact),
        "fact": fact,
    }


def _price_key(now: Snapshot, *model_ids: str | None) -> str:
    """List prices of models, so that the same loss at the same prices is the same change."""
    mixes = {p["model_id"]: mixed(p).normalize() for p in now.prices.values()}
    return "|".join(str(mixes.get(m)) for m in model_ids if m)


def count_figure(market: Market, says: str, found: Sequence[Any], query: str) -> Figure | None:
    """How many there are, as a fact of its own."""
    fact = computed_fact(
        market, says, str(len(found)), query, "counted from the rows named", "count"
    )
    return market.facts.figure(len(found), "count", fact)
