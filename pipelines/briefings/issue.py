"""The weekly and the monthly issue: what changed in a period, against the issue before.

An issue of a past period uses, unless asked otherwise, only what was known on its last day, so that
it comes out the same whenever it is made.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from pipelines.analysis import INTERVAL
from pipelines.briefings import changes as changed
from pipelines.briefings import judged
from pipelines.briefings.changes import (
    INTERVAL_COLUMNS,
    Change,
    Snapshot,
    frontier_fact,
    positions_fact,
    snapshots,
)
from pipelines.briefings.charts import (
    Bar,
    Chart,
    Event,
    Frontier,
    Lines,
    Point,
    Standings,
    Timeline,
)
from pipelines.briefings.evidence import computed_fact, release_fact
from pipelines.briefings.facts import Fact, Facts, day, quoted
from pipelines.briefings.market import (
    BriefingError,
    Market,
    Order,
    Row,
    newest_fact,
    read_market,
    rows,
)
from pipelines.briefings.provenance import fit_behind, masthead, unresolved
from pipelines.briefings.theme import Theme
from pipelines.warehouse import Connection, first_row

#: How many of each an issue shows before it counts the rest.
MOVES, NEW_PRICES, DATES, DISPUTES, STANDING, LEADERS, EVENTS = 25, 8, 15, 8, 14, 6, 60
CHARTED = 2
TOP_SHARES = 3
QUARTER = timedelta(days=91)
#: What a call said of a place, as a condition on its verdict.
SAID = {
    "gained": "i.is_entrant",
    "lost": "not i.is_entrant and not i.is_on_frontier",
    "kept": "not i.is_entrant and i.is_on_frontier",
}
#: How far back the timeline of a weekly reaches.
LOOK_BACK = timedelta(days=56)


def period(kind: str, subject: str) -> tuple[date, date]:
    """First and last day of a week (`2024-W37`) or a month (`2024-09`). Raises BriefingError."""
    try:
        if kind == "weekly":
            found = re.fullmatch(r"(\d{4})-?[wW](\d{1,2})", subject.strip())
            if found:
                first = date.fromisocalendar(int(found[1]), int(found[2]), 1)
                return first, first + timedelta(days=6)
        else:
            found = re.fullmatch(r"(\d{4})-(\d{2})", subject.strip())
            if found:
                first = date(int(found[1]), int(found[2]), 1)
                return first, (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)
    except ValueError:
        pass
    example = "2024-W37" if kind == "weekly" else "2024-09"
    raise BriefingError(f"'{subject}' is no period of a {kind}; write it like {example}")


def latest(kind: str, today: date) -> str:
    """The last period that was over by a day."""
    if kind == "weekly":
        year, week, _ = (today - timedelta(days=today.isocalendar()[2])).isocalendar()
        return f"{year}-W{week:02d}"
    return f"{today.replace(day=1) - timedelta(days=1):%Y-%m}"


def gather(connection: Connection, facts: Facts, order: Order, theme: Theme) -> Row:
    """Everything `weekly.md.j2` or `monthly.md.j2` prints. Raises BriefingError."""
    newest = newest_fact(connection)
    subject = order.subject or latest(order.kind, newest)
    first, last = period(order.kind, subject)
    if first > newest:
        raise BriefingError(f"{subject} has not begun: the newest fact is of {newest}")
    as_of = order.as_of or min(last, newest)
    if not first <= as_of <= last:
        raise BriefingError(f"as of {as_of}: must lie in {subject}, {first} to {last}")
    known_by = min(order.known_by or as_of, newest)
    if known_by < as_of:
        raise BriefingError(f"known by {known_by}: an issue as of {as_of} cannot know less than it")
    market = read_market(
        connection, facts, as_of, known_by, known_by, known_by >= newest, theme.segments
    )
    is_monthly = order.kind == "monthly"
    eve = first - timedelta(days=1)
    since = first - (LOOK_BACK if not is_monthly else timedelta())
    before, now, former = (
        _shown(market, at)
        for at in snapshots(
            market, [(eve, eve), (as_of, known_by), (since - timedelta(days=1),) * 2]
        )
    )
    found = changed.changes(market, before, now)
    kinds: dict[str, list[Change]] = {}
    for change in found:
        kinds.setdefault(change.kind, []).append(change)
    launched = kinds.get("launch", [])
    # A launch's and a move's own line says where on a frontier it is already.
    said = {c.model_id for c in found if c.kind in ("launch", "price move")}
    todo = changed.merged(
        [
            c
            for c in found
            if c.severity != "low" and not (c.kind == "frontier gained" and c.model_id in said)
        ]
    )
    explained = {c.model_id for c in launched}
    firsts = [
        {**group, "models": group["models"][:NEW_PRICES], "more": len(group["models"]) - NEW_PRICES}
        for group in changed.first_prices(market, before, now, explained)
    ]
    ahead = changed.upcoming(market, now)
    charts: dict[str, Chart] = {}
    touched = list(
        dict.fromkeys(
            place["segment_id"]
            for c in found
            if c.kind.startswith("frontier")
            for place in c.figures["where"]
        )
    )
    charted = list(market.segments) if is_monthly else touched[:CHARTED]
    sections = []
    for segment_id in market.segments:
        section = segment(market, before, now, segment_id, kinds)
        sections.append(section)
        if segment_id in charted and section["chart"] is not None:
            charts[segment_id] = section["chart"]
    if (standing := standings(market, now)) is not None:
        charts["standings"] = standing
    timeline = events(market, since, as_of, former, now)
    if timeline is not None:
        charts["timeline"] = timeline
    shares = usage(market, first, as_of) if is_monthly else None
    if shares is not None and shares["chart"] is not None:
        charts["shares"] = shares["chart"]
    years = _two_years(market) if is_monthly else {}
    charts |= years.pop("charts", {})
    fits = [p["capability_known_on"] for p in now.positions.values()]
    return {
        **masthead(market, order.kind, f"The model market in {_words(order.kind, subject, first)}"),
        "subject": subject,
        "usual_as_of": min(last, newest),
        "previous": _previous(order.kind, first),
        "first": first,
        "last": last,
        "is_unfinished": as_of < last,
        "is_nothing_priced": not now.prices,
        "changes": kinds,
        "todo": todo[:MOVES],
        "more": len(todo) > MOVES,
        "first_action": next((c for c in todo if changed.is_actionable(c)), None),
        "counts": counts(market, before, now, kinds),
        "firsts": firsts,
        "ahead": ahead[:DATES],
        "segments": sections,
        "charts": charts,
        "shares": shares,
        "segment_shares": segment_shares(market, now, shares) if shares else [],
        **{"index": None, "costs": [], "places": None, **years},
        "judged": judged.of_period(market, first, now),
        "scored": scored(market, now) if is_monthly else [],
        "disputed": disputed(market, now),
        "names": unresolved(market) if market.is_hindsight else None,
        "method_fit": fit_behind(market, max(fits, default=None)),
        "vendors": {market.vendor(str(c.model_id)) for c in found if c.model_id},
        "about": {c.model_id for c in found if c.model_id},
    }


def _two_years(market: Market) -> Row:
    """What `trend` makes of the two years behind a monthly issue, with its charts."""
    # A weekly need not wait for numpy.
    from pipelines.briefings import trend

    past = trend.read(market)
    if past is None:
        return {}
    prices, places = trend.price_index(market, past), trend.places(market, past)
    charts = dict(prices["charts"])
    if places is not None:
        charts["places"] = places["chart"]
    costs = trend.price_of_capability(market, past)
    return {"index": prices, "costs": costs, "places": places, "charts": charts}


def _words(kind: str, subject: str, first: date) -> str:
    return f"week {subject}" if kind == "weekly" else f"{first:%B %Y}"


def _previous(kind: str, first: date) -> str:
    return latest(kind, first)


def _shown(market: Market, at: Snapshot) -> Snapshot:
    """Only the segments that the theme shows."""
    positions = {k: p for k, p in at.positions.items() if k[0] in market.segments}
    return Snapshot(at.as_of, at.known_by, at.prices, positions)


def counts(
    market: Market, before: Snapshot, now: Snapshot, kinds: Mapping[str, Sequence[Change]]
) -> Row:
    """How many list prices are known, and how many moved, as facts."""
    query = (
        f"select count(*) as models from prices_on('{now.as_of}', '{now.known_by}') "
        "where is_list_price"
    )
    fact = computed_fact(
        market, f"Versions with a known list price on {now.as_of}", str(len(now.prices)), query,
        "counted", "versions",
    )  # fmt: skip
    moves = kinds.get("price move", [])
    compared = computed_fact(
        market,
        f"List prices that moved between {before.as_of} and {now.as_of}",
        str(len(moves)),
        "select count(*) as moved from "
        f"prices_on('{now.as_of}', '{now.known_by}') as a inner join "
        f"prices_on('{before.as_of}', '{before.known_by}') as b on b.offering_id = a.offering_id "
        f"where a.is_list_price and a.valid_from_latest > date '{before.as_of}' and "
        "(a.input_usd_per_mtok, a.output_usd_per_mtok) "
        "<> (b.input_usd_per_mtok, b.output_usd_per_mtok)",
        "counted",
        "versions",
    )
    figure = market.facts.figure
    launched = len(kinds.get("launch", []))
    launches = computed_fact(
        market,
        f"Launches dated after {before.as_of} and by {now.as_of}",
        str(launched),
        f"select count(*) as launches from releases_known('{now.known_by}') as k "
        f"where coalesce(k.api_available_on, k.released_on) > date '{before.as_of}' "
        f"and coalesce(k.api_available_on, k.released_on) <= date '{now.as_of}'",
        "of curated launches the first paid API access counts",
        "versions",
    )
    return {
        "launches": figure(launched, "count", launches),
        "priced": figure(len(now.prices), "count", fact),
        "moves": figure(len(moves), "count", compared),
        "cuts": figure(sum(c.figures["is_cut"] for c in moves), "count", compared),
        "rises": figure(sum(not c.figures["is_cut"] for c in moves), "count", compared),
    }


# ------------------------------------------------------------------ segments


def segment(
    market: Market,
    before: Snapshot,
    now: Snapshot,
    segment_id: str,
    kinds: Mapping[str, Sequence[Change]],
) -> Row:
    """One segment: who leads, what the frontier costs, who came and who went."""
    name = market.segment_name(segment_id)
    members = [p for (s, _), p in now.positions.items() if s == segment_id]
    fact, former_fact = (positions_fact(market, at, segment_id) for at in (now, before))
    leaders = []
    for position in members[:LEADERS]:
        former = before.positions.get((segment_id, position["model_id"]))
        leaders.append(
            {
                "name": market.name(position["model_id"]),
                "rank": market.facts.figure(
                    (position["capability_rank"], position["members"]), "rank", fact
                ),
                "former_rank": market.facts.figure(
                    former["capability_rank"] if former else None, "count", former_fact
                ),
                "capability": market.facts.figure(
                    (
                        position["capability"],
                        position["capability_low"],
                        position["capability_high"],
                    ),
                    "interval",
                    fact,
                ),
                "price": market.facts.figure(position["price_3to1_usd_per_mtok"], "usd", fact),
                "premium": market.facts.figure(
                    position["premium_to_frontier_share"], "percent", fact
                ),
                "is_on_frontier": position["is_on_frontier"],
            }
        )
    return {
        "id": segment_id,
        "name": name,
        "leaders": leaders,
        "gained": [c for c in kinds.get("frontier gained", []) if name in c.figures["segments"]],
        "lost": [c for c in kinds.get("frontier lost", []) if name in c.figures["segments"]],
        "chart": frontier(market, before, now, segment_id, kinds) if members else None,
    }


def frontier(
    market: Market,
    before: Snapshot,
    now: Snapshot,
    segment_id: str,
    kinds: Mapping[str, Sequence[Change]],
) -> Frontier:
    """The frontier on the eve of the period and at its end."""
    fact = frontier_fact(market, now, segment_id)
    every = positions_fact(market, now, segment_id)
    was = {p["model_id"] for p in before.frontier(segment_id)}
    points = []
    for (s, model_id), p in now.positions.items():
        if s != segment_id:
            continue
        kind = (
            "entrant" if was and p["is_on_frontier"] and model_id not in was
            else "frontier" if p["is_on_frontier"]
            else "lost" if model_id in was
            else "behind"
        )  # fmt: skip
        points.append(
            Point(
                name=str(market.name(model_id)),
                price=float(p["price_3to1_usd_per_mtok"]),
                capability=p["capability"],
                low=p["capability_low"],
                high=p["capability_high"],
                kind=kind,
                is_labelled=kind != "behind",
                price_figure=market.facts.figure(p["price_3to1_usd_per_mtok"], "usd", every),
                capability_figure=market.facts.figure(
                    (p["capability"], p["capability_low"], p["capability_high"]), "interval", every
                ),
            )
        )
    return Frontier(
        name=segment_id,
        segment=market.segment_name(segment_id),
        points=points,
        before=_steps(before.frontier(segment_id)),
        after=_steps(now.frontier(segment_id)),
        fact=fact,
        winners=_concerned(kinds, "frontier gained", segment_id),
        losers=_concerned(kinds, "frontier lost", segment_id),
        entrant_words="came onto it",
        interval=f"{INTERVAL:.0%}",
    )


def _concerned(kinds: Mapping[str, Sequence[Change]], kind: str, segment_id: str) -> list[str]:
    """Names of models of which a change of this kind is known in a segment."""
    return [
        c.subject
        for c in kinds.get(kind, [])
        if any(place["segment_id"] == segment_id for place in c.figures["where"])
    ]


def _steps(positions: Sequence[Row]) -> list[tuple[float, float]]:
    return [(float(p["price_3to1_usd_per_mtok"]), p["capability"]) for p in positions]


def standings(market: Market, now: Snapshot) -> Standings | None:
    """Every model that is on some frontier, by segment; the ablest first."""
    best: dict[str, float] = {}
    for (_, model_id), p in now.positions.items():
        if p["is_on_frontier"]:
            best[model_id] = max(best.get(model_id, p["capability"]), p["capability"])
    chosen = sorted(best, key=lambda m: (-best[m], m))[:STANDING]
    if not chosen:
        return None
    segments = list(market.segments)
    cells = {}
    for i, model_id in enumerate(chosen):
        for j, segment_id in enumerate(segments):
            place = now.positions.get((segment_id, model_id))
            if place is None:
                continue
            middle, low, high = interval = tuple(place[k] for k in INTERVAL_COLUMNS)
            fact = positions_fact(market, now, segment_id)
            figure = market.facts.figure(interval, "interval", fact)
            cells[i, j] = Bar(middle, low, high, place["is_on_frontier"], figure)
    return Standings(
        name="standings",
        models=[str(market.name(m)) for m in chosen],
        segments=[market.segment_name(s) for s in segments],
        cells=cells,
        interval=f"{INTERVAL:.0%}",
    )


# ------------------------------------------------------------------ events


def events(
    market: Market, since: date, until: date, before: Snapshot, now: Snapshot
) -> Timeline | None:
    """Launches, moves of list prices and retirements known by the issue, a lane a vendor.

    `before` is the eve of the first day.
    """
    found: list[Event] = []
    for release in changed.known_releases(market, now.known_by):
        if release["on"] and since <= release["on"] <= until:
            fact = release_fact(market, release)
            found.append(_event(market, release["on"], release["model_id"], "launch", fact))
    for row in changed.known_retirements(market, now.known_by):
        if row["shutdown_on"] and since <= row["shutdown_on"] <= until:
            fact = changed.retirement_fact(market, row)
            found.append(_event(market, row["shutdown_on"], row["model_id"], "retirement", fact))
    for change in changed.price_changes(market, before, now):
        if change.kind == "price move" and change.on and since <= change.on <= until:
            kind = "price cut" if change.figures["is_cut"] else "price rise"
            fact = change.figures["input"].fact
            found.append(_event(market, change.on, str(change.model_id), kind, fact))
    if not found:
        return None
    order = {"launch": 0, "price cut": 1, "price rise": 1, "retirement": 2}
    found.sort(key=lambda e: (order[e.kind], -e.day.toordinal()))
    return Timeline("timeline", found[:EVENTS], since, until)


def _event(market: Market, on: date, model_id: str, kind: str, fact: Fact) -> Event:
    figure = market.facts.figure(on, "date", fact)
    return Event(on, market.vendor(model_id), kind, str(market.name(model_id)), figure)


def disputed(market: Market, now: Snapshot) -> Row:
    """List prices on which sources disagree at the end of the period."""
    found = [p for p in now.prices.values() if p["is_disputed"]]
    found.sort(key=lambda p: (-changed.mixed(p), p["model_id"]))
    query = (
        f"select * from prices_on('{now.as_of}', '{now.known_by}') "
        "where is_list_price and is_disputed"
    )
    return {
        "count": changed.count_figure(market, f"Disputed list prices on {now.as_of}", found, query),
        "shown": [
            {
                "name": market.name(p["model_id"]),
                "price": changed.price_figures(market, p),
                "others": changed.other_prices(market, p, now.as_of, now.known_by),
            }
            for p in found[:DISPUTES]
        ],
        "more": len(found) > DISPUTES,
    }


# ------------------------------------------------------------------ share, winners and losers


def usage(market: Market, first: date, last: date) -> Row | None:
    """Share of tokens by vendor in the period, from the series that covers most of it.

    Series count differently, so one is used and named; nothing is added across them. None where no
    usage of the period was known by then.
    """
    known = rows(
        market.connection,
        "select u.series, u.source, s.title, s.licence, s.url, u.period_from, u.period_to, "
        "coalesce(u.model_id, u.spelling) as model_id, u.tokens, u.known_at "
        "from core.usage as u inner join raw.sources as s on s.source = u.source "
        "where u.tokens is not null and u.period_to <= ? and u.period_from >= ? "
        "and cast(u.known_at as date) <= ? "
        "and (u.ended_at is null or cast(u.ended_at as date) > ?) "
        "order by u.series, u.period_from, u.tokens desc, model_id",
        [last + timedelta(days=1), first - timedelta(days=91), market.known_by, market.known_by],
    )
    inside: dict[str, int] = {}
    for row in known:
        if row["period_from"] >= first - timedelta(days=6):
            inside[row["series"]] = inside.get(row["series"], 0) + 1
    if not inside:
        return None
    series = max(inside, key=lambda s: (inside[s], s))
    own = [row for row in known if row["series"] == series]
    periods = sorted({row["period_from"] for row in own})
    totals = {at: sum(row["tokens"] for row in own if row["period_from"] == at) for at in periods}
    tokens: dict[tuple[str, date], float] = {}
    for row in own:
        if row["model_id"] == "other":
            continue
        vendor = market.vendor(row["model_id"])
        key = (vendor, row["period_from"])
        tokens[key] = tokens.get(key, 0.0) + row["tokens"]

    newest = periods[-1]
    former = periods[max(0, len(periods) - 5)]
    ranked = sorted({v for v, _ in tokens}, key=lambda v: (-tokens.get((v, newest), 0.0), v))
    figure = market.facts.figure

    def fact(vendor: str) -> Fact:
        share = tokens.get((vendor, newest), 0.0) / totals[newest]
        return Fact(
            says=f"Share of tokens of {vendor} by period, {periods[0]} to {own[-1]['period_to']}",
            value=f"{share:.1%} in the last",
            unit="share of the tokens of the series",
            publisher=own[-1]["title"],
            published_on=own[-1]["period_to"],
            known_on=max(day(row["known_at"]) for row in own),
            licence=own[-1]["licence"],
            source_url=own[-1]["url"],
            query=f"select * from core.usage where series = {quoted(series)} and period_from "
            f"between date '{periods[0]}' and date '{newest}' and ended_at is null "
            f"order by period_from, tokens desc -- {vendor}",
            note="models outside the list count in the total only",
        )

    facts = {vendor: fact(vendor) for vendor in ranked}
    table = []
    for vendor in ranked[:8]:
        if (vendor, newest) not in tokens:
            continue
        share = tokens[vendor, newest] / totals[newest]
        old = tokens.get((vendor, former))
        table.append(
            {
                "vendor": vendor,
                "share": figure(share, "percent", facts[vendor]),
                "former": figure(
                    old / totals[former] if old is not None else None, "percent", facts[vendor]
                ),
                "is_up": old is not None and share > old / totals[former],
            }
        )  # fmt: skip
    lines = [
        (
            vendor,
            [
                (at, tokens[vendor, at] / totals[at],
                 figure(tokens[vendor, at] / totals[at], "percent", facts[vendor]))
                for at in periods if (vendor, at) in tokens
            ],
        )
        for vendor in ranked[:5]
    ]  # fmt: skip
    return {
        "series_id": series,
        "tokens": {
            at: {r["model_id"]: r["tokens"] for r in own if r["period_from"] == at}
            for at in (former, newest)
        },
        "series": series.replace("_", " ").replace(":", ", "),
        "title": own[0]["title"],
        "newest": newest,
        "former": former,
        "table": table,
        "leader": table[0] if table else None,
        "chart": Lines("shares", lines, "Share of tokens", "{:.0%}") if len(periods) > 1 else None,
    }


def segment_shares(market: Market, now: Snapshot, shares: Row) -> list[Row]:
    """Who has which part of the tokens counted in a segment; a model counts in each it is in."""
    newest, former = (shares["tokens"][shares[at]] for at in ("newest", "former"))
    found = []
    for segment_id in market.segments:
        members = {m for s, m in now.positions if s == segment_id}
        counted = sorted((m for m in members if m in newest), key=lambda m: (-newest[m], m))
        if len(counted) < 2:  # one member has all of what is counted: that says nothing
            continue
        total, before = (sum(of.get(m, 0) for m in members) for of in (newest, former))
        fact = computed_fact(
            market,
            f"Tokens in {market.segment_name(segment_id)} in the period from {shares['newest']}",
            f"{len(counted)} of {len(members)} members counted",
            f"select u.period_from, u.model_id, u.tokens from core.usage as u inner join "
            f"standing_on({quoted(segment_id)}, '{now.as_of}', '{now.known_by}') as s "
            f"on s.model_id = u.model_id where u.series = {quoted(shares['series_id'])} and "
            f"u.period_from in (date '{shares['newest']}', date '{shares['former']}') "
            "and u.ended_at is null order by u.period_from, u.tokens desc",
            f"from {shares['title']}; shares are of the members counted",
            "members",
        )
        figure = market.facts.figure
        found.append(
            {
                "segment": market.segment_name(segment_id),
                "counted": figure((len(counted), len(members)), "rank", fact),
                "top": [
                    {
                        "name": market.name(m),
                        "share": figure(newest[m] / total, "percent", fact),
                        "former": figure(
                            former[m] / before if m in former else None, "percent", fact
                        ),
                    }
                    for m in counted[:TOP_SHARES]
                ],
            }
        )
    return found


def scored(market: Market, now: Snapshot) -> list[Row]:
    """Calls on places made the day after launches of the last half year, against places today.

    Both sides are what the issue knows. The full scorecard grades with all that is known.
    """
    windows = []
    for older, newer in ((QUARTER, timedelta()), (2 * QUARTER, QUARTER)):
        since, until = now.as_of - older, now.as_of - newer
        query = (
            "select i.event_id, i.segment_id, i.model_id, i.verdict, i.is_entrant, "
            "i.was_on_frontier and not i.is_on_frontier as is_lost from marts.launch_impact as i "
            "inner join core.segment_days as d on d.event_id = i.event_id and d.basis = i.basis "
            "where i.basis = 'day_after' and (i.verdict = 'winner' or i.was_on_frontier) "
            f"and d.as_of > date '{since}' and d.as_of <= date '{until}' "
            f"and d.known_by <= date '{now.known_by}' and i.segment_id in "
            "(select n.segment_id from marts.launch_impact as n where n.event_id = i.event_id "
            "and n.basis = i.basis and n.is_entrant)"
        )
        calls: dict[str, list[bool]] = {"gained": [], "lost": [], "kept": []}
        for row in rows(market.connection, query):
            place = now.positions.get((row["segment_id"], row["model_id"]))
            if row["segment_id"] not in market.segments or place is None:
                continue
            said = "gained" if row["is_entrant"] else "lost" if row["is_lost"] else "kept"
            calls[said].append(bool(place["is_on_frontier"]) == (said != "lost"))
        for said, held in calls.items():
            if not held:
                continue
            fact = computed_fact(
                market,
                f"Places called {said} in launches from {since} to {until}",
                f"{sum(held)} of {len(held)} hold on {now.as_of}",
                f"{query} and {SAID[said]}",
                f"beside standing_on of every segment on {now.as_of}, known by {now.known_by}; "
                "models without a place in the segment today are left out",
                "calls",
            )
            figure = market.facts.figure
            windows.append(
                {
                    "since": since,
                    "until": until,
                    "said": said,
                    "calls": figure(len(held), "count", fact),
                    "held": figure(sum(held), "count", fact),
                    "share": figure(sum(held) / len(held), "percent", fact),
                }
            )
    return windows


def edition_days(connection: Connection) -> tuple[date, date]:
    """First and last day for which some list price may be known: what issues can be of."""
    (first,) = first_row(
        connection,
        "select min(greatest(cast(c.known_at as date), c.holds_from)) from core.price_claims as c",
    )
    return day(first), newest_fact(connection)
