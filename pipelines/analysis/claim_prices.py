"""Rules for claims of price: list prices, ratios of two, who is cheaper, the cheapest.

All at list price on the day the claim speaks of; a price that held on another day is told.
"""

from collections.abc import Callable, Sequence
from decimal import Decimal

from pipelines.analysis.claim_facts import Facts, Row
from pipelines.analysis.claim_verdicts import (
    Verdict,
    day_of,
    in_scope,
    listed,
    number,
    same_name,
    within,
)
from pipelines.reading.claim import Claim

SIDES = ("input", "output", "cache_read")
#: Prices this near, as a share, count as the same.
SAME_PRICE = Decimal("0.02")
BLEND = "3 in to 1 out"


def side_price(row: Row, side: str) -> Decimal | None:
    """One side of a price, USD per million tokens."""
    value = row[f"{side}_usd_per_mtok"]
    return None if value is None else Decimal(value)


def check_price(claim: Claim, facts: Facts, _event: str | None) -> Verdict:
    """Subject has this list price on the day; otherwise whose price is it, or of when?"""
    subject = claim.subject_ids[0]
    sides = (claim.side,) if claim.side else SIDES
    possible = facts.possible_prices(subject, claim.as_of)
    history = facts.list_claims(subject)
    row, dated = next(
        (p for p in possible if any(within(side_price(p[0], side), claim) for side in sides)),
        possible[0] if possible else (None, ""),
    )  # fmt: skip
    if row:
        told = f"list price of {facts.name(subject)} on {day_of(claim.as_of)}: {listed(row)}"
        told += f" ({dated})" if dated else ""
        if any(within(side_price(row, side), claim) for side in sides):
            return Verdict("supported", told, _first_side(row, sides), evidence=(row,))
        if claim.side == "cache_read" and row["cache_read_usd_per_mtok"] is None:
            stated = [c for c in history if within(side_price(c, "cache_read"), claim)]
            if stated:
                return Verdict(
                    "supported", f"{stated[0]['publisher']} states it", evidence=(stated[0],)
                )
            return Verdict(
                "unverifiable",
                f"{told}; its price of cached input is not known",
                evidence=(row,),
            )
    version = _priced_so(claim, facts, sides)
    if version:
        return version
    live = [c for c in history if c["holds_from"] <= claim.as_of and (
        c["valid_to"] is None or claim.as_of < c["valid_to"]
    ) and any(within(side_price(c, side), claim) for side in sides)]  # fmt: skip
    if live and (row is None or row.get("is_disputed")):
        return Verdict("supported", f"{live[0]['publisher']} states it; sources disagree",
                       _first_side(live[0], sides), evidence=(live[0],))  # fmt: skip
    then = [c for c in history if any(within(side_price(c, side), claim) for side in sides)]
    if then:
        was = min(then, key=lambda c: abs((c["holds_from"] - claim.as_of).days))
        until = f" to {day_of(was['valid_to'])}" if was["valid_to"] else ""
        when = f"it was {listed(was)} from {day_of(was['holds_from'])}{until} ({was['publisher']})"
        return Verdict(
            "outdated", f"{when}; {told}" if row else when,
            _first_side(row, sides) if row else None, None, (was, *((row,) if row else ())),
        )  # fmt: skip
    if row is None:
        return _unlisted(claim, facts, sides)
    if dated or row.get("is_disputed"):
        return Verdict("unverifiable", f"{told}; what it was on the day is not certain",
                       _first_side(row, sides), evidence=(row,))  # fmt: skip
    return _not_its_price(claim, facts, sides, row, told)


def _first_side(row: Row, sides: Sequence[str]) -> float | None:
    value = side_price(row, sides[0]) if len(sides) == 1 else None
    return None if value is None else float(value)


def _priced_so(claim: Claim, facts: Facts, sides: Sequence[str]) -> Verdict | None:
    """Another version of the same undated name, on sale that day, has the price."""
    for model_id in same_name(claim):
        row, _ = facts.price(model_id, claim.as_of)
        if row and any(within(side_price(row, side), claim) for side in sides):
            return Verdict("supported", f"list price of {facts.name(model_id)}: {listed(row)}",
                           _first_side(row, sides), evidence=(row,))  # fmt: skip
    return None


def _unlisted(claim: Claim, facts: Facts, sides: Sequence[str]) -> Verdict:
    """No list price is known: a host's price may be meant."""
    subject = claim.subject_ids[0]
    hosts = [c for c in facts.price_claims.get(subject, []) if not c["is_list_price"]
             and any(within(side_price(c, side), claim) for side in sides)]  # fmt: skip
    if hosts:
        near = min(hosts, key=lambda c: abs((c["holds_from"] - claim.as_of).days))
        told = f"price of the host {near['host_id']} from {day_of(near['holds_from'])}"
        return Verdict("supported", f"{told}; no list price is known", evidence=(near,))
    return Verdict("unverifiable",
                   f"no list price of {facts.name(subject)} on {day_of(claim.as_of)} is "
                   f"known")  # fmt: skip


def _not_its_price(
    claim: Claim, facts: Facts, sides: Sequence[str], row: Row, told: str
) -> Verdict:
    """A price that is wrong for its subject, side or day: whose is it?"""
    subject = claim.subject_ids[0]
    value = _first_side(row, sides)
    for side in SIDES:
        if claim.side and side != claim.side and within(side_price(row, side), claim):
            word = "cached input" if side == "cache_read" else side
            return Verdict(
                "misattributed", f"it is the price of {word}; {told}", value, subject, (row,)
            )
    for other in facts.price_claims.get(subject, []):
        if not other["is_list_price"] and any(within(side_price(other, s), claim) for s in sides):
            how = (
                other["variant"]
                if other["variant"] != "standard"
                else f"the host {other['host_id']}"
            )
            return Verdict(
                "misattributed", f"it is the price of {how}; {told}", value, subject, (other, row)
            )
    for model_id in sorted(facts.named - set(claim.subject_ids)):
        theirs, _ = facts.price(model_id, claim.as_of)
        if theirs and any(within(side_price(theirs, side), claim) for side in sides):
            told = f"it is the price of {facts.name(model_id)}; {told}"
            return Verdict("misattributed", told, value, model_id, (theirs, row))
    return Verdict("contradicted", told, value, evidence=(row,))


def _ratios(ours: Row, theirs: Row, side: str) -> dict[str, Decimal]:
    """Our price over theirs: by side, and at three tokens in to one out."""
    found = {}
    for name in ("input", "output"):
        a, b = side_price(ours, name), side_price(theirs, name)
        if a is not None and b:
            found[name] = a / b
    if len(found) == 2:
        a = 3 * Decimal(ours["input_usd_per_mtok"]) + Decimal(ours["output_usd_per_mtok"])
        b = 3 * Decimal(theirs["input_usd_per_mtok"]) + Decimal(theirs["output_usd_per_mtok"])
        found[BLEND] = a / b
    return {side: found[side]} if side in found else found


def _as_discount(ratio: Decimal) -> str:
    if ratio <= 1:
        return f"{number(round(100 * (1 - ratio), 1))}% cheaper"
    return f"{number(round(ratio, 2))} times the price"


def check_price_ratio(claim: Claim, facts: Facts, _event: str | None) -> Verdict:
    """Subject's list price over the object's lies within what the words allow, on the day."""
    subject, other = claim.subject_ids[0], claim.object_ids[0] if claim.object_ids else ""
    if not other:
        return Verdict("unverifiable", f"no version called {claim.object_words} is recorded")
    pairs = [(a, b) for a in facts.possible_prices(subject, claim.as_of)
             for b in facts.possible_prices(other, claim.as_of)]  # fmt: skip
    if not pairs:
        who = facts.name(other if facts.possible_prices(subject, claim.as_of) else subject)
        return Verdict("unverifiable", f"no list price of {who} on {day_of(claim.as_of)} is known")
    (ours, dated), (theirs, also) = next(
        (p for p in pairs if any(_fits(r, claim)
                                 for r in _ratios(p[0][0], p[1][0], claim.side).values())), pairs[0]
    )  # fmt: skip
    ratios = _ratios(ours, theirs, claim.side)
    fits = [name for name, ratio in ratios.items() if _fits(ratio, claim)]
    only_blend = fits == [BLEND]
    words = ", ".join(f"{_as_discount(r)} on {n}" for n, r in ratios.items()
                      if n != BLEND or only_blend)  # fmt: skip
    told = (
        f"list prices on {day_of(claim.as_of)}: {facts.name(subject)} {listed(ours)}; "
        f"{facts.name(other)} {listed(theirs)}: {words}"
    )
    notes = [d for d in (dated, also) if d]
    told += f" ({'; '.join(notes)})" if notes else ""
    now = _by_now(claim, facts, subject, other, ratios)
    shown = 100 * (1 - next(iter(ratios.values()))) if ratios else None
    value = None if shown is None else float(shown)
    if fits:
        return Verdict("supported", told, value, evidence=(ours, theirs), by_now=now)
    earlier = _when_it_held(claim, facts, subject, other)
    if earlier:
        return Verdict(
            "outdated", f"{earlier[0]}; {told}", value, evidence=(*earlier[1], ours, theirs)
        )
    if len(pairs) > 1 or notes or ours.get("is_disputed") or theirs.get("is_disputed"):
        return Verdict("unverifiable", told, value, evidence=(ours, theirs))
    return Verdict("contradicted", told, value, evidence=(ours, theirs))


def _fits(ratio: Decimal, claim: Claim) -> bool:
    return within(ratio, claim) or within(round(ratio, 6), claim)


def _by_now(
    claim: Claim, facts: Facts, subject: str, other: str, then: dict[str, Decimal]
) -> str | None:  # fmt: skip
    """What the newest prices, or the last there were, would give."""
    ours, theirs = facts.last_price(subject), facts.last_price(other)
    if not ours or not theirs:
        return None
    now = _ratios(ours, theirs, claim.side)
    if all(abs(now[k] - then[k]) < Decimal("0.005") for k in now if k in then):
        return None
    words = ", ".join(f"{_as_discount(r)} on {n}" for n, r in now.items() if n != BLEND)
    return f"the latest prices would give {words}"


def _when_it_held(
    claim: Claim, facts: Facts, subject: str, other: str
) -> tuple[str, tuple[Row, Row]] | None:
    """A time at which both prices were such that the claim was right."""
    for a in sorted(
        facts.list_claims(subject), key=lambda c: abs((c["holds_from"] - claim.as_of).days)
    ):
        for b in facts.list_claims(other):
            since = max(facts.since(a), facts.since(b))
            until = min(a["valid_to"] or facts.today, b["valid_to"] or facts.today)
            if since <= until and any(_fits(r, claim) for r in _ratios(a, b, claim.side).values()):
                return f"it was so from {day_of(since)} to {day_of(until)}", (a, b)
    return None


def check_price_comparison(claim: Claim, facts: Facts, _event: str | None) -> Verdict:
    """Subject is cheaper, dearer or as dear as object, by list price on the day."""
    subject, other = claim.subject_ids[0], claim.object_ids[0] if claim.object_ids else ""
    if not other:
        return Verdict("unverifiable", f"no version called {claim.object_words} is recorded")
    ours, dated = facts.price(subject, claim.as_of)
    theirs, also = facts.price(other, claim.as_of)
    if ours is None or theirs is None:
        who = facts.name(other if ours else subject)
        return Verdict("unverifiable", f"no list price of {who} on {day_of(claim.as_of)} is known")
    ratios = _ratios(ours, theirs, claim.side)
    told = (
        f"list prices on {day_of(claim.as_of)}: {facts.name(subject)} {listed(ours)}; "
        f"{facts.name(other)} {listed(theirs)}"
    )
    holds = {
        "below": [r < 1 for r in ratios.values()],
        "above": [r > 1 for r in ratios.values()],
        "level": [abs(r - 1) <= SAME_PRICE for r in ratios.values()],
    }
    fits = holds[claim.direction]
    if all(fits):
        return Verdict("supported", told, evidence=(ours, theirs))
    if any(fits) or dated or also:
        return Verdict(
            "unverifiable", f"{told}: not the same on both sides", evidence=(ours, theirs)
        )
    return Verdict("contradicted", told, evidence=(ours, theirs))


#: Words before "model" in a superlative that facts can decide.
SCOPES: dict[str, Callable[[Row], bool | None]] = {
    "": lambda model: True,
    "ai": lambda model: True,
    "language": lambda model: True,
    "reasoning": lambda model: model["is_reasoning"],
    "open": lambda model: model["is_open_weights"],
    "open-weight": lambda model: model["is_open_weights"],
}


def check_price_rank(claim: Claim, facts: Facts) -> Verdict:
    """Subject is the cheapest or the dearest of those meant, by list price on the day."""
    subject = claim.subject_ids[0]
    is_meant = SCOPES.get(claim.scope)
    if is_meant is None:
        return Verdict("unverifiable", f"which models are meant by “{claim.scope}” is open")
    row, dated = facts.price(subject, claim.as_of)
    if row is None:
        return Verdict(
            "unverifiable", f"no list price of {facts.name(subject)} on that day is known"
        )
    sign = 1 if claim.direction == "cheapest" else -1
    rivals = [
        p for m, p in facts.prices.get(claim.as_of, {}).items()
        if m != subject and in_scope(claim, facts, m) and is_meant(facts.models[m])
    ]  # fmt: skip
    sides = (claim.side,) if claim.side in {"input", "output"} else ("input", "output")

    def beats(rival: Row) -> list[bool]:
        return [sign * rival[f"{s}_usd_per_mtok"] < sign * row[f"{s}_usd_per_mtok"] for s in sides]

    better = [p for p in rivals if all(beats(p))]
    doubtful = [p for p in rivals if any(beats(p)) and p not in better]
    told = f"list price that day: {listed(row)}"
    if better:
        worst = sorted(better, key=lambda p: (sign * p["input_usd_per_mtok"], p["model_id"]))[0]
        word = "cheaper" if sign > 0 else "dearer"
        if dated:
            return Verdict("unverifiable", f"{told} ({dated})", evidence=(row,))
        told = f"{facts.name(worst['model_id'])} was {word} at {listed(worst)}; {told}"
        return Verdict("contradicted", told, None, worst["model_id"], (worst, row))
    if doubtful:
        names = ", ".join(facts.name(p["model_id"]) for p in doubtful[:3])
        return Verdict("unverifiable", f"{told}; {names} on one side only", evidence=(row,))
    if not rivals:
        return Verdict(
            "unverifiable", f"{told}; no other price of that day is known", evidence=(row,)
        )
    return Verdict(
        "supported", f"{told}; none of the {len(rivals)} others whose list price is known was "
        f"{'cheaper' if sign > 0 else 'dearer'}", evidence=(row,),
    )  # fmt: skip
