"""What was launched: its price against its vendor's own models, its results, its cost per task."""

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from itertools import groupby, zip_longest
from typing import Any

from pipelines.briefings.evidence import (
    price_fact,
    ratio_fact,
    release_fact,
    result_fact,
    scope_known,
)
from pipelines.briefings.facts import (
    Figure,
    score_format,
)
from pipelines.briefings.market import Launch, Row

#: Own models this recent are what an entrant is measured against.
RECENT = timedelta(days=550)
#: Gaps between publishers that are worth a sentence, in the benchmark's unit.
WORTH_SAYING = {"percent": 2.0, "elo": 40.0}
LOST = ("loser", "cannibalised", "exposed")
#: Who measured what a model's own vendor publishes.
OWN = "vendors' own"
#: How many of each a page shows.
SIBLINGS, PEERS, BENCHMARKS, DISAGREEMENTS, RUNS = 5, 2, 18, 6, 6


def prices_of(launch: Launch, model_id: str) -> Row | None:
    """List price of a version that day, as figures; None if not known."""
    price = launch.prices.get(model_id)
    if price is None:
        return None
    fact = price_fact(launch, price)
    into, out = price["input_usd_per_mtok"], price["output_usd_per_mtok"]
    figure = launch.facts.figure
    return {
        "pair": figure((into, out), "cost_pair", fact),
        "input": figure(into, "usd", fact),
        "output": figure(out, "usd", fact),
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
                "on": figure(
                    release["api_available_on"]
                    or release["announced_on"]
                    or release["released_on"],
                    "date",
                    fact,
                ),
                "announced_on": figure(release["announced_on"], "date", fact),
                "api_on": figure(release["api_available_on"], "date", fact),
                "later_by": figure(_lag(release), "count", fact),
                "is_limited": release["is_limited_at_first"],
                "scope": figure(scope_known(launch, release["availability_scope"]), "text", fact),
            }
        )
    return found


def title(launched: list[Row]) -> str:
    """Who launched what; the vendor is left out where the name already says it."""
    names = [str(e["name"]) for e in launched]
    vendor = str(launched[0]["vendor"])
    said = vendor.split()[0].lower() in names[0].lower()
    listed = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
    return listed if said else f"{vendor} {listed}"


def _lag(release: Row) -> int | None:
    announced, available = release["announced_on"], release["api_available_on"]
    is_later = announced and available and available > announced
    return (available - announced).days if is_later else None


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


def benchmark_price(launch: Launch) -> list[Row]:
    """Each entrant's price against the one own model that a reader would compare it with.

    That is the one it displaces in most segments or, if none, the vendor's ablest until then.
    """
    own = sibling_ids(launch)
    taken = Counter(i["model_id"] for i in launch.impact if i["verdict"] == "cannibalised")
    able = {
        m: max((p["capability"] for p in launch.before if p["model_id"] == m), default=0.0)
        for m in own
    }
    main = max(own, key=lambda m: (taken[m], able[m]), default=None)
    if main is None:
        return []
    return [
        {**discount(launch, m, main), "is_displaced": taken[main] > 0}
        for m in launch.entrants
        if m in launch.prices
    ]


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
    says = (
        f"{launch.name(entrant)} against {launch.name(other)}, list price of {launch.moment.as_of}"
    )
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
    for (_, evidence), found in grouped(about, "benchmark_id", "evidence"):
        if evidence == "official":
            lines.append(_line(launch, found, columns, OWN, None))
            continue
        options = [
            _line(launch, same, columns, publisher, release)
            for (publisher, release), same in grouped(found, "publisher", "benchmark_release")
        ]
        lines.append(max(options, key=lambda line: (line["filled"], line["latest"])))
    by_kind: dict[tuple[str, bool], list[Row]] = {}
    for line in sorted(lines, key=lambda line: -line["filled"]):
        if line["has_entrant"]:
            by_kind.setdefault((line["ability"], line["publisher"] != OWN), []).append(line)
    # In turns, so that neither an ability nor a kind of evidence crowds out another.
    turns = zip_longest(*(by_kind[key] for key in sorted(by_kind)))
    chosen = [line for turn in turns for line in turn if line][:BENCHMARKS]
    return sorted(
        chosen, key=lambda line: (line["ability"], line["benchmark"], line["publisher"] != OWN)
    )


def grouped(found: list[Row], *keys: str) -> list[tuple[tuple[str, ...], list[Row]]]:
    """Rows by the values of some columns, in their order; a missing value counts as empty."""

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
    for (model_id, _, _), same in grouped(about, "model_id", "benchmark_id", "benchmark_release"):
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


def run_costs(launch: Launch, peers: Sequence[str]) -> list[Row]:
    """Where a benchmark publishes what its run cost: entrants against models on sale that day."""
    priced = [r for r in launch.results if r["run_cost_usd"]]
    found = []
    for _, same in grouped(priced, "benchmark_id", "benchmark_release", "publisher"):
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
