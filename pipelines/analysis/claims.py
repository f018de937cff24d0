"""Checks what others wrote: one general rule per kind of claim, over facts; none names a model.

Verdicts: `supported`, `contradicted`, `misattributed` (the figure is right for another model,
metric, benchmark or date), `outdated` (true then, not now, or the reverse), `not_supported` (facts
give no ground for it, nor against), `splits_by_role` (true of some of those named) and
`unverifiable`. A claim is contradicted only by a fact of the same kind: what no source states is
unverifiable. Where a text's words allow several readings, the one that holds counts.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from pipelines.analysis import claim_launches as launches
from pipelines.analysis import claim_prices as prices
from pipelines.analysis import claim_scores as scores
from pipelines.analysis.claim_facts import Facts, queries, records
from pipelines.analysis.claim_verdicts import Verdict, released
from pipelines.reading.claim import Claim, from_row

if TYPE_CHECKING:
    import pandas as pd

#: How many readings of a claim are tried.
MOST_READINGS = 12

READS = {
    "claims": "select c.* from core.claims as c",
    **queries(
        "(select distinct c.as_of as day from core.claims as c union "
        "select max(p.published_on) as day from core.price_claims as p)",
        "date '9999-12-31'",
        models=(
            "select unnest(string_split(concat_ws(' ', t.subject_ids, t.object_ids), ' ')) "
            "from core.claims as t union select e.model_id from core.releases as e "
            "where e.event_id in (select t.event_id from core.claims as t)"
        ),
        benchmarks=(
            "select b.benchmark_id from core.benchmarks as b where split_part(b.benchmark_id, "
            "'_', 1) in (select split_part(unnest(string_split(t.benchmark_ids, ' ')), '_', 1) "
            "from core.claims as t) or b.ability_id in "
            "(select unnest(string_split(t.ability_ids, ' ')) from core.claims as t)"
        ),
    ),
}
# A text is about one launch, and what others did to the market is most of the table.
READS["impacts"] += " where i.event_id in (select c.event_id from core.claims as c)"


def compute(claims: "pd.DataFrame", **facts: "pd.DataFrame") -> "dict[str, pd.DataFrame]":
    """Table `claim_checks`: a verdict with its evidence for every claim of core.claims."""
    import pandas as pd

    rows = {name: records(frame) for name, frame in facts.items()}
    today = max((r["day"] for r in rows["prices"]), default=date(1, 1, 1))
    found = []
    by_text: dict[str, set[str]] = {}
    told = records(claims)
    for row in told:
        ids = f"{row['subject_ids'] or ''} {row['object_ids'] or ''}".split()
        by_text.setdefault(row["document_id"], set()).update(ids)
    indexed = Facts.of(rows, today)
    for row in told:
        known = replace(indexed, named=frozenset(by_text[row["document_id"]]))
        verdict = check(from_row(row), known, row["event_id"])
        days = [e["published_on"] for e in verdict.evidence if e.get("published_on")]
        found.append(
            (row["claim_id"], verdict.verdict, verdict.because, verdict.true_value,
             verdict.belongs_to, " ".join(verdict.ids) or None,
             max(days) if days and len(days) == len(verdict.evidence) else None, verdict.by_now)
        )  # fmt: skip
    columns = ["claim_id", "verdict", "because", "true_value", "belongs_to", "evidence", "known_on",
               "by_now"]  # fmt: skip
    return {"claim_checks": pd.DataFrame(found, columns=columns, dtype=object)}


# ------------------------------------------------------------------ readings


def check(claim: Claim, facts: Facts, event_id: str | None = None) -> Verdict:
    """The verdict on a claim; `event_id` is the launch its text is about."""
    if claim.kind not in launches.COMPANY_KINDS and not claim.subject_ids:
        return Verdict("unverifiable", f"no version called {claim.subject_words} is recorded")
    first = _denied(claim, RULES[claim.kind](claim, facts, event_id))
    if first.verdict in GOOD:
        return first
    is_doubted = _is_a_guess(claim)
    for reading in _readings(claim, facts):
        verdict = _denied(claim, RULES[claim.kind](reading, facts, event_id))
        if verdict.verdict in GOOD:
            return replace(verdict, because=f"{verdict.because}{_read_as(claim, reading, facts)}",
                           reading=reading)  # fmt: skip
        is_doubted = is_doubted or (_leaves_it_open(claim, reading) and verdict.verdict not in BAD)
    if first.verdict in BAD and is_doubted:
        return replace(
            first, verdict="unverifiable", belongs_to=None,
            because=f"{first.because}; but the words do not say plainly which model is meant",
        )  # fmt: skip
    return first


GOOD = {"supported"}
BAD = {"contradicted", "misattributed"}


def _is_a_guess(claim: Claim) -> bool:
    """Whether only the drift of the text says what the claim is about."""
    return (
        claim.is_either_way
        or {claim.subject_reading, claim.object_reading} & {"topic", "family"} != set()
    )


def _leaves_it_open(claim: Claim, reading: Claim) -> bool:
    """Whether a reading takes a pronoun or a short name for another model."""
    return any(
        ids != others[:1] and how in {"pronoun", "context"}
        for ids, others, how in (
            (reading.subject_ids, claim.subject_ids, claim.subject_reading),
            (reading.object_ids, claim.object_ids, claim.object_reading),
        )
    )


def _readings(claim: Claim, facts: Facts) -> list[Claim]:
    """Other readings of a claim's names, and the other way round; none from after its day."""

    def by_then(ids: tuple[str, ...]) -> list[str]:
        return [
            ids[0],
            *(i for i in ids[1:] if (released(facts, i) or claim.as_of) <= claim.as_of),
        ]

    if not claim.subject_ids:
        return []
    subjects = by_then(claim.subject_ids)
    objects = by_then(claim.object_ids) if claim.object_ids else [""]
    found = []
    for subject in subjects:
        for other in objects:
            found.append(
                replace(claim, subject_ids=(subject,), object_ids=(other,) if other else ())
            )
    if claim.is_either_way:
        found += [replace(r, subject_ids=r.object_ids, object_ids=r.subject_ids,
                          subject_words=r.object_words, object_words=r.subject_words)
                  for r in list(found)]  # fmt: skip
    return [r for r in found[1:] if r.subject_ids != r.object_ids][:MOST_READINGS]


def _read_as(claim: Claim, reading: Claim, facts: Facts) -> str:
    names = [facts.name(i) for i in (*reading.subject_ids[:1], *reading.object_ids[:1])]
    return f" (read as {' and '.join(names)})"


def _denied(claim: Claim, verdict: Verdict) -> Verdict:
    """The verdict on a denial: right where what it denies is wrong."""
    if not claim.is_denied:
        return verdict
    turned = dict.fromkeys(("contradicted", "misattributed", "outdated"), "supported")
    turned["supported"] = "contradicted"
    if verdict.verdict not in turned:
        return verdict
    return replace(verdict, verdict=turned[verdict.verdict], belongs_to=None,
                   because=f"the text denies it; {verdict.because}")  # fmt: skip


def check_ranking(claim: Claim, facts: Facts, _event: str | None) -> Verdict:
    """Subject is the cheapest, the dearest, or first or second on a benchmark."""
    if claim.direction in {"cheapest", "dearest"}:
        return prices.check_price_rank(claim, facts)
    return scores.check_benchmark_rank(claim, facts)


RULES: dict[str, Callable[[Claim, Facts, str | None], Verdict]] = {
    "score": scores.check_score,
    "price": prices.check_price,
    "price_ratio": prices.check_price_ratio,
    "price_comparison": prices.check_price_comparison,
    "comparison": scores.check_comparison,
    "gap": scores.check_gap,
    "ranking": check_ranking,
    "release": launches.check_release,
    "retirement": launches.check_retirement,
    "availability": launches.check_availability,
    "context_window": launches.check_context_window,
    "open_weights": launches.check_open_weights,
    "reasoning": launches.check_reasoning,
    "loser": launches.check_loser,
    "winner": launches.check_winner,
    "cannibalised": launches.check_cannibalised,
    "companies_lose": launches.check_companies,
    "companies_win": launches.check_companies,
}
