"""What a check answers, and the words its reasons are made of; the rules are elsewhere."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from pipelines.analysis.claim_facts import Facts, Row
from pipelines.reading.claim import Claim


@dataclass(frozen=True)
class Verdict:
    """What the facts say of a claim: a word, why, the right figure, its owner, the facts used."""

    verdict: str
    because: str
    true_value: float | None = None
    belongs_to: str | None = None
    evidence: tuple[Row, ...] = field(default=())
    #: What the newest facts would say, where that differs.
    by_now: str | None = None
    #: The claim as read, where not its first reading holds.
    reading: Claim | None = None

    @property
    def ids(self) -> list[str]:
        """Ids of the results and price claims used."""
        found = (e.get("result_id") or e.get("claim_id") for e in self.evidence)
        return list(dict.fromkeys(i for i in found if i))


def number(value: Any) -> str:
    """A figure without needless zeros."""
    text = f"{float(value):,.4f}".rstrip("0").rstrip(".")
    return text or "0"


def shown(value: Any, unit: str) -> str:
    """A figure with its unit."""
    if unit == "percent":
        return f"{number(value)}%"
    return f"${number(value)}" if unit == "usd_per_mtok" else number(value)


def within(value: Decimal | None, claim: Claim) -> bool:
    """Whether a value lies within a claim's bounds."""
    if value is None:
        return False
    return (claim.low is None or claim.low <= value) and (claim.high is None or value <= claim.high)


def day_of(day: date | None) -> str:
    """A day in words."""
    return f"{day:%Y-%m-%d}" if day else "an unknown day"


def same_name(claim: Claim) -> tuple[str, ...]:
    """The other versions of an undated name."""
    return claim.subject_ids[1:] if claim.subject_reading in {"dated", "version"} else ()


def released(facts: Facts, model_id: str) -> date | None:
    """A version's day of release, if known."""
    release = facts.releases.get(model_id)
    return release["released_on"] if release else None


def listed(row: Row) -> str:
    """A price in words."""
    return f"${number(row['input_usd_per_mtok'])} in, ${number(row['output_usd_per_mtok'])} out"


def in_scope(claim: Claim, facts: Facts, model_id: str) -> bool:
    """Whether a superlative ranks among models like this one."""
    vendor = facts.vendor(claim.subject_ids[0]) if claim.vendor_id == "own" else claim.vendor_id
    return not vendor or facts.vendor(model_id) == vendor
