"""Checks a text against the published warehouse: reads it, takes it apart, holds it to facts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from pipelines.analysis.claim_facts import NEVER, Facts, Row, queries
from pipelines.analysis.claim_verdicts import Verdict
from pipelines.analysis.claims import check
from pipelines.reading import extraction
from pipelines.reading.claim import Claim, Extraction, Unchecked
from pipelines.reading.documents import Document, read
from pipelines.reading.lexicon import Lexicon
from pipelines.warehouse import Connection, first_row

#: Verdicts that make the command's exit code tell a writer's build to stop.
WRONG = ("contradicted", "misattributed")
GRAVEST_FIRST = (*WRONG, "outdated", "not_supported", "splits_by_role", "unverifiable", "supported")


@dataclass(frozen=True)
class Checked:
    """A text with the verdict on each of its claims, and how much of it was read."""

    name: str
    document: Document
    as_of: date
    as_of_from: str
    known_by: date | None
    claims: tuple[tuple[Claim, Verdict], ...]
    unchecked: tuple[Unchecked, ...]
    sentences: int
    sentences_read: int

    @property
    def coverage(self) -> dict[str, int]:
        """Sentences by what became of them; those read in part count as read, and are listed."""
        unread = sum(not u.is_partly_read for u in self.unchecked)
        return {
            "sentences": self.sentences,
            "with_claims": self.sentences_read,
            "read_in_part": len(self.unchecked) - unread,
            "unchecked": unread,
            "nothing_to_check": self.sentences - self.sentences_read - unread,
        }

    @property
    def counts(self) -> dict[str, int]:
        """How often each verdict was given, the gravest first."""
        found = {word: sum(v.verdict == word for _, v in self.claims) for word in GRAVEST_FIRST}
        return {word: count for word, count in found.items() if count}

    @property
    def is_wrong(self) -> bool:
        """Whether something is contradicted or somebody else's."""
        return any(v.verdict in WRONG for _, v in self.claims)


def check_text(
    connection: Connection, data: bytes, name: str = "", as_of: date | None = None,
    known_by: date | None = None, today: date | None = None,
) -> Checked:  # fmt: skip
    """Check the text of a file.

    `as_of` is the day it speaks of (default: its own date, else today), `known_by` leaves out facts
    known later. Raises `TextError` on what is no text or too large.
    """
    document = read(data, name)
    today = today or date.today()
    day, stated = as_of, "as asked"
    if day is None and document.dated_on and document.dated_on <= today:
        day, stated = document.dated_on, f"from {document.dated_by}"
    if day is None:
        day, stated = today, "today; the text has no date"
    names = {
        key: _rows(connection, query)
        for key, query in extraction.READS.items() if key not in {"documents", "releases"}
    }  # fmt: skip
    found = extraction.extract(document, Lexicon(**names, known_by=known_by), day)
    launches = _rows(connection, extraction.READS["releases"])
    event_id = extraction.launch_of(found, launches, day)
    facts = _facts(connection, found, event_id, launches, known_by)
    claims = tuple((claim, check(claim, facts, event_id)) for claim in found.claims)
    return Checked(
        name, document, day, stated, known_by, claims, found.unchecked, found.sentences,
        found.sentences_read,
    )  # fmt: skip


def _facts(
    connection: Connection, found: Extraction, event_id: str | None, launches: Sequence[Row],
    known_by: date | None,
) -> Facts:  # fmt: skip
    """Facts on what the claims speak of."""
    (newest,) = first_row(connection, "select max(published_on) from core.price_claims")
    newest = newest if known_by is None else min(newest or known_by, known_by)
    days = {c.as_of for c in found.claims} | {newest or date(1, 1, 1)}
    named = {i for c in found.claims for i in (*c.subject_ids, *c.object_ids)}
    named |= {r["model_id"] for r in launches if event_id and r["event_id"] == event_id}
    benchmarks = {b for c in found.claims for b in c.benchmark_ids}
    families = {b.split("_")[0] for b in benchmarks}
    abilities = {a for c in found.claims for a in c.ability_ids}
    asked = _rows(connection, "select b.benchmark_id, b.ability_id from core.benchmarks as b")
    wanted = [b["benchmark_id"] for b in asked if b["benchmark_id"].split("_")[0] in families
              or b["ability_id"] in abilities]  # fmt: skip
    asks = queries(
        "(" + " union ".join(f"select date '{d}' as day" for d in sorted(days)) + ")",
        f"date '{known_by or NEVER}'", _listed(named), _listed(wanted),
    )  # fmt: skip
    rows = {name: _rows(connection, query) for name, query in asks.items()}
    plain = {i for c in found.claims for i in (*c.subject_ids[:1], *c.object_ids[:1])}
    return Facts.of(rows, newest or date(1, 1, 1), known_by is None, plain)


def _listed(ids: Iterable[str]) -> str:
    quoted = ["'" + i.replace("'", "''") + "'" for i in sorted(ids)]
    return ", ".join(quoted) or "''"


def _rows(connection: Connection, query: str) -> list[Row]:
    cursor = connection.execute(query)
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


# ------------------------------------------------------------------ showing


def as_list(checked: Checked) -> list[Row]:
    """Every claim and every unchecked sentence, in the order of the text, for a machine to read."""
    claims = [((c.block, c.start), _claim_row(checked, c, v)) for c, v in checked.claims]
    left = [((u.block, u.start), _unchecked_row(checked, u)) for u in checked.unchecked]
    return [row for _, row in sorted(claims + left, key=lambda placed: placed[0])]


def _claim_row(checked: Checked, told: Claim, verdict: Verdict) -> Row:
    claim = verdict.reading or told
    return {
        "text": claim.text, "kind": claim.kind, "verdict": verdict.verdict,
        "evidence": [plain(e) for e in verdict.evidence], "belongs_to": verdict.belongs_to,
        "because": verdict.because, "by_now": verdict.by_now, "true_value": verdict.true_value,
        "subject": claim.subject_ids[0] if claim.subject_ids else None,
        "object": claim.object_ids[0] if claim.object_ids else None,
        "benchmarks": list(claim.benchmark_ids), "value": plain_value(claim.value),
        "unit": claim.unit or None, "as_of": claim.as_of.isoformat(),
        "sentence": claim.sentence, "line": checked.document.blocks[claim.block].line or None,
    }  # fmt: skip


def _unchecked_row(checked: Checked, left: Unchecked) -> Row:
    return {
        "text": left.text, "kind": "unchecked", "verdict": "unverifiable", "evidence": [],
        "belongs_to": None, "because": left.because, "by_now": None, "true_value": None,
        "subject": None, "object": None, "benchmarks": [], "value": None, "unit": None,
        "as_of": checked.as_of.isoformat(), "sentence": left.text,
        "line": checked.document.blocks[left.block].line or None,
    }  # fmt: skip


def plain_value(value: Any) -> Any:
    """A value as JSON and pages hold it: decimals and dates as text."""
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    return value.isoformat() if isinstance(value, date) else value


def plain(row: Row) -> Row:
    """A fact without its nulls."""
    return {key: plain_value(value) for key, value in row.items() if value is not None}
