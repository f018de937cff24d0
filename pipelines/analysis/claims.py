"""Checks what others wrote: one general rule per kind of claim, over facts; none names a model.

Verdicts: `supported`, `contradicted`, `misattributed` (the figure belongs to another model or
metric), `not_supported` (facts give no ground for it, nor against), `splits_by_role` (true of some
of those named), `outdated` and `unverifiable`. Taking a text apart into claims is not done here.
"""

from collections.abc import Callable
from typing import Any

import pandas as pd

#: A discount is right if it is within half a point of the stated percentage.
DISCOUNT_TOLERANCE = 0.5
#: P(entrant above) at which the entrant counts as the abler.
ABLER = 0.5
LOST = {"loser", "cannibalised", "exposed"}

READS = {
    "claims": "select * from core.claims",
    "results": (
        "select r.*, b.name as benchmark_name from core.results as r "
        "inner join core.benchmarks as b on b.benchmark_id = r.benchmark_id"
    ),
    "prices": (
        "select c.claim_id as claim, p.model_id, p.input_usd_per_mtok, p.output_usd_per_mtok, "
        "p.claim_id from core.claims as c "
        "inner join core.events as asked on asked.event_id = c.event_id "
        "cross join prices_on(asked.effective_on, null) as p "
        "where p.is_list_price and p.model_id in (c.subject_model_id, c.object_model_id)"
    ),
    "impacts": "select * from marts.launch_impact",
    "companies": (
        "select i.*, c.name, c.segment_id from marts.company_impact as i "
        "inner join core.companies as c on c.company_id = i.company_id"
    ),
    "comparisons": "select * from analysis.comparisons",
    "releases": "select * from core.releases",
    "models": "select m.model_id, m.name from core.models as m",
    "positioning": "select * from marts.positioning where side = 'with' and basis = 'hindsight'",
    "segments": "select * from core.segments",
    "list_prices": (
        "select asked.event_id, p.model_id, p.input_usd_per_mtok, p.output_usd_per_mtok, "
        "p.claim_id from (select distinct c.event_id from core.claims as c) as a "
        "inner join core.events as asked on asked.event_id = a.event_id "
        "cross join prices_on(asked.effective_on, null) as p where p.is_list_price"
    ),
}

Verdict = dict[str, Any]


def compute(claims: pd.DataFrame, **facts: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Table `claim_checks`: a verdict with its evidence for every claim."""
    rows = []
    for claim in claims.to_dict("records"):
        verdict = RULES[claim["kind"]](_without_nan(claim), facts)
        rows.append({"claim_id": claim["claim_id"], **_EMPTY, **verdict})
    return {"claim_checks": pd.DataFrame(rows, columns=["claim_id", *_EMPTY])}


_EMPTY: Verdict = {
    "verdict": None, "because": None, "true_value": None, "belongs_to": None, "evidence": None,
}  # fmt: skip


def _without_nan(claim: dict[Any, Any]) -> Verdict:
    return {str(k): (None if v is None or pd.isna(v) else v) for k, v in claim.items()}


def _name(facts: dict[str, pd.DataFrame], model_id: str | None) -> str:
    found = facts["models"].loc[facts["models"]["model_id"] == model_id, "name"]
    return str(found.iloc[0]) if len(found) else str(model_id)


def _figure(value: float, unit: str | None) -> str:
    if unit == "percent":
        return f"{value:g}%"
    return f"{value:,.0f}" if unit == "elo" else f"{value:g}"


def check_price_discount(claim: Verdict, facts: dict[str, pd.DataFrame]) -> Verdict:
    """Subject is `value` percent cheaper than object, by list price on the launch day."""
    prices = facts["prices"]
    prices = prices[prices["claim"] == claim["claim_id"]].set_index("model_id")
    ours, theirs = claim["subject_model_id"], claim["object_model_id"]
    if ours not in prices.index or theirs not in prices.index:
        return {"verdict": "unverifiable", "because": "a list price of that day is not known"}
    a, b = prices.loc[ours], prices.loc[theirs]
    discounts = [
        100 * (1 - float(a[side]) / float(b[side]))
        for side in ("input_usd_per_mtok", "output_usd_per_mtok")
    ]
    listed = (
        f"list price that day: ${float(a.input_usd_per_mtok):g} in, "
        f"${float(a.output_usd_per_mtok):g} out against ${float(b.input_usd_per_mtok):g} in, "
        f"${float(b.output_usd_per_mtok):g} out per million tokens"
    )
    holds = all(abs(d - float(claim["value"])) <= DISCOUNT_TOLERANCE for d in discounts)
    return {
        "verdict": "supported" if holds else "contradicted",
        "because": f"{listed}: {discounts[0]:.0f}% cheaper on input, {discounts[1]:.0f}% on output",
        "true_value": sum(discounts) / 2,
        "evidence": f"{a.claim_id} {b.claim_id}",
    }


def _equals(results: pd.DataFrame, value: float, unit: str) -> pd.Series:
    half_of_last_digit = 0.5 if unit == "elo" else 0.05
    return (results["score"].astype(float) - value).abs() < half_of_last_digit


def check_score(claim: Verdict, facts: dict[str, pd.DataFrame]) -> Verdict:
    """Subject has this figure on this benchmark; otherwise whose figure is it?"""
    results = facts["results"]
    unit = claim["unit"]
    about = results[
        results["benchmark_id"].isin(str(claim["benchmark_ids"]).split())
        & (results["unit"] == unit)
    ].sort_values(["published_on", "evidence", "result_id"])
    own = about[about["model_id"] == claim["subject_model_id"]]
    headline = (
        own[own["is_headline_metric"]]
        if claim["metric"] is None
        else own[own["metric"] == claim["metric"]]
    )
    value = float(claim["value"])
    right = headline[_equals(headline, value, unit)]
    if len(right):
        first = right.iloc[0]
        return {
            "verdict": "supported",
            "because": f"{first.publisher} published {_figure(float(first.score), unit)} "
            f"({first.metric}, {first.published_on:%Y-%m-%d})",
            "true_value": float(first.score),
            "evidence": first.result_id,
        }
    true = (
        headline.assign(rank=headline["evidence"].map(EVIDENCE_ORDER))
        .sort_values(["rank", "published_on", "result_id"])
        .head(1)
    )
    truth = float(true.iloc[0].score) if len(true) else None
    own_words = (
        f"{_name(facts, claim['subject_model_id'])} has {_figure(truth, unit)} "
        f"({true.iloc[0].publisher}, {true.iloc[0].published_on:%Y-%m-%d})"
        if truth is not None
        else f"no figure of {_name(facts, claim['subject_model_id'])} is known"
    )
    others = about[_equals(about, value, unit)]
    if len(others):
        first = others.iloc[0]
        return {
            "verdict": "misattributed",
            "because": f"{_figure(value, unit)} is {_name(facts, first.model_id)} "
            f"({first.metric}, {first.publisher}); {own_words}",
            "true_value": truth,
            "belongs_to": first.model_id,
            "evidence": " ".join([first.result_id, *true["result_id"]]),
        }
    if truth is None:
        return {"verdict": "unverifiable", "because": own_words}
    return {
        "verdict": "contradicted",
        "because": own_words,
        "true_value": truth,
        "evidence": true.iloc[0].result_id,
    }


EVIDENCE_ORDER = {"official": 0, "independent": 1, "secondary": 2, "quoted": 3}


def _gaps(claim: Verdict, facts: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Subject minus object on each benchmark, by publishers who measured both alike."""
    results = facts["results"]
    about = results[
        results["benchmark_id"].isin(str(claim["benchmark_ids"]).split())
        & results["is_headline_metric"]
    ]
    ours = about[about["model_id"] == claim["subject_model_id"]]
    theirs = about[about["model_id"] == claim["object_model_id"]]
    both = ours.merge(theirs, on=["benchmark_id", "publisher", "unit"], suffixes=("", "_other"))
    both["gap"] = both["score"].astype(float) - both["score_other"].astype(float)
    both["apart"] = (both["published_on"] - both["published_on_other"]).abs()
    both = both.sort_values(["benchmark_id", "apart", "published_on", "result_id"])
    return both.drop_duplicates(["benchmark_id"])


def check_lead(claim: Verdict, facts: dict[str, pd.DataFrame]) -> Verdict:
    """Subject is ahead of object on these benchmarks, by about `value` points."""
    gaps = _gaps(claim, facts)
    if gaps.empty:
        return {"verdict": "unverifiable", "because": "nobody published both"}
    subject, other = (_name(facts, claim[f"{r}_model_id"]) for r in ("subject", "object"))
    words = "; ".join(
        f"{row.benchmark_name}: {subject} {_figure(float(row.score), row.unit)}, "
        f"{other} {_figure(float(row.score_other), row.unit)}"
        for row in gaps.itertuples()
    )
    if (gaps["gap"] < 0).all():
        return {
            "verdict": "contradicted",
            "because": f"the other way round: {words}",
            "true_value": float(gaps.iloc[0]["gap"]),
            "evidence": " ".join([*gaps["result_id"], *gaps["result_id_other"]]),
        }
    value = float(claim["value"])
    close = ((gaps["gap"] - value).abs() <= max(1.0, 0.25 * abs(value))).any()
    return {
        "verdict": "supported" if close else "contradicted",
        "because": words,
        "true_value": float(gaps.iloc[0]["gap"]),
        "evidence": " ".join([*gaps["result_id"], *gaps["result_id_other"]]),
    }


def check_less_able(claim: Verdict, facts: dict[str, pd.DataFrame]) -> Verdict:
    """Subject is less able than object in one ability, on every benchmark named."""
    gaps = _gaps(claim, facts)
    if gaps.empty:
        return {"verdict": "unverifiable", "because": "nobody published both"}
    words = "; ".join(
        f"{row.benchmark_name}: {_figure(float(row.score), row.unit)} against "
        f"{_figure(float(row.score_other), row.unit)} ({row.publisher})"
        for row in gaps.itertuples()
    )
    below = int((gaps["gap"] < 0).sum())
    verdict = (
        "supported" if below == len(gaps) else "contradicted" if below == 0 else "unverifiable"
    )
    return {
        "verdict": verdict,
        "because": words,
        "evidence": " ".join([*gaps["result_id"], *gaps["result_id_other"]]),
    }


def _impact(claim: Verdict, facts: dict[str, pd.DataFrame]) -> pd.DataFrame:
    impacts = facts["impacts"]
    return impacts[
        (impacts["event_id"] == claim["event_id"])
        & (impacts["basis"] == "hindsight")
        & (impacts["model_id"] == claim["subject_model_id"])
        & impacts["segment_id"].isin(str(claim["segment_ids"]).split())
    ].sort_values("segment_id")


def check_loser(claim: Verdict, facts: dict[str, pd.DataFrame]) -> Verdict:
    """The launch makes this model lose its segment."""
    impact = _impact(claim, facts)
    subject = _name(facts, claim["subject_model_id"])
    rivals = facts["positioning"]
    launched = facts["releases"].loc[facts["releases"]["event_id"] == claim["event_id"], "model_id"]
    inside = rivals[
        (rivals["event_id"] == claim["event_id"])
        & rivals["segment_id"].isin(str(claim["segment_ids"]).split())
        & rivals["model_id"].isin(launched)
    ]
    if inside.empty:
        prices = facts["list_prices"]
        prices = prices[prices["event_id"] == claim["event_id"]].set_index("model_id")
        entrant = next((m for m in launched if m in prices.index), None)
        if entrant is None or claim["subject_model_id"] not in prices.index:
            return {"verdict": "unverifiable", "because": "a list price of that day is not known"}
        a, b = prices.loc[entrant], prices.loc[claim["subject_model_id"]]
        ratio = float(a.input_usd_per_mtok) / float(b.input_usd_per_mtok)
        return {
            "verdict": "not_supported",
            "because": f"{_name(facts, entrant)} costs {ratio:.0f} times as much as {subject} "
            f"(${float(a.input_usd_per_mtok):g} against ${float(b.input_usd_per_mtok):g} per "
            "million input tokens): another price band, so it does not compete there",
            "true_value": ratio,
            "evidence": f"{a.claim_id} {b.claim_id}",
        }
    if impact.empty:
        return {"verdict": "unverifiable", "because": f"{subject} is not placed in the segment"}
    row = impact.iloc[0]
    if row.verdict in LOST:
        return {
            "verdict": "unverifiable",
            "because": f"{row.deciding_fact}, but no demand forecast was made",
        }
    probability = float(row.probability_entrant_above)
    ahead = (
        f"P({_name(facts, row.entrant_id)} is the abler in the segment) = {probability:.2f}; "
        f"{row.deciding_fact}"
    )
    if probability < ABLER:
        return {"verdict": "contradicted", "because": ahead, "true_value": probability}
    return {"verdict": "not_supported", "because": ahead, "true_value": probability}


def check_cannibalised(claim: Verdict, facts: dict[str, pd.DataFrame]) -> Verdict:
    """The launch takes this model's own place in at least one of the segments named."""
    impact = _impact(claim, facts)
    if impact.empty:
        return {"verdict": "unverifiable", "because": "not placed in the segments"}
    lost = impact[impact["verdict"] == "cannibalised"]
    segments = facts["segments"].set_index("segment_id")["name"]
    words = "; ".join(
        f"{segments[row.segment_id]}: {row.verdict}, P = {float(row.verdict_probability):.2f}"
        for row in impact.itertuples()
    )
    return {
        "verdict": "supported" if len(lost) else "contradicted",
        "because": words,
        "true_value": float(lost["verdict_probability"].max()) if len(lost) else None,
    }


def check_companies_lose(claim: Verdict, facts: dict[str, pd.DataFrame]) -> Verdict:
    """The launch makes the firms of a segment lose."""
    companies = facts["companies"]
    about = companies[
        (companies["event_id"] == claim["event_id"])
        & companies["segment_id"].isin(str(claim["segment_ids"]).split())
    ].sort_values(["verdict", "name"])
    if about.empty:
        return {"verdict": "unverifiable", "because": "no company of the segment is known"}
    groups = about.groupby("verdict")["name"].apply(lambda names: ", ".join(names))
    words = "; ".join(f"{verdict}: {names}" for verdict, names in groups.items())
    if set(groups.index) == {"exposed"}:
        return {"verdict": "supported", "because": words}
    if "exposed" not in groups.index:
        return {"verdict": "contradicted", "because": words}
    return {"verdict": "splits_by_role", "because": words}


def check_limited_access(claim: Verdict, facts: dict[str, pd.DataFrame]) -> Verdict:
    """Not everybody had API access on the first day."""
    releases = facts["releases"]
    release = releases[releases["model_id"] == claim["subject_model_id"]]
    if release["availability_scope"].isna().all():
        return {"verdict": "unverifiable", "because": "who had access at first is not known"}
    row = release.iloc[0]
    return {
        "verdict": "supported" if row.is_limited_at_first else "contradicted",
        "because": f"at first: {row.availability_scope}",
    }


RULES: dict[str, Callable[[Verdict, dict[str, pd.DataFrame]], Verdict]] = {
    "price_discount": check_price_discount,
    "score": check_score,
    "lead": check_lead,
    "less_able": check_less_able,
    "loser": check_loser,
    "cannibalised": check_cannibalised,
    "companies_lose": check_companies_lose,
    "limited_access": check_limited_access,
}
