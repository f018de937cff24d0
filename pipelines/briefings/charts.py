"""The frontier chart: price against capability, before and after a launch, as SVG.

Drawn once in the colours of paper, for the PDF; for HTML the same colours become custom properties,
so that a page's light and dark themes both fit. Shapes and dashes differ as well as colours.
"""

import io
import re
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import matplotlib
from adjustText import adjust_text
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure as Canvas
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter, NullLocator

from pipelines.briefings.facts import Fact, Figure, plain, usd

#: Colours on paper, by the custom property that replaces each in HTML. Every one is distinct, so
#: that it can be found again in the drawing.
COLOURS = {
    "--chart-ink": "#1b1f24",
    "--chart-muted": "#6a737d",
    "--chart-grid": "#d9dee3",
    "--chart-area": "#eef2f6",
    "--chart-before": "#8a6d3b",
    "--chart-after": "#0b5fa4",
    "--chart-entrant": "#c2410c",
    "--chart-lost": "#7b2d8b",
    "--chart-paper": "#fffffe",
}
#: Marker, size and colour by what a model is.
MARKS: Mapping[str, tuple[str, float, str]] = {
    "behind": ("o", 4.5, "--chart-muted"),
    "frontier": ("s", 6.0, "--chart-after"),
    "lost": ("X", 8.0, "--chart-lost"),
    "entrant": ("*", 14.0, "--chart-entrant"),
}
LEGEND = {
    "entrant": "launched",
    "lost": "position lost",
    "frontier": "on the frontier",
    "behind": "dominated",
}
WIDTH, HEIGHT = 7.6, 4.7
FONTS = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
#: Room beside the outermost points, as factors of price and shares of the capability range.
PRICE_ROOM, CAPABILITY_ROOM = 1.7, 0.08


@dataclass(frozen=True)
class Point:
    """One model: what it costs, how able it is, and how it is drawn."""

    name: str
    price: float
    capability: float
    low: float
    high: float
    kind: str
    is_labelled: bool
    figures: tuple[Figure | None, ...]


@dataclass(frozen=True)
class Chart:
    """A segment's frontier before and after, with what its title needs."""

    name: str
    segment: str
    points: Sequence[Point]
    before: Sequence[tuple[float, float]]
    after: Sequence[tuple[float, float]]
    fact: Fact
    winners: Sequence[str]
    losers: Sequence[str]
    behind: Sequence[tuple[str, str]]

    @property
    def description(self) -> str:
        """Alternative text: what a reader who does not see the chart should know."""
        count = len(self.points)
        frontier = [p for p in self.points if p.kind == "frontier" or p.name in self.winners]
        steps = ", ".join(
            f"{plain(p.name)} {usd(p.price)} at {p.capability:.1f}"
            for p in sorted(frontier, key=lambda p: p.price)
        )
        return (
            f"{count} models by list price per million tokens, logarithmic, and capability in "
            f"index points. Frontier with the launch, cheapest first: {steps}."
        )


def draw(chart: Chart, title: str) -> str:
    """The chart as an SVG document in the colours of paper; same input, same bytes."""
    settings: dict[Any, Any] = {
        "svg.fonttype": "none",
        "svg.hashsalt": chart.name,
        "font.family": "DejaVu Sans",
        "font.size": 9,
        "text.parse_math": False,
    }
    with matplotlib.rc_context(settings):
        canvas = Canvas(figsize=(WIDTH, HEIGHT))
        canvas.subplots_adjust(left=0.075, right=0.99, bottom=0.11, top=0.93)
        FigureCanvasSVG(canvas)
        axes = canvas.add_subplot()
        _frame(axes, chart)
        _frontiers(axes, chart)
        _points(axes, chart)
        _legend(axes, chart)
        _labels(axes, chart)
        out = io.StringIO()
        blank = {"Date": None, "Creator": None, "Format": None, "Type": None}
        canvas.savefig(out, format="svg", metadata=blank, transparent=True)
    return _finish(out.getvalue(), chart, title)


def _limits(chart: Chart) -> tuple[float, float, float, float]:
    prices = [p.price for p in chart.points] + [price for price, _ in chart.before]
    least = min(p.low if p.kind != "behind" else p.capability for p in chart.points)
    most = max(p.high if p.kind != "behind" else p.capability for p in chart.points)
    room = CAPABILITY_ROOM * (most - least or 1)
    return min(prices) / PRICE_ROOM, max(prices) * PRICE_ROOM, least - room, most + 2 * room


def _frame(axes: Axes, chart: Chart) -> None:
    left, right, low, high = _limits(chart)
    axes.set_xscale("log")
    axes.set_xlim(left, right)
    axes.set_ylim(low, high)
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"${value:g}"))
    axes.set_xlabel("List price at 3:1, USD per million tokens", color=COLOURS["--chart-muted"])
    axes.set_ylabel("Capability, index points", color=COLOURS["--chart-muted"])
    axes.grid(color=COLOURS["--chart-grid"], linewidth=0.6)
    axes.set_axisbelow(True)
    axes.tick_params(colors=COLOURS["--chart-muted"], length=0)
    for side in axes.spines.values():
        side.set_visible(False)


def _frontiers(axes: Axes, chart: Chart) -> None:
    _, right, low, _ = _limits(chart)
    for steps, name, dash, width in (
        (chart.before, "--chart-before", (0, (4, 3)), 1.6),
        (chart.after, "--chart-after", "solid", 2.0),
    ):
        if not steps:
            continue
        x = [price for price, _ in steps] + [right]
        y = [capability for _, capability in steps] + [steps[-1][1]]
        x, y = [x[0], *x], [low, *y]
        if name == "--chart-after":
            axes.fill_between(
                x, y, low, step="post", color=COLOURS["--chart-area"], linewidth=0, zorder=0.5
            )
        axes.step(
            x, y, where="post", color=COLOURS[name], linestyle=dash, linewidth=width, zorder=2,
            label="frontier before" if name == "--chart-before" else "frontier after",
        )  # fmt: skip


def _points(axes: Axes, chart: Chart) -> None:
    for kind, (_, _, name) in MARKS.items():
        own = [p for p in chart.points if p.kind == kind]
        is_plain = kind == "behind"
        axes.vlines(
            [p.price for p in own], [p.low for p in own], [p.high for p in own],
            colors=COLOURS[name], linewidth=0.6 if is_plain else 1.2,
            alpha=0.35 if is_plain else 0.9, zorder=3,
        )  # fmt: skip
    for number, point in enumerate(chart.points):
        marker, size, name = MARKS[point.kind]
        (drawn,) = axes.plot(
            [point.price], [point.capability], marker=marker, markersize=size, linestyle="none",
            color=COLOURS[name], markeredgecolor=COLOURS["--chart-paper"], markeredgewidth=0.6,
            zorder=6 if point.kind == "entrant" else 4,
        )  # fmt: skip
        drawn.set_gid(f"point-{number}")


def _legend(axes: Axes, chart: Chart) -> None:
    kinds = {p.kind for p in chart.points}
    for kind, words in LEGEND.items():
        if kind in kinds:
            marker, size, name = MARKS[kind]
            axes.plot(
                [], [], marker=marker, markersize=size * 0.8, linestyle="none",
                color=COLOURS[name], markeredgecolor=COLOURS["--chart-paper"], label=words,
            )  # fmt: skip
    axes.legend(
        loc="upper center", bbox_to_anchor=(0.5, 1.1),
        ncol=6, frameon=False, fontsize=7.5, labelcolor=COLOURS["--chart-ink"],
        handletextpad=0.4, columnspacing=1.1,
    )  # fmt: skip


def _labels(axes: Axes, chart: Chart) -> None:
    labelled = [p for p in chart.points if p.is_labelled]
    texts = [
        axes.text(
            p.price, p.capability, plain(p.name), fontsize=8, zorder=8,
            color=COLOURS[MARKS[p.kind][2] if p.kind in ("entrant", "lost") else "--chart-ink"],
            fontweight="bold" if p.kind == "entrant" else "normal",
        )
        for p in labelled
    ]  # fmt: skip
    if not texts:
        return
    for number, text in enumerate(texts):
        text.set_gid(f"label-{number}")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        adjust_text(
            texts,
            x=[p.price for p in chart.points if p.kind != "behind"],
            y=[p.capability for p in chart.points if p.kind != "behind"],
            ax=axes,
            expand=(1.1, 1.6),
            force_text=(0.2, 0.5),
            force_static=(0.2, 0.4),
            iter_lim=80,
            min_arrow_len=8,
            arrowprops={"arrowstyle": "-", "color": COLOURS["--chart-muted"], "linewidth": 0.6},
        )


def _finish(svg: str, chart: Chart, title: str) -> str:
    """Strip the preamble, make ids the chart's own, add words for those who hover or listen."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = svg.replace("xlink:href", "href").replace(
        ' xmlns:xlink="http://www.w3.org/1999/xlink"', ""
    )
    prefix = re.sub(r"[^a-z0-9-]", "-", chart.name)
    svg = re.sub(r'\bid="', f'id="{prefix}-', svg)
    svg = re.sub(r"url\(#", f"url(#{prefix}-", svg)
    svg = re.sub(r'href="#', f'href="#{prefix}-', svg)
    for number, point in enumerate(chart.points):
        hover = (
            f"{plain(point.name)}: {usd(point.price)} at 3:1, capability {point.capability:.1f} "
            f"({point.low:.1f} to {point.high:.1f})"
        )
        mark = f'<g id="{prefix}-point-{number}">'
        svg = svg.replace(mark, f"{mark}<title>{escape(hover)}</title>", 1)
    # A halo keeps a label readable where it crosses a line or a point.
    halo = f"paint-order: stroke; stroke: {COLOURS['--chart-paper']}; stroke-width: 2.5px"
    svg = re.sub(
        rf'(<g id="{prefix}-label-\d+">.*?<text style=")', rf"\g<1>{halo}; ", svg, flags=re.DOTALL
    )
    svg = re.sub(r"\n\s*", "\n", svg)
    svg = re.sub(r"(\d+\.\d{2})\d+", r"\1", svg)
    words = (
        f'<title id="{prefix}-title">{escape(plain(title))}</title>'
        f'<desc id="{prefix}-desc">{escape(chart.description)}</desc>'
    )
    head, _, rest = svg.partition(">")
    head = re.sub(r' (width|height)="[^"]*"', "", head)
    return f'{head} role="img" aria-labelledby="{prefix}-title {prefix}-desc">{words}{rest.strip()}'


def themed(svg: str) -> str:
    """The drawing with its colours as custom properties and the page's own font."""
    for name, colour in COLOURS.items():
        svg = svg.replace(colour, f"var({name})")
    return re.sub(r"'DejaVu Sans'[^;\"]*", "var(--font)", svg)


def table(chart: Chart) -> list[dict[str, Any]]:
    """The chart's data: one row a model, most capable first."""
    return [
        {
            "name": p.name,
            "kind": LEGEND[p.kind],
            "price": p.figures[0],
            "capability": p.figures[1],
        }
        for p in sorted(chart.points, key=lambda p: -p.capability)
    ]
