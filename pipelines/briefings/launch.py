"""What a launch briefing says, as figures and names; its words are in `launch.md.j2`."""

from datetime import date

from pipelines.briefings.changes import other_prices
from pipelines.briefings.charts import Chart
from pipelines.briefings.evidence import (
    claim_fact,
    price_fact,
    result_fact,
    unpriced_fact,
)
from pipelines.briefings.facts import Facts, day
from pipelines.briefings.market import (
    EVERYTHING,
    Launch,
    Order,
    Row,
    choose_moment,
    find_event,
    read,
    rows,
)
from pipelines.briefings.offers import (
    benchmark_price,
    benchmark_rows,
    disagreements,
    entrants,
    peer_ids,
    prices_of,
    run_costs,
    sibling_ids,
    siblings,
    title,
)
from pipelines.briefings.provenance import fit_behind, masthead, unresolved
from pipelines.briefings.standing import (
    chart,
    chart_segments,
    companies,
    demand,
    flips,
    forecasts,
    judged,
    practice,
    standings,
    summary,
    unjudged_companies,
    words,
)
from pipelines.briefings.theme import Theme
from pipelines.warehouse import Connection

#: How many of each a page shows.
UNPRICED = 5
#: Kinds of claim whose facts stand on the page already.
TOLD_ANYWAY = {"release", "reasoning", "open_weights", "context_window"}


def claims(launch: Launch) -> list[Row]:
    """What others wrote, with its verdict, the reason and the facts used.

    What the page tells anyway is left out, and what its author's own figures alone confirm.
    A page known by an earlier day shows only verdicts that rest on facts known by then: some are
    drawn from everything known, and would tell that page's reader the future.
    """
    wanted = {e for c in launch.claims for e in words(c["evidence"])}
    results = {r["result_id"]: r for r in _evidence_results(launch, wanted)}
    prices = {p["claim_id"]: p for p in _evidence_prices(launch, wanted)}
    found = []
    for claim in launch.claims:
        used = words(claim["evidence"])
        publishers = {
            fact["publisher"] for e in used for fact in (results.get(e), prices.get(e)) if fact
        }
        if claim["kind"] in TOLD_ANYWAY or publishers == {claim["author"]}:
            continue
        is_checkable = launch.moment.is_hindsight or (
            claim["known_on"] is not None and day(claim["known_on"]) <= launch.moment.known_by
        )
        later = claim["by_now"] if launch.moment.is_hindsight else None
        found.append(
            {
                "text": _unquoted(claim["text"]),
                "author": claim["author"],
                "on": claim["stated_on"],
                "is_checkable": is_checkable,
                "verdict": launch.facts.figure(
                    claim["verdict"].replace("_", " "), "text", claim_fact(launch, claim)
                ),
                "verdict_word": claim["verdict"],
                "because": f"{claim['because']}; {later}" if later else claim["because"],
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


def _unquoted(text: str) -> str:
    """A claim's words without marks around all of them, or one that lost its partner."""
    inside = text.strip('"“”')
    return inside.replace('"', "") if inside.count('"') % 2 else inside


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


def unknowns(launch: Launch) -> Row:
    """What the page cannot say, and why."""
    moment = launch.moment
    fit = max((p["capability_known_on"] for p in launch.positions), default=None)
    missing = rows(
        launch.connection,
        "select c.model_id, c.basket_id from analysis.capabilities as c "
        "inner join core.event_models as r on r.model_id = c.model_id "
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
            (
                launch.name(m),
                [launch.abilities[r["basket_id"]] for r in missing if r["model_id"] == m],
            )
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
                "others": other_prices(launch, launch.prices[m], launch.as_of, launch.judged_by),
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


def gather(connection: Connection, facts: Facts, order: Order, theme: Theme) -> Row:
    """Everything `launch.md.j2` prints, by section. Raises BriefingError."""
    event = find_event(connection, order.subject)
    moment = choose_moment(connection, event, order.as_of, order.known_by)
    launch = read(connection, facts, moment, theme.segments)
    peers = peer_ids(launch)
    launched = entrants(launch)
    charts: dict[str, Chart] = {name: chart(launch, name) for name in chart_segments(launch)}
    if (fan := forecasts(launch)) is not None:
        charts["forecasts"] = fan
    return {
        **masthead(launch, "launch", f"{title(launched)}: who gains and who loses"),
        "subject": moment.event["event_id"],
        "usual_as_of": moment.usual_as_of,
        "vendors": {str(launch.vendor(m)) for m in launch.entrants},
        "about": set(launch.entrants),
        "moment": moment,
        "event": moment.event,
        "dated_later": sorted(
            {
                r["published_on"]
                for r in launch.releases.values()
                if r["published_on"] > moment.known_by
            }
        ),
        "entrants": launched,
        "against_own": benchmark_price(launch),
        "siblings": siblings(launch),
        "peers": launch.names(peers),
        "benchmarks": benchmark_rows(launch, peers),
        "disagreements": disagreements(launch, peers),
        "summary": summary(launch),
        "demand": demand(launch),
        "standings": standings(launch),
        "charts": charts,
        "run_costs": run_costs(launch, peers),
        "judged": judged(launch),
        "companies": companies(launch),
        "unjudged_companies": unjudged_companies(launch),
        "claims": claims(launch),
        "practice": practice(launch, peers),
        "flips": flips(launch) if moment.is_hindsight else None,
        "unknowns": unknowns(launch),
        "method": fit_behind(
            launch, max((p["capability_known_on"] for p in launch.positions), default=None)
        ),
    }
