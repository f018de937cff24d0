"""Finds figures in running text: what they count, and between which bounds the truth must lie.

A figure says how exact it is: 70% stands for all from 69.5 to 70.5, 70.0% for 69.95 to 70.05. Words
before it ("about", "more than") widen that. Which model or benchmark a figure belongs to is not
decided here.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal

#: "About 70" allows this share of the figure either way.
ABOUT = Decimal("0.05")
#: "Nearly 70" allows this share below, and nothing above.
NEARLY = Decimal("0.08")
MILLION = Decimal(1_000_000)


@dataclass(frozen=True)
class Figure:
    """A number with what it counts.

    `kind` is percent, usd, points, times, tokens or number. `low` and `high` bound the values it is
    right for (None: unbounded). `decimals` is how many it shows. `unit_words` are the words of its
    unit that say more, in lower case (`x`, `times`, `half`, `million`).
    """

    kind: str
    value: Decimal
    low: Decimal | None
    high: Decimal | None
    decimals: int
    start: int
    end: int
    unit_words: str = ""
    hedge: str = ""


_N = r"(?:\d{1,3}(?:,\d{3}){1,3}|\d{1,9})(?:\.\d{1,6})?|\.\d{1,6}"
_FIGURE = re.compile(
    r"(?<![\w.])(?:"
    rf"(?:US|usd )?\$ ?(?P<usd>{_N})(?P<usd_unit> ?(?:million|billion|trillion|bn|[KMB](?![a-z/])|k"
    r"(?![a-z/])|m(?![a-z/]))(?! (?:input |output |prompt |completion )?tokens?))?"
    rf"|(?P<cents>{_N}) ?(?:US )?(?:cents?\b|¢)"
    rf"|(?P<dollars>{_N}) ?(?:(?:US )?dollars?\b|USD\b)"
    rf"|(?P<percent>{_N}) ?(?:%|percent\b|per cent\b)(?! points?)(?!-point)"
    rf"|(?P<points>{_N})[ -]?(?:percentage[ -]|percent[ -]|%[ -])?(?:points?|pts?|pp)\b"
    rf"|(?P<times>{_N})(?P<times_unit> ?(?:x\b|-?fold\b|times\b))"
    rf"|(?P<tokens>{_N})(?P<tokens_unit> ?(?:[kKmM]|thousand|million))?[ -]?(?:input |output )?"
    r"(?:tokens?\b|context\b|-?tokens? context)"
    rf"|(?P<number>{_N})(?![\w%]|\.\d)"
    r")",
)
#: Numbers that count something else: shots, attempts, sizes, years, clocks, list numbers.
_NO_FIGURE = re.compile(
    r"[- ]?(?:shot|th\b|st\b|nd\b|rd\b|k\b|[bB]\b|billion|million|trillion|parameter|hours?|"
    r"minutes?|"
    r"seconds?|days?|weeks?|months?|years?|people|users|customers|developers|companies|pages|"
    r"tasks|problems|questions|languages|am\b|pm\b|ms\b|gb\b|°)",
    re.IGNORECASE,
)
_WORD_NUMBERS = {
    "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "eleven": 11, "twelve": 12, "fifteen": 15, "twenty": 20, "thirty": 30, "forty": 40,
    "fifty": 50, "hundred": 100,
}  # fmt: skip
_PARTS = {
    "half": 2, "third": 3, "quarter": 4, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7,
    "eighth": 8, "ninth": 9, "tenth": 10, "twentieth": 20, "hundredth": 100, "thirtieth": 30,
    "fortieth": 40,
}  # fmt: skip
_IN_WORDS = re.compile(
    r"\b(?:"
    r"(?P<times>" + "|".join(_WORD_NUMBERS) + r")(?: times|-?fold)\b"
    r"|(?P<part>(?:(?:a|one)[ -]|(?P<many>two|three)[ -])?(?P<nth>" + "|".join(_PARTS) + r")s?)\b"
    r"|(?P<twice>twice|double|triple)\b"
    r"|(?P<tokens>a|one|two) million[ -]tokens?\b"
    r"|(?P<percent>" + "|".join(_WORD_NUMBERS) + r")(?: percent| per cent)\b"
    r"|(?P<million>one|two) million\b"
    r")",
    re.IGNORECASE,
)
_HEDGE = re.compile(
    r"(?P<about>about|around|roughly|approximately|some|circa|approx\.?|~|≈|in the order of)"
    r"|(?P<over>over|more than|above|at least|upwards of|exceeding|north of|greater than|>|≥|past)"
    r"|(?P<under>under|less than|below|fewer than|at most|no more than|not even|<|≤|barely)"
    r"|(?P<nearly>nearly|almost|close to|just under|just shy of|just below|approaching)"
    r"|(?P<upto>up to|as (?:much|many|high|low) as)",
    re.IGNORECASE,
)


def _decimal(text: str) -> Decimal:
    return Decimal(text.replace(",", ""))


def _decimals(text: str) -> int:
    return len(text.partition(".")[2])


def _rounded(value: Decimal, decimals: int) -> tuple[Decimal, Decimal]:
    half = Decimal(5).scaleb(-decimals - 1)
    return value - half, value + half


def figures(text: str, taken: Iterable[tuple[int, int]] = ()) -> list[Figure]:
    """The figures of a text in order; none inside the `taken` spans (names, dates)."""
    spans = sorted(taken)
    found: list[Figure] = []
    for match in _FIGURE.finditer(text):
        figure = _figure(match)
        if (figure and not _NO_FIGURE.match(text, figure.end)) or (
            figure and figure.kind != "number"
        ):
            found.append(figure)
    for match in _IN_WORDS.finditer(text):
        figure = _in_words(match)
        if figure:
            found.append(figure)
    found.sort(key=lambda f: (f.start, -f.end))
    kept: list[Figure] = []
    place = 0
    for figure in found:
        while place < len(spans) and spans[place][1] <= figure.start:
            place += 1
        inside = place < len(spans) and spans[place][0] < figure.end
        if inside or (kept and figure.start < kept[-1].end):
            continue
        kept.append(_hedged(text, figure))
    return kept


def _figure(match: re.Match[str]) -> Figure | None:
    part = match.groupdict()
    start, end = match.span()
    if part["usd"] is not None:
        if part["usd_unit"]:
            return None  # an amount, not a price per token
        value, decimals = _decimal(part["usd"]), _decimals(part["usd"])
        return Figure("usd", value, *_rounded(value, max(decimals, 2)), decimals, start, end)
    if part["cents"] is not None:
        value = _decimal(part["cents"]) / 100
        decimals = _decimals(part["cents"]) + 2
        return Figure("usd", value, *_rounded(value, decimals), decimals, start, end, "cents")
    if part["dollars"] is not None:
        value, decimals = _decimal(part["dollars"]), _decimals(part["dollars"])
        return Figure("usd", value, *_rounded(value, max(decimals, 2)), decimals, start, end)
    if part["tokens"] is not None:
        unit = (part["tokens_unit"] or "").strip().lower()
        scale = {"k": 1000, "thousand": 1000, "m": 1_000_000, "million": 1_000_000}.get(unit, 1)
        value = _decimal(part["tokens"]) * scale
        return Figure("tokens", value, value, value, 0, start, end, unit)
    for kind in ("percent", "points", "times", "number"):
        if part[kind] is not None:
            value, decimals = _decimal(part[kind]), _decimals(part[kind])
            unit = (part["times_unit"] or "").strip(" -") if kind == "times" else ""
            return Figure(kind, value, *_rounded(value, decimals), decimals, start, end, unit)
    return None


def _in_words(match: re.Match[str]) -> Figure | None:
    part = match.groupdict()
    start, end = match.span()
    if part["times"]:
        value = Decimal(_WORD_NUMBERS[part["times"].lower()])
        return Figure("times", value, *_rounded(value, 0), 0, start, end, "times")
    if part["nth"]:
        many = {"two": 2, "three": 3}.get((part["many"] or "").lower(), 1)
        value = Decimal(many) / _PARTS[part["nth"].lower()]
        slack = value * ABOUT * 2
        return Figure("times", value, value - slack, value + slack, 0, start, end, "part")
    if part["twice"]:
        value = Decimal(3 if part["twice"].lower() == "triple" else 2)
        slack = value * ABOUT
        return Figure("times", value, value - slack, value + slack, 0, start, end, "twice")
    if part["tokens"] or part["million"]:
        word = (part["tokens"] or part["million"]).lower()
        value = MILLION * (2 if word == "two" else 1)
        return Figure("tokens", value, value, value, 0, start, end, "million")
    if part["percent"]:
        value = Decimal(_WORD_NUMBERS[part["percent"].lower()])
        return Figure("percent", value, *_rounded(value, 0), 0, start, end)
    return None


def _hedged(text: str, figure: Figure) -> Figure:
    """The figure with the bounds its hedge allows."""
    before = text[max(0, figure.start - 18) : figure.start]
    hedge = None
    for match in _HEDGE.finditer(before):
        if before[match.end() :].strip() in {"", "a", "an", "the"}:
            hedge = match
    if hedge is None:
        return figure
    name = hedge.lastgroup or ""
    value, low, high = figure.value, figure.low, figure.high
    if name == "about" and low is not None and high is not None:
        low, high = min(low, value - value * ABOUT), max(high, value + value * ABOUT)
    elif name == "over":
        low, high = value, None
    elif name == "under":
        low, high = None, value
    elif name == "nearly":
        low = value - value * NEARLY
    return replace(figure, low=low, high=high, hedge=name)
