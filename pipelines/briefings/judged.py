"""Verdicts on record, as issues and model pages show them: who wins and loses by which event.

An event belongs to the issue in whose period its verdicts could first be made: launches, new prices
and shutdowns the day after, what became known later on that day. Not here: how verdicts fared
(`scorecard`), and the briefing on one launch (`standing`).
"""

import re
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from pipelines.briefings import changes as changed
from pipelines.briefings.changes import Snapshot
from pipelines.briefings.evidence import computed_fact, price_fact, release_fact
from pipelines.briefings.facts import Fact, quoted
from pipelines.briefings.market import Market, Row, rows

KINDS_IN_WORDS = {"launch": "launch", "price_change": "price change", "retirement": "retirement"}
KINDS = tuple(KINDS_IN_WORDS)
#: Lines of a table of verdicts, and events on a model's page.
LINES, EVENTS = 30, 12
#: What the pages call lost, won and left; a product without a place that is withdrawn changes none.
TOLD = (
    "(v.verdict <> 'unaffected' and (v.verdict <> 'withdrawn' or v.probability_place_lost is "
    "not null))"
)
MODEL_ID = re.compile(r"[\w.-]+/[\w.:-]+")


def of_period(market: Market, first: date, now: Snapshot) -> Row:
    """Verdicts on the events of a period that say something happens, and how many say nothing."""
    eve = first - timedelta(days=1)
    inside = (
        f"v.is_standing and v.as_of <= date '{now.as_of}' and v.known_by > date '{eve}' "
        f"and v.known_by <= date '{now.known_by}' "
        f"and (v.as_of > date '{eve}' or v.known_by <= date '{now.as_of}')"
    )
    events = _events(market, f"select v.* from marts.verdicts as v where {inside}", now)
    quiet = f"select distinct v.event_id from marts.verdicts as v where {inside}"
    if events:
        told = ", ".join(quoted(event["event_id"]) for event in events)
        quiet += f" and v.event_id not in ({told})"
    silent = len(rows(market.connection, quiet))
    fact = computed_fact(
        market, f"Events after {eve} by which nobody is said to win or lose", str(silent), quiet,
        "every segment that the product concerned is in was judged", "events",
    )  # fmt: skip
    lines = sum(len(event["verdicts"]) for event in events)
    shown, room = [], LINES
    for event in events:
        shown.append(event | {"verdicts": event["verdicts"][:room]})
        room -= len(event["verdicts"])
        if room <= 0:
            break
    return {
        "events": shown,
        "is_more": lines > LINES,
        "silent": market.facts.figure(silent or None, "count", fact),
        "unjudged": unjudged(
            market,
            f"u.effective_on > date '{eve}' and u.effective_on <= date '{now.as_of}' "
            f"and u.known_on <= date '{now.known_by}'",
        ),
    }


def of_model(market: Market, model_id: str, now: Snapshot) -> list[Row]:
    """What verdicts say of one model, the latest events first."""
    events = _events(
        market,
        f"select v.* from marts.verdicts as v where v.is_standing and v.model_id = "
        f"{quoted(model_id)} and v.as_of <= date '{now.as_of}' "
        f"and v.known_by <= date '{now.known_by}'",
        now,
        descending=True,
    )
    return events[:EVENTS]


def unjudged(market: Market, condition: str = "true") -> list[Row]:
    """How many events are without a verdict, by kind and reason."""
    query = (
        "select u.event_kind, u.because, count(*) as events, max(u.effective_on) as latest_on "
        f"from marts.unjudged_events as u where {condition} group by u.event_kind, u.because"
    )
    found = rows(market.connection, query)
    found.sort(key=lambda r: (KINDS.index(r["event_kind"]), -r["events"], r["because"]))
    fact = computed_fact(
        market, "Events without a verdict, by reason", f"{sum(r['events'] for r in found)} events",
        query, "marts.unjudged_events names each", "events",
    )  # fmt: skip
    return [
        {
            "kind": KINDS_IN_WORDS[row["event_kind"]],
            "because": row["because"],
            "is_one": row["events"] == 1,
            "count": market.facts.figure(row["events"], "count", fact),
            "latest_on": market.facts.figure(row["latest_on"], "date", fact),
        }
        for row in found
    ]


def _events(market: Market, query: str, now: Snapshot, *, descending: bool = False) -> list[Row]:
    """Events with their verdicts, a line for each model, verdict and reason."""
    found = rows(
        market.connection,
        f"select v.*, e.title, e.model_id as concerned_id from ({query} and {TOLD}) as v "
        "inner join core.events as e on e.event_id = v.event_id "
        f"order by v.as_of{' desc' if descending else ''}, v.event_id, "
        "v.is_entrant desc, v.verdict, v.model_id, v.segment_id",
    )
    sources = _sources(market, found, now)
    events: dict[str, Row] = {}
    for row in found:
        if row["segment_id"] not in market.segments:
            continue
        event = events.setdefault(
            row["event_id"],
            {
                "event_id": row["event_id"],
                "title": row["title"],
                "kind": KINDS_IN_WORDS[row["event_kind"]],
                "on": market.facts.figure(row["as_of"], "date", sources[row["event_id"]]),
                "record": row["record"],
                "verdicts": {},
            },
        )
        why = _named(market, row["deciding_fact"])
        if row["verdict"] == "cannibalised":
            why = f"a stablemate at least as able takes volume; {why}"
        name = str(market.name(row["model_id"]))
        group = event["verdicts"].setdefault((name, row["verdict"], why), [])
        fact = _verdict_fact(market, row)
        group.append(
            {
                "segment": market.segment_name(row["segment_id"]),
                "verdict": market.facts.figure(str(row["verdict"]), "text", fact),
                "probability": market.facts.figure(row["verdict_probability"], "probability", fact),
            }
        )
    return [
        {
            **event,
            "verdicts": [
                {"model": name, "verdict": verdict, "why": why, "where": where}
                for (name, verdict, why), where in event["verdicts"].items()
            ],
        }
        for event in events.values()
    ]


def _verdict_fact(market: Market, row: Row) -> Fact:
    keys = ("event_id", "segment_id", "model_id")
    facts = (row[k] for k in ("deciding_fact", "comparison_fact", "demand_fact"))
    return computed_fact(
        market,
        f"Verdict on {market.name(row['model_id'])} in {market.segment_name(row['segment_id'])}, "
        f"{row['title']}",
        str(row["verdict"]),
        "select * from marts.verdicts where is_standing and "
        + " and ".join(f"{key} = {quoted(row[key])}" for key in keys),
        "by what was known the day after: " + "; ".join(fact for fact in facts if fact),
        "verdict",
    )


def _named(market: Market, text: str) -> str:
    """Words of the warehouse with models' names for their ids."""
    return MODEL_ID.sub(lambda found: str(market.name(found[0])), text)


def _sources(market: Market, found: Sequence[Row], now: Snapshot) -> Mapping[str, Fact]:
    """Where each event is stated: the release, the new price or the notice of retirement."""
    kinds = {row["event_kind"] for row in found}
    released = _by_model(changed.known_releases(market, now.known_by)) if "launch" in kinds else {}
    retired = (
        _by_model(changed.known_retirements(market, now.known_by)) if "retirement" in kinds else {}
    )
    entrants = {row["event_id"]: row["model_id"] for row in found if row["is_entrant"]}
    facts: dict[str, Fact] = {}
    for row in found:
        if row["event_id"] in facts:
            continue
        model_id = row["concerned_id"] or entrants.get(row["event_id"])
        fact: Fact | None = None
        if row["event_kind"] == "launch" and model_id in released:
            fact = release_fact(market, released[model_id])
        elif row["event_kind"] == "retirement" and model_id in retired:
            fact = changed.retirement_fact(market, retired[model_id])
        elif row["event_kind"] == "price_change":
            fact = _new_price(market, row)
        facts[row["event_id"]] = fact or computed_fact(
            market, str(row["title"]), str(row["as_of"]),
            f"select * from core.events where event_id = {quoted(row['event_id'])}",
            "found in the price, release and retirement tables", "day",
        )  # fmt: skip
    return facts


def _by_model(found: Sequence[Row]) -> dict[Any, Row]:
    return {row["model_id"]: row for row in found}


def _new_price(market: Market, row: Row) -> Fact | None:
    """The list price as it was known when the change was."""
    prices = rows(
        market.connection,
        f"select * from prices_on('{row['known_by']}', '{row['known_by']}') "
        "where is_list_price and model_id = ?",
        [row["concerned_id"]],
    )
    return price_fact(market, prices[0], row["as_of"]) if prices else None
