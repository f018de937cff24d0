"""Texts with the claims they make and the verdicts these deserve, and how to compare with both.

Each `<name>.yaml` beside a text lists its claims. `words` must stand in the claim or its sentence;
`optional` claims are neither asked for nor counted against; several verdicts mean that any will do.
"""

import csv
import re
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from pipelines.analysis.claims import Verdict
from pipelines.check import Checked, check_text
from pipelines.reading.claim import Claim
from pipelines.settings import SQL
from pipelines.tables import Connection

FOLDER = Path(__file__).parent / "fixtures" / "claims"
#: The machine's clock must not decide what a text means.
TODAY = date(2026, 11, 27)


@dataclass(frozen=True)
class Text:
    path: Path
    data: bytes
    expected: dict[str, Any]

    @property
    def name(self) -> str:
        return self.path.stem


@dataclass
class Score:
    """How an extraction compares: claims found rightly, wrongly, and missed; verdicts right."""

    found: list[tuple[dict[str, Any], Claim, Verdict]] = field(default_factory=list)
    extra: list[Claim] = field(default_factory=list)
    missed: list[dict[str, Any]] = field(default_factory=list)

    @property
    def asked(self) -> int:
        return sum(not e.get("optional") for e, _, _ in self.found) + len(self.missed)

    @property
    def precision(self) -> float:
        return len(self.found) / max(1, len(self.found) + len(self.extra))

    @property
    def recall(self) -> float:
        return sum(not e.get("optional") for e, _, _ in self.found) / max(1, self.asked)

    @property
    def wrong_verdicts(self) -> list[tuple[dict[str, Any], Claim, Verdict]]:
        return [f for f in self.found if not verdict_is_right(f[0], f[2])]

    def __add__(self, other: "Score") -> "Score":
        return Score(self.found + other.found, self.extra + other.extra, self.missed + other.missed)


def texts(folder: str) -> list[Text]:
    found = []
    for path in sorted((FOLDER / folder).glob("*.yaml")):
        expected = yaml.safe_load(path.read_text())
        if "document" in expected:
            with (SQL / "seeds" / "documents.csv").open(newline="") as file:
                rows = {row["document_id"]: row for row in csv.DictReader(file)}
            found.append(Text(path, rows[expected["document"]]["text"].encode(), expected))
            continue
        named = expected.get("text")
        source = path.with_name(named) if named else next(
            p for p in path.parent.glob(f"{path.stem}.*") if p.suffix != ".yaml"
        )  # fmt: skip
        found.append(Text(source, source.read_bytes(), expected))
    return found


def checked(connection: Connection, text: Text) -> Checked:
    as_of = text.expected.get("as_of")
    return check_text(connection, text.data, text.path.name, as_of, today=TODAY)


def plain(words: str) -> str:
    return re.sub(r"[^a-z0-9$%.:/]+", " ", str(words).lower().replace(",", "")).strip()


def is_the_claim(expected: dict[str, Any], claim: Claim) -> bool:
    if expected["kind"] != claim.kind or claim.kind == "unchecked":
        return False
    said = f"{plain(claim.text)} | {plain(claim.sentence)}"
    if plain(expected["words"]) not in said:
        return False
    if "subject" in expected and claim.subject_ids[:1] != (expected["subject"],):
        return False
    if "object" in expected and claim.object_ids[:1] != (expected["object"],):
        return False
    if "benchmark" in expected and expected["benchmark"] not in claim.benchmark_ids:
        return False
    if "value" in expected and claim.kind in {"score", "price", "context_window", "gap"}:
        return claim.value is not None and abs(float(claim.value) - expected["value"]) < 1e-9
    return True


def verdict_is_right(expected: dict[str, Any], verdict: Verdict) -> bool:
    words = expected["verdict"]
    if verdict.verdict not in ([words] if isinstance(words, str) else words):
        return False
    return verdict.verdict != "misattributed" or "belongs_to" not in expected or (
        verdict.belongs_to == expected["belongs_to"]
    )  # fmt: skip


def score(text: Text, result: Checked) -> Score:
    """Pair each claim found with one expected; a pronoun read another way still pairs once."""
    left = list(result.claims)
    total = Score()
    for expected in text.expected["claims"]:
        for position, (claim, verdict) in enumerate(left):
            if is_the_claim(expected, claim):
                total.found.append((expected, claim, verdict))
                left.pop(position)
                break
        else:
            if not expected.get("optional"):
                total.missed.append(expected)
    total.extra = [claim for claim, _ in left]
    return total


def summary(name: str, total: Score) -> str:
    right = len(total.found) - len(total.wrong_verdicts)
    return (
        f"{name}: {total.asked} claims expected, precision {total.precision:.3f}, "
        f"recall {total.recall:.3f}, verdicts right {right} of {len(total.found)}"
    )
