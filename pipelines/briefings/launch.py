"""What a launch briefing says, as figures and names; its words are in `launch.md.j2`."""

import difflib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import Any

from pipelines.briefings.charts import Chart, Point
from pipelines.briefings.facts import (
    BELLWETHER,
    COMPUTED,
    Fact,
    Facts,
    Figure,
    day,
    decimal_places,
    quoted,
    score_format,
    usd,
)
from pipelines.settings import SQL
from pipelines.tables import read_table
from pipelines.warehouse import Connection, first_row

Row = dict[str, Any]

#: Known time that leaves nothing out.
EVERYTHING = date(9999, 12, 31)
#: A list price first dated later than this says little about the launch.
LATEST_FIRST_PRICE = timedelta(days=120)
#: Own models this recent are what an entrant is measured against.
RECENT = timedelta(days=550)
#: P(abler) from which one model is called the stronger.
CLEARLY = 0.9
#: Gaps between publishers that are worth a sentence, in the benchmark's unit.
WORTH_SAYING = {"percent": 2.0, "elo": 40.0}
LOST = ("cannibalised", "exposed")
#: Who measured what a model's own vendor publishes.
OWN = "vendors' own"
SIBLINGS, PEERS, NOTABLE, BENCHMARKS, DISAGREEMENTS, RUNS, UNPRICED = 6, 2, 6, 20, 6, 10, 5
CHARTS_OF_BEST_RANKS = 2
SUGGESTIONS = 5


class BriefingError(Exception):
    """A briefing that cannot be made; the message says why and what can be asked instead."""


@dataclass(frozen=True)
class Moment:
    """What is judged, on which day, and from what was known by which other."""

    event: Row
    as_of: date
    known_by: date
    basis: str
    judged_by: date
    is_first_priced_day: bool

    @property
    def is_hindsight(self) -> bool:
        """Everything known counts."""
        return self.basis == "hindsight"

    @property
    def is_stored(self) -> bool:
        """The marts hold this day; otherwise their queries are run for it."""
        return bool(self.as_of == self.event["effective_on"])

    @property
    def judged_by_sql(self) -> str:
        """Known time of prices and capability, as a SQL argument."""
        return "null" if self.judged_by == EVERYTHING else quoted(self.judged_by)


def rows(connection: Connection, query: str, parameters: Sequence[Any] = ()) -> list[Row]:
    """An answer, read to its end, as dictionaries."""
    answer = connection.execute(query, list(parameters))
    names = [column[0] for column in answer.description or ()]
    return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]


def find_event(connection: Connection, asked: str) -> Row:
    """The launch of this id, or of a model of this name. Raises BriefingError with near ids."""
    events = {e["event_id"]: e for e in rows(connection, "select * from core.events")}
    key = asked.strip().lower()
    if key in events:
        return events[key]
    named = rows(
        connection,
        "select distinct r.event_id from core.releases as r "
        "left join core.aliases as a on a.model_id = r.model_id where lower(r.model_id) = ? "
        "or a.alias = ? or r.model_id like '%/' || ? or a.alias like '%/' || ?",
        [key] * 4,
    )
    found = sorted({row["event_id"] for row in named} & set(events))
    if len(found) == 1:
        return events[found[0]]
    near = found or difflib.get_close_matches(key, events, n=SUGGESTIONS, cutoff=0.3)
    near += sorted(e for e in events if key and key in e and e not in near)[:SUGGESTIONS]
    said = f"several launches are named '{asked}'" if found else f"no launch is named '{asked}'"
    raise BriefingError(f"{said}; nearby: {', '.join(near) or ', '.join(sorted(events))}")


def choose_moment(
    connection: Connection, event: Row, as_of: date | None, known_by: date | None
) -> Moment:
    """Which day is judged from what. Raises BriefingError on a day nothing can be said of."""
    effective, day_after = event["effective_on"], event["effective_on"] + timedelta(days=1)
    newest = newest_fact(connection)
    if known_by is not None and known_by < day_after:
        raise BriefingError(
            f"{event['event_id']} could first be used on {effective}; the earliest briefing is "
            f"known by {day_after}, the day after"
        )
    if as_of is not None and not effective <= as_of <= (known_by or newest):
        raise BriefingError(
            f"as of {as_of}: must lie between {effective}, when {event['event_id']} could first "
            f"be used, and {known_by or newest}, by which the facts were known"
        )
    is_hindsight = known_by is None or known_by >= newest
    judged_by = EVERYTHING if is_hindsight else day_after
    first_priced = None
    if as_of is None:
        (first_priced,) = first_row(
            connection,
            "select min(greatest(c.holds_from, ?)) from core.price_claims as c "
            "inner join core.offerings as o on o.offering_id = c.offering_id "
            "inner join core.releases as r on r.model_id = c.model_id "
            "where r.event_id = ? and o.is_list_price and c.holds_from <= ? "
            "and cast(c.known_at as date) <= ?",
            [effective, event["event_id"], effective + LATEST_FIRST_PRICE, judged_by],
        )
        if first_priced is not None and first_priced > (known_by or newest):
            first_priced = None
    return Moment(
        event=event,
        as_of=as_of or first_priced or effective,
        known_by=known_by or newest,
        basis="hindsight" if is_hindsight else "day_after",
        judged_by=judged_by,
        is_first_priced_day=as_of is None and first_priced not in (None, effective),
    )


def newest_fact(connection: Connection) -> date:
    """The day the newest fact became known: what "now" means on a page."""
    (newest,) = first_row(
        connection,
        "select max(k.known_on) from ("
        "select max(cast(known_at as date)) as known_on from core.price_claims "
        "union all select max(published_on) from core.results "
        "union all select max(published_on) from core.releases "
        "union all select max(published_on) from core.companies "
        "union all select max(stated_on) from core.claims) as k",
    )
    return day(newest)


def place(connection: Connection, moment: Moment) -> None:
    """Fill temporary tables `asked_positions`, `asked_impact` and `asked_companies`.

    For a day the marts do not hold, the marts' own queries are run on that day, so that no rule
    exists twice.
    """
    event_id = quoted(moment.event["event_id"])
    positions = (
        f"select * from marts.positioning where event_id = {event_id} "
        f"and basis = {quoted(moment.basis)}"
    )
    if not moment.is_stored:
        asked_day = (
            f"(select 'asked' as day_id, {event_id} as event_id, {quoted(moment.basis)} as basis, "
            f"date '{moment.as_of}' as as_of, date '{moment.judged_by}' as known_by)"
        )
        positions = _mart("positioning").replace("core.segment_days", asked_day)
    connection.execute(f"create temp table asked_positions as {positions}")
    impact = _mart("launch_impact").replace("marts.positioning", "asked_positions")
    connection.execute(f"create temp table asked_impact as {impact}")
    connection.execute(
        "create temp view company_positions as "
        "select * replace ('hindsight' as basis) from asked_positions"
    )
    companies = _mart("company_impact").replace("marts.positioning", "company_positions")
    connection.execute(f"create temp table asked_companies as {companies}")


def _mart(name: str) -> str:
    return read_table(SQL / "marts" / f"{name}.sql").select


@dataclass
class Launch:
    """Everything the sections draw from, read once."""

    connection: Connection
    facts: Facts
    moment: Moment
    models: dict[str, Row]
    segments: dict[str, Row]
    abilities: dict[str, str]
    releases: dict[str, Row]
    prices: dict[str, Row]
    positions: list[Row]
    before: list[Row]
    impact: list[Row]
    comparisons: list[Row]
    results: list[Row]
    claims: list[Row]

    def name(self, model_id: str | None) -> str | None:
        """Display name of a version."""
        return self.models[model_id]["name"] if model_id in self.models else model_id

    def names(self, model_ids: Iterable[str]) -> list[str]:
        """Display names, each once."""
        return [str(self.name(m)) for m in dict.fromkeys(model_ids)]

    def segment_name(self, segment_id: str) -> str:
        """A segment's name in a sentence."""
        return str(self.segments[segment_id]["name"])

    @property
    def entrants(self) -> list[str]:
        """Versions launched."""
        return list(self.releases)


def read(connection: Connection, facts: Facts, moment: Moment) -> Launch:
    """Read what the sections need. `connection` must be a cursor of its own."""
    place(connection, moment)
    event_id = moment.event["event_id"]
    order = "order by segment_id, capability_rank"
    (fit,) = first_row(connection, "select max(capability_known_on) from asked_positions")
    return Launch(
        connection=connection,
        facts=facts,
        moment=moment,
        models=_by(
            "model_id",
            rows(
                connection,
                "select m.*, v.name as vendor, a.api_available_on, a.shutdown_on "
                "from core.models as m left join core.vendors as v on v.vendor_id = m.vendor_id "
                "left join core.availability as a on a.model_id = m.model_id",
            ),
        ),
        segments=_by(
            "segment_id",
            rows(connection, "select * from core.segments where kind = 'models' order by name"),
        ),
        abilities={
            row["ability_id"]: row["name"]
            for row in rows(connection, "select * from core.abilities")
        },
        releases=_by(
            "model_id",
            rows(
                connection,
                "select * from core.releases where event_id = ? order by model_id",
                [event_id],
            ),
        ),
        prices=_by(
            "model_id",
            rows(
                connection,
                f"select * from prices_on('{moment.as_of}', {moment.judged_by_sql}) "
                "where is_list_price",
            ),
        ),
        positions=rows(connection, f"select * from asked_positions where side = 'with' {order}"),
        before=rows(connection, f"select * from asked_positions where side = 'without' {order}"),
        impact=rows(connection, f"select * from asked_impact {order}"),
        comparisons=rows(
            connection,
            "select * from analysis.comparisons where event_id = ? and known_on = ?",
            [event_id, fit],
        ),
        results=rows(
            connection,
            "select r.*, b.name as benchmark, b.ability_id from core.results as r "
            "inner join core.benchmarks as b on b.benchmark_id = r.benchmark_id "
            "where r.published_on <= ? and r.is_headline_metric "
            "order by b.name, r.published_on, r.result_id",
            [moment.known_by],
        ),
        claims=rows(
            connection,
            "select k.*, c.* from core.claims as c "
            "inner join marts.claim_checks as k on k.claim_id = c.claim_id "
            "where c.event_id = ? and c.stated_on <= ? order by c.stated_on, c.claim_id",
            [event_id, moment.known_by],
        ),
    )


def _by(key: str, found: list[Row]) -> dict[str, Row]:
    return {row[key]: row for row in found}


# ------------------------------------------------------------------ facts


def price_fact(launch: Launch, price: Row) -> Fact:
    """A list price as its publisher states it."""
    text = f"{usd(price['input_usd_per_mtok'])} in, {usd(price['output_usd_per_mtok'])} out"
    return Fact(
        says=f"List price of {launch.name(price['model_id'])} on {launch.moment.as_of}",
        value=text,
        unit="USD per million tokens",
        publisher=price["publisher"],
        published_on=price["published_on"],
        known_on=day(price["known_at"]),
        licence=price["licence"],
        source_url=price["source_url"],
        is_disputed=price["is_disputed"],
        query=f"select * from core.price_claims where claim_id = {quoted(price['claim_id'])}",
        note=str(price["evidence"]).replace("_", " "),
    )


def result_fact(launch: Launch, result: Row) -> Fact:
    """A benchmark result as published."""
    how = [result[k] for k in ("benchmark_release", "metric", "configuration", "system")]
    cost = result["run_cost_usd"]
    return Fact(
        says=f"{launch.name(result['model_id'])} on {result['benchmark']} "
        f"({', '.join(str(part) for part in how if part)})",
        value=decimal_places(result["score"]) + (f"; run cost {usd(cost)}" if cost else ""),
        unit=result["unit"],
        publisher=result["publisher"],
        published_on=result["published_on"],
        known_on=result["published_on"],
        licence=result["licence"],
        source_url=result["source_url"],
        query=f"select * from core.results where result_id = {quoted(result['result_id'])}",
        note=", ".join(part for part in (result["evidence"], result["note"]) if part),
    )


def computed_fact(launch: Launch, says: str, value: str, query: str, note: str, unit: str) -> Fact:
    """A figure computed here, which cites its method."""
    return Fact(
        says=says, value=value, unit=unit, publisher=BELLWETHER, published_on=None,
        known_on=launch.moment.known_by, licence=COMPUTED, query=query, note=note,
    )  # fmt: skip


def capability_fact(launch: Launch, position: Row) -> Fact:
    """An estimate of the fit, with how much evidence is behind it."""
    model_id, segment_id = position["model_id"], position["segment_id"]
    fit = position["capability_known_on"]
    return Fact(
        says=f"Capability of {launch.name(model_id)} in {launch.segment_name(segment_id)}",
        value=f"{position['capability']:.1f} "
        f"({position['capability_low']:.1f} to {position['capability_high']:.1f})",
        unit="index points, 80% interval",
        publisher=BELLWETHER,
        published_on=None,
        known_on=fit,
        licence=COMPUTED,
        query="select * from analysis.capabilities where "
        f"known_on = date '{fit}' and basket_kind = 'segment' and basket_id = "
        f"{quoted(segment_id)} and model_id = {quoted(model_id)}",
        note=f"two-parameter logistic fit; {position['results']} results of this model in the "
        f"segment's abilities, known by {fit}",
    )


def position_fact(launch: Launch, position: Row) -> Fact:
    """Rank, frontier and premium: what follows from prices and capability of one day."""
    moment = launch.moment
    model_id, segment_id = position["model_id"], position["segment_id"]
    where = f"segment_id = {quoted(segment_id)} and model_id = {quoted(model_id)}"
    query = (
        f"select * from marts.positioning where event_id = {quoted(moment.event['event_id'])} "
        f"and basis = {quoted(moment.basis)} and side = 'with' and {where}"
        if moment.is_stored
        else f"select * from standing_on({quoted(segment_id)}, '{moment.as_of}', "
        f"{moment.judged_by_sql}) where model_id = {quoted(model_id)}"
    )
    return computed_fact(
        launch,
        f"Position of {launch.name(model_id)} in {launch.segment_name(segment_id)} on "
        f"{moment.as_of}",
        f"rank {position['capability_rank']} of {position['members']}",
        query,
        f"list prices of the day and the fit known by {position['capability_known_on']}",
        "rank",
    )


def impact_fact(launch: Launch, impact: Row) -> Fact:
    """The verdict on a model's position."""
    moment = launch.moment
    model_id, segment_id = impact["model_id"], impact["segment_id"]
    where = f"segment_id = {quoted(segment_id)} and model_id = {quoted(model_id)}"
    query = (
        f"select * from marts.launch_impact where event_id = {quoted(moment.event['event_id'])} "
        f"and basis = {quoted(impact['basis'])} and {where}"
        if moment.is_stored
        else "select * from analysis.comparisons where "
        f"event_id = {quoted(moment.event['event_id'])} and basket_id = {quoted(segment_id)} "
        f"and incumbent_id = {quoted(model_id)} order by known_on desc"
    )
    return computed_fact(
        launch,
        f"Verdict on {launch.name(model_id)} in {launch.segment_name(segment_id)}",
        str(impact["verdict"]),
        query,
        "the rule of marts.launch_impact: position before and after, P(entrant abler); "
        "no demand forecast was made",
        "verdict",
    )


def comparison_fact(launch: Launch, comparison: Row) -> Fact:
    """P(one model is the abler), from the covariance of the fit."""
    entrant, incumbent = comparison["entrant_id"], comparison["incumbent_id"]
    basket = comparison["basket_id"]
    where = (
        f"known_on = date '{comparison['known_on']}' and "
        f"event_id = {quoted(comparison['event_id'])} "
        f"and basket_kind = {quoted(comparison['basket_kind'])} and basket_id = {quoted(basket)} "
        f"and entrant_id = {quoted(entrant)} and incumbent_id = {quoted(incumbent)}"
    )
    return Fact(
        says=f"P({launch.name(entrant)} at least as able as {launch.name(incumbent)}), "
        f"{launch.abilities.get(basket) or launch.segments.get(basket, {}).get('name', basket)}",
        value=f"{comparison['probability_entrant_above']:.3f}; difference "
        f"{comparison['difference']:.1f} ({comparison['difference_low']:.1f} to "
        f"{comparison['difference_high']:.1f})",
        unit="probability; index points, 80% interval",
        publisher=BELLWETHER,
        published_on=None,
        known_on=comparison["known_on"],
        licence=COMPUTED,
        query=f"select * from analysis.comparisons where {where}",
        note=f"two-parameter logistic fit known by {comparison['known_on']}",
    )


def release_fact(launch: Launch, release: Row) -> Fact:
    """When and to whom a version was released."""
    return Fact(
        says=f"Release of {launch.name(release['model_id'])}",
        value=f"announced {release['announced_on'] or 'on a day not known'}, API from "
        f"{release['api_available_on']}; {release['availability_scope']}",
        unit="days",
        publisher=release["publisher"],
        published_on=release["published_on"],
        known_on=release["published_on"],
        licence=release["licence"],
        source_url=release["source_url"],
        query=f"select * from core.releases where model_id = {quoted(release['model_id'])}",
        note=release["note"],
    )


def ratio_fact(
    launch: Launch, says: str, value: str, table: str, key: str, sides: tuple[str, str], what: str
) -> Fact:
    """A comparison of two rows of one table: first against second."""
    query = (
        f"select {what} from {table} as a cross join {table} as b "
        f"where a.{key} = {quoted(sides[0])} and b.{key} = {quoted(sides[1])}"
    )
    return computed_fact(launch, says, value, query, "computed from the two rows named", "share")


def chart_fact(launch: Launch, segment_id: str, members: int) -> Fact:
    """All points of a chart: one query."""
    moment = launch.moment
    query = (
        f"select * from marts.positioning where event_id = {quoted(moment.event['event_id'])} "
        f"and basis = {quoted(moment.basis)} and side = 'with' "
        f"and segment_id = {quoted(segment_id)}"
        if moment.is_stored
        else f"select * from standing_on({quoted(segment_id)}, '{moment.as_of}', "
        f"{moment.judged_by_sql})"
    )
    return computed_fact(
        launch,
        f"Every position in {launch.segment_name(segment_id)} on {moment.as_of}",
        f"{members} models",
        query,
        "column claim_id leads to each price, model_id to each result",
        "models",
    )


# ------------------------------------------------------------------ sections


def prices_of(launch: Launch, model_id: str) -> Row | None:
    """List price of a version that day, as figures; None if not known."""
    price = launch.prices.get(model_id)
    if price is None:
        return None
    fact = price_fact(launch, price)
    into, out = price["input_usd_per_mtok"], price["output_usd_per_mtok"]
    figure = launch.facts.figure
    return {
        "input": figure(into, "usd", fact),
        "output": figure(out, "usd", fact),
        "cache_read": figure(price["cache_read_usd_per_mtok"], "usd", fact),
        "mix": figure(mixed(price, 3, 1), "usd", fact),
        "heavy": figure(mixed(price, 98, 2), "usd", fact),
        "fact": fact,
    }


def mixed(price: Row, into: int, out: int) -> Any:
    """Price of a workload of `into` input tokens for every `out` output tokens."""
    return (price["input_usd_per_mtok"] * into + price["output_usd_per_mtok"] * out) / (into + out)


def entrants(launch: Launch) -> list[Row]:
    """What was launched."""
    found = []
    for model_id, release in launch.releases.items():
        model = launch.models[model_id]
        fact = release_fact(launch, release)
        figure = launch.facts.figure
        found.append(
            {
                "id": model_id,
                "name": model["name"],
                "vendor": model["vendor"],
                "is_reasoning": model["is_reasoning"],
                "is_open_weights": model["is_open_weights"],
                "price": prices_of(launch, model_id),
                "announced_on": figure(release["announced_on"], "date", fact),
                "api_on": figure(release["api_available_on"], "date", fact),
                "later_by": figure(_lag(release), "count", fact),
                "is_limited": release["is_limited_at_first"],
                "scope": figure(release["availability_scope"], "text", fact),
            }
        )
    return found


def _lag(release: Row) -> int | None:
    announced, available = release["announced_on"], release["api_available_on"]
    return (available - announced).days if announced and available > announced else None


def sibling_ids(launch: Launch) -> list[str]:
    """The vendor's own models on sale that day: those cannibalised, then the newest."""
    vendors = {launch.models[m]["vendor_id"] for m in launch.entrants}
    taken = Counter(i["model_id"] for i in launch.impact if i["verdict"] == "cannibalised")
    moment = launch.moment
    recent = [
        m
        for m in launch.prices
        if launch.models[m]["vendor_id"] in vendors
        and m not in launch.releases
        and (since := launch.models[m]["api_available_on"]) is not None
        and moment.event["effective_on"] - RECENT <= since <= moment.event["effective_on"]
    ]
    newest = {m: -launch.models[m]["api_available_on"].toordinal() for m in recent}
    return sorted(recent, key=lambda m: (-taken[m], newest[m], m))[:SIBLINGS]


def siblings(launch: Launch) -> list[Row]:
    """Prices of the vendor's own models, and each entrant's against them."""
    found = []
    for model_id in sibling_ids(launch):
        against = [
            discount(launch, entrant, model_id)
            for entrant in launch.entrants
            if entrant in launch.prices
        ]
        found.append(
            {
                "name": launch.name(model_id),
                "price": prices_of(launch, model_id),
                "since": launch.models[model_id]["api_available_on"],
                "against": against,
            }
        )
    return found


def discount(launch: Launch, entrant: str, other: str) -> Row:
    """What the entrant costs against another model, input and output, as relative differences."""
    ours, theirs = launch.prices[entrant], launch.prices[other]
    share = {
        side: ours[f"{side}_usd_per_mtok"] / theirs[f"{side}_usd_per_mtok"] - 1
        for side in ("input", "output")
    }
    says = f"{launch.name(entrant)} against {launch.name(other)}, list price of {launch.moment.as_of}"
    fact = ratio_fact(
        launch,
        says,
        f"input {float(share['input']):+.0%}, output {float(share['output']):+.0%}",
        "core.price_claims",
        "claim_id",
        (ours["claim_id"], theirs["claim_id"]),
        "a.input_usd_per_mtok / b.input_usd_per_mtok - 1 as input, "
        "a.output_usd_per_mtok / b.output_usd_per_mtok - 1 as output",
    )
    return {
        "entrant": launch.name(entrant),
        "other": launch.name(other),
        "input": launch.facts.figure(share["input"], "change", fact),
        "output": launch.facts.figure(share["output"], "change", fact),
        "is_one_figure": share["input"] == share["output"],
    }


def peer_ids(launch: Launch) -> list[str]:
    """The incumbents the launch touches most: position lost, then frontier held before it.

    The vendor's own recent models stand in where nobody is touched.
    """
    lost = Counter(i["model_id"] for i in launch.impact if i["verdict"] in LOST)
    charted = {p["segment_id"] for p in launch.positions if p["model_id"] in launch.releases}
    held = Counter(
        i["model_id"]
        for i in launch.impact
        if i["was_on_frontier"] and not i["is_entrant"] and i["segment_id"] in charted
    )
    able = {
        m: max(p["capability"] for p in launch.positions if p["model_id"] == m)
        for m in {*lost, *held}
    }
    ranked = sorted(able, key=lambda m: (-lost[m], -held[m], -able[m], m))
    own = [m for m in sibling_ids(launch) if m not in ranked]
    return [*ranked, *own][:PEERS]


def benchmark_rows(launch: Launch, peers: Sequence[str]) -> list[Row]:
    """Benchmark by benchmark: vendors' own figures apart from each independent publisher's."""
    columns = [*launch.entrants, *peers]
    about = [
        r
        for r in launch.results
        if r["model_id"] in columns and r["evidence"] in ("official", "independent")
    ]
    lines: list[Row] = []
    for (benchmark, evidence), found in _groups(about, "benchmark_id", "evidence"):
        if evidence == "official":
            lines.append(_line(launch, found, columns, OWN, None))
            continue
        options = [
            _line(launch, same, columns, publisher, release)
            for (publisher, release), same in _groups(found, "publisher", "benchmark_release")
        ]
        lines.append(max(options, key=lambda line: (line["filled"], line["latest"])))
    lines = [line for line in lines if line["has_entrant"]]
    lines.sort(key=lambda line: (-line["filled"], line["publisher"] != OWN))
    chosen = lines[:BENCHMARKS]
    chosen.sort(
        key=lambda line: (line["ability"], line["benchmark"], line["publisher"] != OWN)
    )
    return chosen


def _groups(found: list[Row], *keys: str) -> list[tuple[tuple[str, ...], list[Row]]]:
    def key(row: Row) -> tuple[str, ...]:
        return tuple(str(row[k] or "") for k in keys)

    return [(k, list(group)) for k, group in groupby(sorted(found, key=key), key)]


def _line(
    launch: Launch, found: list[Row], columns: Sequence[str], publisher: str, release: str | None
) -> Row:
    """One line of the benchmark table, each model at its best setting.

    A vendor's figure is the one of the launch, the first; an independent board's is its latest.
    """
    age = 1 if publisher == OWN else -1
    cells: list[Figure | None] = []
    for model_id in columns:
        own = [r for r in found if r["model_id"] == model_id]
        best = min(
            own, key=lambda r: (age * r["published_on"].toordinal(), -r["score"]), default=None
        )
        cells.append(
            launch.facts.figure(
                best["score"], score_format(best["unit"]), result_fact(launch, best)
            )
            if best
            else None
        )
    own_cells = cells[: len(launch.entrants)]
    return {
        "benchmark": found[0]["benchmark"],
        "release": release,
        "ability": launch.abilities.get(found[0]["ability_id"], ""),
        "publisher": publisher,
        "cells": cells,
        "filled": sum(cell is not None for cell in cells),
        "has_entrant": any(cell is not None for cell in own_cells),
        "latest": max(r["published_on"] for r in found),
    }


def disagreements(launch: Launch, peers: Sequence[str]) -> list[Row]:
    """Benchmarks on which two publishers, or one at two dates, differ on the same model."""
    found = []
    columns = [*launch.entrants, *peers]
    about = [
        r
        for r in launch.results
        if r["model_id"] in columns and r["evidence"] in ("official", "independent")
    ]
    for (model_id, _, _), same in _groups(about, "model_id", "benchmark_id", "benchmark_release"):
        pairs = [
            (a, b)
            for i, a in enumerate(same)
            for b in same[i + 1 :]
            if abs(a["score"] - b["score"]) >= WORTH_SAYING[a["unit"]]
            and (a["publisher"] != b["publisher"] or _is_revised(a, b))
        ]
        if not pairs:
            continue
        first, second = max(pairs, key=lambda p: abs(p[0]["score_share"] - p[1]["score_share"]))
        found.append(
            {
                "model": launch.name(model_id),
                "benchmark": first["benchmark"],
                "gap": abs(first["score_share"] - second["score_share"]),
                "is_entrant": model_id in launch.releases,
                "is_revision": first["publisher"] == second["publisher"],
                "sides": [
                    {
                        "figure": launch.facts.figure(
                            r["score"], score_format(r["unit"]), result_fact(launch, r)
                        ),
                        "publisher": r["publisher"],
                        "on": r["published_on"],
                        "configuration": r["configuration"],
                    }
                    for r in (first, second)
                ],
            }
        )
    found.sort(key=lambda d: (not d["is_entrant"], -d["gap"]))
    return found[:DISAGREEMENTS]


def _is_revised(a: Row, b: Row) -> bool:
    return bool(
        a["published_on"] != b["published_on"]
        and a["configuration"] == b["configuration"]
        and a["metric"] == b["metric"]
        and a["system"] == b["system"]
    )


def standings(launch: Launch) -> list[Row]:
    """Each entrant in each segment; where it is no member, why not."""
    placed = {(p["segment_id"], p["model_id"]): p for p in launch.positions}
    evidence = {
        (row["basket_id"], row["model_id"]): row["evidence_share"]
        for row in rows(
            launch.connection,
            "select basket_id, model_id, evidence_share from analysis.capabilities "
            "where basket_kind = 'segment' and known_on = "
            "(select max(c.known_on) from analysis.capabilities as c where c.known_on <= ?)",
            [launch.moment.judged_by],
        )
    }
    found = []
    for model_id in launch.entrants:
        own = [s for s in launch.segments if (s, model_id) in placed]
        own.sort(key=lambda s: (placed[s, model_id]["capability_rank"], s))
        outside = [s for s in launch.segments if s not in own]
        for segment_id in [*own, *outside]:
            position = placed.get((segment_id, model_id))
            row: Row = {
                "entrant": launch.name(model_id),
                "segment": launch.segment_name(segment_id),
                "segment_id": segment_id,
                "is_member": position is not None,
            }
            if position is None:
                share = evidence.get((segment_id, model_id))
                row["why_not"] = (
                    "no price"
                    if model_id not in launch.prices
                    else "latency"
                    if launch.segments[segment_id]["needs_low_latency"]
                    and launch.models[model_id]["is_reasoning"]
                    else "no evidence"
                    if not share
                    else "band"
                )
            else:
                row.update(position_figures(launch, position))
            found.append(row)
    return found


def position_figures(launch: Launch, position: Row) -> Row:
    """A position as figures."""
    figure, fact = launch.facts.figure, position_fact(launch, position)
    able = capability_fact(launch, position)
    price = prices_of(launch, position["model_id"]) or {}
    cheaper = position["dominated_cheaper_share"]
    return {
        "rank": figure(position["capability_rank"], "count", fact),
        "members": figure(position["members"], "count", fact),
        "capability": figure(position["capability"], "points", able),
        "low": figure(position["capability_low"], "points", able),
        "high": figure(position["capability_high"], "points", able),
        "mix": price.get("mix"),
        "heavy": price.get("heavy"),
        "is_on_frontier": position["is_on_frontier"],
        "dominated_by": launch.name(position["dominated_by"]),
        "dominated_points": figure(position["dominated_by_points"], "points", fact),
        "dominated_cheaper": figure(cheaper, "percent", fact) if cheaper else None,
        "premium": figure(position["premium_to_frontier_share"], "percent", fact),
        "premium_heavy": figure(position["premium_to_frontier_98to2_share"], "percent", fact),
    }


def chart_segments(launch: Launch) -> list[str]:
    """Where the entrant ranks best, then every segment where somebody's position is lost."""
    own = [p for p in launch.positions if p["model_id"] in launch.releases]
    own.sort(key=lambda p: (p["capability_rank"], not p["is_on_frontier"], -p["members"]))
    best = list(dict.fromkeys(p["segment_id"] for p in own))[:CHARTS_OF_BEST_RANKS]
    lost = [i["segment_id"] for i in launch.impact if i["verdict"] in LOST]
    return list(dict.fromkeys([*best, *sorted(lost)]))


def chart(launch: Launch, segment_id: str) -> Chart:
    """The frontier before and after, every member of the segment, and the words about them."""
    impact = {i["model_id"]: i for i in launch.impact if i["segment_id"] == segment_id}
    after = [p for p in launch.positions if p["segment_id"] == segment_id]
    before = [p for p in launch.before if p["segment_id"] == segment_id]
    named = {c["subject_model_id"] for c in launch.claims} | set(launch.releases)
    fact = chart_fact(launch, segment_id, len(after))
    points = [
        Point(
            name=str(launch.name(p["model_id"])),
            price=float(p["price_3to1_usd_per_mtok"]),
            capability=p["capability"],
            low=p["capability_low"],
            high=p["capability_high"],
            kind=(
                "entrant"
                if p["model_id"] in launch.releases
                else "lost"
                if impact[p["model_id"]]["verdict"] in LOST
                else "frontier"
                if p["is_on_frontier"]
                else "behind"
            ),
            is_labelled=bool(
                p["model_id"] in named
                or p["is_on_frontier"]
                or impact[p["model_id"]]["was_on_frontier"]
            ),
            figures=(
                launch.facts.figure(p["price_3to1_usd_per_mtok"], "usd", fact),
                launch.facts.figure(p["capability"], "points", fact),
                launch.facts.figure(p["capability_low"], "points", fact),
                launch.facts.figure(p["capability_high"], "points", fact),
            ),
        )
        for p in after
    ]
    on = [launch.name(m) for m in launch.entrants if _on_frontier(after, m)]
    behind = [p for p in after if p["model_id"] in launch.releases and not p["is_on_frontier"]]
    return Chart(
        name=segment_id,
        segment=launch.segment_name(segment_id),
        points=points,
        before=_steps(before),
        after=_steps(after),
        fact=fact,
        winners=[str(n) for n in on],
        losers=launch.names(m for m, i in impact.items() if i["verdict"] in LOST),
        behind=[
            (str(launch.name(p["model_id"])), str(launch.name(p["dominated_by"]))) for p in behind
        ],
    )


def _on_frontier(positions: list[Row], model_id: str) -> bool:
    return any(p["model_id"] == model_id and p["is_on_frontier"] for p in positions)


def _steps(positions: list[Row]) -> list[tuple[float, float]]:
    return sorted(
        (float(p["price_3to1_usd_per_mtok"]), p["capability"])
        for p in positions
        if p["is_on_frontier"]
    )


def run_costs(launch: Launch, peers: Sequence[str]) -> list[Row]:
    """Where a benchmark publishes what its run cost: entrants against models on sale that day."""
    priced = [r for r in launch.results if r["run_cost_usd"]]
    found = []
    for _, same in _groups(priced, "benchmark_id", "benchmark_release", "publisher"):
        if not {r["model_id"] for r in same} & set(launch.releases):
            continue
        best: dict[str, Row] = {}
        for result in sorted(same, key=lambda r: (-r["score"], r["run_cost_usd"], r["result_id"])):
            if result["model_id"] in launch.prices or result["model_id"] in launch.releases:
                best.setdefault(result["model_id"], result)
        own = next(best[m] for m in best if m in launch.releases)
        first = [m for m in best if m in launch.releases or m in peers]
        chosen = list(dict.fromkeys([*first, *best]))[:RUNS]
        lines = []
        for model_id in sorted(chosen, key=lambda m: (-best[m]["score"], m)):
            result = best[model_id]
            fact = result_fact(launch, result)
            tasks = result["test_cases"]
            lines.append(
                {
                    "model": launch.name(model_id),
                    "is_entrant": model_id in launch.releases,
                    "score": launch.facts.figure(
                        result["score"], score_format(result["unit"]), fact
                    ),
                    "run": launch.facts.figure(result["run_cost_usd"], "cost", fact),
                    "task": launch.facts.figure(
                        result["run_cost_usd"] / tasks if tasks else None, "cost", fact
                    ),
                    "configuration": result["configuration"],
                    "against": _cost_against(launch, own, result),
                }
            )
        found.append(
            {
                "benchmark": own["benchmark"],
                "publisher": own["publisher"],
                "entrant": launch.name(own["model_id"]),
                "lines": lines,
            }
        )
    return found


def _cost_against(launch: Launch, own: Row, other: Row) -> Figure | None:
    """What another model's run cost against the entrant's."""
    if own["result_id"] == other["result_id"]:
        return None
    share = other["run_cost_usd"] / own["run_cost_usd"] - 1
    fact = ratio_fact(
        launch,
        f"Run cost of {launch.name(other['model_id'])} against {launch.name(own['model_id'])} on "
        f"{own['benchmark']}",
        f"{float(share):+.0%}",
        "core.results",
        "result_id",
        (other["result_id"], own["result_id"]),
        "a.run_cost_usd / b.run_cost_usd - 1 as difference",
    )
    return launch.facts.figure(share, "change", fact)


def judged(launch: Launch) -> list[Row]:
    """Verdicts by segment: entrants, positions lost, and incumbents that had something to lose."""
    named = {(s, c["subject_model_id"]) for c in launch.claims for s in _words(c["segment_ids"])}
    entered = {p["segment_id"] for p in launch.positions if p["model_id"] in launch.releases}
    asked = [s for s in launch.segments if s in entered or s in {segment for segment, _ in named}]
    charted = chart_segments(launch)
    order = sorted(
        dict.fromkeys([*charted, *asked]), key=lambda s: (s not in entered, s not in charted)
    )
    found = []
    for segment_id in order:
        inside = [i for i in launch.impact if i["segment_id"] == segment_id]
        lines = [i for i in inside if i["is_entrant"] or i["verdict"] in LOST]
        notable = [
            i
            for i in inside
            if i not in lines
            and ((i["was_on_frontier"] and segment_id in entered)
                 or (segment_id, i["model_id"]) in named)
        ]
        notable.sort(key=lambda i: ((segment_id, i["model_id"]) not in named, i["capability_rank"]))
        lines += notable[:NOTABLE]
        if lines:
            found.append(
                {
                    "segment": launch.segment_name(segment_id),
                    "is_entered": segment_id in entered,
                    "lines": [verdict_figures(launch, i) for i in lines],
                }
            )
    return found


def _words(text: str | None) -> list[str]:
    return str(text or "").split()


def verdict_figures(launch: Launch, impact: Row) -> Row:
    """A verdict with the facts that decide it."""
    figure, fact = launch.facts.figure, impact_fact(launch, impact)
    price, threat = launch.prices.get(impact["model_id"]), launch.prices.get(impact["entrant_id"])
    comparison = next(
        (
            c
            for c in launch.comparisons
            if c["basket_kind"] == "segment"
            and c["basket_id"] == impact["segment_id"]
            and c["incumbent_id"] == impact["model_id"]
            and c["entrant_id"] == impact["entrant_id"]
        ),
        None,
    )
    lead = impact["entrant_lead_points"]
    return {
        "model": launch.name(impact["model_id"]),
        "verdict": impact["verdict"],
        "is_entrant": impact["is_entrant"],
        "verdict_figure": figure(impact["verdict"], "text", fact),
        "probability": figure(impact["verdict_probability"], "probability", fact),
        "was_on_frontier": impact["was_on_frontier"],
        "is_on_frontier": impact["is_on_frontier"],
        "dominated_by": launch.name(impact["dominated_by"]),
        "dominated_points": figure(impact["dominated_by_points"], "points", fact),
        "dominated_cheaper": figure(impact["dominated_cheaper_share"] or None, "percent", fact),
        "rank": figure(impact["capability_rank"], "count", fact),
        "rank_before": figure(impact["capability_rank_before"], "count", fact),
        "members": figure(impact["members"], "count", fact),
        "price": figure(impact["price_3to1_usd_per_mtok"], "usd", price_fact(launch, price))
        if price
        else None,
        "entrant": launch.name(impact["entrant_id"]),
        "entrant_price": figure(impact["entrant_price"], "usd", price_fact(launch, threat))
        if threat
        else None,
        "entrant_is_dearer": bool(
            impact["entrant_price"] is not None
            and impact["entrant_price"] > impact["price_3to1_usd_per_mtok"]
        ),
        "lead": figure(abs(lead), "points", comparison_fact(launch, comparison))
        if comparison and lead is not None
        else None,
        "is_behind_entrant": lead is not None and lead > 0,
        "p_entrant": figure(
            impact["probability_entrant_above"], "probability", comparison_fact(launch, comparison)
        )
        if comparison
        else None,
    }


def summary(launch: Launch) -> Row:
    """Who gains and who loses position, by verdict: names and segments."""
    entered = [
        i for i in launch.impact if i["is_entrant"] and i["verdict"] == "winner"
    ]
    lost: dict[str, dict[str, list[str]]] = {verdict: {} for verdict in LOST}
    for i in launch.impact:
        if i["verdict"] in LOST:
            segments = lost[i["verdict"]].setdefault(str(launch.name(i["model_id"])), [])
            segments.append(launch.segment_name(i["segment_id"]))
    return {
        "wins": [
            (name, [launch.segment_name(i["segment_id"]) for i in group])
            for name, group in (
                (launch.name(m), [i for i in entered if i["model_id"] == m])
                for m in launch.entrants
            )
            if group
        ],
        "is_placed": any(i["is_entrant"] for i in launch.impact),
        **{verdict: list(found.items()) for verdict, found in lost.items()},
    }


def companies(launch: Launch) -> list[Row]:
    """Products and firms, by role."""
    found = rows(
        launch.connection,
        "select i.*, c.name, c.sells, c.source_url, c.publisher, c.published_on, c.licence "
        "from asked_companies as i inner join core.companies as c on c.company_id = i.company_id "
        "where i.event_id = ? and c.published_on <= ? order by i.verdict, i.role, c.name",
        [launch.moment.event["event_id"], launch.moment.known_by],
    )
    groups = []
    for (verdict, role, why), same in _groups(found, "verdict", "role", "deciding_fact"):
        prices = {
            (c["price_before_usd_per_mtok"], c["price_after_usd_per_mtok"])
            for c in same
            if not c["is_own_capability"]
        }
        before, after = prices.pop() if len(prices) == 1 else (None, None)
        fact = company_price_fact(launch)
        groups.append(
            {
                "verdict": verdict,
                "role": role.replace("_", " "),
                "why": why,
                "before": launch.facts.figure(before, "usd", fact),
                "after": launch.facts.figure(after, "usd", fact),
                "is_unchanged": before is not None and before == after,
                "companies": [
                    {
                        "name": c["name"],
                        "sells": c["sells"],
                        "observed": c["observed"] if launch.moment.is_hindsight else None,
                        "fact": company_fact(c),
                    }
                    for c in same
                ],
            }
        )
    return groups


def company_fact(company: Row) -> Fact:
    """What is known of a firm."""
    return Fact(
        says=f"{company['name']}: what it sells",
        value=str(company["sells"]),
        unit=f"evidence: {company['evidence_grade']}",
        publisher=company["publisher"],
        published_on=company["published_on"],
        known_on=company["published_on"],
        licence=company["licence"],
        source_url=company["source_url"],
        query=f"select * from core.companies where company_id = {quoted(company['company_id'])}",
    )


def company_price_fact(launch: Launch) -> Fact:
    """Price of the cheapest model that matches the launch in mathematics, before and after."""
    moment = launch.moment
    query = (
        f"select * from marts.company_impact where event_id = {quoted(moment.event['event_id'])}"
        if moment.is_stored
        else f"select * from frontier_on('math_reasoning', '{moment.as_of}', "
        f"{moment.judged_by_sql})"
    )
    return computed_fact(
        launch,
        "Cheapest model that matches the launch in mathematics, without and with the launch",
        "see the query",
        query,
        "list prices at 3:1 and the fit of the day",
        "USD per million tokens",
    )


def claims(launch: Launch) -> list[Row]:
    """What others wrote, with its verdict, the reason and the facts used.

    A page known by an earlier day shows only verdicts that rest on facts known by then: some are
    drawn from everything known, and would tell that page's reader the future.
    """
    wanted = {e for c in launch.claims for e in _words(c["evidence"])}
    results = {r["result_id"]: r for r in _evidence_results(launch, wanted)}
    prices = {p["claim_id"]: p for p in _evidence_prices(launch, wanted)}
    found = []
    for claim in launch.claims:
        used = _words(claim["evidence"])
        known = [results[e]["published_on"] for e in used if e in results]
        known += [day(prices[e]["known_at"]) for e in used if e in prices]
        is_checkable = launch.moment.is_hindsight or (
            bool(used) and len(known) == len(used) and max(known) <= launch.moment.known_by
        )
        found.append(
            {
                "text": claim["text"].strip('"“”'),
                "author": claim["author"],
                "on": claim["stated_on"],
                "is_checkable": is_checkable,
                "verdict": launch.facts.figure(
                    claim["verdict"].replace("_", " "), "text", claim_fact(launch, claim)
                ),
                "verdict_word": claim["verdict"],
                "because": claim["because"],
                "evidence": [
                    result_fact(launch, results[e])
                    if e in results
                    else price_fact(launch, prices[e])
                    for e in used
                    if e in results or e in prices
                ],
            }
        )
    return found


def _evidence_results(launch: Launch, wanted: set[str]) -> list[Row]:
    return rows(
        launch.connection,
        "select r.*, b.name as benchmark from core.results as r "
        "inner join core.benchmarks as b on b.benchmark_id = r.benchmark_id "
        "where list_contains(?, r.result_id)",
        [sorted(wanted)],
    )


def _evidence_prices(launch: Launch, wanted: set[str]) -> list[Row]:
    return rows(
        launch.connection,
        "select c.*, false as is_disputed from core.price_claims as c "
        "where list_contains(?, c.claim_id)",
        [sorted(wanted)],
    )


def claim_fact(launch: Launch, claim: Row) -> Fact:
    """The check of one claim."""
    return computed_fact(
        launch,
        f"Check of a claim by {claim['author']}, {claim['stated_on']}",
        claim["verdict"].replace("_", " "),
        f"select * from marts.claim_checks where claim_id = {quoted(claim['claim_id'])}",
        "one rule per kind of claim (pipelines.analysis.claims)",
        "verdict",
    )


def practice(launch: Launch, peers: Sequence[str]) -> Row:
    """What follows for those who use models; each sentence rests on one rule."""
    own = {m: [p for p in launch.positions if p["model_id"] == m] for m in launch.entrants}
    return {
        "baselines": [
            baseline(launch, p) for m in own for p in own[m] if p["is_on_frontier"]
        ],
        "avoid": [
            {
                "entrant": launch.name(m),
                "segment": launch.segment_name(p["segment_id"]),
                "instead": launch.name(p["dominated_by"]),
                "points": launch.facts.figure(
                    p["dominated_by_points"], "points", position_fact(launch, p)
                ),
                "cheaper": launch.facts.figure(
                    p["dominated_cheaper_share"] or None, "percent", position_fact(launch, p)
                ),
            }
            for m in own
            for p in own[m]
            if not p["is_on_frontier"]
        ],
        "reasoning": launch.names(
            m for m in launch.entrants if launch.models[m]["is_reasoning"]
        ),
        "contrasts": [c for peer in peers for c in contrasts(launch, peer)],
    }


def baseline(launch: Launch, position: Row) -> Row:
    """What as much capability costs with the launch, and cost without it."""
    segment_id = position["segment_id"]
    without = [p for p in launch.before if p["segment_id"] == segment_id]
    as_able = [p for p in without if p["capability"] >= position["capability"]]
    cheapest = min(
        as_able, key=lambda p: (p["price_3to1_usd_per_mtok"], p["model_id"]), default=None
    )
    nearest = max(without, key=lambda p: (p["capability"], p["model_id"]), default=None)
    better = [
        p
        for p in launch.positions
        if p["segment_id"] == segment_id and p["capability"] > position["capability"]
    ]
    step_up = min(
        better, key=lambda p: (p["price_3to1_usd_per_mtok"], p["model_id"]), default=None
    )
    figure = launch.facts.figure
    own_price = launch.prices[position["model_id"]]
    row: Row = {
        "entrant": launch.name(position["model_id"]),
        "segment": launch.segment_name(segment_id),
        "price": figure(mixed(own_price, 3, 1), "usd", price_fact(launch, own_price)),
        "matched_by": None,
        "nearest": None,
        "step_up": None,
    }
    if cheapest:
        row["matched_by"] = _priced(launch, cheapest)
        share = position["price_3to1_usd_per_mtok"] / cheapest["price_3to1_usd_per_mtok"] - 1
        row["change"] = figure(
            share,
            "change",
            ratio_fact(
                launch,
                f"Price of as much capability in {row['segment']}, with against without "
                f"{row['entrant']}",
                f"{float(share):+.0%}",
                "core.price_claims",
                "claim_id",
                (position["claim_id"], cheapest["claim_id"]),
                "(3 * a.input_usd_per_mtok + a.output_usd_per_mtok) / "
                "(3 * b.input_usd_per_mtok + b.output_usd_per_mtok) - 1 as difference",
            ),
        )
    elif nearest:
        row["nearest"] = _priced(launch, nearest)
        row["short_by"] = figure(
            position["capability"] - nearest["capability"],
            "points",
            position_fact(launch, position),
        )
    if step_up:
        row["step_up"] = _priced(launch, step_up)
    return row


def _priced(launch: Launch, position: Row) -> Row:
    price = prices_of(launch, position["model_id"])
    return {"name": launch.name(position["model_id"]), "price": price["mix"] if price else None}


def contrasts(launch: Launch, peer: str) -> list[Row]:
    """Abilities in which an entrant is clearly stronger or weaker than an incumbent."""
    about = [
        c
        for c in launch.comparisons
        if c["basket_kind"] == "ability" and c["incumbent_id"] == peer and c["basket_id"] in
        launch.abilities
    ]
    evidenced = {
        (row["basket_id"], row["model_id"])
        for row in rows(
            launch.connection,
            "select basket_id, model_id from analysis.capabilities where basket_kind = 'ability' "
            "and evidence_share > 0 and known_on = ?",
            [about[0]["known_on"] if about else None],
        )
    }
    found = []
    for comparison in sorted(about, key=lambda c: (c["entrant_id"], c["basket_id"])):
        pair = {(comparison["basket_id"], m) for m in (peer, comparison["entrant_id"])}
        p = comparison["probability_entrant_above"]
        if pair <= evidenced and (p >= CLEARLY or p <= 1 - CLEARLY):
            is_stronger = p >= CLEARLY
            found.append(
                {
                    "entrant": launch.name(comparison["entrant_id"]),
                    "peer": launch.name(peer),
                    "ability": launch.abilities[comparison["basket_id"]],
                    "is_stronger": is_stronger,
                    "probability": launch.facts.figure(
                        p if is_stronger else 1 - p,
                        "probability",
                        comparison_fact(launch, comparison),
                    ),
                }
            )
    return found


def flips(launch: Launch) -> Row:
    """Verdicts of the day after that hindsight changed."""
    both: dict[tuple[str, str], dict[str, Row]] = {}
    for impact in rows(
        launch.connection,
        "select * from marts.launch_impact where event_id = ? order by segment_id, model_id",
        [launch.moment.event["event_id"]],
    ):
        both.setdefault((impact["segment_id"], impact["model_id"]), {})[impact["basis"]] = impact
    changed = []
    for (segment_id, model_id), bases in both.items():
        then, now = bases.get("day_after"), bases.get("hindsight")
        words = [i["verdict"] if i else None for i in (then, now)]
        if words[0] == words[1] or not {*words} & {"winner", *LOST}:
            continue
        changed.append(
            {
                "segment": launch.segment_name(segment_id),
                "model": launch.name(model_id),
                "then": _verdict(launch, then),
                "now": _verdict(launch, now),
                "results_then": launch.facts.figure(
                    then["results"], "count", impact_fact(launch, then)
                )
                if then
                else None,
                "results_now": launch.facts.figure(now["results"], "count", impact_fact(launch, now))
                if now
                else None,
            }
        )
    return {
        "was_placed": any(
            b["day_after"]["is_entrant"] for b in both.values() if "day_after" in b
        ),
        "changed": changed,
    }


def _verdict(launch: Launch, impact: Row | None) -> Figure | None:
    if impact is None:
        return None
    return launch.facts.figure(impact["verdict"], "text", impact_fact(launch, impact))


def unknowns(launch: Launch) -> Row:
    """What the page cannot say, and why."""
    moment = launch.moment
    fit = max((p["capability_known_on"] for p in launch.positions), default=None)
    missing = rows(
        launch.connection,
        "select c.model_id, c.basket_id from analysis.capabilities as c "
        "inner join core.releases as r on r.model_id = c.model_id "
        "where r.event_id = ? and c.known_on = ? and c.basket_kind = 'ability' "
        "and c.evidence_share = 0 order by c.model_id, c.basket_id",
        [moment.event["event_id"], fit],
    )
    able = rows(
        launch.connection,
        "select c.model_id from analysis.capabilities as c where c.basket_kind = 'overall' "
        "and c.known_on = ? and c.results > 0 order by c.capability desc, c.model_id",
        [fit],
    )
    unpriced = [
        row["model_id"]
        for row in able
        if row["model_id"] not in launch.prices
        and row["model_id"] not in launch.releases
        and _is_on_sale(launch.models.get(row["model_id"]), moment.as_of)
    ]
    disputed = [m for m in dict.fromkeys(_shown(launch)) if _is_disputed(launch, m)]
    measured = {r["model_id"] for r in launch.results}
    return {
        "missing": [
            (launch.name(m), [launch.abilities[r["basket_id"]] for r in missing if
                              r["model_id"] == m])
            for m in launch.entrants
            if any(r["model_id"] == m for r in missing)
        ],
        "unmeasured": launch.names(m for m in launch.entrants if m not in measured),
        "unpriced_entrants": launch.names(m for m in launch.entrants if m not in launch.prices),
        "unpriced": launch.names(unpriced[:UNPRICED]),
        "unpriced_count": launch.facts.figure(
            len(unpriced), "count", unpriced_fact(launch, len(unpriced), fit)
        )
        if len(unpriced) > UNPRICED
        else None,
        "disputed": [
            {
                "name": launch.name(m),
                "price": prices_of(launch, m),
                "others": other_prices(launch, m),
            }
            for m in disputed
        ],
        "names": unresolved(launch) if moment.is_hindsight else None,
    }


def _shown(launch: Launch) -> list[str]:
    charted = chart_segments(launch)
    shown = [*launch.entrants, *sibling_ids(launch), *peer_ids(launch)]
    return shown + [
        p["model_id"]
        for p in launch.positions
        if p["is_on_frontier"] and p["segment_id"] in charted
    ]


def _is_disputed(launch: Launch, model_id: str) -> bool:
    return bool(launch.prices.get(model_id, {}).get("is_disputed"))


def _is_on_sale(model: Row | None, on: date) -> bool:
    if model is None or model["api_available_on"] is None:
        return False
    return bool(model["api_available_on"] <= on and (model["shutdown_on"] or EVERYTHING) > on)


def other_prices(launch: Launch, model_id: str) -> list[Row]:
    """What other sources say the same list price was that day."""
    price = launch.prices[model_id]
    found = rows(
        launch.connection,
        "select c.*, true as is_disputed from core.price_claims as c where c.offering_id = ? "
        "and c.holds_from <= ? and coalesce(c.valid_to_earliest, date '9999-12-31') > ? "
        "and cast(c.known_at as date) <= ? "
        "and (c.input_usd_per_mtok, c.output_usd_per_mtok) <> (?, ?) "
        "order by c.publisher, c.known_at desc",
        [
            price["offering_id"], launch.moment.as_of, launch.moment.as_of,
            launch.moment.judged_by, price["input_usd_per_mtok"], price["output_usd_per_mtok"],
        ],
    )  # fmt: skip
    latest = {row["publisher"]: row for row in reversed(found)}
    return [
        {
            "publisher": publisher,
            "input": launch.facts.figure(
                row["input_usd_per_mtok"], "usd", price_fact(launch, row)
            ),
            "output": launch.facts.figure(
                row["output_usd_per_mtok"], "usd", price_fact(launch, row)
            ),
        }
        for publisher, row in sorted(latest.items())
    ]


def unpriced_fact(launch: Launch, count: int, fit: date | None) -> Fact:
    """How many measured models have no list price that day."""
    moment = launch.moment
    return computed_fact(
        launch,
        f"Measured models on sale on {moment.as_of} without a known list price",
        str(count),
        "select c.model_id from analysis.capabilities as c inner join core.availability as v "
        "on v.model_id = c.model_id where c.basket_kind = 'overall' and c.results > 0 "
        f"and c.known_on = date '{fit}' and v.api_available_on <= date '{moment.as_of}' "
        f"and coalesce(v.shutdown_on, date '9999-12-31') > date '{moment.as_of}' "
        "and c.model_id not in (select p.model_id from "
        f"prices_on('{moment.as_of}', {moment.judged_by_sql}) as p where p.is_list_price)",
        "the launch's own models are not counted",
        "models",
    )


def unresolved(launch: Launch) -> Figure | None:
    """How many spellings in the feeds mean nothing known."""
    query = "select count(*) as names from core.unresolved_names"
    (count,) = first_row(launch.connection, query)
    fact = computed_fact(
        launch, "Spellings in the feeds that no rule or alias decides", str(count), query,
        "their prices are not used", "names",
    )  # fmt: skip
    return launch.facts.figure(count, "count", fact)


def method(launch: Launch) -> Row:
    """The fit behind the page: how many results, until when."""
    fit = max((p["capability_known_on"] for p in launch.positions), default=None)
    if fit is None:
        return {"fit_on": None}
    query = (
        "select count(*) as models, max(d.results) as results from analysis.capabilities as c "
        "cross join (select sum(b.results) as results from analysis.benchmark_difficulties as b "
        f"where b.known_on = date '{fit}') as d "
        f"where c.known_on = date '{fit}' and c.basket_kind = 'overall'"
    )
    models, results = first_row(launch.connection, query)
    fact = computed_fact(
        launch, "Results in the fit", f"{models} models, {int(results)} results", query,
        "two-parameter logistic fit", "models, results",
    )  # fmt: skip
    return {
        "fit_on": fit,
        "models": launch.facts.figure(models, "count", fact),
        "results": launch.facts.figure(results, "count", fact),
    }


def freshness(launch: Launch) -> list[Row]:
    """When each feed was last read well; empty where only the bundled edition is loaded."""
    return rows(
        launch.connection,
        "select title, last_good_at from marts.source_health where last_good_at is not null "
        "order by title",
    )


def edition_on(launch: Launch) -> date | None:
    """Publication day of the newest curated fact."""
    (newest,) = first_row(
        launch.connection,
        "select max(e.published_on) from (select max(published_on) as published_on "
        "from core.results union all select max(published_on) from core.companies union all "
        "select max(published_on) from core.price_claims where source = 'edition') as e",
    )
    return day(newest) if newest else None


def sources(facts: Facts) -> list[Row]:
    """Publishers of the facts cited so far, with licence, dates and how many facts each gave."""
    groups: dict[tuple[str, str], list[Fact]] = {}
    for fact in facts.cited:
        groups.setdefault((fact.publisher, fact.licence), []).append(fact)
    return [
        {
            "publisher": publisher,
            "licence": licence,
            "first_on": min(d for f in cited if (d := f.published_on or f.known_on)),
            "last_on": max(d for f in cited if (d := f.published_on or f.known_on)),
            "count": len(cited),
            "numbers": [facts.number(f) for f in cited],
            "link": next((f.link for f in cited if f.link), None),
        }
        for (publisher, licence), cited in sorted(groups.items())
    ]


def gather(
    connection: Connection, facts: Facts, event_id: str, as_of: date | None, known_by: date | None
) -> Row:
    """Everything `launch.md.j2` prints, by section."""
    moment = choose_moment(connection, find_event(connection, event_id), as_of, known_by)
    launch = read(connection, facts, moment)
    peers = peer_ids(launch)
    launched = entrants(launch)
    return {
        "moment": moment,
        "event": moment.event,
        "entrants": launched,
        "siblings": siblings(launch),
        "peers": launch.names(peers),
        "benchmarks": benchmark_rows(launch, peers),
        "disagreements": disagreements(launch, peers),
        "summary": summary(launch),
        "standings": standings(launch),
        "charts": {name: chart(launch, name) for name in chart_segments(launch)},
        "run_costs": run_costs(launch, peers),
        "judged": judged(launch),
        "companies": companies(launch),
        "claims": claims(launch),
        "practice": practice(launch, peers),
        "flips": flips(launch) if moment.is_hindsight else None,
        "unknowns": unknowns(launch),
        "method": method(launch),
        "freshness": freshness(launch),
        "edition_on": edition_on(launch),
    }
