"""Where the launch stands and what it does to others: positions, verdicts and what follows."""

from collections.abc import Sequence

from pipelines.analysis import INTERVAL
from pipelines.briefings.charts import Fan, Forecast, Frontier, Point
from pipelines.briefings.evidence import (
    capability_fact,
    chart_fact,
    company_fact,
    company_price_fact,
    comparison_fact,
    impact_fact,
    outcome_fact,
    position_fact,
    price_fact,
    ratio_fact,
    volume_fact,
)
from pipelines.briefings.facts import (
    Figure,
)
from pipelines.briefings.market import Launch, Row, rows
from pipelines.briefings.offers import LOST, grouped, mixed, prices_of

#: P(abler) from which one model is called the stronger.
CLEARLY = 0.9
#: How many of each a page shows.
NOTABLE = 6
CHARTS_OF_BEST_RANKS = 2
FORECASTS = 10
#: A forecast is of the weeks right after the launch: this horizon of the grades is the nearest.
OUTCOME_DAYS = 30


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
        "rank": figure((position["capability_rank"], position["members"]), "rank", fact),
        "capability": figure(
            (position["capability"], position["capability_low"], position["capability_high"]),
            "interval",
            able,
        ),
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


def chart(launch: Launch, segment_id: str) -> Frontier:
    """The frontier before and after, every member of the segment, and the words about them."""
    impact = {i["model_id"]: i for i in launch.impact if i["segment_id"] == segment_id}
    after = [p for p in launch.positions if p["segment_id"] == segment_id]
    before = [p for p in launch.before if p["segment_id"] == segment_id]
    named = {m for c in launch.claims for m in words(c["subject_ids"])[:1]} | set(launch.releases)
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
            price_figure=launch.facts.figure(p["price_3to1_usd_per_mtok"], "usd", fact),
            capability_figure=launch.facts.figure(
                (p["capability"], p["capability_low"], p["capability_high"]), "interval", fact
            ),
        )
        for p in after
    ]
    on = [launch.name(m) for m in launch.entrants if _on_frontier(after, m)]
    behind = [p for p in after if p["model_id"] in launch.releases and not p["is_on_frontier"]]
    return Frontier(
        name=segment_id,
        segment=launch.segment_name(segment_id),
        interval=f"{INTERVAL:.0%}",
        points=points,
        before=_steps(before),
        after=_steps(after),
        fact=fact,
        winners=[str(n) for n in on],
        losers=launch.names(m for m, i in impact.items() if _has_lost_place(i)),
        behind=[
            (str(launch.name(p["model_id"])), str(launch.name(p["dominated_by"]))) for p in behind
        ],
    )


def _has_lost_place(impact: Row) -> bool:
    """Its place on the frontier is gone; volume may be taken without that."""
    return impact["verdict"] in LOST and bool(
        impact["was_on_frontier"] and not impact["is_on_frontier"]
    )


def _on_frontier(positions: list[Row], model_id: str) -> bool:
    return any(p["model_id"] == model_id and p["is_on_frontier"] for p in positions)


def _steps(positions: list[Row]) -> list[tuple[float, float]]:
    return sorted(
        (float(p["price_3to1_usd_per_mtok"]), p["capability"])
        for p in positions
        if p["is_on_frontier"]
    )


def judged(launch: Launch) -> list[Row]:
    """Verdicts by segment: entrants, positions lost, and incumbents that had something to lose."""
    named = {
        (s, m)
        for c in launch.claims
        for s in words(c["segment_ids"])
        for m in words(c["subject_ids"])[:1]
    }
    entered = {p["segment_id"] for p in launch.positions if p["model_id"] in launch.releases}
    asked = [s for s in launch.segments if s in entered or s in {segment for segment, _ in named}]
    charted = chart_segments(launch)
    baskets = _baskets(launch)
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
            and (
                (i["was_on_frontier"] and segment_id in entered)
                or (segment_id, i["model_id"]) in named
            )
        ]
        notable.sort(key=lambda i: ((segment_id, i["model_id"]) not in named, i["capability_rank"]))
        lines += notable[:NOTABLE]
        if lines:
            found.append(
                {
                    "segment": launch.segment_name(segment_id),
                    "is_entered": segment_id in entered,
                    "abilities": baskets.get(segment_id, []),
                    "lines": [verdict_figures(launch, i) for i in lines],
                }
            )
    return found


def _baskets(launch: Launch) -> dict[str, list[str]]:
    """Names of the abilities each segment is judged on, the weightiest first."""
    found: dict[str, list[str]] = {}
    for row in rows(
        launch.connection,
        "select k.segment_id, a.name from core.segment_baskets as k "
        "inner join core.abilities as a on a.ability_id = k.ability_id "
        "order by k.segment_id, k.weight desc, a.name",
    ):
        found.setdefault(row["segment_id"], []).append(row["name"])
    return found


def words(text: str | None) -> list[str]:
    """A list that a column holds as words with spaces between."""
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
        **_volume_figures(launch, impact),
        "dominated_by": launch.name(impact["dominated_by"]),
        "dominated_points": figure(impact["dominated_by_points"], "points", fact),
        "dominated_cheaper": figure(impact["dominated_cheaper_share"] or None, "percent", fact),
        "rank": figure((impact["capability_rank"], impact["members"]), "rank", fact),
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


def _volume_figures(launch: Launch, impact: Row) -> Row:
    """The forecast of a model's volume; nothing where none was made."""
    if impact["probability_volume_falls"] is None:
        return {"volume": None, "p_falls": None, "p_taken": None}
    figure, fact = launch.facts.figure, volume_fact(launch, impact)
    ends = tuple(impact[f"volume_change_{end}"] for end in ("median", "low", "high"))
    return {
        "volume": figure(ends, "signed_interval", fact),
        "p_falls": figure(impact["probability_volume_falls"], "probability", fact),
        "p_taken": figure(impact["probability_volume_taken"], "probability", fact),
    }


def demand(launch: Launch) -> Row:
    """What stands behind the forecasts of volume, and whose volume is most likely to fall."""
    forecast = {
        i["model_id"]: i for i in launch.impact if i["probability_volume_falls"] is not None
    }
    likely = max(
        forecast.values(), key=lambda i: (i["probability_volume_taken"], i["model_id"]),
        default=None,
    )  # fmt: skip
    return {
        "is_forecast": bool(forecast),
        "usage": next((i["demand"] for i in forecast.values()), None),
        "most_taken": None
        if likely is None
        else {"name": launch.name(likely["model_id"]), **_volume_figures(launch, likely)},
        "both": _both_bases(launch, likely["model_id"])
        if likely is not None and launch.moment.is_hindsight
        else None,
    }


def _both_bases(launch: Launch, model_id: str) -> Row | None:
    """What the launch takes of a model's volume, as forecast the day after and with hindsight."""
    found = {
        row["basis"]: row
        for row in rows(
            launch.connection,
            "select f.basis, f.event_id, f.model_id, f.usage as demand, "
            "f.change_median as volume_change_median, f.change_low as volume_change_low, "
            "f.change_high as volume_change_high, f.taken_median, f.taken_low, f.taken_high, "
            "f.probability_falls as probability_volume_falls, "
            "f.probability_taken as probability_volume_taken from analysis.demand_forecasts as f "
            "where f.event_id = ? and f.model_id = ?",
            [launch.moment.event["event_id"], model_id],
        )
    }
    if len(found) < 2:
        return None
    return {
        basis: {
            "taken": launch.facts.figure(
                tuple(row[f"taken_{end}"] for end in ("median", "low", "high")),
                "percent_interval",
                volume_fact(launch, row),
            ),
            "usage": row["demand"],
        }
        for basis, row in found.items()
    }


def forecasts(launch: Launch) -> Fan | None:
    """Forecast changes of volume, those who held a place first, beside what came of them.

    A page known by an earlier day shows no outcome: nobody had it yet.
    """
    # Of all that is forecast, the page shows those whose place it speaks of.
    made = {
        i["model_id"]: i
        for i in launch.impact
        if i["probability_volume_falls"] is not None
        and (i["was_on_frontier"] or i["verdict"] in LOST)
    }
    chosen = sorted(
        made,
        key=lambda m: (not made[m]["was_on_frontier"], -made[m]["probability_volume_taken"], m),
    )[:FORECASTS]
    if not chosen:
        return None
    outcomes = _outcomes(launch) if launch.moment.is_hindsight else {}
    lines = []
    for model_id in chosen:
        impact, outcome = made[model_id], outcomes.get(model_id)
        middle, low, high = (impact[f"volume_change_{end}"] for end in ("median", "low", "high"))
        came = (
            launch.facts.figure(
                outcome["volume_change_low"], "signed", outcome_fact(launch, impact, outcome)
            )
            if outcome
            else None
        )
        lines.append(
            Forecast(
                str(launch.name(model_id)), middle, low, high,
                outcome["volume_change_low"] if outcome else None,
                launch.facts.figure(
                    (middle, low, high), "signed_interval", volume_fact(launch, impact)
                ),
                came,
            )
        )  # fmt: skip
    return Fan("forecasts", lines, f"{INTERVAL:.0%}", "volume, all segments together")


def _outcomes(launch: Launch) -> dict[str, Row]:
    """Change of volume a month after, by model, where a usage list shows it exactly."""
    found = rows(
        launch.connection,
        "select distinct v.model_id, g.volume_change_low, g.volume_series, g.graded_on "
        "from marts.verdicts as v inner join marts.verdict_grades as g "
        "on g.verdict_id = v.verdict_id and g.horizon_days = ? "
        "where v.event_id = ? and v.is_standing and g.volume_change_low = g.volume_change_high",
        [OUTCOME_DAYS, launch.moment.event["event_id"]],
    )
    return {row["model_id"]: row for row in found}


def summary(launch: Launch) -> Row:
    """Who gains and who loses position, by verdict: names and segments."""
    entered = [i for i in launch.impact if i["is_entrant"] and i["verdict"] == "winner"]
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


def unjudged_companies(launch: Launch) -> list[Row]:
    """Products and firms that a verdict would be wrong about, and why."""
    return [
        {"name": c["name"], "why": c["deciding_fact"], "fact": company_fact(c)}
        for c in _companies(launch)
        if c["verdict"] == "not_judged"
    ]


def companies(launch: Launch) -> list[Row]:
    """Products and firms judged, by role."""
    found = [c for c in _companies(launch) if c["verdict"] != "not_judged"]
    groups = []
    for (verdict, role, why), same in grouped(found, "verdict", "role", "deciding_fact"):
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
                        "observed": c["observed"]
                        if launch.moment.is_hindsight and c["verdict"] != "unaffected"
                        else None,
                        "fact": company_fact(c),
                    }
                    for c in same
                ],
            }
        )
    return groups


def _companies(launch: Launch) -> list[Row]:
    return rows(
        launch.connection,
        "select i.*, c.name, c.sells, c.source_url, c.publisher, c.published_on, c.licence "
        "from asked_companies as i inner join core.companies as c on c.company_id = i.company_id "
        "where i.event_id = ? and c.published_on <= ? order by i.verdict, i.role, c.name",
        [launch.moment.event["event_id"], launch.moment.known_by],
    )


def practice(launch: Launch, peers: Sequence[str]) -> Row:
    """What follows for those who use models; each sentence rests on one rule."""
    own = {m: [p for p in launch.positions if p["model_id"] == m] for m in launch.entrants}
    return {
        "baselines": [baseline(launch, p) for m in own for p in own[m] if p["is_on_frontier"]],
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
        "reasoning": launch.names(m for m in launch.entrants if launch.models[m]["is_reasoning"]),
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
    step_up = min(better, key=lambda p: (p["price_3to1_usd_per_mtok"], p["model_id"]), default=None)
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
        if c["basket_kind"] == "ability"
        and c["incumbent_id"] == peer
        and c["basket_id"] in launch.abilities
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
    found: dict[str, Row] = {}
    for comparison in sorted(about, key=lambda c: (c["entrant_id"], c["basket_id"])):
        entrant, p = comparison["entrant_id"], comparison["probability_entrant_above"]
        pair = {(comparison["basket_id"], m) for m in (peer, entrant)}
        if not pair <= evidenced or 1 - CLEARLY < p < CLEARLY:
            continue
        group = found.setdefault(
            entrant,
            {
                "entrant": launch.name(entrant),
                "peer": launch.name(peer),
                "stronger": [],
                "weaker": [],
            },
        )
        group["stronger" if p >= CLEARLY else "weaker"].append(
            {
                "ability": launch.abilities[comparison["basket_id"]],
                "probability": launch.facts.figure(
                    max(p, 1 - p), "probability", comparison_fact(launch, comparison)
                ),
            }
        )
    return list(found.values())


def flips(launch: Launch) -> Row:
    """Verdicts of the day after that hindsight changed."""
    both: dict[tuple[str, str], dict[str, Row]] = {}
    for impact in rows(
        launch.connection,
        "select * from marts.launch_impact where event_id = ? order by segment_id, model_id",
        [launch.moment.event["event_id"]],
    ):
        if impact["segment_id"] in launch.segments:
            both.setdefault((impact["segment_id"], impact["model_id"]), {})[impact["basis"]] = (
                impact
            )
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
                "results_now": launch.facts.figure(
                    now["results"], "count", impact_fact(launch, now)
                )
                if now
                else None,
            }
        )
    return {
        "was_placed": any(b["day_after"]["is_entrant"] for b in both.values() if "day_after" in b),
        "changed": changed,
    }


def _verdict(launch: Launch, impact: Row | None) -> Figure | None:
    if impact is None:
        return None
    return launch.facts.figure(impact["verdict"], "text", impact_fact(launch, impact))
