"""Keeps in mind what a text speaks of: sentences, their clauses, and whom a word stands for.

Which words make a claim is decided in `extraction`; here only who is meant.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from pipelines.reading import cues
from pipelines.reading.claim import Claim
from pipelines.reading.documents import Document, When
from pipelines.reading.figures import Figure
from pipelines.reading.lexicon import Name

#: A line at least so long was wrapped, if it does not end like a sentence.
WRAPPED_LINE = 60
#: Sentences that are kept in mind.
MEMORY = 4


def sentences(text: str, begins: frozenset[int] = frozenset()) -> list[tuple[int, int]]:
    """Spans of a block's sentences; `begins` are places of names, which may be in lower case."""
    spans: list[tuple[int, int]] = []
    start = line = 0
    for stop in cues.STOP.finditer(text):
        end = stop.end()
        if stop.group(0) == "\n":
            width, line = stop.start() - line, end
            before = text[end - 2] if end > 1 else ""
            if width >= WRAPPED_LINE and (before.isalnum() or before in ",()%\"'-"):
                continue
        else:
            before = text[max(start, end - 12) : end].rstrip("\"')]")
            if stop.group(0)[0] == "." and cues.ABBREVIATION.search(before):
                continue
            follows = text[end : end + 3].lstrip()
            if follows[:1].islower() and not any(at in begins for at in range(end, end + 4)):
                continue
        spans.append((start, end))
        start = end
    spans.append((start, len(text)))
    return [
        (begin + len(words) - len(words.lstrip()), begin + len(words.rstrip()))
        for begin, end in spans
        if (words := text[begin:end]).strip()
    ]


@dataclass
class Sentence:
    """A sentence with what was found in it; all positions are those of its block."""

    block: int
    start: int
    end: int
    text: str
    names: list[Name]
    figures: list[Figure]
    whens: list[When]
    claims: list[Claim] = field(default_factory=list)
    used: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.models = [n for n in self.names if n.kind == "model"]
        self.benchmarks = [n for n in self.names if n.ids_as("benchmark")]
        self.vendors = [n for n in self.names if n.kind == "vendor"]
        self.words = self.text[self.start : self.end]
        self.breaks = [m.start() + self.start for m in cues.CLAUSE.finditer(self.words)]

    def before(self, position: int, width: int, since: int = 0) -> str:
        """Words just before a position."""
        return self.text[max(self.start, position - width, since) : position]

    def after(self, position: int, width: int) -> str:
        """Words just after a position."""
        return self.text[position : min(self.end, position + width)]

    def between(self, start: int, end: int) -> str:
        """Words between two positions, without the names of vendors."""
        words = self.text[start:end]
        for vendor in self.vendors:
            if start <= vendor.start and vendor.end <= end:
                words = words.replace(vendor.words, "", 1)
        return re.sub(r"\s+", " ", words)

    def clause(self, position: int) -> tuple[int, int]:
        """Bounds of the clause around a position."""
        return (
            max((b for b in self.breaks if b <= position), default=self.start),
            min((b for b in self.breaks if b > position), default=self.end),
        )

    def is_governed(self, name: Name) -> bool:
        """Whether a model is only what something is compared with."""
        start = name.start
        for vendor in self.vendors:
            if vendor.end <= start and self.text[vendor.end : start].strip(" '’s*") == "":
                start = vendor.start
        before = self.before(start, 60)
        if cues.GOVERNS.search(before):
            return True
        former = [n for n in self.models if n.end <= start and start - n.end <= 8]
        listed = re.search(r"(?:,| and| or| &) ?$", before)
        leads = cues.LEADS.match(self.text, name.end)
        return bool(listed and former and not leads) and self.is_governed(former[-1])

    def is_aside(self, name: Name, position: int) -> bool:
        """Whether a name stands in parentheses that are closed before a position."""
        opened = self.text.rfind("(", self.start, name.start)
        return opened >= 0 and ")" not in self.text[opened : name.start] and (
            ")" in self.text[name.end : position]
        )  # fmt: skip

    def is_denied(self, position: int, since: int = 0, until: int | None = None) -> bool:
        """Whether what is said at a position is said not to be so."""
        begin = max(self.clause(position)[0], position - 60, since)
        after = self.text[until or position : self.end]
        return bool(cues.DENIES.search(self.text[begin:position]) or cues.DENIED_AFTER.match(after))

    def free_models(self) -> list[Name]:
        """Known models that the sentence speaks of; all known ones if every one is governed."""
        known = [n for n in self.models if n.ids]
        return [n for n in known if not self.is_governed(n)] or known


@dataclass(frozen=True)
class Who:
    """A model spoken of: the readings of its name, how it was read, its words and their place."""

    ids: tuple[str, ...]
    reading: str
    words: str
    start: int = -1
    end: int = -1

    @classmethod
    def of(cls, name: Name) -> "Who":
        """The model a name stands for."""
        return cls(name.ids, name.reading, name.words, name.start, name.end)

    @property
    def is_left_to_context(self) -> bool:
        """Whether no word of the sentence names it."""
        return self.reading in {"pronoun", "topic", "context"} and self.start < 0

    def is_same(self, other: "Who | Name") -> bool:
        """Whether the likeliest readings agree."""
        return self.ids[:1] == other.ids[:1]


class Discourse:
    """What was spoken of up to here in a text."""

    def __init__(self, document: Document, names: list[list[Name]], as_of: date):
        self.document = document
        self.names = [
            [n for n in found if n.kind != "model" or not cues.NO_SINGLE_MODEL.match(b.text, n.end)]
            for b, found in zip(document.blocks, names, strict=True)
        ]
        self.as_of, self.is_entry = as_of, False
        self.said: list[Sentence] = []
        self.heading = ""
        self.heading_names: list[Name] = []
        self.intro: Sentence | None = None
        self.pair: tuple[Who, Who] | None = None
        self.latest: Who | None = None
        self.scores: dict[tuple[str, tuple[str, ...]], Decimal] = {}
        self.topic = self._topic()
        all_words = " ".join(b.text for b in document.blocks[:20_000])[:500_000]
        self.is_per_million = bool(cues.PER_MILLION.search(all_words))

    def _topic(self) -> Who | None:
        """The first model of the headings, else of the text."""
        blocks = self.document.blocks
        order = sorted(range(len(blocks)), key=lambda i: (blocks[i].kind != "heading", i))
        for index in order[:40]:
            for name in self.names[index]:
                if name.kind == "model" and name.ids:
                    return Who(name.ids, "topic", name.words)
        return None

    def remember(self, s: Sentence) -> None:
        """Keep a sentence, its pair of models and the scores it gives in mind."""
        for claim in s.claims:
            self.remember_score(claim)
        distinct = list({n.ids[0]: Who.of(n) for n in s.models if n.ids}.values())
        if len(distinct) >= 2:
            self.pair = (distinct[0], distinct[1])
        elif distinct and not any(distinct[0].is_same(w) for w in self.pair or ()):
            if self.pair:
                self.pair = (distinct[0], self.pair[0])
            elif self.latest and not distinct[0].is_same(self.latest):
                self.pair = (self.latest, distinct[0])
        self.latest = distinct[-1] if distinct else self.latest
        if s.models or s.benchmarks or s.figures:
            self.said = [*self.said[1 - MEMORY :], s]

    def remember_score(self, claim: Claim) -> None:
        """Keep a figure the text itself gives."""
        if claim.kind == "score" and claim.value is not None and claim.subject_ids:
            self.scores[(claim.subject_ids[0], claim.benchmark_ids)] = claim.value

    # -------------------------------------------------------------- who is meant

    def subject(self, s: Sentence, position: int) -> Who | None:
        """The model spoken of at a position: named before it, else meant by a pronoun."""
        before = [n for n in s.models if n.end <= position]
        free = [n for n in before if not s.is_governed(n) and not s.is_aside(n, position)]
        clause = s.clause(position)[0]
        inside = [n for n in free if n.start >= clause]
        if inside:
            return Who.of(inside[-1])
        pronoun = self._pronoun(s, clause, position)
        if pronoun and not before:
            return self.antecedent(s, pronoun)
        if free:
            return Who.of(free[0] if pronoun and len(free) > 1 else free[-1])
        pronoun = pronoun or self._pronoun(s, s.start, position)
        if pronoun:
            return self.antecedent(s, pronoun)
        near = [n for n in before if not s.is_aside(n, position)]
        return Who.of(near[-1]) if near else None

    @staticmethod
    def _pronoun(s: Sentence, start: int, end: int) -> re.Match[str] | None:
        last = None
        for match in cues.PRONOUN.finditer(s.text, start, end):
            last = match
        return last

    def antecedent(self, s: Sentence, pronoun: re.Match[str]) -> Who | None:
        """What a pronoun stands for, with the other readings its place allows."""
        word = pronoun.group(0).lower()
        earlier = [n for n in s.models if n.end <= pronoun.start() and n.ids]
        if word in {"the former", "the latter"}:
            for known in [earlier, *([n for n in x.models if n.ids] for x in reversed(self.said))]:
                distinct = list({n.ids[0]: n for n in known}.values())
                if len(distinct) >= 2:
                    chosen = distinct[0] if word == "the former" else distinct[1]
                    return replace(Who.of(chosen), reading="pronoun", start=-1)
            return None
        free = [n for n in earlier if not s.is_governed(n)]
        if free:
            return self._readings([free[0], *earlier])
        found = self._before(s)
        if found:
            return replace(found, ids=tuple(dict.fromkeys((*found.ids, *_ids(earlier)))))
        return self._readings(earlier) if earlier else None

    def _before(self, s: Sentence) -> Who | None:
        """What the sentences before spoke of."""
        for sentence in reversed(self.said):
            known = [n for n in sentence.models if n.ids]
            all_governed = all(sentence.is_governed(n) for n in known)
            told = next((c for c in reversed(sentence.claims) if c.subject_ids), None)
            if known and all_governed and told:
                ids = tuple(dict.fromkeys((*told.subject_ids, *_ids(known))))
                return Who(ids, "pronoun", told.subject_words)
            if known:
                return self._readings([*sentence.free_models()[:1], *known])
            if told:
                return Who(told.subject_ids, "pronoun", told.subject_words)
        return replace(self.topic, reading="pronoun") if self.topic else None

    @staticmethod
    def _readings(names: Sequence[Name]) -> Who:
        return Who(_ids(names), "pronoun", names[0].words)

    def by_context(self, s: Sentence) -> Who | None:
        """Whom a sentence without any model's name speaks of."""
        if self.intro and self.intro.models:
            return replace(Who.of(self.intro.models[0]), reading="context", start=-1)
        for sentence in reversed(self.said):
            if sentence.block == s.block and [n for n in sentence.models if n.ids]:
                return self._readings(sentence.free_models()[:1])
        headed = {n.ids: n for n in self.heading_names if n.kind == "model" and n.ids}
        if len(headed) == 1:
            return replace(Who.of(next(iter(headed.values()))), reading="topic", start=-1)
        return self.topic

    def other(self, s: Sentence, subject: Who, position: int) -> Who | None:
        """What a comparison at a position is with: named after it, else before."""
        end = s.clause(position)[1]
        for name in s.models:
            if name.start >= position and not subject.is_same(name):
                if name.start < end or name.start - position <= 40:
                    return Who.of(name)
                break
        return self.other_before(s, subject, position)

    def other_before(self, s: Sentence, subject: Who, position: int) -> Who | None:
        """The last model before a position that is not the subject, here or just before."""
        before = [n for n in s.models if n.end <= position and not subject.is_same(n)]
        if before:
            return Who.of(before[-1])
        for sentence in reversed(self.said[-2:]):
            found = [n for n in sentence.free_models() if not subject.is_same(n)]
            found = found or [n for n in sentence.models if n.ids and not subject.is_same(n)]
            if found:
                return replace(Who.of(found[-1]), reading="context", start=-1)
        for who in self.pair or ():
            if not subject.is_same(who):
                return replace(who, reading="context", start=-1)
        return None

    def group(self, s: Sentence, position: int) -> list[Who]:
        """The models that "both" or "all three" before a position stands for."""
        word = None
        for match in cues.GROUP.finditer(s.text, s.start, position):
            word = match
        if word is None or [n for n in s.models if n.start < position]:
            return []
        size = cues.GROUP_SIZE.get(word.group(0).lower(), 0)
        for sentence in reversed(self.said):
            found = list({n.ids[0]: n for n in sentence.free_models()}.values())
            if len(found) >= 2 and size in {0, len(found)}:
                return [replace(Who.of(n), start=-1) for n in found]
        return []

    def listed(self, s: Sentence, position: int) -> list[Who]:
        """The models listed just before a position: "A and its sibling B were ..."."""
        free = [n for n in s.models if n.end <= position and n.ids and not s.is_governed(n)]
        if not free or not re.search(r"\b(?:were|are|have)\b", s.text[free[-1].end : position]):
            return []
        found = [free[-1]]
        for name in reversed(free[:-1]):
            gap = s.between(name.end, found[0].start)
            if not re.fullmatch(r",? ?(?:and|,)? ?(?:(?:its|the|their) (?:\w{1,20} ){0,2})?", gap):
                break
            found.insert(0, name)
        return [Who.of(n) for n in found] if len(found) > 1 else []

    def when(self, s: Sentence, start: int, end: int) -> When | None:
        """The date of what happens between two positions."""
        after = [w for w in s.whens if end <= w.start <= end + 70]
        before = [w for w in s.whens if start - 60 <= w.end <= start]
        near = after or before
        if near:
            return min(near, key=lambda w: abs(w.start - end))
        today = cues.TODAY.search(s.words)
        if today is None:
            return None
        word = today.group(0).lower()
        last = self.as_of - timedelta(days=1) if word == "yesterday" else self.as_of
        days = {"this week": 7, "this month": last.day - 1}.get(word, 0)
        return When(last - timedelta(days=days), last, s.start + today.start(), 0, True)


def _ids(names: Sequence[Name]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(i for n in names for i in n.ids))


def span_of(s: Sentence, start: int, end: int, *names: Who) -> tuple[int, int]:
    """Bounds of a claim's words: from `start` to `end`, widened to the names that stand near."""
    for who in names:
        if who.start >= 0 and start - 120 <= who.start < start:
            start = who.start
        if who.start >= 0 and end < who.end <= end + 110:
            end = who.end
    return start, end


def claim(
    d: Discourse, s: Sentence, kind: str, span: tuple[int, int], subject: Who | None = None,
    other: Who | None = None, **fields: Any,
) -> Claim:  # fmt: skip
    """A claim of a sentence; `span` bounds its words."""
    start, end = max(min(span), s.start), min(max(span), s.end)
    while end < s.end and (s.text[end].isalnum() or s.text[end] in "%"):
        end += 1
    said = cues.SAID_BY.search(s.words)
    if subject:
        fields |= {"subject_ids": subject.ids, "subject_reading": subject.reading,
                   "subject_words": subject.words}  # fmt: skip
        fields.setdefault("is_inferred", subject.is_left_to_context)
    if other:
        fields |= {"object_ids": other.ids, "object_reading": other.reading,
                   "object_words": other.words}  # fmt: skip
    return Claim(
        kind, " ".join(s.text[start:end].split()).strip(" ,;:"), " ".join(s.words.split()),
        d.as_of, s.block, start, end,
        said_by=next((g for g in said.groups() if g), "") if said else "", **fields,
    )  # fmt: skip
