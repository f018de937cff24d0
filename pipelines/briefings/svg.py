"""Drawing as SVG by hand: scales, axes, marks, labels that make room for each other.

Text stays text, looks come from classes, and every mark may carry words for those who hover. The
same drawing serves both media: in HTML the page's style sheet colours the classes, light or dark;
on paper the drawing carries a style sheet of its own. Nothing here knows what a chart shows.
"""

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from html import escape

from pipelines.briefings.facts import plain

#: Colours by name: on paper, and on a dark screen. Hues differ for colour-blind readers (Okabe and
#: Ito's set, darkened until text in them is readable), lightness for greyscale.
COLOURS: Mapping[str, tuple[str, str]] = {
    "ink": ("#1b1f24", "#e6e9ec"),
    "muted": ("#59636e", "#98a2ad"),
    "grid": ("#d9dee3", "#2a323b"),
    "area": ("#edf1f5", "#1a232d"),
    "paper": ("#ffffff", "#0f1419"),
    "one": ("#0b5fa4", "#6cb2f5"),
    "two": ("#b8450b", "#ff9a5c"),
    "three": ("#7b2d8b", "#d79be6"),
    "four": ("#1f6b4f", "#6fcfa6"),
    "five": ("#7a5c14", "#d8b06a"),
}
#: Colours of series in their order, and the dashes that tell them apart without colour.
SERIES = ("one", "two", "three", "four", "five")
DASHES = ("", "7 3", "2 2.5", "9 3 2 3", "4 4")
#: What a letter is wide, as a share of the size of type: enough to keep labels apart.
NARROW, USUAL, CAPITAL, WIDE = 0.36, 0.63, 0.72, 0.94
SIZE = 11.0
BOLD = 1.12


def style(colour: Callable[[str], str], font: str, scope: str = "") -> str:
    """The style sheet of every drawing; `colour` gives what a colour's name means in the medium."""
    rules = [
        f"{scope}text{{font:{SIZE}px {font};fill:{colour('ink')}}}",
        f"{scope}.grid{{stroke:{colour('grid')};stroke-width:.7;fill:none}}",
        f"{scope}.rule{{stroke:{colour('muted')};stroke-width:.8;fill:none}}",
        f"{scope}.area{{fill:{colour('area')};stroke:none}}",
        f"{scope}.halo{{stroke:{colour('paper')};stroke-width:3px;stroke-linejoin:round}}",
        f"{scope}.small{{font-size:9.5px}}",
        f"{scope}.bold{{font-weight:700}}",
    ]
    for name in ("ink", "muted", *SERIES):
        rules += [
            f"{scope}.l-{name}{{stroke:{colour(name)};fill:none;stroke-width:1.8;"
            "stroke-linejoin:round}",
            f"{scope}.w-{name}{{stroke:{colour(name)};fill:none;stroke-width:1.1}}",
            f"{scope}.f-{name}{{fill:{colour(name)};stroke:{colour('paper')};stroke-width:.7}}",
            f"{scope}.b-{name}{{fill:{colour(name)};stroke:none;fill-opacity:.22}}",
            f"{scope}.t-{name}{{fill:{colour(name)}}}",
        ]
    rules.append(f"{scope}.thin{{stroke-width:.6;stroke-opacity:.5}}")
    return "".join(rules)


def width_of(words: str, size: float = SIZE, is_bold: bool = False) -> float:
    """Roughly how wide words are set, in the widest of the usual fonts."""
    return size * (BOLD if is_bold else 1.0) * sum(
        NARROW if c in "il.,:;'|!()[] -fjtr" else WIDE if c in "mwMW@%" else CAPITAL
        if c.isupper() else USUAL if ord(c) < 0x2E80 else 1.0
        for c in words
    )  # fmt: skip


def number(value: float) -> str:
    """A coordinate, short."""
    text = f"{value:.1f}"
    return text.removesuffix(".0")


@dataclass(frozen=True)
class Scale:
    """Values to places along one direction of a drawing, linear or logarithmic."""

    low: float
    high: float
    start: float
    end: float
    is_log: bool = False

    def __call__(self, value: float) -> float:
        """Where a value lies."""
        low, high = self.low, self.high
        if self.is_log:
            value, low, high = math.log(max(value, low * 1e-3)), math.log(low), math.log(high)
        share = (value - low) / ((high - low) or 1.0)
        return self.start + max(-0.5, min(1.5, share)) * (self.end - self.start)


def ticks(low: float, high: float, about: int = 5) -> list[float]:
    """Round values between two others."""
    span = high - low
    if not math.isfinite(span) or span <= 0:
        return [low]
    step = 10.0 ** math.floor(math.log10(span / about))
    step *= next(f for f in (1, 2, 5, 10) if span / (step * f) <= about)
    first = math.ceil(low / step - 1e-9)
    return [i * step for i in range(first, math.floor(high / step + 1e-9) + 1)]


def log_ticks(low: float, high: float, most: int = 8) -> list[float]:
    """1, 2 and 5 of every power of ten between two values, or powers alone if those are many."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for steps in ((1, 2, 5), (1, 3), (1,)):
        found = [s * 10.0**p for p in powers for s in steps if low <= s * 10.0**p <= high]
        if len(found) <= most:
            return found
    return found[:: math.ceil(len(found) / most)]


def month_ticks(first: date, last: date, most: int = 8) -> list[date]:
    """First days of months, or of quarters or years, between two days."""
    months = [
        date(year, month, 1)
        for year in range(first.year, last.year + 1)
        for month in range(1, 13)
        if first <= date(year, month, 1) <= last
    ]
    for every in (1, 2, 3, 6, 12):
        found = [m for m in months if (m.month - 1) % every == 0]
        if len(found) <= most:
            return found or [first]
    return found[:: math.ceil(len(found) / most)]


def day_ticks(first: date, last: date) -> list[date]:
    """Days to write under a time axis: months where there are two, else some days."""
    months = month_ticks(first, last)
    if len(months) > 1:
        return months
    step = max(1, (last - first).days // 6)
    return [first + timedelta(days=i) for i in range(0, (last - first).days + 1, step)]


@dataclass(frozen=True)
class Hover:
    """What hovering over a mark says: a fact, and who states it; nobody if that is empty."""

    words: str
    source: str = ""

    def __bool__(self) -> bool:
        return bool(self.words)


NOTHING = Hover("")


@dataclass
class Canvas:
    """A drawing in the making. Coordinates are pixels of a page `width` wide."""

    name: str
    width: float
    height: float
    parts: list[str | Hover] = field(default_factory=list)

    def add(
        self, tag: str, look: str, says: Hover = NOTHING, words: str = "", **attributes: object
    ) -> None:
        """One element; `says` is what hovering tells, `words` its text."""
        given = "".join(
            f' {key.replace("_", "-")}="{number(v) if isinstance(v, float) else v}"'
            for key, v in attributes.items()
            if v != ""
        )
        looks = f' class="{look}"' if look else ""
        inside = escape(plain(words), quote=False)
        if says:
            self.parts += [f"<{tag}{looks}{given}>", says, f"{inside}</{tag}>"]
        else:
            closed = f">{inside}</{tag}>" if inside else "/>"
            self.parts.append(f"<{tag}{looks}{given}{closed}")

    def line(
        self,
        x1: float,
        y1: float,
        x2: float,
        y2: float,
        look: str,
        says: Hover = NOTHING,
        dash: str = "",
    ) -> None:
        """A straight line."""
        self.add("path", look, says, d=f"M{number(x1)} {number(y1)}L{number(x2)} {number(y2)}",
                 stroke_dasharray=dash)  # fmt: skip

    def lines(self, ends: Iterable[tuple[float, float, float, float]], look: str) -> None:
        """Many straight lines as one element."""
        d = "".join(
            f"M{number(x1)} {number(y1)}L{number(x2)} {number(y2)}" for x1, y1, x2, y2 in ends
        )
        if d:
            self.add("path", look, d=d)

    def path(
        self, points: Iterable[tuple[float, float]], look: str, says: Hover = NOTHING,
        dash: str = "", is_closed: bool = False,
    ) -> None:  # fmt: skip
        """A line through points."""
        d = "L".join(f"{number(x)} {number(y)}" for x, y in points)
        if d:
            self.add("path", look, says, d=f"M{d}{'Z' if is_closed else ''}", stroke_dasharray=dash)

    def rect(
        self, x: float, y: float, w: float, h: float, look: str, says: Hover = NOTHING
    ) -> None:
        """A rectangle; a negative width reaches to the left."""
        left = min(x, x + w)
        self.add("rect", look, says, x=float(left), y=float(y), width=float(abs(w)),
                 height=float(h))  # fmt: skip

    def text(
        self,
        x: float,
        y: float,
        words: str,
        look: str = "",
        anchor: str = "start",
        says: Hover = NOTHING,
    ) -> None:
        """Words with their baseline at `y`; a halo lies under them, not over."""
        self.add(
            "text",
            look,
            says,
            words,
            x=float(x),
            y=float(y),
            text_anchor="" if anchor == "start" else anchor,
            paint_order="stroke" if "halo" in look else "",
        )

    def mark(
        self, shape: str, x: float, y: float, size: float, look: str, says: Hover = NOTHING
    ) -> None:
        """A point as a shape: circle, square, diamond, triangle, cross or star."""
        if shape == "circle":
            self.add("circle", look, says, cx=float(x), cy=float(y), r=float(size))
            return
        corners = [
            (x + size * scale * math.sin(angle), y - size * scale * math.cos(angle))
            for angle, scale in SHAPES[shape]
        ]
        self.path(corners, look, says, is_closed=True)

    def finish(self, title: str, description: str, sheet: str = "") -> str:
        """The drawing as an SVG element with its title and description for those who listen.

        A source that all its marks have is said once, by the title, which those who hover see
        wherever no mark is.
        """
        sources = {part.source for part in self.parts if isinstance(part, Hover) and part.source}
        common = sources.pop() if len(sources) == 1 else ""
        marks = (p if isinstance(p, str) else _title(p, common) for p in self.parts)
        title += f". Source: {common}" if common else ""
        prefix = re.sub(r"[^a-z0-9-]", "-", self.name.lower())
        styled = f"<style>{sheet}</style>" if sheet else ""
        size = f'viewBox="0 0 {number(self.width)} {number(self.height)}"'
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" '
            f'aria-labelledby="{prefix}-title {prefix}-desc">'
            f'<title id="{prefix}-title">{escape(plain(title), quote=False)}</title>'
            f'<desc id="{prefix}-desc">{escape(plain(description), quote=False)}</desc>'
            f"{styled}{''.join(marks)}</svg>"
        )


def _title(hover: Hover, common: str) -> str:
    """What a mark says, with its source unless the whole drawing says that."""
    words = hover.words
    if hover.source and hover.source != common:
        words += f". Source: {hover.source}"
    return f"<title>{escape(plain(words), quote=False)}</title>"


def _polygon(corners: int, turn: float = 0.0) -> list[tuple[float, float]]:
    return [(turn + 2 * math.pi * i / corners, 1.0) for i in range(corners)]


#: Corners of each shape: angle from the top and distance from the middle.
SHAPES: Mapping[str, Sequence[tuple[float, float]]] = {
    "square": [(a, s * 1.25) for a, s in _polygon(4, math.pi / 4)],
    "diamond": [(a, s * 1.3) for a, s in _polygon(4)],
    "triangle": [(a, s * 1.3) for a, s in _polygon(3)],
    "star": [(math.pi * i / 5, 1.9 if i % 2 == 0 else 0.8) for i in range(10)],
    "cross": [
        (math.pi / 4 + math.pi / 2 * i + turn, reach)
        for i in range(4)
        for turn, reach in ((-0.3, 1.6), (0.3, 1.6), (math.pi / 4, 0.62))
    ],
}


@dataclass(frozen=True)
class Label:
    """Words to place beside a point; earlier ones choose first."""

    x: float
    y: float
    words: str
    look: str


#: Places around a point to try for its label: direction of the label's middle, by rising distance.
_AROUND = [
    (dx, dy, reach)
    for reach in (1.0, 2.2, 3.6, 5.2)
    for dx, dy in ((1, 0), (1, -1), (-1, -1), (-1, 0), (1, 1), (-1, 1), (0, -1), (0, 1))
]


def place_labels(
    canvas: Canvas,
    labels: Sequence[Label],
    marks: Sequence[tuple[float, float]],
    lines: Sequence[tuple[tuple[float, float], tuple[float, float]]],
    frame: tuple[float, float, float, float],
) -> None:
    """Write each label where it covers least, with a thin line to its point if it stands off.

    `marks` and `lines` are what labels should not cover; `frame` is left, top, right, bottom.
    """
    taken: list[tuple[float, float, float, float]] = []
    boxes = [(min(x1, x2), max(x1, x2), min(y1, y2), max(y1, y2)) for (x1, y1), (x2, y2) in lines]
    high = SIZE + 3
    for label in labels:
        wide = width_of(label.words, is_bold="bold" in label.look)
        best, best_cost = None, math.inf
        others = [mark for mark in marks if mark != (label.x, label.y)]
        for dx, dy, reach in _AROUND:
            off = 8 + (reach - 1) * 9
            left = (
                label.x + off if dx > 0 else label.x - off - wide if dx < 0 else label.x - wide / 2
            )
            top = label.y - high / 2 + dy * (off + high / 2 if dx == 0 else off * 0.9)
            box = (left, top, left + wide, top + high)
            cost = reach * 3 + (dx < 0) + (dx == 0) * 1.5
            cost += 400 * (
                max(0.0, frame[0] - left) + max(0.0, left + wide - frame[2])
                + max(0.0, frame[1] - top) + max(0.0, top + high - frame[3])
            )  # fmt: skip
            # What each costs is 0 or more: a place that is dearer already needs no further count.
            if cost < best_cost:
                cost += 40 * sum(_overlap(box, other) for other in taken)
            if cost < best_cost:
                cost += 5 * _held(box, others)
            if cost < best_cost:
                cost += 6 * _crossed(box, boxes)
            if cost < best_cost:
                best, best_cost = (box, reach), cost
        assert best is not None
        box, reach = best
        taken.append(box)
        if reach > 1.0:
            x = min(max(label.x, box[0]), box[2])
            y = box[3] if box[3] < label.y else box[1] if box[1] > label.y else label.y
            canvas.line(label.x, label.y, x, y, "rule thin")
        canvas.text(box[0], box[3] - 4, label.words, f"halo {label.look}")


def _overlap(a: tuple[float, float, float, float], b: tuple[float, float, float, float]) -> float:
    across = min(a[2], b[2]) - max(a[0], b[0])
    down = min(a[3], b[3]) - max(a[1], b[1])
    return max(0.0, across) * max(0.0, down) / 40 + 1 if across > 0 and down > 0 else 0.0


def _held(box: tuple[float, float, float, float], points: Sequence[tuple[float, float]]) -> int:
    """How many points lie in a box or close to it."""
    left, top, right, bottom = box[0] - 3, box[1] - 2, box[2] + 3, box[3] + 2
    return sum([left < x < right and top < y < bottom for x, y in points])


def _crossed(
    box: tuple[float, float, float, float], lines: Sequence[tuple[float, float, float, float]]
) -> int:
    """How many lines (left, right, top, bottom) cross a box.

    For lines along an axis, which is all that step charts have; others by their bounding box.
    """
    left, top, right, bottom = box
    return sum([x1 < right and x2 > left and y1 < bottom and y2 > top for x1, x2, y1, y2 in lines])


def spread(places: Sequence[float], apart: float, low: float, high: float) -> list[float]:
    """Places along a line moved as little as needed to lie `apart` from each other."""
    order = sorted(range(len(places)), key=lambda i: places[i])
    found = [0.0] * len(places)
    at = low
    for i in order:
        at = max(places[i], at)
        found[i] = at
        at += apart
    over = max((found[i] for i in order), default=high) - high
    if over > 0:
        limit = high
        for i in reversed(order):
            found[i] = min(found[i], limit)
            limit = found[i] - apart
    return found
