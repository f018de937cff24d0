"""Finds the numbers on a rendered page that neither a fact nor a date stands behind.

Names, titles and others' words hold numbers too: those are told by the warehouse they come from.
"""

import re
from collections.abc import Iterable
from html.parser import HTMLParser

from pipelines.tables import Connection

#: Where a page's names and words come from.
WORDS = (
    ("core.models", "name"), ("core.models", "model_id"), ("core.aliases", "alias"),
    ("core.vendors", "name"), ("core.benchmarks", "name"), ("core.results", "benchmark_release"),
    ("core.results", "configuration"), ("core.results", "system"), ("core.results", "metric"),
    ("core.results", "publisher"), ("core.results", "licence"), ("core.price_claims", "publisher"),
    ("core.price_claims", "licence"), ("core.releases", "availability_scope"),
    ("core.releases", "note"), ("core.release_claims", "publisher"), ("core.events", "title"),
    ("core.events", "event_id"), ("core.companies", "name"), ("core.companies", "sells"),
    ("core.companies", "observed"), ("core.claims", "text"), ("core.claims", "author"),
    ("marts.claim_checks", "because"), ("raw.sources", "title"), ("core.usage", "spelling"),
    ("marts.launch_impact", "demand"), ("core.segments", "name"), ("core.abilities", "name"),
    ("core.offerings", "host_id"), ("marts.claim_checks", "by_now"), ("core.usage", "series"),
    ("analysis.backtest_scores", "model"),
)  # fmt: skip
#: What the method names itself: the two workloads, the level of intervals, levels of capability.
OWN_WORDS = re.compile(r"\b(?:3:1|98:2|80% intervals?|capability 1[1-5]0)(?!\w)")
#: Elements without an end.
EMPTY = frozenset({"meta", "br", "hr", "img", "input", "link"})
DATE = re.compile(
    r"\bbegan \d{4}\b|\b\d{4}-(?:\d\d(?:-\d\d)?|W\d\d)\b|\b\d\d-\d\d\b|\b[A-Z][a-z]+ \d{4}\b"
)
NUMBER = re.compile(r"(?<![\w.#])[\d.,]*\d(?![\w])")


class _Words(HTMLParser):
    """A page's words outside links to facts, those of its facts, and those of its charts."""

    def __init__(self) -> None:
        super().__init__()
        self.bare: list[str] = []
        self.facts: list[str] = []
        self.drawn: list[str] = []
        self.stack: list[tuple[str, bool]] = []
        self.is_body = False
        self.heading = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if found.get("id") == "content":
            self.is_body = True
        if found.get("id") == "sources":  # how many facts each source gave, then the facts
            self.is_body = False
        if tag in EMPTY:
            return
        link = tag == "a" and bool(re.fullmatch(r"#f\d+", found.get("href") or ""))
        # Axes are a scale, not a statement; what is drawn in other looks states something.
        axis = tag == "text" and "t-muted" in (found.get("class") or "")
        self.stack.append(("axis" if axis else tag, link))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A shape: no words inside."""

    def handle_endtag(self, tag: str) -> None:
        if tag not in EMPTY:
            self.stack.pop()

    def handle_data(self, data: str) -> None:
        if not self.is_body or not data.strip():
            return
        tags = [tag for tag, _ in self.stack]
        if any(link for _, link in self.stack):
            self.facts.append(data)
        elif "svg" in tags:
            if tags[-1] == "text":
                self.drawn.append(data)
        elif "code" not in tags and "nav" not in tags:
            self.bare.append(data)


def names_of(connection: Connection) -> list[str]:
    """Every word of the warehouse that holds a digit, the longest first."""
    found: set[str] = set()
    for table, column in WORDS:
        query = f"select distinct {column} from {table} where regexp_matches({column}, '[0-9]')"
        for (value,) in connection.execute(query).fetchall():
            text = " ".join(str(value).split())
            found |= {
                text,
                text.replace("_", " ").replace(":", ", "),
                text.strip('"“”'),
                text.replace('"', ""),
                text.rpartition("/")[2],
            }
    found = {name for name in found if re.search(r"[^\W\d]", name)}
    return sorted(found, key=lambda name: (-len(name), name))


def without_a_fact(html: str, names: Iterable[str]) -> list[str]:
    """Each number of a page that is no fact's and no date's, with the words around it."""
    parser = _Words()
    html = re.sub(r"</?time>", "", html)  # a day inside a sentence does not part it
    parser.feed(html)
    known = [name for name in names if name in html or _escaped(name) in html]
    stated = {number for words in parser.facts for number in NUMBER.findall(words)}
    found = []
    for words in parser.bare:
        left = _cleaned(words, known)
        # The number of a fact, where it is named.
        left = re.sub(r"\bf\d+\b", " ", left)
        found += [f"{number} in: {words.strip()[:120]}" for number in NUMBER.findall(left)]
    for words in parser.drawn:
        left = _cleaned(words, known)
        found += [
            f"{number} drawn in: {words.strip()[:120]}"
            for number in NUMBER.findall(left) if number not in stated
        ]  # fmt: skip
    return found


def _escaped(name: str) -> str:
    return name.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _cleaned(words: str, names: Iterable[str]) -> str:
    left = " ".join(words.split())
    for name in names:
        if name in left:
            left = re.sub(rf"(?<![\w.]){re.escape(name)}(?!\w)", " ", left)
    return DATE.sub(" ", OWN_WORDS.sub(" ", left))
