"""Rows of the warehouse as facts: what each says, who published it, and the query that gets it."""

import re
from datetime import date

from pipelines.analysis import INTERVAL
from pipelines.briefings.facts import (
    BELLWETHER,
    COMPUTED,
    Fact,
    day,
    decimal_places,
    quoted,
    usd,
)
from pipelines.briefings.market import Launch, Market, Row

DATES = re.compile(r"\b20\d\d-\d\d(?:-\d\d)?")


def price_fact(launch: Market, price: Row, on: date | None = None) -> Fact:
    """A price as its publisher states it, on the page's day or another."""
    text = f"{usd(price['input_usd_per_mtok'])} in, {usd(price['output_usd_per_mtok'])} out"
    return Fact(
        says=f"{_offer(price)} of {launch.name(price['model_id'])} on {on or launch.as_of}",
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
        is_unverified=price["evidence"] == "secondary",
    )


def _offer(price: Row) -> str:
    """What is priced: the vendor's list price, or a host's offer."""
    if price.get("is_list_price", True):
        return "List price"
    return f"Price at {str(price['host']).replace('_', ' ')}"


def result_fact(launch: Market, result: Row) -> Fact:
    """A benchmark result as published."""
    also = result.get("also_stated")
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
        note=", ".join(part for part in (result["evidence"], result["note"], also) if part),
        is_disputed=also is not None,
        is_unverified=result["evidence"] in ("quoted", "secondary"),
    )


def computed_fact(launch: Market, says: str, value: str, query: str, note: str, unit: str) -> Fact:
    """A figure computed here, which cites its method."""
    return Fact(
        says=says, value=value, unit=unit, publisher=BELLWETHER, published_on=None,
        known_on=launch.known_by, licence=COMPUTED, query=query, note=note,
    )  # fmt: skip


def capability_fact(launch: Market, position: Row) -> Fact:
    """An estimate of the fit, with how much evidence is behind it."""
    model_id, segment_id = position["model_id"], position["segment_id"]
    fit = position["capability_known_on"]
    return Fact(
        says=f"Capability of {launch.name(model_id)} in {launch.segment_name(segment_id)}",
        value=f"{position['capability']:.1f} "
        f"({position['capability_low']:.1f} to {position['capability_high']:.1f})",
        unit=f"index points, {INTERVAL:.0%} interval",
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


def standing_query(launch: Market, segment_id: str, model_id: str) -> str:
    """How to get a position on a day the marts do not hold."""
    return (
        f"select * from standing_on({quoted(segment_id)}, '{launch.as_of}', "
        f"{launch.judged_by_sql}) where model_id = {quoted(model_id)}"
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
        else standing_query(launch, segment_id, model_id)
    )
    return computed_fact(
        launch,
        f"Position of {launch.name(model_id)} in {launch.segment_name(segment_id)} on "
        f"{launch.as_of}",
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
        else standing_query(launch, segment_id, model_id)
        if impact["is_entrant"]
        else "select * from analysis.comparisons where "
        f"event_id = {quoted(moment.event['event_id'])} and basket_id = {quoted(segment_id)} "
        f"and incumbent_id = {quoted(model_id)} order by known_on desc"
    )
    return computed_fact(
        launch,
        f"Verdict on {launch.name(model_id)} in {launch.segment_name(segment_id)}",
        str(impact["verdict"]),
        query,
        "the rule of marts.launch_impact: position before and after, P(entrant abler), and "
        "the forecast of volume",
        "verdict",
    )


def volume_fact(launch: Launch, impact: Row) -> Fact:
    """The forecast of a model's volume around the launch."""
    median, low, high = (impact[f"volume_change_{end}"] for end in ("median", "low", "high"))
    return computed_fact(
        launch,
        f"Forecast change of {launch.name(impact['model_id'])}'s whole volume",
        f"{median:+.0%} ({low:+.0%} to {high:+.0%}); P(falls by more than 5%) "
        f"{impact['probability_volume_falls']:.2f}; P(the launch takes more than 5%) "
        f"{impact['probability_volume_taken']:.2f}",
        "select * from analysis.demand_forecasts where "
        f"event_id = {quoted(impact['event_id'])} and basis = {quoted(impact['basis'])} "
        f"and model_id = {quoted(impact['model_id'])}",
        f"nested-logit share model; {impact['demand']}",
        f"relative change, {INTERVAL:.0%} interval",
    )


def outcome_fact(launch: Launch, impact: Row, outcome: Row) -> Fact:
    """What came of a model's volume after the launch, by a usage list."""
    event_id, model_id = impact["event_id"], impact["model_id"]
    return computed_fact(
        launch,
        f"Change of {launch.name(model_id)}'s volume by {outcome['graded_on']}",
        f"{outcome['volume_change_low']:+.0%}",
        "select distinct g.* exclude (verdict_id) from marts.verdict_grades as g "
        "inner join marts.verdicts as v on v.verdict_id = g.verdict_id "
        f"where v.event_id = {quoted(event_id)} and v.model_id = {quoted(model_id)} "
        f"and g.graded_on = date '{outcome['graded_on']}'",
        f"usage series {outcome['volume_series']}",
        "relative change",
    )


def comparison_fact(launch: Market, comparison: Row) -> Fact:
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
        unit=f"probability; index points, {INTERVAL:.0%} interval",
        publisher=BELLWETHER,
        published_on=None,
        known_on=comparison["known_on"],
        licence=COMPUTED,
        query=f"select * from analysis.comparisons where {where}",
        note=f"two-parameter logistic fit known by {comparison['known_on']}",
    )


def scope_known(launch: Market, text: str | None) -> str | None:
    """A statement without the clauses that name a day or month the page cannot know of yet."""
    if text is None or launch.is_hindsight:
        return text
    today = launch.known_by.isoformat()
    clauses = [
        clause
        for clause in text.split(";")
        if all(named <= today[: len(named)] for named in DATES.findall(clause))
    ]
    return ";".join(clauses).strip() or None


def release_fact(launch: Market, release: Row) -> Fact:
    """When and to whom a version was released."""
    scope = scope_known(launch, release["availability_scope"])
    return Fact(
        says=f"Release of {launch.name(release['model_id'])}",
        value=f"announced {release['announced_on'] or 'on a day not known'}, API from "
        f"{release['api_available_on'] or 'a day not known'}; {scope or 'access not stated'}",
        unit="days",
        publisher=release["publisher"],
        published_on=release["published_on"],
        known_on=release["published_on"],
        licence=release["licence"],
        source_url=release["source_url"],
        query=release.get("query")
        or f"select * from core.releases where model_id = {quoted(release['model_id'])}",
        is_disputed=bool(release.get("is_disputed")),
        note=scope_known(launch, release["note"]) or release["evidence"].replace("_", " "),
    )


def ratio_fact(
    launch: Market, says: str, value: str, table: str, key: str, sides: tuple[str, str], what: str
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
        else f"select * from standing_on({quoted(segment_id)}, '{launch.as_of}', "
        f"{launch.judged_by_sql})"
    )
    return computed_fact(
        launch,
        f"Every position in {launch.segment_name(segment_id)} on {launch.as_of}",
        f"{members} models",
        query,
        "column claim_id leads to each price, model_id to each result",
        "models",
    )


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
        is_unverified=company["evidence_grade"] != "read",
        query=f"select * from core.companies where company_id = {quoted(company['company_id'])}",
    )


def company_price_fact(launch: Launch) -> Fact:
    """Price of the cheapest model that matches the launch in mathematics, before and after."""
    moment = launch.moment
    query = (
        f"select * from marts.company_impact where event_id = {quoted(moment.event['event_id'])}"
        if moment.is_stored
        else f"select * from frontier_on('math_reasoning', '{launch.as_of}', "
        f"{launch.judged_by_sql})"
    )
    return computed_fact(
        launch,
        "Cheapest model that matches the launch in mathematics, without and with the launch",
        "see the query",
        query,
        "list prices at 3:1 and the fit of the day",
        "USD per million tokens",
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


def unpriced_fact(launch: Launch, count: int, fit: date | None) -> Fact:
    """How many measured models have no list price that day."""
    return computed_fact(
        launch,
        f"Measured models on sale on {launch.as_of} without a known list price",
        str(count),
        "select c.model_id from analysis.capabilities as c inner join core.availability as v "
        "on v.model_id = c.model_id where c.basket_kind = 'overall' and c.results > 0 "
        f"and c.known_on = date '{fit}' and v.api_available_on <= date '{launch.as_of}' "
        f"and coalesce(v.shutdown_on, date '9999-12-31') > date '{launch.as_of}' "
        "and c.model_id not in (select p.model_id from "
        f"prices_on('{launch.as_of}', {launch.judged_by_sql}) as p where p.is_list_price)",
        "the launch's own models are not counted",
        "models",
    )
