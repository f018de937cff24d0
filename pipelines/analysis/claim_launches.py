"""Rules for claims of launch, availability and nature, and of who wins or loses by a launch.

Who loses is what `marts.launch_impact` says of the model, and `marts.company_impact` of a firm.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from pipelines.analysis.claim_facts import Facts, Row
from pipelines.analysis.claim_verdicts import Verdict, day_of, listed, number
from pipelines.reading.claim import Claim

#: A context window may be counted in thousands or in 1024s.
CONTEXT_SLACK = Decimal("0.05")

# ------------------------------------------------------------------ launches


def _is_between(day: date | None, claim: Claim) -> bool:
    return (
        day is not None and claim.first_on is not None and claim.last_on is not None
        and claim.first_on <= day <= claim.last_on
    )  # fmt: skip


def check_release(claim: Claim, facts: Facts, _event: str | None) -> Verdict:
    """This vendor launched the model, on this day."""
    subject = claim.subject_ids[0]
    model = facts.models.get(subject)
    if claim.vendor_id and model and model["vendor_id"] != claim.vendor_id:
        return Verdict("misattributed", f"{facts.name(subject)} is by {model['vendor']}", None,
                       model["vendor_id"])  # fmt: skip
    release = facts.releases.get(subject)
    if release is None:
        if claim.first_on is None and claim.vendor_id:
            return Verdict(
                "supported", f"{facts.name(subject)} is by {(model or {}).get('vendor')}"
            )
        return Verdict("unverifiable", f"no release of {facts.name(subject)} is dated")
    days = {
        "announced": release["announced_on"],
        "first sold by API": release["api_available_on"],
        "generally available": release["generally_available_on"],
        "released": release["released_on"],
    }
    known = {word: day for word, day in days.items() if day}
    told = ", ".join(f"{word} on {day_of(day)}" for word, day in known.items()
                     if word != "released" or len(known) == 1)  # fmt: skip
    told = f"{facts.name(subject)}: {told} ({release['publisher']})"
    if claim.first_on is None:
        began = release["released_on"]
        if began and began > claim.as_of + timedelta(days=2):
            return Verdict("unverifiable", f"{told}, after the text", evidence=(release,))
        return Verdict("supported", told, evidence=(release,))
    if any(_is_between(day, claim) for day in known.values()):
        return Verdict("supported", told, evidence=(release,))
    near = [day for day in known.values() if claim.last_on and abs((day - claim.last_on).days) <= 1]
    if near:
        told += "; a day apart, which time zones may explain"
        return Verdict("not_supported", told, evidence=(release,))
    is_sure = release["evidence"] in {"curated", "vendor_post"} and release["announced_on"]
    return Verdict("contradicted" if is_sure else "unverifiable", told, evidence=(release,))


def check_retirement(claim: Claim, facts: Facts, _event: str | None) -> Verdict:
    """The model was or will be shut down, on this day."""
    subject = claim.subject_ids[0]
    row = facts.retirements.get(subject)
    if row is None:
        return Verdict("unverifiable", f"no retirement of {facts.name(subject)} is known")
    told = (
        f"{facts.name(subject)}: announced on {day_of(row['deprecated_on'])}, shut down on "
        f"{day_of(row['shutdown_on'])} ({row['publisher']})"
    )
    if claim.first_on is None:
        day = row["deprecated_on" if claim.status == "deprecated" else "shutdown_on"]
        if day is None:
            return Verdict("unverifiable", told, evidence=(row,))
        word = "supported" if day <= claim.as_of else "contradicted"
        return Verdict(word, told, evidence=(row,))
    days = [d for d in (row["shutdown_on"], row["deprecated_on"]) if d]
    if any(_is_between(day, claim) for day in days):
        return Verdict("supported", told, evidence=(row,))
    word = "contradicted" if row["shutdown_on"] else "unverifiable"
    return Verdict(word, told, evidence=(row,))


def check_availability(claim: Claim, facts: Facts, _event: str | None) -> Verdict:
    """Who could use the model at the time: some, everybody, developers, nobody."""
    subject = claim.subject_ids[0]
    if claim.status == "product":
        return Verdict("unverifiable", "access to products other than the API is not recorded")
    release = facts.releases.get(subject)
    sold, _ = facts.price(subject, claim.as_of)
    if release is None:
        if sold and claim.status == "api":
            return Verdict(
                "supported", f"sold on {day_of(claim.as_of)}: {listed(sold)}", evidence=(sold,)
            )
        return Verdict("unverifiable", f"no release of {facts.name(subject)} is known")
    opened, general = release["api_available_on"], release["generally_available_on"]
    scope = release["availability_scope"] or "not recorded"
    told = f"{facts.name(subject)}: API from {day_of(opened)}, at first: {scope} "
    told += f"({release['publisher']})"
    told += f"; for everybody from {day_of(general)}" if general else ""
    is_general = bool(general and general <= claim.as_of)
    word = "unverifiable"
    if claim.status == "limited" and release["is_limited_at_first"]:
        word = "outdated" if is_general and general > (opened or general) else "supported"
    elif claim.status == "limited" and is_general:
        word = "contradicted"
    elif claim.status == "general" and is_general:
        word = "supported"
    elif claim.status == "general" and release["is_limited_at_first"] and (
        opened and claim.as_of <= opened + timedelta(days=30)
    ):  # fmt: skip
        word = "contradicted"
    elif claim.status == "api" and opened:
        word = "supported" if opened <= claim.as_of else "contradicted"
    elif claim.status == "none" and opened:
        word = "contradicted" if opened <= claim.as_of else "supported"
    elif claim.status == "none" and release["announced_on"] and sold is None and opened is None:
        word = "unverifiable"
    return Verdict(word, told, evidence=(release,))


# ------------------------------------------------------------------ what a model is


def check_context_window(claim: Claim, facts: Facts, _event: str | None) -> Verdict:
    """Subject takes so many tokens."""
    model = facts.models.get(claim.subject_ids[0])
    tokens = model["context_tokens"] if model else None
    if model is None or tokens is None or claim.value is None:
        return Verdict("unverifiable", "its context window is not recorded")
    told = f"context window of {model['name']}: {int(tokens):,} tokens"
    ratio = Decimal(int(tokens)) / claim.value
    if abs(ratio - 1) <= CONTEXT_SLACK or (claim.scope == "over" and ratio >= 1):
        return Verdict("supported", told, float(tokens))
    # Whoever serves open weights chooses the window.
    return Verdict(
        "unverifiable" if model["is_open_weights"] else "contradicted", told, float(tokens)
    )


def check_open_weights(claim: Claim, facts: Facts, _event: str | None) -> Verdict:
    """Subject's weights can be downloaded, or cannot."""
    model = facts.models.get(claim.subject_ids[0])
    if model is None or model["is_open_weights"] is None:
        return Verdict("unverifiable", "whether its weights are open is not recorded")
    is_open = bool(model["is_open_weights"])
    told = f"the weights of {model['name']} {'can' if is_open else 'cannot'} be downloaded"
    return Verdict("supported" if is_open == (claim.status == "open") else "contradicted", told)


def check_reasoning(claim: Claim, facts: Facts, _event: str | None) -> Verdict:
    """Subject thinks before it answers."""
    subject = claim.subject_ids[0]
    model = facts.models.get(subject)
    if model is None or model["is_reasoning"] is None:
        return Verdict("unverifiable", "whether it reasons before answering is not recorded")
    if model["is_reasoning"]:
        return Verdict("supported", f"{model['name']} reasons before answering")
    settings = (
        str(r["configuration"] or "")
        for rows in facts.results.values()
        for r in rows
        if r["model_id"] == subject
    )
    thinks = any("thinking" in how and "no thinking" not in how for how in settings)
    if thinks:
        return Verdict("supported", f"{model['name']} reasons before answering if asked to")
    return Verdict("contradicted", f"{model['name']} answers without reasoning first")


# ------------------------------------------------------------------ winners and losers

LOST = {"loser", "cannibalised", "exposed"}
COMPANY_KINDS = {"companies_lose", "companies_win"}
#: P(entrant above) at which the entrant counts as the abler.
ABLER = 0.5


def _impact(claim: Claim, facts: Facts, event_id: str | None) -> list[Row]:
    basis = "hindsight" if facts.is_hindsight else "day_after"
    rows = [
        i for i in facts.impacts.get(event_id or "", []) if i["basis"] == basis
        and i["model_id"] == claim.subject_ids[0]
        and (not claim.segment_ids or i["segment_id"] in claim.segment_ids)
    ]  # fmt: skip
    return sorted(rows, key=lambda i: i["segment_id"])


def _entrants(facts: Facts, event_id: str | None) -> list[str]:
    return sorted(m for m, r in facts.releases.items() if r["event_id"] == event_id)


def _in_segments(rows: Iterable[Row], facts: Facts) -> str:
    return "; ".join(
        f"{facts.segments[i['segment_id']]['name']}: {i['verdict']}"
        + (
            f", P = {float(i['verdict_probability']):.2f}"
            if i["verdict_probability"] is not None
            else ""
        )
        for i in rows
    )


def check_loser(claim: Claim, facts: Facts, event_id: str | None) -> Verdict:
    """The launch makes this model lose: its position, and volume with it."""
    if event_id is None:
        return Verdict("unverifiable", "the text is about no launch that is recorded")
    subject = claim.subject_ids[0]
    rows = _impact(claim, facts, event_id)
    basis = "hindsight" if facts.is_hindsight else "day_after"
    entered = any(i["is_entrant"] for i in facts.impacts.get(event_id, []) if i["basis"] == basis
                  and (not claim.segment_ids or i["segment_id"] in claim.segment_ids))  # fmt: skip
    if claim.segment_ids and not entered:
        return _another_band(claim, facts, event_id)
    if not rows:
        return Verdict("unverifiable", f"{facts.name(subject)} is not placed in the segment")
    told = _in_segments(rows, facts)
    worst = [i for i in rows if i["verdict"] in {"loser", "cannibalised"}]
    if worst:
        return Verdict(
            "supported", f"{told}; {worst[0]['deciding_fact']}", worst[0]["verdict_probability"]
        )
    exposed = [i for i in rows if i["verdict"] == "exposed"]
    if exposed:
        is_forecast = exposed[0]["probability_volume_falls"] is not None
        shown = exposed[0]["demand_fact"] if is_forecast else "no loss of demand is shown"
        return Verdict(
            "not_supported" if is_forecast else "unverifiable",
            f"{told}; {exposed[0]['deciding_fact']}, but {shown}",
            exposed[0]["verdict_probability"],
        )  # fmt: skip
    faced = [i for i in rows if i["probability_entrant_above"] is not None]
    if not faced:
        return Verdict("not_supported", f"{told}; {rows[0]['deciding_fact']}")
    closest = max(faced, key=lambda i: i["probability_entrant_above"])
    above = float(closest["probability_entrant_above"])
    ahead = (
        f"P({facts.name(closest['entrant_id'])} is the abler in the segment) = {above:.2f}; "
        f"{closest['deciding_fact']}"
    )
    return Verdict("contradicted" if above < ABLER else "not_supported", ahead, above)


def _another_band(claim: Claim, facts: Facts, event_id: str) -> Verdict:
    """The launched models are not in the segment: how far off is their price?"""
    subject = claim.subject_ids[0]
    theirs, _ = facts.price(subject, claim.as_of)
    entrants = [(m, p) for m in _entrants(facts, event_id) if (p := facts.price(m, claim.as_of)[0])]
    if theirs is None or not entrants:
        return Verdict("unverifiable", "a list price of that day is not known")
    entrant, ours = min(entrants, key=lambda e: (e[1]["input_usd_per_mtok"], e[0]))
    ratio = Decimal(ours["input_usd_per_mtok"]) / Decimal(theirs["input_usd_per_mtok"])
    return Verdict(
        "not_supported",
        f"{facts.name(entrant)} costs {number(round(ratio, 1))} times as much as "
        f"{facts.name(subject)} "
        f"(${number(ours['input_usd_per_mtok'])} against ${number(theirs['input_usd_per_mtok'])} "
        f"per "
        "million input tokens): another price band, so it does not compete there",
        float(ratio), evidence=(ours, theirs),
    )  # fmt: skip


def check_winner(claim: Claim, facts: Facts, event_id: str | None) -> Verdict:
    """The launch makes this model win."""
    rows = _impact(claim, facts, event_id)
    if not rows:
        return Verdict(
            "unverifiable", f"no launch's effect on {facts.name(claim.subject_ids[0])} is recorded"
        )
    told = _in_segments(rows, facts)
    words = {i["verdict"] for i in rows}
    if "winner" in words:
        return Verdict("supported", told)
    return Verdict("contradicted" if words <= LOST else "not_supported", told)


def check_cannibalised(claim: Claim, facts: Facts, event_id: str | None) -> Verdict:
    """The launch takes this model's own place in at least one of the segments named."""
    cause = facts.releases.get(claim.object_ids[0]) if claim.object_ids else None
    event_id = cause["event_id"] if cause and cause["event_id"] else event_id
    anywhere = replace(claim, segment_ids=())
    rows = _impact(claim, facts, event_id) or _impact(anywhere, facts, event_id)
    if not rows:
        return Verdict("unverifiable", "not placed in the segments")
    lost = [i for i in rows if i["verdict"] in {"cannibalised", "loser"}]
    told = _in_segments(rows, facts)
    if lost:
        return Verdict("supported", told, max(float(i["verdict_probability"]) for i in lost))
    return Verdict(
        "contradicted" if {i["verdict"] for i in rows} == {"winner"} else "not_supported", told
    )


def check_companies(claim: Claim, facts: Facts, event_id: str | None) -> Verdict:
    """The launch makes the firms named, or those of a segment, lose or win."""
    about = sorted(
        (c for c in facts.companies.get(event_id or "", [])
         if (c["segment_id"] in claim.segment_ids if claim.segment_ids
             else c["company_id"] in claim.company_ids)),
        key=lambda c: (c["verdict"], c["name"]),
    )  # fmt: skip
    if not about:
        return Verdict("unverifiable", "no launch's effect on them is recorded")
    groups: dict[str, list[str]] = {}
    for company in about:
        groups.setdefault(company["verdict"], []).append(company["name"])
    told = "; ".join(f"{verdict}: {', '.join(names)}" for verdict, names in groups.items())
    wanted = {"exposed", "loser"} if claim.kind == "companies_lose" else {"winner"}
    hit = [verdict for verdict in groups if verdict in wanted]
    word = (
        "contradicted" if not hit else "supported" if len(hit) == len(groups) else "splits_by_role"
    )
    return Verdict(word, told)
