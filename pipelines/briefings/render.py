"""Turns an order for a briefing into HTML, Markdown, PDF and tables; what it says is elsewhere.

A kind's template holds its prose once, as Markdown. The shells `page.html.j2`, `page.md.j2` and
`page.typ.j2` make the three pages from it. The same warehouse and dates give the same text.
"""

import pickle
import sys
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache
from html import escape
from importlib.util import cache_from_source
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import jinja2
import typst
from jinja2 import (
    Environment,
    FileSystemBytecodeCache,
    FileSystemLoader,
    StrictUndefined,
    pass_context,
)
from jinja2.bccache import Bucket
from jinja2.runtime import Context
from markdown_it.token import Token
from markupsafe import Markup

from pipelines.analysis import INTERVAL
from pipelines.briefings import charts, exports, signoff, typeset
from pipelines.briefings.facts import Facts, code, plain
from pipelines.briefings.kinds import KINDS, gather
from pipelines.briefings.market import BriefingError, Order
from pipelines.briefings.provenance import sources
from pipelines.briefings.theme import Theme
from pipelines.folders import replaced
from pipelines.ledger import Ledger
from pipelines.settings import TEMPLATES
from pipelines.warehouse import Connection

__all__ = ["BriefingError", "Desk", "Order", "compose", "order_of", "render", "write"]


@dataclass(frozen=True)
class Desk:
    """What a firm adds to the facts: its theme, and the ledger its sign-offs are in."""

    theme: Theme = field(default_factory=Theme)
    ledger: Ledger | None = None


@dataclass(frozen=True)
class Composed:
    """A briefing's words and charts, before they become pages."""

    order: Order
    context: Mapping[str, Any]
    facts: Facts
    tokens: list[Token]
    captions: Mapping[str, typeset.Caption]
    content: str

    @property
    def content_hash(self) -> str:
        """Hash of all it says."""
        return signoff.content_hash(self.content)


def order_of(manifest: Mapping[str, Any]) -> Order:
    """The order that a rendered briefing was made from."""
    days = [
        date.fromisoformat(manifest[key]) if manifest[key] else None
        for key in ("asked_as_of", "asked_known_by")
    ]
    return Order(manifest["kind"], manifest["subject"], days[0], days[1])


def render(connection: Connection, order: Order, out: Path, desk: Desk | None = None) -> Path:
    """Write a briefing to `out/<kind>/<partition>` and return that folder.

    Makes `index.html`, `briefing.md`, `briefing.pdf`, `briefing.xlsx`, `tables/*.csv` and
    `briefing.json`. `connection` is a reader of the published warehouse. Raises BriefingError on
    an unknown subject or a day nothing can be said of.
    """
    desk = desk or Desk()
    return write(compose(connection, order, desk.theme), out, desk)


def write(composed: Composed, out: Path, desk: Desk) -> Path:
    """Write a composed briefing's files to `out/<kind>/<partition>` and return that folder.

    They are made beside it and take its place at once: whoever looks, or is interrupted, finds
    the former pages whole or the new ones.
    """
    order = composed.order
    status = signoff.status(desk.ledger, order.kind, order.partition, composed.content_hash)
    folder = out / order.kind / order.partition
    with replaced(folder) as part:
        _write(composed, status, desk.theme, part)
    return folder


def compose(connection: Connection, order: Order, theme: Theme) -> Composed:
    """Everything a briefing says. Raises BriefingError."""
    if order.kind not in KINDS:
        raise BriefingError(f"no kind is called '{order.kind}'; there are {', '.join(KINDS)}")
    facts = Facts()
    cursor = connection.cursor()
    try:
        gathered = gather(order.kind)(cursor, facts, order, theme)
    finally:
        cursor.close()
    # Asked for or not, the period found and the usual day make the same briefing.
    order = replace(
        order,
        subject=gathered.get("subject", order.subject),
        as_of=None if order.as_of == gathered["usual_as_of"] else order.as_of,
    )
    context = {**gathered, "theme": theme, "page_facts": facts}
    body = Markup(_markdown().get_template(f"{order.kind}.md.j2").render(context).strip())
    tokens = typeset.parse(body)
    captions = typeset.captions(tokens, dict(facts.entries()))
    blocks = {name: _chart_table(context, name, words) for name, words in captions.items()}
    context["footer"] = Markup(_markdown().get_template("footer.md.j2").render(context).strip())
    words = {**context, "body": Markup(typeset.replace_charts(body, blocks))}
    content = _markdown().get_template("content.md.j2").render(words)
    return Composed(order, context, facts, tokens, captions, content)


def _chart_table(context: Mapping[str, Any], name: str, caption: typeset.Caption) -> str:
    chart = context["charts"][name]
    template = _markdown().get_template("chart.md.j2")
    return template.render(
        caption=caption.markdown,
        columns=chart.columns,
        rows=chart.rows,
        page_facts=context["page_facts"],
    ).strip()


def _write(composed: Composed, status: signoff.Status, theme: Theme, out: Path) -> None:
    shell = {
        **composed.context,
        "status": status.words,
        "is_approved": status.is_approved,
        "facts": list(composed.facts.entries()),
    }
    drawn = {
        name: charts.draw(composed.context["charts"][name], caption.plain)
        for name, caption in composed.captions.items()
    }
    with TemporaryDirectory() as folder, ThreadPoolExecutor(1) as typesetter:
        # Typesetting needs nothing of Python: the other pages are made meanwhile.
        source = _paper_source(composed, shell, drawn, Path(folder))
        pdf = typesetter.submit(_typeset, source)
        every, in_text, of_charts = exports.sheets(
            composed.tokens, composed.captions, composed.context["charts"], composed.facts
        )
        exports.write(every, composed.facts, {**shell, "publisher": theme.name}, out)
        html = _html(composed, shell, drawn, in_text, of_charts)
        (out / "briefing.pdf").write_bytes(pdf.result())
    markdown = f"> **{Markup(composed.facts.show(status.words))}.**\n\n{composed.content}"
    for name, text in (("index.html", html), ("briefing.md", markdown)):
        (out / name).write_text(text, encoding="utf-8", newline="\n")
    signoff.write_manifest(
        out,
        {
            "kind": composed.order.kind,
            "partition": composed.order.partition,
            "subject": composed.order.subject,
            "asked_as_of": str(composed.order.as_of or ""),
            "asked_known_by": str(composed.order.known_by or ""),
            "title": plain(shell["title"]),
            "as_of": str(shell["as_of"]),
            "known_by": str(shell["known_by"]),
            "lines": [plain(line) for line in _lines(composed.tokens)],
            "vendors": sorted({plain(v) for v in shell.get("vendors", ())}),
            "models": sorted({plain(m) for m in shell.get("about", ())}),
            "content_hash": composed.content_hash,
            "status": status.words,
            "is_approved": status.is_approved,
        },
    )


def _lines(tokens: list[Token]) -> Iterable[str]:
    """The words of the three lines."""
    inside = False
    for token in tokens:
        if token.type == "ordered_list_open":
            inside = True
        elif token.type == "ordered_list_close":
            return
        elif inside and token.type == "inline":
            yield "".join(" " if c.type == "softbreak" else c.content for c in token.children or [])


# ------------------------------------------------------------------ environments


class Compiled(FileSystemBytecodeCache):
    """Templates as compiled, kept as Python keeps its modules: beside them, if that may be written.

    Compiling those of one briefing takes longer than filling them in. `medium` keeps apart what
    one template becomes in different environments; a change of this module, which says what they
    are, makes all anew.
    """

    def __init__(self, medium: str):
        folder = Path(cache_from_source(str(TEMPLATES / "any.py"))).parent
        super().__init__(str(folder), f"{medium}-%s.pyc")
        self.made_by = f"{jinja2.__version__}\n{Path(__file__).read_text(encoding='utf-8')}"

    def get_source_checksum(self, source: str) -> str:
        """What a kept template must agree with: its source, and all that compiling depends on."""
        return super().get_source_checksum(self.made_by + source)

    def load_bytecode(self, bucket: Bucket) -> None:
        """Fill in what is kept; what cannot be read is compiled anew."""
        try:
            super().load_bytecode(bucket)
        except (OSError, EOFError, pickle.UnpicklingError):
            bucket.reset()

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep a template, unless the folder may not be written or nothing is to be kept."""
        if sys.dont_write_bytecode:
            return
        with suppress(OSError):
            Path(self.directory).mkdir(parents=True, exist_ok=True)
            super().dump_bytecode(bucket)


def environment(finalize: Callable[..., Any], medium: str | None = None) -> Environment:
    """Templates whose every value passes `finalize`, given the context, on its way out.

    They are kept as compiled under the name of a medium, if one is given.
    """
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        bytecode_cache=Compiled(medium) if medium else None,
        optimized=False,  # what a filter makes of a constant must not be kept
        autoescape=True,
        finalize=finalize,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.globals["interval"] = f"{INTERVAL:.0%}"
    return made


@pass_context
def _show(context: Context, value: Any) -> Markup:
    facts: Facts = context["page_facts"]
    return facts.show(value)


@pass_context
def _listed(context: Context, values: Iterable[Any]) -> Markup:
    facts: Facts = context["page_facts"]
    return facts.listed(values)


@pass_context
def _drawn(context: Context, name: str) -> Markup:
    """A chart's name, once the facts behind its table are cited."""
    facts: Facts = context["page_facts"]
    for row in context["charts"][name].rows:
        for cell in row:
            facts.show(cell)
    return Markup(f"chart:{name}")


@pass_context
def _sources(context: Context) -> list[dict[str, Any]]:
    return sources(context["page_facts"])


@cache
def _markdown() -> Environment:
    made = environment(_show, "markdown")
    made.filters.update(listed=_listed, drawn=_drawn, code=code)
    made.globals["sources"] = _sources
    return made


@cache
def screen() -> Environment:
    """The environment of HTML pages: every value is plain text, escaped."""

    @pass_context
    def show(_context: Context, value: Any) -> Any:
        return value if hasattr(value, "__html__") else plain(value)

    made = environment(show, "screen")
    # Between tags a quotation mark may stand as it is: SQL has many.
    made.filters["text"] = lambda text: Markup(escape(plain(text), quote=False))
    return made


@cache
def _paper() -> Environment:
    @pass_context
    def show(_context: Context, value: Any) -> Markup:
        if hasattr(value, "__html__"):
            return Markup(value)
        return Markup(typeset.typst_text(plain(value)))

    made = environment(show, "paper")
    made.filters["literal"] = lambda text: Markup(typeset.typst_string(plain(text)))
    return made


# ------------------------------------------------------------------ pages


def _html(
    composed: Composed,
    shell: Mapping[str, Any],
    drawn: Mapping[str, charts.Drawing],
    in_text: Mapping[int, exports.Sheet],
    of_charts: Mapping[str, exports.Sheet],
) -> str:
    theme: Theme = shell["theme"]
    figure, link = screen().get_template("chart.html.j2"), screen().get_template("data.html.j2")
    figures = {}
    for name, caption in composed.captions.items():
        chart = shell["charts"][name]
        rows = list(chart.rows)
        figures[name] = figure.render(
            name=name,
            title=caption.plain,
            caption=caption.html,
            svg=Markup(drawn[name].on_screen()),
            columns=chart.columns,
            rows=rows[: charts.TABLE_ROWS],
            is_cut=len(rows) > charts.TABLE_ROWS,
            words_first=sum(not is_number for _, is_number in chart.columns),
            number=lambda cell: composed.facts.number(cell.fact),
            data=of_charts[name],
        )
    links = {place: link.render(data=sheet) for place, sheet in in_text.items()}
    cited = dict(composed.facts.entries())
    body = Markup(typeset.to_html(composed.tokens, cited, figures, links))
    return (
        screen()
        .get_template("page.html.j2")
        .render(
            {
                **shell,
                "body": body,
                "footer": Markup(typeset.to_html(typeset.parse(shell["footer"]), {}, {})),
                "sections": typeset.sections(composed.tokens),
                "light": Markup(theme.properties(0)),
                "dark": Markup(theme.properties(1)),
                "chart_style": Markup(charts.screen_style()),
            }
        )
    )


def _paper_source(
    composed: Composed,
    shell: Mapping[str, Any],
    drawn: Mapping[str, charts.Drawing],
    folder: Path,
) -> Path:
    """Write what is typeset, with its charts, to a folder."""
    theme: Theme = shell["theme"]
    images = {}
    for i, (name, drawing) in enumerate(drawn.items()):
        images[name] = f"chart-{i}.svg"
        (folder / images[name]).write_text(drawing.on_paper(theme.charts), encoding="utf-8")
    words = {
        **shell,
        "body": Markup(typeset.to_typst(composed.tokens, images)),
        "footer": Markup(typeset.to_typst(typeset.parse(shell["footer"]), {})),
        "font": charts.PAPER_FONT,
        "link_colour": theme.page["link"][0],
    }
    source = folder / "page.typ"
    source.write_text(_paper().get_template("page.typ.j2").render(words), encoding="utf-8")
    return source


def _typeset(source: Path) -> bytes:
    # The typesetter's own fonts and that of our package: the page looks alike anywhere.
    pdf: bytes = typst.compile(
        str(source),
        font_paths=[str(charts.fonts())],
        ignore_system_fonts=True,
        timestamp=0,
        pdf_tags=False,  # they double the size; who needs them has the HTML
    )
    return pdf
