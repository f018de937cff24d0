"""Figures and the facts behind them: nothing reaches a page as a bare number.

A *fact* is one row of the warehouse with its provenance; a *figure* is a value of it as a page
shows it. `Facts` numbers facts in the order in which a page first cites them. It also escapes every
other value a template prints, so that no name from a feed can break or inject markup.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

from markupsafe import Markup

#: Licence named for figures computed here.
COMPUTED = "computed from results and prices under their own licences"
BELLWETHER = "Bellwether"
#: Control characters, marks that reverse the direction of text, and invisible ones.
UNWANTED = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+")
#: Letters of scripts that run from right to left.
RIGHT_TO_LEFT = re.compile(r"[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
MARKDOWN = re.compile(r"([\\`*_{}\[\]<>|~&$#!])")
#: What begins a list, a quotation or a heading where a line begins with it.
LINE_START = re.compile(r"^(?:[-+=]+(?=$|\s)|\d+(?=[.)](?:$|\s)))")


class BareNumber(TypeError):
    """A number on its way to a page without a fact: a mistake in a template or its data."""


@dataclass(frozen=True)
class Fact:
    """One fact with its provenance and the query that gets it."""

    says: str
    value: str
    unit: str
    publisher: str
    published_on: date | None
    known_on: date | None
    licence: str
    query: str
    source_url: str | None = None
    is_disputed: bool = False
    note: str | None = None
    #: Nobody who measured or sells it says so: a secondary source's word, or memory.
    is_unverified: bool = False

    @property
    def mark(self) -> str:
        """What stands beside each of its figures where a reader must be warned."""
        return "disputed" if self.is_disputed else "unverified" if self.is_unverified else ""

    @property
    def link(self) -> str | None:
        """The source's address, if it is one a browser may open."""
        url = self.source_url or ""
        return url if re.match(r"https?://[^\s\"'<>]+$", url) else None

    @cached_property
    def citation(self) -> str:
        """Publisher, dates and licence."""
        day = self.published_on or self.known_on
        known = self.published_on and self.known_on != self.published_on and self.known_on
        licence = "computed" if self.licence == COMPUTED else self.licence
        parts = (self.publisher, day, known and f"known {known}", licence)
        return ", ".join(plain(part) for part in parts if part)


@dataclass(frozen=True)
class Figure:
    """A value as a page shows it, the fact it comes from, and the value itself with its format."""

    text: str
    fact: Fact
    value: Any = None
    format: str = "text"


@dataclass
class Facts:
    """The facts a page cites, numbered by first appearance."""

    numbers: dict[str, int] = field(default_factory=dict)
    cited: list[Fact] = field(default_factory=list)
    #: Figures shown, by their fact's number and their text: what spreadsheets are made from.
    shown: dict[tuple[int, str], Figure] = field(default_factory=dict)

    def figure(self, value: Any, format: str, fact: Fact) -> Figure | None:
        """The one way a number gets onto a page. A missing value stays missing."""
        return None if value is None else Figure(FORMATS[format](value), fact, value, format)

    def number(self, fact: Fact) -> int:
        """The fact's number on this page; the same query is the same fact."""
        if fact.query not in self.numbers:
            self.cited.append(fact)
            self.numbers[fact.query] = len(self.cited)
        return self.numbers[fact.query]

    def show(self, value: Any) -> Markup:
        """Markdown of any value: the template's `finalize`."""
        if isinstance(value, Figure):
            number = self.number(value.fact)
            self.shown[number, plain(value.text)] = value
            mark = f" ({value.fact.mark})" if value.fact.mark else ""
            return Markup(f"[{markdown(value.text)}](#f{number}){mark}")
        if isinstance(value, Fact):
            mark = f", {value.mark}" if value.mark else ""
            return Markup(f"[f{self.number(value)}](#f{self.number(value)}){mark}")
        if hasattr(value, "__html__"):
            return Markup(value)
        if isinstance(value, (int, float, Decimal)):
            raise BareNumber(f"{value} would stand on a page without a fact behind it")
        return Markup("–") if value is None else Markup(markdown(value))

    def listed(self, values: Iterable[Any]) -> Markup:
        """`a, b and c`, each shown as `show` shows it."""
        shown = [self.show(value) for value in values]
        if len(shown) < 2:
            return Markup("".join(shown))
        return Markup(f"{', '.join(shown[:-1])} and {shown[-1]}")

    def listed_facts(self) -> Iterator[tuple[str, Fact]]:
        """Facts cited, with their numbers as words."""
        return ((str(number), fact) for number, fact in self.entries())

    def entries(self) -> Iterator[tuple[int, Fact]]:
        """Facts cited, with their numbers."""
        return enumerate(self.cited, start=1)


def plain(value: Any) -> str:
    """Text on one line, without characters that hide or reorder what stands beside them."""
    text = str(value)
    if text.isascii() and text.isprintable():  # most are, and a page asks this of 26,000
        return " ".join(text.split())
    text = re.sub(r"\s+", " ", UNWANTED.sub(" ", text)).strip()
    return f"\u2068{text}\u2069" if RIGHT_TO_LEFT.search(text) else text


def markdown(value: Any) -> str:
    """Text that Markdown shows as it is, wherever in a line it stands."""
    text = MARKDOWN.sub(r"\\\1", plain(value))
    start = LINE_START.match(text)
    if start is None:
        return text
    at = start.end() if text[0].isdigit() else 0
    return f"{text[:at]}\\{text[at:]}" if at < len(text) else text


def code(value: Any) -> Markup:
    """A Markdown code span that holds any text."""
    text = plain(value)
    fence = "`" * (max((len(run) for run in re.findall("`+", text)), default=0) + 1)
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return Markup(f"{fence}{pad}{text}{pad}{fence}")


def decimal_places(value: Any, least: int = 0) -> str:
    """An exact decimal without trailing zeros, with at least `least` places."""
    text = format(Decimal(str(value)).normalize(), ",f")
    whole, _, places = text.partition(".")
    places = places.ljust(least, "0")
    return f"{whole}.{places}" if places else whole


def usd(value: Any) -> str:
    """Dollars to the cent; four digits below a dollar, where prices are finer than cents."""
    amount = Decimal(str(value))
    amount = Decimal(f"{amount:.4g}") if 0 < abs(amount) < 1 else round(amount, 2)
    return f"${decimal_places(amount, 2)}"


def percent(share: Any) -> str:
    """A share as a whole percentage; finer below one percent."""
    value = 100 * float(share)
    return f"{value:,.0f}%" if abs(value) >= 1 or value == 0 else f"{value:.1g}%"


def change(share: Any) -> str:
    """A relative difference with its sign; a ratio once it has doubled."""
    value = float(share)
    if abs(value) < 0.005:
        return "the same"
    if value >= 1:
        return f"{value + 1:.3g} times as much"
    size = f"{abs(value):.0%}" if value > -0.99 else f"{abs(value):.1%}"
    return f"{size} {'more' if value > 0 else 'less'}"


def probability(value: Any) -> str:
    """A probability with two places; certainty only where prices alone decide."""
    share = float(value)
    if share in (0.0, 1.0):
        return f"{share:.0f}"
    return ">0.99" if share > 0.99 else "<0.01" if share < 0.01 else f"{share:.2f}"


def signed(share: Any) -> str:
    """A relative change with its sign, as a whole percentage."""
    value = float(share)
    return "no change" if abs(value) < 0.005 else f"{value:+.0%}".replace("-", "−")


def signed_interval(ends: Any) -> str:
    """A relative change, median first, with the ends of its interval."""
    middle, low, high = map(signed, ends)
    return f"{middle} ({low} to {high})"


def times(ratio: Any) -> str:
    """How many times as much: two digits, whole from ten on."""
    return f"{float(ratio):.2g}" if float(ratio) < 10 else f"{float(ratio):,.0f}"


def percent_interval(ends: Any) -> str:
    """A share, median first, with the ends of its interval."""
    middle, low, high = map(percent, ends)
    return f"{middle} ({low} to {high})"


FORMATS: Mapping[str, Callable[[Any], str]] = {
    "usd": usd,
    "signed": signed,
    "signed_interval": signed_interval,
    "percent_interval": percent_interval,
    "times": times,
    "crps": lambda value: f"{float(value):.3f}",
    "log_score": lambda value: f"{float(value):.2f}".replace("-", "−"),
    "index": lambda value: f"{float(value):.1f}",
    "cost_pair": lambda value: f"{usd(value[0])} in, {usd(value[1])} out",
    "pair": lambda value: f"{usd(value[0])} / {usd(value[1])}",
    "cost": lambda value: usd(Decimal(f"{float(value):.2g}") if float(value) < 1 else value),
    "percent": percent,
    "change": change,
    "probability": probability,
    "percent_score": lambda value: f"{decimal_places(value, 1)}%",
    "elo_score": lambda value: f"{float(value):,.0f}",
    "points": lambda value: f"{float(value):.1f}",
    "interval": lambda value: "{:.1f} ({:.1f} to {:.1f})".format(*value),
    "rank": lambda value: "{} of {}".format(*value),
    "count": lambda value: f"{int(value):,}",
    "date": lambda value: f"{day(value):%Y-%m-%d}",
    "text": str,
}


def day(value: date | datetime) -> date:
    """The day of a date or timestamp."""
    return value.date() if isinstance(value, datetime) else value


def score_format(unit: str) -> str:
    """The name of the format for a benchmark's unit."""
    return f"{unit}_score"


def quoted(value: Any) -> str:
    """A SQL string literal."""
    return "'" + str(value).replace("'", "''") + "'"
