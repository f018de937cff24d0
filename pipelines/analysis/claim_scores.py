"""Rules for claims of capability: scores, comparisons, gaps and ranks on benchmarks.

A figure that is wrong for its subject is searched for: under another metric, on a sister benchmark,
of another model. Comparisons hold results against each other that one publisher measured.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from statistics import median
from typing import Any

from pipelines.analysis.claim_facts import Facts, Row
from pipelines.analysis.claim_verdicts import (
    Verdict,
    day_of,
    in_scope,
    released,
    same_name,
    shown,
    within,
)
from pipelines.reading.claim import Claim

#: Where no vendor's own figure is known, one this far outside all known ones is contradicted; a
#: nearer one another harness may have given. Points, and points of rating.
HARNESS = {"percent": Decimal(10), "elo": Decimal(120)}
#: Models this near are level, and this far apart are not.
LEVEL = {"percent": (Decimal(5), Decimal(15)), "elo": (Decimal(40), Decimal(150))}
#: P(above) at which capability alone supports a comparison; one minus it contradicts it.
SURE = 0.9
#: A text may be so much younger than a result that was measured before it and published after.
PUBLICATION_LAG = timedelta(days=31)
#: Results a ranking needs to mean anything.
LEAST_RANKED = 5

# ------------------------------------------------------------------ scores


def _own(facts: Facts, claim: Claim, model_id: str) -> list[Row]:
    """All results of a version on the benchmarks a claim may mean, in its unit."""
    return sorted(
        (r for b in claim.benchmark_ids for r in facts.results.get(b, [])
         if r["model_id"] == model_id and r["unit"] == claim.unit),
        key=lambda r: (RANK[r["evidence"]], r["is_repeat"], _apart(r, claim), r["result_id"]),
    )  # fmt: skip


def _apart(row: Row, claim: Claim) -> int:
    """Days between a fact's publication and the day a claim speaks of."""
    return abs(int((row["published_on"] - claim.as_of).days))


RANK = {"official": 0, "independent": 1, "quoted": 2, "secondary": 3}


def _is_asked_metric(claim: Claim, row: Row) -> bool:
    metric, setting = str(row["metric"]).lower(), str(row["configuration"] or "").lower()
    if claim.metric == "cons":
        return metric.startswith(("cons", "maj"))
    if claim.metric == "best":
        return not row["is_headline_metric"] or "parallel" in setting or "multiple" in setting
    if claim.metric == "first try":
        return metric == "pass_rate_1"
    return bool(row["is_headline_metric"])


def _source(row: Row) -> str:
    how = [row["metric"], row["configuration"], row["system"]]
    return f"{row['publisher']}, {', '.join(h for h in how if h)}, {day_of(row['published_on'])}"


def check_score(claim: Claim, facts: Facts, _event: str | None) -> Verdict:
    """Subject has this figure on this benchmark; otherwise whose figure is it?"""
    subject = claim.subject_ids[0]
    rows = _own(facts, claim, subject)
    asked = [r for r in rows if _is_asked_metric(claim, r)]
    right = [r for r in asked if within(r["score"], claim)]
    standing = [r for r in right if not (r["superseded_on"] and r["superseded_on"] <= claim.as_of)]
    if right:
        best = (standing or right)[0]
        return Verdict(
            "supported" if standing else "outdated",
            f"{best['publisher']} published {shown(best['score'], claim.unit)} "
            f"({_source(best).partition(', ')[2]})"
            + ("" if standing else f"; replaced on {day_of(best['superseded_on'])}"),
            float(best["score"]), None, (best,),
        )  # fmt: skip
    other_version = _another_version(claim, facts)
    if other_version:
        return other_version
    known = [r for r in asked if not (r["superseded_on"] and r["superseded_on"] <= claim.as_of)]
    known = known or asked
    truth = known[0] if known else None
    told = (
        f"{facts.name(subject)} has {shown(truth['score'], claim.unit)} ({_source(truth)})"
        if truth
        else f"no figure of {facts.name(subject)} on this benchmark is known"
    )
    value = float(truth["score"]) if truth else None
    used = (truth,) if truth else ()
    owner = _whose(claim, facts, rows, bool(known))
    if owner:
        return Verdict(
            "misattributed", f"{_of_whom(claim, facts, owner)}; {told}", value, owner["model_id"],
            (owner, *used),
        )  # fmt: skip
    if not known:
        return Verdict("unverifiable", told)
    if claim.said_by:
        words = claim.said_by.lower()
        said = [
            r for r in known if words in r["publisher"].lower() or r["publisher"].lower() in words
        ]
        speaks_for_itself = words in str(facts.models.get(subject, {}).get("vendor", "")).lower()
        if not said and not speaks_for_itself:
            return Verdict(
                "unverifiable",
                f"no figure by {claim.said_by} is known; {told}",
                value,
                evidence=used,
            )
        known = said or known
    scores = [r["score"] for r in known]
    own_words = [r for r in known if r["evidence"] == "official"]
    slack = HARNESS[claim.unit]
    stated = claim.value if claim.value is not None else Decimal(0)
    if not own_words and min(scores) - slack <= stated <= max(scores) + slack:
        return Verdict(
            "unverifiable",
            f"no source states {shown(stated, claim.unit)}; known figures run from "
            f"{shown(min(scores), claim.unit)} to {shown(max(scores), claim.unit)}",
            value,
            evidence=used,
        )  # fmt: skip
    return Verdict("contradicted", told, value, evidence=used)


def _another_version(claim: Claim, facts: Facts) -> Verdict | None:
    """The figure is that of another version of the same undated name."""
    for model_id in same_name(claim):
        rows = [r for r in _own(facts, claim, model_id)
                if _is_asked_metric(claim, r) and within(r["score"], claim)]  # fmt: skip
        if not rows:
            continue
        row = rows[0]
        owner = f"{shown(row['score'], claim.unit)} is {facts.name(model_id)} ({_source(row)})"
        theirs = released(facts, model_id)
        ours = released(facts, claim.subject_ids[0])
        if theirs and theirs > claim.as_of:
            return Verdict(
                "unverifiable", f"{owner}, which came after the text", None, model_id, (row,)
            )
        if theirs and ours and theirs < ours and claim.subject_reading == "dated":
            return Verdict("outdated", f"{owner}, the version that went by this name before",
                           float(row["score"]), model_id, (row,))  # fmt: skip
        return Verdict("supported", owner, float(row["score"]), None, (row,))
    return None


def _whose(claim: Claim, facts: Facts, rows: list[Row], is_known: bool) -> Row | None:
    """The result that a wrong figure is, if that is no chance.

    The same version's under another metric; on a sister benchmark; or another model's. A round
    figure fits many, so it needs a decimal or a rating, and a stranger's must be the only one.
    """
    for row in rows:
        if not _is_asked_metric(claim, row) and within(row["score"], claim):
            return row
    is_fine = claim.decimals >= 1 or claim.unit == "elo"
    if not is_fine or claim.low is None or claim.high is None:
        return None
    subject = claim.subject_ids[0]
    matches = [
        r for b in claim.benchmark_ids for r in facts.results.get(b, [])
        if r["unit"] == claim.unit and r["model_id"] not in claim.subject_ids
        and within(r["score"], claim)
    ]  # fmt: skip

    def nearness(row: Row) -> tuple[Any, ...]:
        return (
            row["model_id"] not in facts.named,
            facts.vendor(row["model_id"]) != facts.vendor(subject),
            not row["is_headline_metric"], RANK[row["evidence"]], row["is_repeat"],
            _apart(row, claim), row["result_id"],
        )  # fmt: skip

    if matches:
        best = min(matches, key=nearness)
        is_near = best["model_id"] in facts.named or (
            facts.vendor(best["model_id"]) == facts.vendor(subject)
        )
        if is_near or (is_known and len({r["model_id"] for r in matches}) == 1):
            return best
    families = {b.split("_")[0] for b in claim.benchmark_ids}
    sisters = [
        r for b, found in facts.results.items() if b.split("_")[0] in families
        and b not in claim.benchmark_ids for r in found
        if r["model_id"] == subject and r["unit"] == claim.unit and r["is_headline_metric"]
        and within(r["score"], claim)
    ]  # fmt: skip
    return min(sisters, key=nearness) if sisters else None


def _of_whom(claim: Claim, facts: Facts, row: Row) -> str:
    figure = shown(row["score"], claim.unit)
    if row["model_id"] != claim.subject_ids[0]:
        return f"{figure} is {facts.name(row['model_id'])} ({_source(row)})"
    if row["benchmark_id"] not in claim.benchmark_ids:
        benchmark = facts.benchmarks[row["benchmark_id"]]["name"]
        return f"{figure} is its result on {benchmark} ({_source(row)})"
    return f"{figure} is its {row['metric']} ({_source(row)})"


# ------------------------------------------------------------------ comparisons


@dataclass(frozen=True)
class _Gap:
    """Subject minus object on a benchmark by one publisher; `sign` 0 where settings decide."""

    benchmark_id: str
    publisher: str
    difference: Decimal
    sign: int
    unit: str
    rows: tuple[Row, Row]


def _gaps(claim: Claim, facts: Facts, benchmark_ids: Iterable[str]) -> list[_Gap]:
    """What publishers who measured both alike found."""
    subject, other = claim.subject_ids[0], claim.object_ids[0]
    found = []
    for benchmark in benchmark_ids:
        rows = [r for r in facts.results.get(benchmark, []) if r["is_headline_metric"]
                and not (r["superseded_on"] and r["superseded_on"] <= claim.as_of)]  # fmt: skip
        for publisher in sorted({r["publisher"] for r in rows}):
            ours = [r for r in rows if r["publisher"] == publisher and r["model_id"] == subject]
            theirs = [r for r in rows if r["publisher"] == publisher and r["model_id"] == other]
            if not ours or not theirs:
                continue

            def apart(pair: tuple[Row, Row], claim: Claim = claim) -> tuple[Any, ...]:
                a, b = pair
                return (
                    a["metric"] != b["metric"], a["benchmark_release"] != b["benchmark_release"],
                    abs((a["published_on"] - b["published_on"]).days),
                    abs((a["published_on"] - claim.as_of).days), a["system"] != b["system"],
                    a["configuration"] != b["configuration"], a["is_repeat"], b["is_repeat"],
                    -a["score"], -b["score"], a["result_id"], b["result_id"],
                )  # fmt: skip

            first, second = min(((a, b) for a in ours for b in theirs), key=apart)
            mine = [r["score"] for r in ours if r["published_on"] == first["published_on"]]
            yours = [r["score"] for r in theirs if r["published_on"] == second["published_on"]]
            sign = 1 if min(mine) > max(yours) else -1 if max(mine) < min(yours) else 0
            found.append(_Gap(benchmark, publisher, first["score"] - second["score"], sign,
                              first["unit"], (first, second)))  # fmt: skip
    return found


def _told(gaps: Sequence[_Gap], facts: Facts, claim: Claim) -> str:
    subject, other = facts.name(claim.subject_ids[0]), facts.name(claim.object_ids[0])
    return "; ".join(
        f"{facts.benchmarks[g.benchmark_id]['name']}: {subject} "
        f"{shown(g.rows[0]['score'], g.unit)}, "
        f"{other} {shown(g.rows[1]['score'], g.unit)} ({g.publisher})"
        for g in list(gaps)[:6]
    )


def check_comparison(claim: Claim, facts: Facts, _event: str | None) -> Verdict:
    """Subject is ahead of, behind or level with object: on benchmarks, in an ability, overall."""
    if not claim.object_ids:
        return Verdict("unverifiable", f"no version called {claim.object_words} is recorded")
    benchmarks = claim.benchmark_ids or tuple(
        b for b, row in facts.benchmarks.items() if row["ability_id"] in claim.ability_ids
    )
    gaps = _gaps(claim, facts, benchmarks)
    wanted = {"above": 1, "below": -1}.get(claim.direction, 0)
    if gaps and claim.direction == "level":
        return _level(claim, facts, gaps)
    if gaps:
        used = tuple(r for g in gaps[:6] for r in g.rows)
        by_benchmark: dict[str, list[int]] = {}
        for gap in gaps:
            by_benchmark.setdefault(gap.benchmark_id, []).append(gap.sign)
        signs = [median(found) for found in by_benchmark.values()]
        value, told = float(gaps[0].difference), _told(gaps, facts, claim)
        if all(s == wanted for s in signs):
            return Verdict("supported", told, value, evidence=used)
        if all(s == -wanted for s in signs):
            return Verdict("contradicted", f"the other way round: {told}", value, evidence=used)
        if claim.benchmark_ids or not claim.ability_ids:
            told = f"it depends on who measured, and how: {told}"
            return Verdict("unverifiable", told, value, evidence=used)
    if claim.benchmark_ids:
        return Verdict("unverifiable", "nobody is known to have measured both alike")
    return _by_capability(claim, facts, wanted)


def _level(claim: Claim, facts: Facts, gaps: Sequence[_Gap]) -> Verdict:
    used = tuple(r for g in gaps[:6] for r in g.rows)
    near = [abs(g.difference) <= LEVEL[g.unit][0] for g in gaps]
    far = [abs(g.difference) >= LEVEL[g.unit][1] for g in gaps]
    word = "supported" if all(near) else "contradicted" if all(far) else "not_supported"
    return Verdict(word, _told(gaps, facts, claim), float(gaps[0].difference), evidence=used)


def _by_capability(claim: Claim, facts: Facts, wanted: int) -> Verdict:
    """By the joint fit of all results: overall, or in the ability named."""
    basket = claim.ability_ids[0] if len(claim.ability_ids) == 1 else "overall"
    fits = facts.capabilities.get(basket, {})
    ours, theirs = (fits.get(i) for i in (claim.subject_ids[0], claim.object_ids[0]))
    if not ours or not theirs or not ours["results"] or not theirs["results"]:
        return Verdict("unverifiable", "too little is known of both to compare them")
    spread = math.hypot(ours["capability_sd"], theirs["capability_sd"])
    difference = ours["capability"] - theirs["capability"]
    above = (
        0.5 * (1 + math.erf(difference / (spread * math.sqrt(2))))
        if spread
        else float(difference > 0)
    )
    name = "overall" if basket == "overall" else f"in {basket.replace('_', ' ')}"
    told = (
        f"P({facts.name(claim.subject_ids[0])} is the abler {name}) = {above:.2f} by the fit of "
        f"all "
        f"results known on {day_of(ours['known_on'])}"
    )
    if wanted == 0:
        return Verdict("unverifiable", told, above)
    holds = above if wanted > 0 else 1 - above
    word = (
        "supported"
        if holds >= SURE
        else "contradicted"
        if holds <= (1 - SURE) / 2
        else "unverifiable"
    )
    return Verdict(word, told, above)


def check_gap(claim: Claim, facts: Facts, _event: str | None) -> Verdict:
    """Subject leads object by so many points."""
    if not claim.object_ids:
        return Verdict("unverifiable", f"no version called {claim.object_words} is recorded")
    if not claim.benchmark_ids:
        return Verdict("unverifiable", "the text does not say on which benchmark")
    gaps = _gaps(claim, facts, claim.benchmark_ids)
    if not gaps:
        return Verdict("unverifiable", "nobody is known to have measured both alike")
    used = tuple(r for g in gaps[:6] for r in g.rows)
    told, value = _told(gaps, facts, claim), claim.value or Decimal(0)
    slack = max(Decimal(1), value / 4) if not claim.decimals else Decimal("0.15")
    first = float(gaps[0].difference)
    signed = [g.difference if claim.direction else abs(g.difference) for g in gaps]
    if any(abs(d - value) <= slack for d in signed):
        return Verdict("supported", told, first, None, used)
    if claim.direction and all(g.sign < 0 for g in gaps):
        return Verdict("contradicted", f"the other way round: {told}", first, None, used)
    official = any("official" in {r["evidence"] for r in g.rows} for g in gaps)
    return Verdict("contradicted" if official else "unverifiable", told, first, None, used)


# ------------------------------------------------------------------ ranks


def check_benchmark_rank(claim: Claim, facts: Facts) -> Verdict:
    """Subject is first or second of those whose results were published by then."""
    subject = claim.subject_ids[0]
    place = 2 if claim.direction == "second" else 1
    latest = claim.as_of + PUBLICATION_LAG
    tables = []
    for benchmark in claim.benchmark_ids:
        rows = [r for r in facts.results.get(benchmark, []) if r["is_headline_metric"]
                and r["published_on"] <= latest and in_scope(claim, facts, r["model_id"])
                and (released(facts, r["model_id"]) or claim.as_of) <= claim.as_of]  # fmt: skip
        for publisher in {r["publisher"] for r in rows}:
            best: dict[str, Row] = {}
            for row in sorted((r for r in rows if r["publisher"] == publisher),
                              key=lambda r: (r["published_on"], r["score"])):  # fmt: skip
                best[row["model_id"]] = row
            if subject in best:
                tables.append((len(best), publisher, best))
    if not tables:
        return Verdict("unverifiable", "no ranking of that day is known")
    size, publisher, best = max(tables, key=lambda t: (t[0], t[1]))
    own = best[subject]
    ahead = sorted(
        (r for r in best.values() if r["score"] > own["score"]), key=lambda r: -r["score"]
    )
    told = f"{facts.name(subject)} has {shown(own['score'], own['unit'])} "
    told += f"({publisher}, {size} models known)"
    if len(ahead) >= place:
        first = ahead[0]
        return Verdict(
            "contradicted",
            f"{facts.name(first['model_id'])} has {shown(first['score'], first['unit'])}; {told}",
            float(len(ahead) + 1),
            first["model_id"] if place == 1 else None,
            (first, own),
        )
    if size < LEAST_RANKED:
        return Verdict("unverifiable", f"too few models are ranked: {told}", evidence=(own,))
    word = "supported" if len(ahead) == place - 1 else "contradicted"
    return Verdict(
        word, f"{len(ahead)} are known ahead of it; {told}", float(len(ahead) + 1), evidence=(own,)
    )
