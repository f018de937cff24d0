"""The kinds of chart a briefing shows: what each draws, its data as a table, and its words.

A chart takes figures that are facts already. Its title, which states the finding, is the
template's. Shapes and dashes differ as well as colours.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from typing import Protocol

from pipelines.briefings.facts import COMPUTED, Fact, Figure, plain, usd
from pipelines.briefings.svg import (
    DASHES,
    SERIES,
    SIZE,
    Canvas,
    Hover,
    Label,
    Scale,
    day_ticks,
    log_ticks,
    place_labels,
    spread,
    style,
    ticks,
    width_of,
)

WIDTH = 760.0
#: Rows of a chart's table on the page; all of them are in Markdown, CSV and Excel.
TABLE_ROWS = 20
PAPER_FONT = "IBM Plex Sans"
#: A heading of a table, and whether numbers stand below it.
Column = tuple[str, bool]
Cell = Figure | str | None


class Chart(Protocol):
    """What every kind of chart can do."""

    @property
    def name(self) -> str:
        """What the template calls it; unique on its page."""

    @property
    def description(self) -> str:
        """Alternative text: what a reader who does not see the chart should know."""

    @property
    def columns(self) -> Sequence[Column]:
        """Headings of its table."""

    @property
    def rows(self) -> Sequence[Sequence[Cell]]:
        """Its data."""

    def paint(self, canvas: Canvas) -> None:
        """Draw it."""

    @property
    def height(self) -> float:
        """How tall it is, in pixels of a page 760 wide."""


def fonts() -> Path:
    """Folder of the font that print uses, from its package: the page looks alike anywhere."""
    return Path(str(files("fontpkg_ibm_plex_sans").joinpath("files")))


@dataclass(frozen=True)
class Drawing:
    """A chart drawn once, for every medium: finding room for its labels is most of the work."""

    canvas: Canvas
    title: str
    description: str

    def on_screen(self) -> str:
        """An SVG element that the page colours, light or dark (`screen_style`)."""
        return self.canvas.finish(self.title, self.description)

    def on_paper(self, colours: Mapping[str, tuple[str, str]]) -> str:
        """An SVG element that carries its colours, the light ones of those given."""
        sheet = style(lambda name: colours[name][0], f"'{PAPER_FONT}', sans-serif")
        return self.canvas.finish(self.title, self.description, sheet)


def draw(chart: Chart, title: str) -> Drawing:
    """The chart under its title; same input, same bytes."""
    canvas = Canvas(chart.name, WIDTH, chart.height)
    chart.paint(canvas)
    return Drawing(canvas, title, chart.description)


def screen_style() -> str:
    """Style of all charts on a page whose custom properties `--chart-*` hold the colours."""
    return style(lambda name: f"var(--chart-{name})", "var(--font)", "figure svg ")


def hover(words: str, *figures: Figure | None) -> Hover:
    """What hovering over a mark says: its words, and who states the fact behind them."""
    cited = list(
        dict.fromkeys(
            f"{f.fact.publisher}, computed" if f.fact.licence == COMPUTED else f.fact.citation
            for f in figures
            if f is not None
        )
    )
    return Hover(words, "; ".join(cited))


def legend(
    canvas: Canvas, entries: Sequence[tuple[str, str, str, str]], left: float, y: float = 14.0
) -> None:
    """Words for marks and lines, in a row: kind (`line` or a shape), look, dash, words."""
    x = left
    for kind, look, dash, words in entries:
        if kind == "line":
            canvas.line(x, y - 4, x + 22, y - 4, look, dash=dash)
            x += 27
        elif kind == "band":
            canvas.rect(x, y - 10, 18, 11, look)
            x += 23
        else:
            canvas.mark(kind, x + 5, y - 4, 4, look)
            x += 14
        canvas.text(x, y, words, "small")
        x += width_of(words, 9.5) + 14


# ------------------------------------------------------------------ the frontier around an event


@dataclass(frozen=True)
class Point:
    """One model: what it costs, how able it is, and what it is to the event."""

    name: str
    price: float
    capability: float
    low: float
    high: float
    kind: str
    is_labelled: bool
    price_figure: Figure | None
    capability_figure: Figure | None


#: Shape, size and look by what a model is, and the words for it.
MARKS: Mapping[str, tuple[str, float, str, str]] = {
    "behind": ("circle", 2.6, "muted", "dominated"),
    "frontier": ("square", 4.0, "one", "on the frontier"),
    "lost": ("cross", 5.0, "three", "position lost"),
    "entrant": ("star", 6.0, "two", "launched"),
}


@dataclass(frozen=True)
class Frontier:
    """A segment's Pareto frontier: price against capability, before and after an event.

    `before` may be empty: then there is one frontier only. Steps are price and capability.
    """

    name: str
    segment: str
    points: Sequence[Point]
    before: Sequence[tuple[float, float]]
    after: Sequence[tuple[float, float]]
    fact: Fact
    entrant_words: str = "launched"
    winners: Sequence[str] = ()
    losers: Sequence[str] = ()
    behind: Sequence[tuple[str, str]] = ()
    interval: str = ""

    height = 440.0

    @property
    def description(self) -> str:
        """Alternative text: what a reader who does not see the chart should know."""
        steps = {price: None for price, _ in self.after}
        on = sorted((p for p in self.points if p.price in steps and p.kind != "behind"),
                    key=lambda p: p.price)  # fmt: skip
        named = ", ".join(f"{plain(p.name)} {usd(p.price)} at {p.capability:.1f}" for p in on)
        return (
            f"{len(self.points)} models by list price per million tokens, logarithmic, and "
            f"capability in index points. Frontier, cheapest first: {named}."
        )

    @property
    def columns(self) -> Sequence[Column]:
        """Headings of its table."""
        return (
            ("Model", False), ("Place", False), ("Price, 3:1", True),
            (f"Capability ({self.interval} interval)", True),
        )  # fmt: skip

    @property
    def rows(self) -> Sequence[Sequence[Cell]]:
        """One row a model, most capable first."""
        return [
            (p.name, self._words(p.kind), p.price_figure, p.capability_figure)
            for p in sorted(self.points, key=lambda p: -p.capability)
        ]

    def paint(self, canvas: Canvas) -> None:
        """Draw axes, the dominated area, both frontiers, every model, then labels."""
        left, top, right, bottom = 46.0, 28.0, WIDTH - 8, self.height - 40
        named = [p for p in self.points if p.kind != "behind"] or list(self.points)
        prices = [p.price for p in self.points] + [price for price, _ in self.before]
        least = min([p.low for p in named] + [p.capability for p in self.points])
        most = max([p.high for p in named] + [c for _, c in self.before])
        room = 0.05 * (most - least or 1)
        x = Scale(min(prices) / 1.5, max(prices) * 1.6, left, right, is_log=True)
        y = Scale(least - room, most + 2 * room, bottom, top)
        _money_axis(canvas, x, top, bottom, "List price at 3:1, USD per million tokens")
        _value_axis(canvas, y, left, right, "Capability, index points")
        drawn = []
        for steps, look, dash, is_area in (
            (self.after, "one", "", True), (self.before, "five", "6 4", False)
        ):  # fmt: skip
            corners = _stairs(steps, x, y, right, bottom)
            if is_area and corners:
                canvas.path([*corners, (right, bottom)], "area", is_closed=True)
            drawn.append((corners, look, dash))
        for value in log_ticks(x.low, x.high):
            canvas.line(x(value), top, x(value), bottom, "grid")
        for corners, look, dash in drawn:
            canvas.path(corners, f"l-{look}", dash=dash)
        for kind in MARKS:
            thin = " thin" if kind == "behind" else ""
            canvas.lines(
                [
                    (x(p.price), y(min(p.high, y.high)), x(p.price), y(max(p.low, y.low)))
                    for p in self.points
                    if p.kind == kind
                ],
                f"w-{MARKS[kind][2]}{thin}",
            )
        abler = sorted((p.capability for p in self.points), reverse=True)[:TABLE_ROWS]
        for kind, (shape, size, look, _) in MARKS.items():
            for p in (p for p in self.points if p.kind == kind):
                words = f"{plain(p.name)}: {usd(p.price)} at 3:1, capability {p.capability:.1f}"
                says = Hover(words)  # of the many far behind, name and value will do
                if kind != "behind" or p.capability >= abler[-1]:
                    words += f" ({p.low:.1f} to {p.high:.1f})"
                    says = hover(words, p.price_figure, p.capability_figure)
                canvas.mark(shape, x(p.price), y(p.capability), size, f"f-{look}", says)
        order = ("entrant", "lost", "frontier", "behind")
        labels = [
            Label(x(p.price), y(p.capability), plain(p.name), _label_look(p.kind))
            for p in sorted(self.points, key=lambda p: (order.index(p.kind), -p.capability))
            if p.is_labelled
        ]
        lines = [pair for corners, _, _ in drawn for pair in pairwise(corners)]
        marks = [(x(p.price), y(p.capability)) for p in self.points]
        place_labels(canvas, labels, marks, lines, (left, top - 6, right, bottom))
        kinds = {p.kind for p in self.points}
        lines_of = [("line", "l-one", "", "frontier after" if self.before else "frontier")]
        if self.before:
            lines_of.insert(0, ("line", "l-five", "6 4", "frontier before"))
        marks_of = [
            (MARKS[k][0], f"f-{MARKS[k][2]}", "", self._words(k))
            for k in ("entrant", "lost", "frontier", "behind") if k in kinds
        ]  # fmt: skip
        legend(canvas, [*lines_of, *marks_of], left)

    def _words(self, kind: str) -> str:
        return self.entrant_words if kind == "entrant" else MARKS[kind][3]


def _label_look(kind: str) -> str:
    return {"entrant": "bold t-two", "lost": "t-three"}.get(kind, "")


def _stairs(
    steps: Sequence[tuple[float, float]], x: Scale, y: Scale, right: float, bottom: float
) -> list[tuple[float, float]]:
    if not steps:
        return []
    corners = [(x(steps[0][0]), bottom)]
    for price, capability in steps:
        corners += [(x(price), corners[-1][1]), (x(price), y(capability))]
    return [*corners, (right, corners[-1][1])]


def _money_axis(canvas: Canvas, x: Scale, top: float, bottom: float, words: str) -> None:
    for value in log_ticks(x.low, x.high):
        canvas.text(x(value), bottom + 15, f"${value:g}", "t-muted", "middle")
    canvas.text((x.start + x.end) / 2, bottom + 32, words, "t-muted", "middle")


def _value_axis(
    canvas: Canvas, y: Scale, left: float, right: float, words: str, form: str = "{:g}",
    values: Sequence[float] = (),
) -> None:  # fmt: skip
    for value in values or ticks(y.low, y.high):
        canvas.line(left, y(value), right, y(value), "grid")
        canvas.text(left - 6, y(value) + 4, form.format(value), "t-muted", "end")
    if words:
        middle = (y.start + y.end) / 2
        canvas.parts.append(
            f'<text class="t-muted" text-anchor="middle" transform="translate(11 {middle:.0f}) '
            f'rotate(-90)">{words}</text>'
        )


def _days(first: date, last: date, left: float, right: float) -> Scale:
    return Scale(first.toordinal(), max(last.toordinal(), first.toordinal() + 1), left, right)


def _time_axis(canvas: Canvas, x: Scale, top: float, bottom: float) -> None:
    first, last = date.fromordinal(int(x.low)), date.fromordinal(int(x.high))
    marks = day_ticks(first, last)
    for day in marks:
        at = x(day.toordinal())
        canvas.line(at, top, at, bottom, "grid")
        form = "%Y-%m" if day.day == 1 and (last - first).days > 60 else "%m-%d"
        canvas.text(at, bottom + 15, day.strftime(form), "t-muted", "middle")


# ------------------------------------------------------------------ price history as steps


@dataclass(frozen=True)
class PriceStep:
    """A price that held from one day until another, or until the chart's last day."""

    start: date
    end: date | None
    price: float
    figure: Figure | None


@dataclass(frozen=True)
class PriceHistory:
    """Prices over time as steps on a logarithmic axis; gaps where none is known.

    `series` are named runs of steps, at most five; `events` are days with words.
    """

    name: str
    series: Sequence[tuple[str, Sequence[PriceStep]]]
    events: Sequence[tuple[date, str]]
    first: date
    last: date

    height = 300.0

    @property
    def description(self) -> str:
        """Alternative text."""
        said = []
        for label, steps in self.series:
            if steps:
                said.append(
                    f"{plain(label)}: {usd(steps[0].price)} from {steps[0].start}, "
                    f"{usd(steps[-1].price)} from {steps[-1].start}"
                )
        return f"Prices over time, logarithmic, {self.first} to {self.last}. {'; '.join(said)}."

    @property
    def columns(self) -> Sequence[Column]:
        """Headings of its table."""
        return (("Series", False), ("From", False), ("Until", False), ("Price", True))

    @property
    def rows(self) -> Sequence[Sequence[Cell]]:
        """One row a step."""
        return [
            (label, str(step.start), str(step.end) if step.end else "still", step.figure)
            for label, steps in self.series
            for step in steps
        ]

    def paint(self, canvas: Canvas) -> None:
        """Draw axes, events, steps, and each series' name at its end."""
        names = [f"{plain(label)} {usd(s[-1].price)}" for label, s in self.series if s]
        left, top, bottom = 52.0, 34.0, self.height - 26
        right = WIDTH - 14 - max((width_of(n, is_bold=True) for n in names), default=0)
        prices = [s.price for _, steps in self.series for s in steps if s.price > 0] or [1.0]
        x = _days(self.first, self.last, left, right)
        y = Scale(min(prices) / 1.3, max(prices) * 1.3, bottom, top, is_log=True)
        _time_axis(canvas, x, top, bottom)
        _value_axis(canvas, y, left, right, "", "${:g}", log_ticks(y.low, y.high, 6))
        for line, (day, words) in enumerate(sorted(self.events)):
            if not self.first <= day <= self.last:
                continue
            at = x(day.toordinal())
            canvas.line(at, top - 4, at, bottom, "rule", Hover(f"{day}: {words}"), "2 3")
            anchor = "start" if at < (left + right) / 2 else "end"
            shift = 4 if anchor == "start" else -4
            canvas.text(
                at + shift, 12 + 12 * (line % 2), plain(words), "small t-muted halo", anchor
            )
        ends = []
        for (label, steps), look, dash in zip(self.series, SERIES, DASHES, strict=False):
            previous: PriceStep | None = None
            for step in steps:
                start = max(step.start, self.first)
                end = min(step.end or self.last, self.last)
                if end < start:
                    continue
                a, b, level = x(start.toordinal()), x(end.toordinal()), y(step.price)
                if previous is not None and previous.end == step.start and a > left:
                    canvas.line(a, y(previous.price), a, level, f"l-{look}", dash=dash)
                says = f"{plain(label)}: {usd(step.price)} from {step.start}"
                canvas.line(a, level, max(b, a + 1), level, f"l-{look}",
                            hover(says, step.figure), dash)  # fmt: skip
                canvas.mark("circle", a, level, 2.6, f"f-{look}", hover(says, step.figure))
                previous = step
            if previous is not None:
                ends.append((y(previous.price), f"{plain(label)} {usd(previous.price)}", look))
        places = spread([end[0] for end in ends], SIZE + 2, top, bottom)
        for place, (_, label, look) in zip(places, ends, strict=True):
            canvas.text(right + 8, place + 4, label, f"t-{look} bold")


# ------------------------------------------------------------------ standings as small multiples


@dataclass(frozen=True)
class Bar:
    """One model in one segment: its value with an interval, 0 or more of what the chart spans."""

    value: float
    low: float
    high: float
    is_on_frontier: bool
    figure: Figure | None


@dataclass(frozen=True)
class Standings:
    """Models by segments, a bar with its interval in each cell; empty where not a member."""

    name: str
    models: Sequence[str]
    segments: Sequence[str]
    cells: Mapping[tuple[int, int], Bar]
    marked: Sequence[str] = ()
    interval: str = ""

    @property
    def height(self) -> float:
        """A line a model, and the head."""
        return 62.0 + 22.0 * max(1, len(self.models))

    @property
    def description(self) -> str:
        """Alternative text."""
        return (
            f"Capability of {len(self.models)} models in {len(self.segments)} segments as bars "
            "with intervals; a full bar is on the segment's frontier, a pale one is dominated, "
            "none means not a member. The table gives every value."
        )

    @property
    def columns(self) -> Sequence[Column]:
        """Headings of its table."""
        return (("Model", False), *((segment, True) for segment in self.segments))

    @property
    def rows(self) -> Sequence[Sequence[Cell]]:
        """One row a model."""
        return [
            (name, *((self.cells[i, j].figure if (i, j) in self.cells else None)
                     for j in range(len(self.segments))))
            for i, name in enumerate(self.models)
        ]  # fmt: skip

    def paint(self, canvas: Canvas) -> None:
        """Draw one column of bars a segment, all on one scale."""
        names = [plain(name) for name in self.models]
        left = min(250.0, 16 + max((width_of(n) for n in names), default=60))
        wide = (WIDTH - left) / max(1, len(self.segments))
        lows = [bar.low for bar in self.cells.values()]
        highs = [bar.high for bar in self.cells.values()]
        low, high = (min(lows), max(highs)) if lows else (0.0, 1.0)
        base = low - 0.05 * (high - low or 1)
        head, line = 44.0, 22.0
        for j, segment in enumerate(self.segments):
            for n, words in enumerate(_wrapped(plain(segment), wide - 8)[:3]):
                canvas.text(left + j * wide + 4, 11 + 11 * n, words, "small bold")
            canvas.line(left + j * wide, head - 6, left + j * wide, self.height - 14, "grid")
        for i, name in enumerate(names):
            middle = head + i * line + line / 2
            bold = "bold t-two" if self.models[i] in self.marked else ""
            canvas.text(left - 8, middle + 4, _shortened(name, left - 12), bold, "end")
            canvas.line(0, middle + line / 2, WIDTH, middle + line / 2, "grid")
            for j in range(len(self.segments)):
                bar = self.cells.get((i, j))
                if bar is None:
                    canvas.text(left + j * wide + 6, middle + 4, "–", "t-muted")
                    continue
                x = Scale(base, high, left + j * wide + 4, left + (j + 1) * wide - 10)
                says = (
                    f"{name}, {plain(self.segments[j])}: {bar.value:.1f} ({bar.low:.1f} to "
                    f"{bar.high:.1f}), {'on the frontier' if bar.is_on_frontier else 'dominated'}"
                )
                look = "two" if self.models[i] in self.marked else "one"
                kind = "f" if bar.is_on_frontier else "b"
                canvas.rect(x.start, middle - 6, x(bar.value) - x.start, 12, f"{kind}-{look}",
                            hover(says, bar.figure))  # fmt: skip
                canvas.line(x(bar.low), middle, x(bar.high), middle, "w-ink")
                for end in (bar.low, bar.high):
                    canvas.line(x(end), middle - 3, x(end), middle + 3, "w-ink")
        canvas.text(
            left + 4, self.height - 2,
            f"Bars start at {base:.0f} index points and end at {high:.0f}; full: on the frontier, "
            f"pale: dominated; whiskers: {self.interval} interval", "small t-muted",
        )  # fmt: skip


def _wrapped(words: str, width: float) -> list[str]:
    lines = [""]
    for word in words.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and width_of(longer, 9.5, is_bold=True) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return [_shortened(line, width, 9.5) for line in lines]


def _shortened(words: str, width: float, size: float = SIZE) -> str:
    if width_of(words, size) <= width:
        return words
    while words and width_of(f"{words}…", size) > width:
        words = words[:-1]
    return f"{words}…"


# ------------------------------------------------------------------ forecasts against outcomes


@dataclass(frozen=True)
class Forecast:
    """One forecast quantity with its interval, and what came of it if that is known."""

    label: str
    middle: float
    low: float
    high: float
    outcome: float | None
    figure: Figure | None
    outcome_figure: Figure | None


@dataclass(frozen=True)
class Fan:
    """Forecasts with their intervals against outcomes, one line each, as relative changes."""

    name: str
    forecasts: Sequence[Forecast]
    interval: str
    unit: str = "change of volume"

    @property
    def is_graded(self) -> bool:
        """Some outcome is known."""
        return any(f.outcome is not None for f in self.forecasts)

    @property
    def height(self) -> float:
        """A line a forecast."""
        return 56.0 + 20.0 * max(1, len(self.forecasts))

    @property
    def description(self) -> str:
        """Alternative text."""
        graded = [f for f in self.forecasts if f.outcome is not None]
        inside = sum(f.low <= f.outcome <= f.high for f in graded if f.outcome is not None)
        return (
            f"{len(self.forecasts)} forecasts of {self.unit} with {self.interval} intervals; of "
            f"{len(graded)} known outcomes {inside} fell inside."
        )

    @property
    def columns(self) -> Sequence[Column]:
        """Headings of its table."""
        return (
            ("Forecast", False),
            (f"Middle ({self.interval} interval)", True),
            ("Outcome", True),
        )

    @property
    def rows(self) -> Sequence[Sequence[Cell]]:
        """One row a forecast."""
        return [(f.label, f.figure, f.outcome_figure) for f in self.forecasts]

    def paint(self, canvas: Canvas) -> None:
        """Draw intervals as bands, middles as lines, outcomes as diamonds; crosses if outside."""
        names = [plain(f.label) for f in self.forecasts]
        left = min(300.0, 16 + max((width_of(n) for n in names), default=60))
        right, top, line = WIDTH - 14, 30.0, 20.0
        values = [v for f in self.forecasts for v in (f.low, f.high, f.outcome) if v is not None]
        low, high = min([0.0, *values]), max([0.0, *values])
        low, high = max(low, -1.0), min(high, 3.0)
        x = Scale(low - 0.02, high + 0.02, left, right)
        bottom = self.height - 20
        for value in ticks(low, high, 6):
            canvas.line(x(value), top, x(value), bottom, "grid")
            canvas.text(
                x(value), bottom + 14, f"{value:+.0%}" if value else "0", "t-muted", "middle"
            )
        canvas.line(x(0.0), top, x(0.0), bottom, "rule")
        for i, f in enumerate(self.forecasts):
            y = top + i * line + line / 2
            canvas.text(left - 8, y + 4, _shortened(names[i], left - 12), "", "end")
            says = f"{names[i]}: {f.middle:+.0%} ({f.low:+.0%} to {f.high:+.0%})"
            ends = [min(max(v, x.low), x.high) for v in (f.low, f.high, f.middle)]
            canvas.rect(x(ends[0]), y - 6, max(1.0, x(ends[1]) - x(ends[0])), 12, "b-one",
                        hover(says, f.figure))  # fmt: skip
            canvas.line(x(ends[2]), y - 7, x(ends[2]), y + 7, "l-one")
            if f.outcome is not None:
                is_inside = f.low <= f.outcome <= f.high
                canvas.mark(
                    "diamond" if is_inside else "cross", x(min(max(f.outcome, x.low), x.high)), y,
                    4.0, "f-four" if is_inside else "f-two",
                    hover(f"{names[i]}: came to {f.outcome:+.0%}", f.outcome_figure),
                )  # fmt: skip
        outcomes = [("diamond", "f-four", "", "outcome inside"),
                    ("cross", "f-two", "", "outcome outside")]  # fmt: skip
        legend(
            canvas,
            [("band", "b-one", "", f"forecast, {self.interval} interval"),
             *(outcomes if self.is_graded else [])],
            left,
        )  # fmt: skip


@dataclass(frozen=True)
class Calibration:
    """Probability said against share that came true, in bins, with the number behind each."""

    name: str
    bins: Sequence[tuple[float, float, int, Sequence[Figure | None]]]

    height = 330.0

    @property
    def description(self) -> str:
        """Alternative text."""
        said = ", ".join(f"said {p:.2f}, came true {s:.0%} of {n}" for p, s, n, _ in self.bins)
        return f"Calibration: {said}. On the diagonal, forecasts come true as often as they say."

    @property
    def columns(self) -> Sequence[Column]:
        """Headings of its table."""
        return (("Probability said", True), ("Came true", True), ("Calls", True))

    @property
    def rows(self) -> Sequence[Sequence[Cell]]:
        """One row a bin."""
        return [tuple(figures) for _, _, _, figures in self.bins]

    def paint(self, canvas: Canvas) -> None:
        """Draw the diagonal and a circle a bin, as large as it has calls."""
        left, top, right, bottom = 60.0, 16.0, 340.0, self.height - 44
        x, y = Scale(0, 1, left, right), Scale(0, 1, bottom, top)
        for value in (0.0, 0.25, 0.5, 0.75, 1.0):
            canvas.line(x(value), top, x(value), bottom, "grid")
            canvas.text(x(value), bottom + 15, f"{value:g}", "t-muted", "middle")
        _value_axis(canvas, y, left, right, "Came true", "{:.0%}", (0.0, 0.25, 0.5, 0.75, 1.0))
        canvas.text((left + right) / 2, bottom + 32, "Probability said", "t-muted", "middle")
        canvas.line(x(0), y(0), x(1), y(1), "rule", dash="4 4")
        largest = max((n for _, _, n, _ in self.bins), default=1)
        for said, share, count, figures in self.bins:
            size = 3 + 9 * math.sqrt(count / largest)
            says = hover(f"Said {said:.2f}, came true {share:.0%} of {count}", *figures)
            canvas.mark("circle", x(said), y(share), size, "f-one", says)
        for n, words in enumerate(
            ("Dashed: perfect calibration.", "Above it: more came true than was said.",
             "Below it: fewer. Size: number of calls.")
        ):  # fmt: skip
            canvas.text(right + 30, top + 24 + 16 * n, words, "t-muted")


# ------------------------------------------------------------------ lines over time


@dataclass(frozen=True)
class Lines:
    """Series over time with their names at their ends, at most five, on one axis."""

    name: str
    series: Sequence[tuple[str, Sequence[tuple[date, float, Figure | None]]]]
    unit: str
    form: str = "{:g}"
    is_log: bool = False
    bands: Mapping[str, Sequence[tuple[date, float, float]]] = field(default_factory=dict)

    height = 300.0

    @property
    def description(self) -> str:
        """Alternative text."""
        said = [
            f"{plain(label)}: {self.form.format(v[0][1])} on {v[0][0]}, "
            f"{self.form.format(v[-1][1])} on {v[-1][0]}"
            for label, v in self.series
            if v
        ]
        return f"{self.unit} over time. {'; '.join(said)}."

    @property
    def columns(self) -> Sequence[Column]:
        """Headings of its table."""
        return (("Day", False), *((label, True) for label, _ in self.series))

    @property
    def rows(self) -> Sequence[Sequence[Cell]]:
        """One row a day."""
        days = sorted({day for _, values in self.series for day, _, _ in values})
        by_day = [{day: figure for day, _, figure in values} for _, values in self.series]
        return [(str(day), *(series.get(day) for series in by_day)) for day in days]

    def paint(self, canvas: Canvas) -> None:
        """Draw axes, bands, lines with a mark a value, and each series' name at its end."""
        names = [plain(label) for label, _ in self.series]
        left, top, bottom = 52.0, 20.0, self.height - 26
        right = WIDTH - 14 - max((width_of(n, is_bold=True) for n in names), default=0)
        found = [(d, v) for _, values in self.series for d, v, _ in values]
        if not found:
            canvas.text(left, top + 20, "No value is known.", "t-muted")
            return
        bands = self.bands
        edges = [e for band in bands.values() for _, low, high in band for e in (low, high)]
        values = [v for _, v in found] + edges
        first, last = min(d for d, _ in found), max(d for d, _ in found)
        x = _days(first, last, left, right)
        if self.is_log:
            y = Scale(min(values) / 1.2, max(values) * 1.2, bottom, top, is_log=True)
            marks: Sequence[float] = log_ticks(y.low, y.high, 6)
        else:
            room = 0.06 * (max(values) - min(values) or abs(max(values)) or 1)
            y = Scale(min(values) - room, max(values) + room, bottom, top)
            marks = ticks(y.low, y.high)
        _time_axis(canvas, x, top, bottom)
        _value_axis(canvas, y, left, right, self.unit, self.form, marks)
        for (label, _), look in zip(self.series, SERIES, strict=False):
            band = bands.get(label, ())
            edge = [(x(d.toordinal()), y(high)) for d, _, high in band]
            edge += [(x(d.toordinal()), y(low)) for d, low, _ in reversed(band)]
            canvas.path(edge, f"b-{look}", is_closed=True)
        ends = []
        for (label, series), look, dash in zip(self.series, SERIES, DASHES, strict=False):
            spots = [(x(d.toordinal()), y(v)) for d, v, _ in series]
            canvas.path(spots, f"l-{look}", dash=dash)
            for (d, v, figure), (at, level) in zip(series, spots, strict=True):
                says = f"{plain(label)}, {d}: {self.form.format(v)}"
                canvas.mark("circle", at, level, 2.2, f"f-{look}", hover(says, figure))
            if spots:
                ends.append((spots[-1][1], plain(label), look))
        places = spread([end[0] for end in ends], SIZE + 2, top, bottom)
        for place, (_, label, look) in zip(places, ends, strict=True):
            canvas.text(right + 8, place + 4, label, f"t-{look} bold")


# ------------------------------------------------------------------ events


@dataclass(frozen=True)
class Event:
    """Something that happened, or is announced, on a day."""

    day: date
    lane: str
    kind: str
    words: str
    figure: Figure | None


#: Shape and look by kind of event.
KINDS: Mapping[str, tuple[str, str]] = {
    "launch": ("star", "two"),
    "price cut": ("triangle", "four"),
    "price rise": ("diamond", "three"),
    "retirement": ("cross", "muted"),
    "scheduled": ("square", "five"),
}


@dataclass(frozen=True)
class Timeline:
    """Events over time, a lane a vendor."""

    name: str
    events: Sequence[Event]
    first: date
    last: date

    @property
    def lanes(self) -> list[str]:
        """Vendors with most events first."""
        counts: dict[str, int] = {}
        for event in self.events:
            counts[event.lane] = counts.get(event.lane, 0) + 1
        return sorted(counts, key=lambda lane: (-counts[lane], lane))[:14]

    @property
    def height(self) -> float:
        """A line a lane, as high as its labels need."""
        return 56.0 + 30.0 * max(1, len(self.lanes))

    @property
    def description(self) -> str:
        """Alternative text."""
        kinds = ", ".join(
            f"{sum(e.kind == kind for e in self.events)} of kind {kind}"
            for kind in KINDS
            if any(e.kind == kind for e in self.events)
        )
        return f"{len(self.events)} events from {self.first} to {self.last}: {kinds}."

    @property
    def columns(self) -> Sequence[Column]:
        """Headings of its table."""
        return (
            ("Day", False),
            ("Vendor", False),
            ("Kind", False),
            ("What", False),
            ("Fact", False),
        )

    @property
    def rows(self) -> Sequence[Sequence[Cell]]:
        """One row an event."""
        return [
            (str(e.day), e.lane, e.kind, e.words, e.figure)
            for e in sorted(self.events, key=lambda e: (e.day, e.lane, e.kind, e.words))
        ]

    def paint(self, canvas: Canvas) -> None:
        """Draw lanes, marks, and words where there is room for them."""
        lanes = self.lanes
        left = 16 + max((width_of(plain(lane)) for lane in lanes), default=60)
        right, top, line = WIDTH - 16, 30.0, 30.0
        bottom = top + line * max(1, len(lanes))
        x = _days(self.first, self.last, left + 8, right)
        _time_axis(canvas, x, top, bottom)
        for i, lane in enumerate(lanes):
            middle = top + i * line + line / 2
            canvas.text(left - 4, middle + 4, plain(lane), "", "end")
            canvas.line(left, middle, right, middle, "grid")
            free = 0.0
            events = sorted(
                (e for e in self.events if e.lane == lane), key=lambda e: (e.day, e.kind, e.words)
            )
            for event in events:
                shape, look = KINDS[event.kind]
                at = x(event.day.toordinal())
                words = plain(event.words)
                canvas.mark(shape, at, middle, 4.5, f"f-{look}",
                            hover(f"{event.day}, {event.kind}: {words}", event.figure))  # fmt: skip
                wide = width_of(words, 9.5)
                start = min(max(at - wide / 2, left + 2), right - wide)
                if start > free and wide < (right - left) / 2:
                    canvas.text(start, middle - 7, words, "small halo")
                    free = start + wide + 6
        kinds = {e.kind for e in self.events}
        legend(
            canvas, [(KINDS[k][0], f"f-{KINDS[k][1]}", "", k) for k in KINDS if k in kinds], left
        )
