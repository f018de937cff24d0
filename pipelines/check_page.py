"""The page of a checked text: its words marked up, each mark opening its verdict and evidence.

The text is hostile input: everything goes through the template's escaping, only https links become
links, and the page needs neither network nor script.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from pipelines.analysis.claim_verdicts import Verdict
from pipelines.check import GRAVEST_FIRST, Checked, plain
from pipelines.reading.claim import Claim
from pipelines.settings import TEMPLATES

#: Facts shown behind one mark; the rest is in the machine-readable answer.
MOST_FACTS = 8


@dataclass
class Piece:
    """Some words of a block: marked by claims, left unchecked, or plain."""

    words: str
    claims: list[int] = field(default_factory=list)
    verdict: str = ""
    is_unchecked: bool = False


def render(checked: Checked) -> str:
    """The page as HTML."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.filters["words"] = lambda name: str(name).replace("_", " ")
    claims = [_shown(number, c, v) for number, (c, v) in enumerate(checked.claims, start=1)]
    return environment.get_template("check.html.j2").render(
        title=checked.document.title or checked.name or "A text", checked=checked, claims=claims,
        parts=list(_parts(checked)), counts=checked.counts, coverage=checked.coverage,
    )  # fmt: skip


def _shown(number: int, told: Claim, verdict: Verdict) -> dict[str, Any]:
    claim = verdict.reading or told
    facts = [plain(e) for e in verdict.evidence[:MOST_FACTS]]
    for fact in facts:
        url = str(fact.get("source_url", ""))
        fact["link"] = url if url.startswith("https://") else None
        fact["says"] = _says(fact)
        fact["id"] = fact.get("result_id") or fact.get("claim_id")
    return {
        "number": number, "claim": claim, "verdict": verdict, "facts": facts,
        "more": max(0, len(verdict.evidence) - MOST_FACTS),
    }  # fmt: skip


def _says(fact: dict[str, Any]) -> str:
    """What a fact states, in words."""
    if "score" in fact:
        how = ", ".join(str(fact[k]) for k in ("metric", "configuration", "system") if k in fact)
        return (
            f"{fact['model_id']} on {fact['benchmark_id']}: {fact['score']} {fact['unit']} ({how})"
        )
    if "input_usd_per_mtok" in fact:
        sides = f"${fact['input_usd_per_mtok']} in, ${fact['output_usd_per_mtok']} out"
        return f"{fact['model_id']}: {sides} per million tokens"
    if "shutdown_on" in fact or "deprecated_on" in fact:
        return f"{fact['model_id']}: shut down on {fact.get('shutdown_on', 'a day not stated')}"
    return f"{fact['model_id']}: announced {fact.get('announced_on', 'on a day not known')}"


def _parts(checked: Checked) -> Iterable[dict[str, Any]]:
    """Blocks in order with their marks; the cells of a table together, by row."""
    blocks = checked.document.blocks
    claims: dict[int, list[tuple[int, Claim, Verdict]]] = {}
    for number, (claim, verdict) in enumerate(checked.claims, start=1):
        claims.setdefault(claim.block, []).append((number, claim, verdict))
    left: dict[int, list[tuple[int, int]]] = {}
    for unread in checked.unchecked:
        if not unread.is_partly_read:
            left.setdefault(unread.block, []).append((unread.start, unread.end))

    def marked(index: int) -> list[Piece]:
        return _pieces(blocks[index].text, claims.get(index, []), left.get(index, []))

    indexed = groupby(range(len(blocks)), key=lambda i: (blocks[i].kind == "cell", blocks[i].table))
    for (is_table, _), members in indexed:
        if not is_table:
            for index in members:
                block = blocks[index]
                yield {
                    "kind": block.kind,
                    "level": min(block.level + 1, 6),
                    "pieces": marked(index),
                }
            continue
        rows = [
            [{"is_header": blocks[i].is_header, "pieces": marked(i)} for i in cells]
            for _, cells in groupby(members, key=lambda i: blocks[i].row)
        ]
        yield {"kind": "table", "rows": rows}


def _pieces(
    text: str, claims: list[tuple[int, Claim, Verdict]], left: list[tuple[int, int]]
) -> list[Piece]:
    """Cut a block's text at its marks; claims that overlap share one."""
    marks: list[tuple[int, int, Piece]] = []
    for number, claim, verdict in sorted(claims, key=lambda c: (c[1].start, c[1].end)):
        if marks and claim.start < marks[-1][1]:
            start, end, piece = marks.pop()
            end = max(end, claim.end)
        else:
            start, end, piece = claim.start, claim.end, Piece("")
        piece.claims.append(number)
        words = [w for w in (piece.verdict, verdict.verdict) if w]
        piece.verdict = min(words, key=GRAVEST_FIRST.index)
        marks.append((start, end, piece))
    found: list[Piece] = []
    at = 0
    for start, end, piece in marks:
        found += _unmarked(text, at, start, left)
        piece.words = text[start:end]
        found.append(piece)
        at = end
    return found + _unmarked(text, at, len(text), left)


def _unmarked(text: str, start: int, end: int, left: list[tuple[int, int]]) -> list[Piece]:
    """Words without claims, those of unchecked sentences apart."""
    found: list[Piece] = []
    at = start
    for begin, until in sorted(left):
        low, high = max(at, begin), min(end, until)
        if low < high:
            found += [Piece(text[at:low]), Piece(text[low:high], is_unchecked=True)]
            at = high
    return [p for p in [*found, Piece(text[at:end])] if p.words]
