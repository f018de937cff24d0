"""Takes a text apart into what it asserts of models, and says which sentences it could not read.

Rules over names, figures and cue words; no language model, and no name of any model. A claim keeps
every reading its words allow, the likeliest first. Whether it is true is not judged here.
"""

import re
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

from pipelines.reading import cues
from pipelines.reading.claim import Claim, Extraction, Unchecked
from pipelines.reading.discourse import Discourse, Sentence, Who, claim, sentences, span_of
from pipelines.reading.documents import Block, Document, When, dates, read_text
from pipelines.reading.figures import Figure, figures
from pipelines.reading.lexicon import Lexicon, Name
from pipelines.reading.tables import read_table

#: A sentence with more names and figures than this is a list or an attack; it is left unchecked.
MOST_IN_A_SENTENCE = 120
#: And one longer than this, characters.
LONGEST_SENTENCE = 4_000
#: And one shorter than this says nothing.
SHORTEST_SENTENCE = 6
#: Ratings lie between these; other whole numbers beside a rated benchmark are none.
RATINGS = (300, 5_000)
#: Kinds of figure that a sentence read in part must not leave unread.
COUNTED = {"percent", "usd", "points", "times"}


_Item = TypeVar("_Item", Name, Figure)
_Placed = TypeVar("_Placed", Name, Figure, When)


#: A text may be about a launch so many days old; one still ahead, so many days.
LAUNCH_IS_NEWS, LAUNCH_IS_AHEAD = 120, 14

#: What the documents are read with; the same queries serve `bellwether check`.
READS = {
    "documents": "select d.* from seeds.documents as d",
    "models": (
        "select m.model_id, m.vendor_id, m.name, m.known_since, "
        "min(least(r.released_on, r.announced_on, r.api_available_on, t.published_on)) as "
        "first_seen_on "
        "from core.models as m left join core.releases as r on r.model_id = m.model_id "
        "left join (select s.model_id, min(s.published_on) as published_on from core.results as s "
        "group by s.model_id) as t on t.model_id = m.model_id "
        "group by m.model_id, m.vendor_id, m.name, m.known_since"
    ),
    "aliases": (
        "select a.alias, a.model_id, a.valid_from, a.valid_to, a.known_on, a.ended_known_on "
        "from core.aliases as a where a.source is null"
    ),
    "vendors": "select v.vendor_id, v.name from core.vendors as v",
    "benchmarks": "select b.benchmark_id, b.name, b.unit from core.benchmarks as b",
    "terms": (
        "select t.term, t.kind, t.id from seeds.claim_terms as t order by t.term, t.kind, t.id"
    ),
    "companies": "select c.company_id, c.name from core.companies as c",
    "releases": (
        "select r.event_id, r.model_id, r.announced_on, r.api_available_on from core.releases as r "
        "where r.event_id is not null"
    ),
}


def compute(documents: Any, releases: Any, **names: Any) -> dict[str, Any]:
    """Table `claims` of the core layer: what the bundled documents assert."""
    import pandas as pd

    from pipelines.analysis.claim_facts import records

    lexicon = Lexicon(known_by=None, **{name: records(frame) for name, frame in names.items()})
    launches = records(releases)
    rows = []
    for row in sorted(records(documents), key=lambda d: str(d["document_id"])):
        found = extract(read_text(row["text"]), lexicon, row["stated_on"])
        event_id = launch_of(found, launches, row["stated_on"])
        for number, one in enumerate(found.claims, start=1):
            said = {key: row[key] for key in ("document_id", "author", "stated_on")}
            claim_id = f"{row['document_id']}-{number:02}"
            rows.append({"claim_id": claim_id, **said, "event_id": event_id, **one.row()})
    return {"claims": pd.DataFrame(rows, dtype=object)}


def launch_of(found: Extraction, launches: Sequence[Mapping[str, Any]], as_of: date) -> str | None:
    """The launch a text is about: its topic's, else that of the new model it claims most of."""
    new: dict[str, str] = {}
    for launch in launches:
        day = launch["api_available_on"] or launch["announced_on"]
        if day and -LAUNCH_IS_AHEAD <= (as_of - day).days <= LAUNCH_IS_NEWS:
            new[launch["model_id"]] = launch["event_id"]
    said = Counter(
        i for one in found.claims for i in (*one.subject_ids[:1], *one.object_ids[:1]) if i in new
    )
    topic = [i for i in found.topic_ids[:1] if i in new]
    best = topic or [i for i, _ in sorted(said.items(), key=lambda s: (-s[1], s[0]))]
    return new[best[0]] if best else None


def extract(document: Document, lexicon: Lexicon, as_of: date) -> Extraction:
    """The claims of a text written on a day."""
    days = _days(document.blocks, as_of)
    texts = [b.text if b.kind != "code" else "" for b in document.blocks]
    discourse = Discourse(document, lexicon.read(texts, days), as_of)
    return _Reader(discourse, days, lexicon.rated).read()


def _days(blocks: Sequence[Block], as_of: date) -> list[date]:
    """The day each block speaks of: below a heading that is a date, that day; else the text's."""
    days = []
    day = as_of
    for block in blocks:
        if block.kind == "heading":
            full = [w for w in dates(block.text[:60]) if w.has_year and w.first == w.last]
            is_date = len(full) == 1 and len(block.text) - (full[0].end - full[0].start) <= 24
            day = min(full[0].first, as_of) if is_date else as_of
        days.append(day)
    return days


class _Reader:
    """Goes through a text once."""

    def __init__(self, discourse: Discourse, days: list[date], rated: set[str]):
        self.d, self.days, self.rated = discourse, days, rated
        self.text_day = discourse.as_of
        self.claims: list[Claim] = []
        self.unchecked: list[Unchecked] = []
        self.count = self.count_read = 0

    def read(self) -> Extraction:
        """All claims and unchecked sentences, in order."""
        blocks = self.d.document.blocks
        index = 0
        while index < len(blocks):
            block = blocks[index]
            self.d.as_of, self.d.is_entry = self.days[index], self.days[index] != self.text_day
            last = index + 1
            if block.kind == "cell":
                while last < len(blocks) and (blocks[last].kind, blocks[last].table) == (
                    "cell", block.table,
                ):  # fmt: skip
                    last += 1
                claims, unchecked, rows, rows_read = read_table(self.d, index, last, self.rated)
                self.claims += claims
                self.unchecked += unchecked
                self.count += rows
                self.count_read += rows_read
            elif block.kind != "code":
                self._read_block(index, block)
            index = last
        self.claims.sort(key=lambda c: (c.block, c.start, c.end, c.kind))
        self.unchecked.sort(key=lambda u: (u.block, u.start))
        topic = self.d.topic.ids if self.d.topic else ()
        return Extraction(
            tuple(self.claims), tuple(self.unchecked), self.count, self.count_read, topic
        )

    def _read_block(self, index: int, block: Block) -> None:
        d, text = self.d, block.text
        names = d.names[index]
        whens = [w.near(d.as_of) for w in dates(text)]
        numbers = figures(text, [(n.start, n.end) for n in names]
                          + [(w.start, w.end) for w in whens])  # fmt: skip
        if block.kind == "heading":
            d.heading, d.heading_names, d.said = text, names, d.said[-1:]
        left = deque(names), deque(numbers), deque(whens)
        found: list[Sentence] = []
        for start, end in sentences(text, frozenset(n.start for n in names)):
            s = Sentence(
                index, start, end, text,
                _until(left[0], end), _until(left[1], end), _until(left[2], end),
            )  # fmt: skip
            self.count += 1
            if end - start >= SHORTEST_SENTENCE:
                self._read_sentence(s, is_first=not found, kind=block.kind)
                found.append(s)
        if block.kind in {"paragraph", "item"} and text.endswith(":") and found:
            d.intro = found[-1]
        elif block.kind != "item":
            d.intro = None

    def _read_sentence(self, s: Sentence, is_first: bool, kind: str) -> None:
        if len(s.names) + len(s.figures) > MOST_IN_A_SENTENCE or len(s.words) > LONGEST_SENTENCE:
            if s.models or s.benchmarks:
                self._leave(s, "too long to be one sentence")
            return
        is_bare_heading = kind == "heading" and not s.models
        if not s.words.rstrip("\"')").endswith("?") and not is_bare_heading:
            for rule in RULES:
                s.claims.extend(rule(self, s))
            s.claims.extend(self._losers(s, is_first and kind != "heading"))
            s.claims = _once(s.claims)
            self.count_read += bool(s.claims)
            self.claims.extend(s.claims)
            if kind != "heading":
                self._note_what_is_left(s)
        self.d.remember(s)

    def _note_what_is_left(self, s: Sentence) -> None:
        if s.claims:
            left = [f for f in s.figures if f.kind in COUNTED and f.start not in s.used]
            if left:
                words = ", ".join(s.text[f.start : f.end] for f in left[:5])
                self._leave(s, f"read in part; not what {words} counts", is_partly_read=True)
            return
        about = [n for n in s.names if n.kind in {"model", "vendor", "company", "companies"}]
        rest = s.text
        for name in s.models:
            rest = rest[: name.start] + " " * (name.end - name.start) + rest[name.end :]
        if (about or s.benchmarks) and cues.CHECKABLE.search(rest, s.start, s.end):
            self._leave(s, "no rule reads it")

    def _leave(self, s: Sentence, because: str, is_partly_read: bool = False) -> None:
        words = " ".join(s.words.split())[:600]
        self.unchecked.append(Unchecked(s.block, s.start, s.end, words, because, is_partly_read))

    # -------------------------------------------------------------- scores

    def _owner(self, s: Sentence, figure: Figure) -> Who | None:
        """Whose figure it is."""
        following = [n for n in s.models if n.start >= figure.end]
        later = [f for f in s.figures if f.start >= figure.end]
        if following and not (later and later[0].start < following[0].start):
            owner = following[0]
            gap = s.between(figure.end, owner.start)
            crossed = [b for b in s.benchmarks if figure.end <= b.start < owner.start]
            if len(gap) <= 60 and cues.OWNED_BY.fullmatch(gap.lstrip()):
                return Who.of(owner)
            if gap.strip() in {"(", "% ("} and s.text[owner.end : owner.end + 1] == ")":
                return Who.of(owner)
            if not crossed and len(gap) <= 70 and cues.OWNED_BY_LOOSELY.fullmatch(gap):
                return Who.of(owner)
        before = [n for n in s.models if n.end <= figure.start]
        if before:
            last = before[-1]
            gap = s.between(last.end, figure.start)
            for benchmark in s.benchmarks:
                if last.end <= benchmark.start and benchmark.end <= figure.start:
                    gap = gap.replace(benchmark.words, "", 1)
            crossed_figures = [f for f in s.figures if last.end <= f.start < figure.start]
            if not crossed_figures and len(gap) <= 70 and cues.OWNS.fullmatch(gap):
                return Who.of(last)
        who = self.d.subject(s, figure.start)
        if who:
            return who
        follows = [n for n in following if not s.is_governed(n)]
        if follows and (len(s.models) == 1 or re.match(r"(?:at|with|on)\b", s.words, re.I)):
            return Who.of(follows[0])
        return self.d.by_context(s)

    def _benchmark(self, s: Sentence, figure: Figure) -> tuple[Name | None, bool]:
        """The benchmark a figure was reached on, and whether only context tells."""
        begin = s.clause(figure.start)[0]
        after = [b for b in s.benchmarks if b.start >= figure.end]
        later = [f for f in s.figures if f.start >= figure.end and f.kind in {"percent", "number"}]
        if after and not (later and later[0].start < after[0].start):
            gap = s.text[figure.end : after[0].start]
            if len(gap) <= 80 and cues.ON_BENCHMARK.fullmatch(gap.lstrip()):
                return after[0], False
            if re.fullmatch(r"\s?(?:on |in )?(?:the )?(?:\w{1,20} )?", gap) and cues.SCORE_OF.match(
                s.text, after[0].end
            ):
                return after[0], False
        before = [b for b in s.benchmarks if b.end <= figure.start]
        near = [b for b in before if b.start >= begin] or before
        if near:
            return near[-1], False
        if after:
            gap = s.text[figure.end : after[0].start]
            crossed = [f for f in later if f.start < after[0].start]
            if len(gap) <= 120 and (not crossed or re.search(r"\bon\b", gap)):
                return after[0], False
        said = [x for x in reversed(self.d.said[-2:]) if x.block == s.block]
        for sentence in ([self.d.intro] if self.d.intro else []) + said:
            if len({b.ids_as("benchmark") for b in sentence.benchmarks}) == 1:
                return sentence.benchmarks[-1], True
        headed = [n for n in self.d.heading_names if n.ids_as("benchmark")]
        return (headed[0] if len(headed) == 1 else None), True

    def scores(self, s: Sentence) -> Iterator[Claim]:
        """Figures reached on benchmarks."""
        lists = self._lists(s)
        for figure in s.figures:
            if figure.kind not in {"percent", "number", "points"} or figure.start in s.used:
                continue
            if figure.kind == "percent" and cues.NO_SCORE.match(s.text, figure.end):
                continue
            benchmark, from_context = self._benchmark(s, figure)
            unit = self._unit(s, figure, benchmark) if benchmark else None
            if benchmark is None or unit is None:
                continue
            if figure.kind == "number" and from_context and not figure.decimals and unit != "elo":
                continue
            who = lists.get(figure.start)
            if who is None:
                who = self._owner(s, figure)
                is_former = cues.UP_FROM.search(s.before(figure.start, 20))
                if who is None or (is_former and who.end <= figure.start):
                    continue
            s.used.add(figure.start)
            yield claim(
                self.d, s, "score", self._score_span(s, figure, benchmark, from_context, who), who,
                benchmark_ids=benchmark.ids_as("benchmark"), value=figure.value, low=figure.low,
                high=figure.high, decimals=figure.decimals, unit=unit, metric=_metric(s, figure),
                is_denied=s.is_denied(figure.start, until=figure.end),
                is_inferred=who.is_left_to_context or (from_context and not self.d.intro),
            )  # fmt: skip

    @staticmethod
    def _score_span(
        s: Sentence, figure: Figure, benchmark: Name, from_context: bool, who: Who
    ) -> tuple[int, int]:
        """The words of a score: figure, benchmark and model, without another figure between."""
        start, end = figure.start, figure.end
        others = [f for f in s.figures if f.start != figure.start]
        for near in ([] if from_context else [benchmark]) + ([who] if who.start >= 0 else []):
            low, high = min(near.start, figure.start), max(near.end, figure.end)
            if high - low < 160 and not [f for f in others if low <= f.start < high]:
                start, end = min(start, low), max(end, high)
        if s.text[end : end + 1] == ")" and s.text.count("(", start, end) > s.text.count(
            ")", start, end
        ):
            end += 1
        lead = s.text[start : figure.start]
        return start + len(lead) - len(lead.lstrip(" ,;:)%-")), end

    def _unit(self, s: Sentence, figure: Figure, benchmark: Name) -> str | None:
        """The unit of a figure on a benchmark; None if it cannot be a result on it."""
        if "percentile" in s.text[max(s.start, figure.start - 30) : figure.end + 30].lower():
            return None
        is_rated = any(i in self.rated for i in benchmark.ids_as("benchmark"))
        if is_rated:
            is_rating = figure.kind != "percent" and RATINGS[0] <= figure.value <= RATINGS[1]
            return "elo" if is_rating else None
        if figure.kind == "points" or not 0 <= figure.value <= 100:
            return None
        near = min(abs(figure.start - benchmark.end), abs(benchmark.start - figure.end)) <= 12
        return "percent" if figure.kind == "percent" or figure.decimals or near else None

    def _lists(self, s: Sentence) -> dict[int, Who]:
        """Figures given in the order of models: "A, B and C score 1, 2 and 3", "1 against 2"."""
        numbers = [f for f in s.figures if f.kind in {"percent", "number", "usd"}]
        found: dict[int, Who] = {}
        for models in _runs(s, s.models, 8):
            after = [f for f in numbers if f.start >= models[-1].end]
            run = next((r for r in _runs(s, after, 14) if len(r) == len(models)), None)
            if run:
                found |= {f.start: Who.of(m) for m, f in zip(models, run, strict=True)}
        for run in _runs(s, numbers, 14):
            joint = s.text[run[0].end : run[1].start]
            if len(run) != 2 or run[0].start in found:
                continue
            before = list({n.ids: n for n in s.models if n.end <= run[0].start}.values())
            follows = [n for n in s.models if n.start >= run[1].end]
            if not s.models and self.d.pair and (
                cues.AGAINST.search(joint) or "usd" not in {f.kind for f in run}
            ):  # fmt: skip
                pair = [replace(w, reading="context", start=-1) for w in self.d.pair]
                found |= {f.start: w for w, f in zip(pair, run, strict=True)}
            elif len(before) == 2 and not follows and cues.AGAINST.search(joint) and (
                "usd" not in {f.kind for f in run}
            ):  # fmt: skip
                found |= {f.start: Who.of(m) for m, f in zip(before, run, strict=True)}
        return found

    # -------------------------------------------------------------- prices

    def prices(self, s: Sentence) -> Iterator[Claim]:
        """Prices per token."""
        money = [f for f in s.figures if f.kind == "usd"]
        scale = self._scale(s) if money else None
        if scale is None:
            return
        lists = self._lists(s)
        previous: tuple[Figure, Who] | None = None
        for figure, side in zip(money, self._sides(s, money), strict=True):
            after = s.after(figure.end, 30)
            if cues.NOT_PER_TOKEN.match(after) and not cues.PER_MILLION.match(after.lstrip()):
                previous = None
                continue
            who = lists.get(figure.start) or self._owner_of_run(s, money, figure)
            if (
                who is None
                and previous
                and not [n for n in s.models if previous[0].end <= n.start < figure.start]
            ):
                who = previous[1]
            who = who or self._owner(s, figure)
            if who is None:
                continue
            s.used.add(figure.start)
            previous = (figure, who)
            low, high = (None if x is None else x * scale for x in (figure.low, figure.high))
            tail = cues.PRICE_TAIL.match(s.text, figure.end, min(s.end, figure.end + 40))
            yield claim(
                self.d, s, "price", (figure.start, tail.end() if tail else figure.end), who,
                value=figure.value * scale, side=side, unit="usd_per_mtok", low=low, high=high,
                decimals=figure.decimals, is_denied=s.is_denied(figure.start, until=figure.end),
            )  # fmt: skip

    def _owner_of_run(self, s: Sentence, money: list[Figure], figure: Figure) -> Who | None:
        """The model named behind a pair of prices: "$3 and $15 for X"."""
        run = next((r for r in _runs(s, money, 14) if figure in r), [figure])
        following = [n for n in s.models if n.start >= run[-1].end]
        if not following:
            return None
        gap = s.between(run[-1].end, following[0].start)
        later = [f for f in money if run[-1].end <= f.start < following[0].start]
        if not later and len(gap) <= 60 and cues.OWNED_BY.fullmatch(gap.lstrip()):
            return Who.of(following[0])
        return None

    def _scale(self, s: Sentence) -> Decimal | None:
        """Figures times this are dollars per million tokens; None if they are no token prices."""
        said = [x.words for x in reversed(self.d.said[-2:]) if x.block == s.block]
        intro = [self.d.intro.words] if self.d.intro else []
        for words in [s.words, *intro, *said, self.d.heading]:
            if cues.PER_THOUSAND.search(words):
                return Decimal(1000)
            if cues.PER_MILLION.search(words):
                return Decimal(1)
        return Decimal(1) if self.d.is_per_million and cues.PRICE_WORDS.search(s.words) else None

    @staticmethod
    def _sides(s: Sentence, money: list[Figure]) -> list[str]:
        """Whether each price is for input, output or cached input, as far as the words say."""
        sides = [""] * len(money)
        for place, figure in enumerate(money):
            since = money[place - 1].end if place else s.start
            before = cues.SIDE_BEFORE.search(s.before(figure.start, 34, since))
            if before:
                sides[place] = ("cache_read" if before.group("cached")
                                else "input" if before.group("input") else "output")  # fmt: skip
                continue
            until = money[place + 1].start if place + 1 < len(money) else s.end
            after = s.text[figure.end : min(until, figure.end + 45)]
            if place + 1 < len(money) or "," in after or ";" in after:
                after = re.split(r"[;,]|\band\b|\.\s|\s/\s?(?![1mM])|/ ?(?=\$)", after)[0]
            sides[place] = side_of(after) or (
                "cache_read" if re.search(r"\bcach\w{0,4}\b[^,;]{0,20}$",
                                          s.before(figure.start, 30, since), re.I) else ""
            )  # fmt: skip
        for first in range(len(money) - 1):
            gap = s.text[money[first].end : money[first + 1].start]
            is_pair = bool(re.fullmatch(r"\s?(?:/|and|,|&|\||to|-|–)\s?", gap)) and not (
                first and _touches(s, money[first - 1], money[first])
            )
            if is_pair and "cache_read" not in sides[first : first + 2] and not (
                sides[first] == "input" and sides[first + 1] == "input"
            ):  # fmt: skip
                sides[first], sides[first + 1] = "input", "output"
            elif not sides[first] and sides[first + 1] == "output" and len(gap) <= 60:
                sides[first] = "input"
            elif sides[first] == "input" and not sides[first + 1] and len(gap) <= 40:
                sides[first + 1] = "output"
        return sides

    def price_ratios(self, s: Sentence) -> Iterator[Claim]:
        """Prices as a multiple or a share of another's."""
        has_price = bool(cues.PRICE_WORDS.search(s.words))
        for figure in s.figures:
            if figure.kind not in {"percent", "times"} or figure.start in s.used:
                continue
            after = s.after(figure.end, 70)
            match = cues.RATIO_AFTER.match(after)
            before = s.before(figure.start, 40)
            word = (match.lastgroup or "") if match else ""
            if match is None and cues.CHEAPER_BY.search(before):
                word = "cheaper"
            if not word or (word in {"less", "off", "more", "of", "half"} and not has_price):
                continue
            if word in {"less", "more"} and (
                cues.OTHER_QUANTITY.match(after)
                or not (cues.COSTS_BEFORE.search(before) or cues.COST_SENSE.search(s.words))
            ):
                continue
            bounds = ratio_bounds(figure, word)
            found = bounds and self._ratio(s, figure, match.end() if match else 0, bounds)
            if found:
                s.used.add(figure.start)
                yield found

    def _ratio(
        self, s: Sentence, figure: Figure, width: int,
        bounds: tuple[Decimal | None, Decimal | None, Decimal],
    ) -> Claim | None:  # fmt: skip
        at = figure.end + width
        subject = self.d.subject(s, figure.start)
        either_way = False
        other: Who | None
        named = [n for n in s.models if n.start >= at]
        if subject is None and named:
            subject, other = self.d.by_context(s), Who.of(named[0])
            if subject is None or subject.is_same(other):
                return None
        elif subject is None:
            if self.d.pair is None or s.models:
                return None
            first, second = (replace(w, reading="context", start=-1) for w in self.d.pair)
            is_second = self.d.topic is not None and self.d.topic.is_same(second)
            subject, other = (second, first) if is_second else (first, second)
            either_way = True
        elif re.search(r"\b(?:its|their)\b", s.text[figure.end : at + 6]):
            other = self.d.other_before(s, subject, figure.start)
        else:
            other = self.d.other(s, subject, figure.end)
        if other is None:
            return None
        either_way = either_way or other.is_left_to_context
        side = side_of(
            re.split(r"[,;.](?!\d)|\band\b", s.after(figure.end, at - figure.end + 45))[0]
        )
        low, high, value = bounds
        return claim(
            self.d, s, "price_ratio", span_of(s, figure.start, at, subject, other), subject, other,
            value=value, low=low, high=high, unit="ratio", decimals=figure.decimals,
            side="" if side == "cache_read" else side, scope=s.text[figure.start : figure.end],
            is_denied=s.is_denied(figure.start, until=at), is_either_way=either_way,
            is_inferred=subject.is_left_to_context or either_way,
        )  # fmt: skip

    def price_comparisons(self, s: Sentence) -> Iterator[Claim]:
        """Who is cheaper, without saying how much."""
        for match in cues.CHEAPER.finditer(s.text, s.start, s.end):
            words = match.group(0).lower()
            if any(0 <= match.start() - f.end <= 25 and f.start in s.used for f in s.figures
                   if f.kind in {"percent", "times"}):  # fmt: skip
                continue
            direction = next(k for k in ("below", "above", "level") if match.group(k))
            if words.endswith("the same as") and not cues.COST_SENSE.search(s.words):
                continue
            names_one = bool(cues.THAN.match(s.text, match.end())) or words.endswith(" as")
            needs_no_than = words.startswith("undercut") or direction == "level"
            is_still = bool(match.group("still")) or words.startswith(("even ", "still "))
            subject = self.d.subject(s, match.start())
            if subject is None and direction == "level" and words.endswith("the same as"):
                subject = self.d.by_context(s)
            if subject is None or not (names_one or needs_no_than or is_still):
                continue
            near = [n for n in s.models if 0 <= n.start - match.end() <= 45
                    and not subject.is_same(n)]  # fmt: skip
            other: Who | None
            if near:
                other = Who.of(near[0])
            elif names_one and not words.startswith("the same"):
                continue
            else:
                other = self.d.other_before(s, subject, match.start())
            if other is None:
                continue
            side = side_of(f"{words} {s.after(match.end(), 40)}")
            span = span_of(s, match.start(), match.end(), subject, other)
            yield claim(
                self.d, s, "price_comparison", span, subject, other, direction=direction,
                side="" if side == "cache_read" else side,
                is_denied=s.is_denied(match.start(), max(0, subject.end), match.end()),
            )  # fmt: skip

    # -------------------------------------------------------------- comparisons

    def comparisons(self, s: Sentence) -> Iterator[Claim]:
        """Who is ahead of whom in capability."""
        for match in cues.COMPARES.finditer(s.text, s.start, s.end):
            direction = next(k for k in ("above", "below", "level") if match.group(k))
            yield from self._comparison(s, match, direction)
        for match in cues.LESS_OF.finditer(s.text, s.start, s.end):
            middle = match.span("middle")
            if any(middle[0] <= n.start < middle[1] for n in s.names
                   if n.ids_as("ability") or n.ids_as("benchmark")):  # fmt: skip
                is_less = match.group("word").lower() in cues.LESS_WORDS
                yield from self._comparison(s, match, "below" if is_less else "above")

    def _comparison(self, s: Sentence, match: re.Match[str], direction: str) -> Iterator[Claim]:
        start, end = match.span()
        begin, until = s.clause(start)
        after = [n for n in s.models if n.start >= end]
        if not after or after[0].start - end > 45:
            return
        gap = s.between(end, after[0].start)
        if re.search(r"[.;:]|\b(?:and|but|while|which|that)\b", gap):
            return
        if cues.NOT_CAPABILITY.search(match.group(0)) or cues.NOT_CAPABILITY.search(
            s.before(start, 25, begin)
        ):
            return
        subject = self.d.subject(s, start)
        if subject is None:
            return
        others = [after[0]]
        for name in after[1:3]:
            if not cues.ALSO_COMPARED.fullmatch(s.between(others[-1].end, name.start)):
                break
            others.append(name)
        behind = [b for b in s.benchmarks if b.start >= others[-1].end]
        is_named = re.match(r"\s?(?:on|in|at)\s", s.after(others[-1].end, 6))
        benchmarks = behind if behind and is_named else (
            [b for b in s.benchmarks if begin <= b.start < until] or s.benchmarks
        )  # fmt: skip
        ids = tuple(dict.fromkeys(i for b in benchmarks for i in b.ids_as("benchmark")))
        if not ids and cues.THERE.search(s.words):
            near = next((x for x in reversed(self.d.said[-3:]) if x.benchmarks), None)
            ids = near.benchmarks[-1].ids_as("benchmark") if near else ()
        if not ids:  # "..., which has 808": on the benchmark its figure was read on
            ids = next((c.benchmark_ids for c in s.claims if c.kind == "score"), ())
        abilities = [] if ids else [
            n for n in s.names
            if n.ids_as("ability") and (start <= n.start < end or begin <= n.start < until)
        ]  # fmt: skip
        if not ids and not abilities and cues.NEEDS_MEASURE.match(match.group(0)):
            return
        if not ids and cues.PRICE_WORDS.search(s.text, start, min(until, others[-1].end + 30)):
            return
        for other in others:
            if subject.is_same(other):
                continue
            yield claim(
                self.d, s, "comparison",
                span_of(s, start, max(end, other.end), subject), subject, Who.of(other),
                direction=direction, benchmark_ids=ids,
                ability_ids=tuple(dict.fromkeys(i for n in abilities for i in n.ids_as("ability"))),
                is_denied=s.is_denied(start, max(0, subject.end), others[-1].end),
            )  # fmt: skip

    def gaps(self, s: Sentence) -> Iterator[Claim]:
        """By how many points one is ahead of another."""
        for figure in s.figures:
            if figure.kind != "points" or figure.start in s.used:
                continue
            after = cues.GAP_AFTER.match(s.text, figure.end, min(s.end, figure.end + 50))
            noun = after or cues.GAP_BEFORE.search(s.before(figure.start, 70))
            subject = self.d.subject(s, figure.start) if noun else None
            if noun and (subject is None or subject.is_left_to_context):
                free = [n for n in s.models if n.ids]
                subject = (Who.of(free[0]) if len(free) > 1
                           else subject or (self.d.pair[0] if self.d.pair else None))  # fmt: skip
            other = self.d.other(s, subject, figure.end) if subject else None
            if noun is None or subject is None or other is None:
                continue
            ids = tuple(dict.fromkeys(i for b in s.benchmarks for i in b.ids_as("benchmark")))
            is_named = bool(ids)
            word = noun.group("noun").lower()
            if len(s.models) > 1 and subject.end <= s.clause(figure.start)[0]:
                word = ""  # the text's own figures tell who leads
            direction = ("above" if word in cues.LEAD_WORDS
                         else "below" if word in cues.LAG_WORDS else "")  # fmt: skip
            for told in s.claims:
                self.d.remember_score(told)
            subject, other, ids, direction = self._as_told(figure, subject, other, ids, direction)
            s.used.add(figure.start)
            yield claim(
                self.d, s, "gap", (figure.start, after.end() if after else figure.end), subject,
                other, value=figure.value, low=figure.low, high=figure.high, unit="points",
                decimals=figure.decimals, direction=direction, benchmark_ids=ids,
                is_inferred=not is_named,
            )  # fmt: skip

    def _as_told(
        self, figure: Figure, subject: Who, other: Who, ids: tuple[str, ...], direction: str
    ) -> tuple[Who, Who, tuple[str, ...], str]:
        """Which benchmarks and who is ahead: by the figures the text itself gives for the two."""
        told = []
        for (model, benchmarks), value in self.d.scores.items():
            theirs = self.d.scores.get((other.ids[0], benchmarks)) if other.ids else None
            if model in subject.ids[:1] and theirs is not None and (
                not ids or set(ids) & set(benchmarks)
            ):  # fmt: skip
                told.append((value - theirs, benchmarks))
        slack = max(Decimal(1), figure.value / 4)
        fitting = [t for t in told if abs(abs(t[0]) - figure.value) <= slack]
        ids = ids or tuple(dict.fromkeys(i for _, b in fitting or told for i in b))
        is_behind = direction == "below" or (not direction and fitting and fitting[0][0] < 0)
        if is_behind:
            return other, subject, ids, "above"
        return subject, other, ids, "above" if direction or fitting else ""

    def rankings(self, s: Sentence) -> Iterator[Claim]:
        """Superlatives of price, and ranks on benchmarks."""
        for match in cues.SUPERLATIVE.finditer(s.text, s.start, s.end):
            subject = self._of_superlative(s, match)
            if subject:
                side = side_of(s.text[match.start() : match.end() + 20])
                yield claim(
                    self.d, s, "ranking", span_of(s, *match.span(), subject), subject,
                    direction="cheapest" if match.group("cheapest") else "dearest",
                    scope=match.group("scope").strip().lower(), vendor_id=self._sold_by(s, match),
                    side="" if side == "cache_read" else side,
                    is_denied=s.is_denied(match.start(), until=match.end()),
                )  # fmt: skip
        for match in cues.RANK.finditer(s.text, s.start, s.end):
            word = match.lastgroup or ""
            begin, until = s.clause(match.start())
            named = [b for b in s.benchmarks if 0 <= b.start - match.end() <= 60]
            gap = s.text[match.end() : named[0].start] if named else ""
            if not named and word in {"first", "second"}:
                named = [b for b in s.benchmarks if begin <= b.start < until]
                if not named and word == "second":
                    named = [b for x in self.d.said[-1:] for b in x.benchmarks]
            if not named or (word == "tops" and gap.strip(" '") not in {"", "the"}):
                continue
            if word == "best" and not cues.BEST_ON.fullmatch(gap):
                continue
            subject = self._of_superlative(s, match)
            if subject:
                end = max(match.end(), named[0].end if gap else 0)
                yield claim(
                    self.d, s, "ranking", span_of(s, match.start(), end, subject), subject,
                    direction="second" if word == "second" else "first",
                    benchmark_ids=named[0].ids_as("benchmark"), vendor_id=self._sold_by(s, match),
                    is_denied=s.is_denied(match.start(), until=match.end()),
                )  # fmt: skip

    def _of_superlative(self, s: Sentence, match: re.Match[str]) -> Who | None:
        subject = self.d.subject(s, match.start())
        if subject:
            return subject
        after = [n for n in s.models if 0 <= n.start - match.end() <= 70]
        if after and cues.NAMED_AFTER.fullmatch(s.between(match.end(), after[0].start)):
            return Who.of(after[0])
        return None

    @staticmethod
    def _sold_by(s: Sentence, match: re.Match[str]) -> str:
        """The vendor among whose models a superlative ranks; `own` for the speaker's."""
        if cues.OWN.search(s.before(match.start(), 30)):
            return "own"
        for vendor in s.vendors:
            before = s.text[vendor.end : match.start()]
            if vendor.end <= match.start() and re.fullmatch(r"'s? ?(?:\w{1,20} )?", before):
                return vendor.ids[0]
            after = s.text[match.end() : vendor.start]
            if vendor.start >= match.end() and cues.SOLD_BY.fullmatch(after):
                return vendor.ids[0]
        return ""

    # -------------------------------------------------------------- launches and availability

    def releases(self, s: Sentence) -> Iterator[Claim]:
        """Who launched what, and when."""
        for match in cues.RELEASES.finditer(s.text, s.start, s.end):
            verb = match.group(0).lower()
            if cues.UNSURE.search(s.before(match.start(), 30)):
                continue
            vendor = next((v for v in reversed(s.vendors)
                           if 0 <= match.start() - v.end <= 40), None)  # fmt: skip
            launched = self._launched(s, match)
            when = self.d.when(s, match.start(), match.end())
            if when is None and match.start() == s.start and self.d.is_entry:
                when = When(self.d.as_of, self.d.as_of, s.start, 0, True)
            if when is None and vendor is None:
                continue
            has_object = bool(launched) and launched[0].start >= match.end()
            if when is None and not has_object and cues.NEEDS_DATE.match(verb):
                continue
            if vendor and not has_object and not re.match(r"\s(?:it|them|both)\b",
                                                          s.after(match.end(), 6)):  # fmt: skip
                vendor = None
                if when is None:
                    continue
            for who in launched:
                start, end = match.span()
                if vendor:
                    start = min(start, vendor.start)
                if when and when.end > 0:
                    start, end = min(start, when.start), max(end, when.end)
                yield claim(
                    self.d, s, "release", span_of(s, start, end, who), who,
                    vendor_id=vendor.ids[0] if vendor else "",
                    first_on=when.first if when else None, last_on=when.last if when else None,
                    status=verb, is_denied=s.is_denied(match.start(), until=match.end()),
                )  # fmt: skip

    def _launched(self, s: Sentence, match: re.Match[str]) -> list[Who]:
        """What a verb of launching is about: its objects, else its subjects."""
        after = [n for n in s.models if n.start >= match.end()]
        gap = s.between(match.end(), after[0].start) if after else ""
        if after and len(gap) <= 60 and not cues.NOT_ITS_OBJECT.search(gap):
            found = [after[0]]
            for name in after[1:]:
                between = s.between(found[-1].end, name.start)
                if not re.fullmatch(r"(?:,|and|or|&|/|the|both|as well as|\s){0,6}", between):
                    break
                found.append(name)
            return [Who.of(n) for n in found]
        pronoun = re.compile(r"\s(?:it|them|both)\b", re.I).match(s.text, match.end())
        if pronoun:
            inner = cues.PRONOUN.search(s.text, pronoun.start())
            found_one = self.d.antecedent(s, inner) if inner else None
            return [found_one] if found_one else []
        listed = self.d.listed(s, match.start()) or self.d.group(s, match.start())
        if listed:
            return listed
        subject = self.d.subject(s, match.start())
        if subject is None and (match.start() == s.start or match.group(0).lower().endswith(
            ("since", "from")
        )):  # fmt: skip
            subject = self.d.by_context(s)
        return [subject] if subject else []

    def retirements(self, s: Sentence) -> Iterator[Claim]:
        """Which model was or will be shut down, and when."""
        for match in cues.RETIRES.finditer(s.text, s.start, s.end):
            subject = self.d.subject(s, match.start())
            after = [n for n in s.models if 0 <= n.start - match.end() <= 30]
            is_passive = subject and 0 <= subject.end <= match.start() and re.search(
                r"\b(?:is|was|were|be|been|will|are)\b", s.text[subject.end : match.start()]
            )  # fmt: skip
            if after and not is_passive:
                subject = Who.of(after[0])
            when = self.d.when(s, match.start(), match.end())
            if subject is None or not subject.ids or (
                when is None and not cues.IS_DONE.search(s.before(match.start(), 40))
            ):  # fmt: skip
                continue
            is_notice = match.group(0).lower().startswith("deprec")
            end = max(match.end(), when.end if when else 0)
            yield claim(
                self.d, s, "retirement", span_of(s, match.start(), end, subject), subject,
                status="deprecated" if is_notice else "shut down",
                first_on=when.first if when else None, last_on=when.last if when else None,
                is_denied=s.is_denied(match.start(), until=match.end()),
            )  # fmt: skip

    def availability(self, s: Sentence) -> Iterator[Claim]:
        """Who may use a model at first."""
        parts = [m.end() + s.start for m in re.finditer(r"; |, but |, and ", s.words)]
        bounds = list(zip([s.start, *parts], [*parts, s.end], strict=True))
        for status, pattern in (("none", cues.NO_API), ("limited", cues.LIMITED),
                                ("general", cues.GENERAL), ("api", cues.BY_API)):  # fmt: skip
            match = pattern.search(s.text, s.start, s.end)
            if match is None:
                continue
            begin, end = next(b for b in bounds if b[0] <= match.start() < b[1])
            words = s.text[begin:end]
            subject = self.d.subject(s, match.start())
            named = [n for n in s.models if n.ids]
            if subject is None:
                after = [n for n in named if n.start >= match.end()]
                subject = Who.of(after[0]) if after else self.d.by_context(s)
            if subject is None or ("wait" in match.group(0).lower()
                                   and cues.PRIORITY.search(words)):  # fmt: skip
                continue
            if status == "api" and any(c.kind == "release" and c.start <= match.start() < c.end
                                       for c in s.claims):  # fmt: skip
                return
            is_product = bool(cues.PRODUCT.search(words)) and "API" not in words
            yield claim(
                self.d, s, "availability", match.span(), subject,
                status="product" if is_product else status, scope=match.group(0).lower(),
                is_denied=status != "none" and s.is_denied(match.start(), until=match.end()),
            )  # fmt: skip
            return

    def weights(self, s: Sentence) -> Iterator[Claim]:
        """Whether a model's weights are open."""
        match = cues.WEIGHTS.search(s.text, s.start, s.end)
        if match is None:
            return
        group = self.d.group(s, match.start())
        subject = None if group else self.d.subject(s, match.start())
        if not group and subject is None:
            near = [n for n in s.models if 0 <= n.start - match.end() <= 12]
            named = [n for n in s.models if n.ids]
            subject = Who.of(near[0]) if near else None if named else self.d.by_context(s)
        neither = group and re.search(r"\bneither\b", s.text[s.start : match.start()], re.I)
        for who in group or ([subject] if subject and subject.ids else []):
            yield claim(
                self.d, s, "open_weights", match.span(), who,
                status="open" if match.group("open") else "closed",
                is_denied=bool(neither) or s.is_denied(match.start(), until=match.end()),
            )  # fmt: skip

    def context_windows(self, s: Sentence) -> Iterator[Claim]:
        """How large a model's context window is."""
        for figure in s.figures:
            if figure.value < 1000 or figure.start in s.used:
                continue
            is_bare = figure.kind == "number" and cues.TAKES.search(s.before(figure.start, 24))
            if figure.kind != "tokens" and not (is_bare and "context" in s.words.lower()):
                continue
            around = s.text[max(s.start, figure.start - 60) : min(s.end, figure.end + 40)]
            close = s.text[max(s.start, figure.start - 25) : min(s.end, figure.end + 14)]
            if not cues.CONTEXT.search(around) or cues.NOT_CONTEXT.search(close):
                continue
            group = self.d.group(s, figure.start)
            subject = None if group else self.d.subject(s, figure.start) or self.d.by_context(s)
            s.used.add(figure.start)
            for who in group or ([subject] if subject else []):
                yield claim(
                    self.d, s, "context_window", (figure.start, figure.end), who,
                    value=figure.value, unit="tokens", scope=figure.hedge,
                    is_denied=s.is_denied(figure.start, until=figure.end),
                )  # fmt: skip

    def reasoning(self, s: Sentence) -> Iterator[Claim]:
        """Whether a model thinks before it answers."""
        match = cues.REASONS.search(s.text, s.start, s.end)
        if match is None:
            return
        at = match.start("is")
        subject = self.d.subject(s, at)
        if subject is None or not subject.ids or not 0 <= subject.end <= at:
            return
        between = s.text[subject.end : at]
        if not cues.REASONS_OF.fullmatch(between) or cues.NOT_REASONS_OF.search(between):
            return
        yield claim(
            self.d, s, "reasoning", span_of(s, at, match.end(), subject), subject,
            is_denied=bool(match.group("no")) or s.is_denied(at, until=match.end()),
        )  # fmt: skip

    # -------------------------------------------------------------- winners and losers

    def _losers(self, s: Sentence, opens_block: bool) -> Iterator[Claim]:
        """Who is said to lose or win from what the text is about.

        Below a heading that names losers, a paragraph's first sentence names one without a cue.
        """
        cue = cues.LOSES.search(s.text, s.start, s.end)
        headed = cues.LOSES.search(self.d.heading)
        if cues.CANNIBALISES.search(s.words) or not (cue or (headed and opens_block)):
            return
        sign = cue or headed
        assert sign is not None
        kind = "winner" if sign.group("winner") else "loser"
        at = cue.end() if cue else s.start
        denied = bool(cue) and s.is_denied(at, until=at)
        models = [n for n in s.models if n.ids]
        firms = [n for n in s.names if n.kind in {"company", "companies"}]
        if firms and not [n for n in models if at <= n.start < firms[0].start]:
            ids = {kind: tuple(dict.fromkeys(i for n in firms if n.kind == kind for i in n.ids))
                   for kind in ("company", "companies")}  # fmt: skip
            yield claim(
                self.d, s, "companies_win" if kind == "winner" else "companies_lose",
                (firms[0].start, firms[-1].end), company_ids=ids["company"],
                segment_ids=ids["companies"], is_denied=denied,
            )  # fmt: skip
            return
        chosen = _named_loser(s, models, cue)
        if chosen:
            span = (min(cue.start() if cue else chosen.start, chosen.start), chosen.end)
            yield claim(self.d, s, kind, span, Who.of(chosen), segment_ids=_segments(s),
                        is_denied=denied)  # fmt: skip

    def cannibals(self, s: Sentence) -> Iterator[Claim]:
        """Which model a launch takes sales from."""
        for match in cues.CANNIBALISES.finditer(s.text, s.start, s.end):
            after = [n for n in s.models if n.ids and 0 <= n.start - match.end() <= 40]
            before = [n for n in s.models if n.ids and n.end <= match.start()]
            is_passive = re.match(r"\s?by\b", s.after(match.end(), 5))
            if before and is_passive:
                victim, cause = before[-1], after[0] if after else None
            elif after and not is_passive:
                victim, cause = after[0], before[-1] if before else None
            else:
                continue
            by = Who.of(cause) if cause else None
            span = span_of(s, *match.span(), Who.of(victim), *filter(None, [by]))
            yield claim(
                self.d, s, "cannibalised", span, Who.of(victim), by, segment_ids=_segments(s),
                is_denied=s.is_denied(match.start(), until=victim.end),
            )  # fmt: skip


RULES = (
    _Reader.prices, _Reader.price_ratios, _Reader.scores, _Reader.gaps, _Reader.comparisons,
    _Reader.price_comparisons, _Reader.rankings, _Reader.retirements, _Reader.releases,
    _Reader.weights, _Reader.context_windows, _Reader.reasoning, _Reader.availability,
    _Reader.cannibals,
)  # fmt: skip


def side_of(words: str) -> str:
    """Which side of a price words name first: input, output, cache_read or neither."""
    found = sorted((m.start(), side) for side, p in cues.SIDES if (m := p.search(words)))
    sides = [side for _, side in found]
    if "cache_read" in sides and sides[0] in {"cache_read", "input"}:
        return "cache_read"
    return sides[0] if sides else ""


def ratio_bounds(
    figure: Figure, word: str
) -> tuple[Decimal | None, Decimal | None, Decimal] | None:
    """Bounds and value of the subject's price over the object's; None if the words mean none."""
    low, high, value = figure.low, figure.high, figure.value

    if figure.kind == "percent":
        share = [None if x is None else x / 100 for x in (low, high, value)]
        if word in {"cheaper", "less", "off"}:
            low, high, _ = (None if x is None else 1 - x for x in share)
            return None if value >= 100 else (high, low, 1 - value / 100)
        if word in {"dearer", "more"}:
            low, high, _ = (None if x is None else 1 + x for x in share)
            return low, high, 1 + value / 100
        return share[0], share[1], value / 100
    if not value or word == "off":
        return None
    if word in {"cheaper", "less"} and figure.unit_words == "part":  # "a third cheaper"
        low, high = (None if x is None else 1 - x for x in (low, high))
        return high, low, 1 - value
    if word in {"cheaper", "less"}:
        low, high = (None if not x else 1 / x for x in (low, high))
        return high, low, 1 / value
    return low, high, value


def _metric(s: Sentence, figure: Figure) -> str:
    begin, end = s.clause(figure.start)
    near = s.text[max(begin, figure.start - 80) : min(end, figure.end + 80)]
    return next((name for name, pattern in cues.METRICS if pattern.search(near)), "")


def _segments(s: Sentence) -> tuple[str, ...]:
    return tuple(dict.fromkeys(i for n in s.names for i in n.ids_as("segment")))


def _touches(s: Sentence, first: Figure, second: Figure) -> bool:
    """Whether two figures stand side by side."""
    return bool(re.fullmatch(r"\s?(?:/|and|,|&|\|)\s?", s.text[first.end : second.start]))


def _runs(s: Sentence, items: Sequence[_Item], widest: int) -> list[list[_Item]]:
    """Runs of two or more items with nothing but list words between."""
    runs: list[list[_Item]] = []
    for item in items:
        gap = s.between(runs[-1][-1].end, item.start) if runs else ""
        if runs and len(gap) <= widest and cues.LISTED.fullmatch(gap):
            runs[-1].append(item)
        else:
            runs.append([item])
    return [run for run in runs if len(run) >= 2]


def _named_loser(s: Sentence, models: list[Name], cue: re.Match[str] | None) -> Name | None:
    """The model that a cue of losing or winning speaks of."""
    if cue is None:
        return models[0] if models else None
    after = [n for n in models if n.start >= cue.end()]
    if after and cues.LOSER_IS.fullmatch(s.between(cue.end(), after[0].start)):
        return after[0]
    before = [n for n in models if n.end <= cue.start() and not s.is_governed(n)]
    if before and cues.IS_LOSER.search(s.text[before[-1].end : cue.start()]):
        return before[-1]
    return None


def _until(items: deque[_Placed], end: int) -> list[_Placed]:
    """Take what begins before a position."""
    found = []
    while items and items[0].start < end:
        found.append(items.popleft())
    return found


def _once(claims: Iterable[Claim]) -> list[Claim]:
    """Each claim once, however many cues of a sentence make it."""
    kept: dict[object, Claim] = {}
    for one in claims:
        place = one.start if one.kind in {"price", "score"} else 0
        key = (
            one.kind, one.subject_ids[:1], one.object_ids[:1], one.value, one.side,
            one.benchmark_ids, one.company_ids, one.first_on, one.status, place,
        )  # fmt: skip
        kept.setdefault(key, one)
    return list(kept.values())
