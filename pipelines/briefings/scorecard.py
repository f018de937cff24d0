"""Were the calls right? Verdicts made the day after each event, against what is known since.

Only segments that a launch entered count: elsewhere nothing could happen, and to say so is easy.
"""

import math
from collections.abc import Sequence
from datetime import date
from itertools import pairwise

from pipelines.analysis import INTERVAL
from pipelines.briefings.charts import Calibration, Chart, Fan, Forecast
from pipelines.briefings.evidence import computed_fact
from pipelines.briefings.facts import Fact, Facts, Figure, quoted
from pipelines.briefings.judged import KINDS, KINDS_IN_WORDS, unjudged
from pipelines.briefings.market import (
    EVERYTHING,
    BriefingError,
    Market,
    Order,
    Row,
    newest_fact,
    read_market,
    rows,
)
from pipelines.briefings.provenance import masthead
from pipelines.briefings.theme import Theme
from pipelines.warehouse import Connection

#: Launches in the table, latest first, and bins of the calibration plot.
LAUNCHES = 40
BINS = (0.5, 0.6, 0.7, 0.8, 0.9, 0.99, 1.0001)
#: Fewest calls that make a point of the plot.
LEAST_CALLS = 3
POSITION_WORDS = ("winner", "cannibalised", "exposed", "loser")


def gather(connection: Connection, facts: Facts, order: Order, theme: Theme) -> Row:
    """Everything `scorecard.md.j2` prints. Raises BriefingError."""
    newest = newest_fact(connection)
    if order.known_by is not None and order.known_by < newest:
        raise BriefingError(
            f"a scorecard grades with all that is known; known by {order.known_by} it would be "
            "another day's: leave --known-by out"
        )
    as_of = order.as_of or newest
    market = read_market(connection, facts, as_of, newest, EVERYTHING, True, theme.segments)
    calls = paired(market, as_of)
    launches = by_launch(market, calls)
    charts: dict[str, Chart] = {}
    if (fan := forecasts(market)) is not None:
        charts["forecasts"] = fan
    if (falls := falls_said(market)) is not None:
        charts["falls"] = falls
    if (plot := calibration(market, calls)) is not None:
        charts["calibration"] = plot
    if (verdicts := verdict_calibration(market)) is not None:
        charts["verdicts"] = verdicts
    return {
        **masthead(market, "scorecard", "Scorecard: were the calls right?"),
        "usual_as_of": newest,
        "launches": launches[:LAUNCHES],
        "more": len(launches) > LAUNCHES,
        "totals": totals(market, calls),
        "records": on_record(market),
        "kinds_on_record": on_record_by_kind(market),
        "segments_on_record": on_record_by_segment(market),
        "unseen_volumes": unseen_volumes(market),
        "unjudged": unjudged(market),
        "claims": claims(market),
        "models": demand_scores(market),
        "charts": charts,
        "vendors": set(),
        "about": set(),
    }


def paired(market: Market, as_of: date) -> list[Row]:
    """Every call on a position made the day after a launch, with what hindsight says of it."""
    found = rows(
        market.connection,
        "select t.event_id, e.title, d.as_of, t.segment_id, t.model_id, t.is_entrant, "
        "t.verdict as verdict_then, t.verdict_probability as probability_then, "
        "n.verdict as verdict_now "
        "from marts.launch_impact as t "
        "inner join core.events as e on e.event_id = t.event_id "
        "inner join core.segment_days as d on d.event_id = t.event_id and d.basis = t.basis "
        "left join marts.launch_impact as n on n.event_id = t.event_id "
        "and n.segment_id = t.segment_id and n.model_id = t.model_id and n.basis = 'hindsight' "
        "where t.basis = 'day_after' and d.as_of <= ? and (t.is_entrant or t.was_on_frontier) "
        "order by d.as_of desc, t.event_id, t.segment_id, t.model_id",
        [as_of],
    )
    entered = {(row["event_id"], row["segment_id"]) for row in found if row["is_entrant"]}
    return [
        row
        for row in found
        if row["segment_id"] in market.segments and (row["event_id"], row["segment_id"]) in entered
    ]


def _is_bold(call: Row) -> bool:
    """The call says that a position changed hands."""
    return call["verdict_then"] in POSITION_WORDS


def _is_upheld(call: Row) -> bool:
    return bool(call["verdict_then"] == call["verdict_now"])


PAIRED = (
    "with entered as (select distinct i.event_id, i.segment_id from marts.launch_impact as i "
    "where i.basis = 'day_after' and i.is_entrant) "
    "select t.event_id, t.segment_id, t.model_id, t.verdict as verdict_then, "
    "t.verdict_probability, n.verdict as verdict_now from marts.launch_impact as t "
    "inner join entered as e on e.event_id = t.event_id and e.segment_id = t.segment_id "
    "left join marts.launch_impact as n on n.event_id = t.event_id and n.segment_id = t.segment_id "
    "and n.model_id = t.model_id and n.basis = 'hindsight' where t.basis = 'day_after' "
    "and (t.is_entrant or t.was_on_frontier)"
)


def totals(market: Market, calls: Sequence[Row]) -> Row:
    """How many calls were made, and how many hindsight upholds, by verdict."""
    graded = [c for c in calls if c["verdict_now"] is not None]
    fact = computed_fact(
        market,
        "Calls on positions made the day after launches",
        f"{len(calls)} calls, {len(graded)} graded, {sum(map(_is_upheld, graded))} upheld",
        PAIRED,
        "entrants and models that were on a frontier; upheld: the same verdict with hindsight",
        "calls",
    )
    figure = market.facts.figure

    def line(words: str, some: Sequence[Row]) -> Row:
        upheld = sum(map(_is_upheld, some))
        return {
            "words": words,
            "calls": figure(len(some), "count", fact),
            "upheld": figure(upheld, "count", fact),
            "share": figure(upheld / len(some) if some else None, "percent", fact),
        }

    verdicts = [v for v in (*POSITION_WORDS, "unaffected") if any(
        v in (c["verdict_then"], c["verdict_now"]) for c in graded)]  # fmt: skip
    matrix = [
        {
            "then": then,
            "cells": [
                figure(
                    sum(c["verdict_then"] == then and c["verdict_now"] == now for c in graded),
                    "count",
                    fact,
                )
                for now in verdicts
            ],
            "upheld": line(then, [c for c in graded if c["verdict_then"] == then]),
        }
        for then in verdicts
    ]
    missed = [c for c in graded if not _is_bold(c) and c["verdict_now"] in POSITION_WORDS]
    return {
        "bold": line("a change of position", [c for c in graded if _is_bold(c)]),
        "made": figure(len(calls), "count", fact),
        "launches": figure(len({c["event_id"] for c in calls}), "count", fact),
        "ungraded": figure(len(calls) - len(graded), "count", fact),
        "is_any_ungraded": len(calls) > len(graded),
        "missed": figure(len(missed), "count", fact),
        "verdicts": verdicts,
        "matrix": matrix,
    }


#: Verdicts in the order of a page; volume is graded beside them.
GRADED_WORDS = ("all", *POSITION_WORDS, "withdrawn", "unaffected", "volume falls")
#: Days after the event of the first grade.
FIRST_HORIZON = 30


def on_record(market: Market) -> list[Row]:
    """The scorecard of verdicts on record: live ones and back-casts apart, by horizon."""
    query = (
        "select s.* from marts.scorecard as s where s.segment_id = 'all' and s.event_kind = 'all'"
    )
    found = rows(market.connection, query)
    found.sort(
        key=lambda r: (r["record"] != "live", r["record"], GRADED_WORDS.index(r["verdict"]),
                       r["horizon_days"])
    )  # fmt: skip
    fact = computed_fact(
        market, "Verdicts on record, graded by what came", f"{len(found)} lines", query,
        "marts.verdict_grades says what was observed of each, and from which source", "scores",
    )  # fmt: skip
    return [_graded(market, row, fact) for row in found]


def on_record_by_kind(market: Market) -> list[Row]:
    """The same by kind of event, all verdicts and the forecast of a fall."""
    query = (
        "select s.* from marts.scorecard as s where s.segment_id = 'all' and s.event_kind <> 'all'"
    )
    found = rows(market.connection, query)
    found.sort(
        key=lambda r: (r["record"] != "live", r["record"], KINDS.index(r["event_kind"]),
                       GRADED_WORDS.index(r["verdict"]), r["horizon_days"])
    )  # fmt: skip
    fact = computed_fact(
        market, "Verdicts on record by kind of event", f"{len(found)} lines", query,
        "launches, price changes and retirements apart", "scores",
    )  # fmt: skip
    return [
        _graded(market, row, fact) | {"kind": KINDS_IN_WORDS[row["event_kind"]]}
        for row in found
        if row["horizon_days"] == FIRST_HORIZON
    ]


def unseen_volumes(market: Market) -> list[Row]:
    """How often a forecast volume could be graded a month after, and why it could not."""
    query = (
        "select coalesce(g.volume_why_not, 'graded') as why, "
        "count(distinct v.event_id || ' ' || v.model_id) as volumes "
        "from marts.verdicts as v inner join marts.verdict_grades as g "
        f"on g.verdict_id = v.verdict_id and g.horizon_days = {FIRST_HORIZON} "
        "where v.is_standing and v.probability_volume_falls is not null "
        "and g.outcome <> 'pending' group by all order by volumes desc, why"
    )
    found = rows(market.connection, query)
    fact = computed_fact(
        market, f"Volumes forecast, by what usage lists show {FIRST_HORIZON} days after",
        f"{sum(r['volumes'] for r in found)} volumes", query,
        "one usage list has both ends, or none does: lists are never joined", "volumes",
    )  # fmt: skip
    return [
        {"why": row["why"], "count": market.facts.figure(row["volumes"], "count", fact)}
        for row in found
    ]


def on_record_by_segment(market: Market) -> list[Row]:
    """The same 30 days after, by verdict and segment, where something could be scored."""
    query = (
        f"select s.* from marts.scorecard as s where s.horizon_days = {FIRST_HORIZON} "
        "and s.scored > 0 and s.segment_id <> 'all' and s.event_kind = 'all'"
    )
    found = rows(market.connection, query)
    found.sort(key=lambda r: (r["record"], GRADED_WORDS.index(r["verdict"]), r["segment_id"]))
    fact = computed_fact(
        market, "Verdicts on record by segment, graded by what came", f"{len(found)} lines", query,
        "calibrated where the share upheld is the probability said", "scores",
    )  # fmt: skip
    return [
        _graded(market, row, fact) | {"segment": market.segment_name(row["segment_id"])}
        for row in found
        if row["segment_id"] in market.segments
    ]


def _graded(market: Market, row: Row, fact: Fact) -> Row:
    figure = market.facts.figure
    return {
        "record": row["record"],
        "verdict": row["verdict"],
        "is_plotted": row["verdict"] == "all"
        and row["horizon_days"] == PLOTTED
        and row["scored"] > 0,
        "days": figure(row["horizon_days"], "count", fact),
        "made": figure(row["verdicts"], "count", fact),
        "scored": figure(int(row["scored"]), "count", fact),
        "upheld_only": figure(int(row["upheld_only"]), "count", fact),
        "unseen": figure(int(row["not_observed"]), "count", fact),
        "pending": figure(int(row["pending"]), "count", fact),
        "upheld": figure(row["upheld_share"], "percent", fact),
        "said": figure(row["mean_probability"], "percent", fact),
        "brier": figure(row["brier_score"], "crps", fact),
        "log_score": figure(row["log_score"], "log_score", fact),
    }


#: Verdicts with a probability that evidence of a day could have refuted.
SCORED = (
    "select v.verdict_probability as said, g.outcome = 'upheld' as came "
    "from marts.verdicts as v inner join marts.verdict_grades as g "
    "on g.verdict_id = v.verdict_id and g.horizon_days = {days} "
    "where v.is_standing and g.is_scored and v.verdict_probability is not null"
)
#: The horizon of the plot, in days.
PLOTTED = 90
VERDICT_BINS = (0.0, 0.5, 0.6, 0.7, 0.8, 0.9, 0.99, 1.0001)


def verdict_calibration(market: Market) -> Calibration | None:
    """Probability of a verdict as said, against the share upheld a quarter after."""
    return _calibration(
        market, "verdicts", SCORED.format(days=PLOTTED), ("said", "came"), VERDICT_BINS,
        says="Verdicts said with a probability", came="upheld",
        note=f"graded {PLOTTED} days after the event", unit="verdicts",
    )  # fmt: skip


def _calibration(
    market: Market, kind: str, query: str, columns: tuple[str, str], edges: Sequence[float],
    *, says: str, came: str, note: str, unit: str,
) -> Calibration | None:  # fmt: skip
    """Means of a probability said and of what came, by bins of the first; bins of few are left out.

    `columns` names both in the result of `query`; None if no bin is full enough.
    """
    bins = []
    for low, high in pairwise(edges):
        between = f"q.{columns[0]} >= {low} and q.{columns[0]} < {high}"
        narrowed = f"select q.* from ({query}) as q where {between}"
        inside = rows(market.connection, narrowed)
        if len(inside) < LEAST_CALLS:
            continue
        said, share = (sum(r[column] for r in inside) / len(inside) for column in columns)
        fact = computed_fact(
            market,
            f"{says} from {low:g} to {min(high, 1):g}",
            f"said {said:.2f}, {came} {share:.0%} of {len(inside)}",
            narrowed,
            note,
            unit,
        )
        figure = market.facts.figure
        figures: tuple[Figure | None, ...] = (
            figure(said, "probability", fact),
            figure(share, "percent", fact),
            figure(len(inside), "count", fact),
        )
        bins.append((said, share, len(inside), figures))
    return Calibration(kind, bins) if bins else None


def by_launch(market: Market, calls: Sequence[Row]) -> list[Row]:
    """Per launch: calls, how many were upheld, and which were not."""
    groups: dict[str, list[Row]] = {}
    for call in calls:
        groups.setdefault(call["event_id"], []).append(call)
    found = []
    for event_id, own in groups.items():
        graded = [c for c in own if c["verdict_now"] is not None]
        fact = computed_fact(
            market,
            f"Calls on the launch {own[0]['title']}",
            f"{len(own)} calls, {sum(map(_is_upheld, graded))} upheld",
            f"select * from ({PAIRED}) as p where p.event_id = {quoted(event_id)}",
            "day after against hindsight",
            "calls",
        )
        overturned = [
            c
            for c in graded
            if not _is_upheld(c) and {c["verdict_then"], c["verdict_now"]} & set(POSITION_WORDS)
        ]
        figure = market.facts.figure
        found.append(
            {
                "title": own[0]["title"],
                "on": figure(own[0]["as_of"], "date", fact),
                "calls": figure(len(own), "count", fact),
                "upheld": figure(sum(map(_is_upheld, graded)), "count", fact),
                "overturned": [
                    {
                        "model": market.name(c["model_id"]),
                        "segment": market.segment_name(c["segment_id"]),
                        "then": figure(c["verdict_then"], "text", fact),
                        "now": figure(c["verdict_now"], "text", fact),
                    }
                    for c in overturned
                ],
            }
        )
    return found


def calibration(market: Market, calls: Sequence[Row]) -> Calibration | None:
    """Probability said the day after against the share that hindsight upholds."""
    graded = [
        c for c in calls if c["verdict_now"] is not None and c["probability_then"] is not None
    ]
    bins = []
    for low, high in pairwise(BINS):
        inside = [c for c in graded if low <= c["probability_then"] < high]
        if len(inside) < LEAST_CALLS:
            continue
        said = sum(c["probability_then"] for c in inside) / len(inside)
        share = sum(map(_is_upheld, inside)) / len(inside)
        fact = computed_fact(
            market,
            f"Calls with a probability from {low:g} to {min(high, 1):g}",
            f"said {said:.2f}, upheld {share:.0%} of {len(inside)}",
            f"select * from ({PAIRED}) as p where p.verdict_probability >= {low} "
            f"and p.verdict_probability < {high}",
            "day after against hindsight",
            "calls",
        )
        figures: tuple[Figure | None, ...] = (
            market.facts.figure(said, "probability", fact),
            market.facts.figure(share, "percent", fact),
            market.facts.figure(len(inside), "count", fact),
        )
        bins.append((said, share, len(inside), figures))
    return Calibration("calibration", bins) if bins else None


#: The forecasts graded: each made from what was complete before its launch, by the form of the
#: share model that was the best then, on the weekly usage lists.
GRADED = (
    "select f.* from analysis.backtest_forecasts as f where f.scheme = 'rolling origin' "
    "and f.cadence = 'weekly' and f.model = 'default as then known'"
)
FANS = 24
FALL_BINS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0001)


def demand_scores(market: Market) -> list[Row]:
    """How the forecasts of volume fared against both baselines: CRPS, coverage, Brier score."""
    query = (
        "select s.* from analysis.backtest_scores as s where s.scheme = 'rolling origin' "
        "and s.cadence = 'weekly' and s.role = 'all' "
        "and (s.is_baseline or s.model = 'default as then known')"
    )
    found = rows(market.connection, f"{query} order by s.crps, s.model")
    fact = computed_fact(
        market, "Forecasts of volume, rolling origin, weekly lists", f"{len(found)} models", query,
        "each forecast from what was complete before its launch (docs/method.md)", "scores",
    )  # fmt: skip
    figure = market.facts.figure
    return [
        {
            "model": row["model"],
            "is_baseline": row["is_baseline"],
            "launches": figure(row["launches"], "count", fact),
            "outcomes": figure(row["outcomes"], "count", fact),
            "crps": figure(row["crps"], "crps", fact),
            "coverage": figure(row["coverage_share"], "percent", fact),
            "brier": figure(row["brier_score"], "crps", fact),
        }
        for row in found
    ]


def forecasts(market: Market) -> Fan | None:
    """The latest forecasts for models of the launching vendor whose outcome is exactly known."""
    found = rows(
        market.connection,
        f"{GRADED} and f.role <> 'rival' and f.observed_low = f.observed_high "
        "and isfinite(f.observed_low) order by f.start desc, f.product limit ?",
        [FANS],
    )
    made = []
    for row in found:
        middle, low, high, outcome = (
            math.expm1(row[key]) for key in ("median", "low", "high", "observed_low")
        )
        name = str(market.name(row["model_id"] or row["product"]))
        fact = computed_fact(
            market,
            f"Volume of {name} around {row['start']}",
            f"{middle:+.0%} ({low:+.0%} to {high:+.0%}), came to {outcome:+.0%}",
            f"{GRADED} and f.origin = {quoted(row['origin'])} "
            f"and f.product = {quoted(row['product'])}",
            f"{INTERVAL:.0%} interval; role: {row['role']}",
            "relative change of volume",
        )
        figure = market.facts.figure
        made.append(
            Forecast(
                f"{name}, {row['start']}", middle, low, high, outcome,
                figure(middle, "signed", fact), figure(outcome, "signed", fact),
            )
        )  # fmt: skip
    return Fan("forecasts", made, f"{INTERVAL:.0%}") if made else None


def falls_said(market: Market) -> Calibration | None:
    """Probability said that a volume falls by more than 5%, against the share that did."""
    return _calibration(
        market, "falls", f"{GRADED} and f.has_fallen is not null",
        ("probability_falls", "has_fallen"), FALL_BINS,
        says="Volumes said to fall with a probability", came="fell",
        note="rolling origin, weekly lists", unit="forecasts",
    )  # fmt: skip


def claims(market: Market) -> list[Row]:
    """What others wrote, by author and verdict."""
    found = rows(
        market.connection,
        "select c.author, k.verdict, count(*) as n from core.claims as c "
        "inner join marts.claim_checks as k on k.claim_id = c.claim_id "
        "group by c.author, k.verdict order by c.author, n desc, k.verdict",
    )
    by_author: dict[str, list[Row]] = {}
    for row in found:
        fact = computed_fact(
            market,
            f"Claims of {row['author']} that are {str(row['verdict']).replace('_', ' ')}",
            str(row["n"]),
            "select k.* from marts.claim_checks as k inner join core.claims as c "
            f"on c.claim_id = k.claim_id where c.author = {quoted(row['author'])} "
            f"and k.verdict = {quoted(row['verdict'])}",
            "one rule per kind of claim (pipelines.analysis.claims)",
            "claims",
        )
        by_author.setdefault(row["author"], []).append(
            {
                "verdict": str(row["verdict"]).replace("_", " "),
                "count": market.facts.figure(row["n"], "count", fact),
            }
        )
    ranked = sorted(by_author, key=lambda a: (-sum(v["count"].value for v in by_author[a]), a))
    return [{"author": author, "verdicts": by_author[author]} for author in ranked]
