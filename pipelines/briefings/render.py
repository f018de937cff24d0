"""Turns a kind of briefing into HTML, Markdown and PDF; what it says is in its own module.

A kind's template holds its prose once, as Markdown. The shells `page.html.j2`, `page.md.j2` and
`page.typ.j2` make the three pages from it. The same warehouse and dates give the same text.
"""

import tempfile
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import typst
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from pipelines.analysis import INTERVAL
from pipelines.briefings import charts, typeset
from pipelines.briefings.facts import Facts, code, plain
from pipelines.briefings.launch import gather, sources
from pipelines.briefings.market import BriefingError
from pipelines.settings import TEMPLATES
from pipelines.warehouse import Connection

__all__ = ["BriefingError", "launch"]

DRAFT = "Draft: not signed off"


def launch(
    connection: Connection, event_id: str, as_of: date | None, known_by: date | None, out: Path
) -> Path:
    """Write the briefing on a launch to `out` and return the folder.

    `connection` is a reader of the published warehouse. `event_id` is a launch or a model's name;
    `as_of` is the market day judged (default: the first day of use, or the first day with a known
    list price), `known_by` the day by which facts were known (default: all). Raises BriefingError
    on an unknown launch or a day nothing can be said of.
    """
    facts = Facts()
    cursor = connection.cursor()
    try:
        context = gather(cursor, facts, event_id, as_of, known_by)
    finally:
        cursor.close()
    return write("launch", context, facts, out)


def write(kind: str, context: Mapping[str, Any], facts: Facts, out: Path) -> Path:
    """Render one kind's template and write `index.html`, `briefing.md` and `briefing.pdf`."""
    markdown = _environment(facts.show)
    markdown.filters.update(listed=facts.listed, code=code)
    markdown.globals.update(sources=lambda: sources(facts))
    body = Markup(markdown.get_template(f"{kind}.md.j2").render(**context).strip())
    titles = typeset.chart_titles(body)
    drawn = {name: charts.draw(context["charts"][name], title) for name, title in titles.items()}
    shell = {**context, "status": DRAFT, "facts": list(facts.entries())}
    shell["footer"] = Markup(markdown.get_template("footer.md.j2").render(**shell).strip())
    out.mkdir(parents=True, exist_ok=True)
    pages = {
        "index.html": _html(body, titles, drawn, shell, facts),
        "briefing.md": _markdown(markdown, body, titles, shell),
    }
    for name, text in pages.items():
        (out / name).write_text(text, encoding="utf-8", newline="\n")
    (out / "briefing.pdf").write_bytes(_pdf(body, drawn, shell))
    return out


def _environment(finalize: Any) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        finalize=finalize,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.globals["interval"] = f"{INTERVAL:.0%}"
    return environment


def _html(
    body: str, titles: Mapping[str, str], drawn: Mapping[str, str], shell: Mapping[str, Any],
    facts: Facts,
) -> str:  # fmt: skip
    html = _environment(lambda value: value if hasattr(value, "__html__") else plain(value))
    html.globals["number"] = facts.number
    figure = html.get_template("chart.html.j2")
    figures = {
        name: figure.render(
            svg=Markup(charts.themed(svg)),
            title=titles[name],
            rows=charts.table(shell["charts"][name]),
        )
        for name, svg in drawn.items()
    }
    content = Markup(typeset.to_html(body, dict(facts.entries()), figures))
    page = html.get_template("page.html.j2")
    words = {
        **shell,
        "body": content,
        "footer": Markup(typeset.to_html(shell["footer"], {}, {})),
        "sections": typeset.sections(body),
    }
    return page.render(**words)


def _markdown(
    markdown: Environment, body: str, titles: Mapping[str, str], shell: Mapping[str, Any]
) -> str:
    table = markdown.get_template("chart.md.j2")
    blocks = {
        name: table.render(title=title, rows=charts.table(shell["charts"][name])).strip()
        for name, title in titles.items()
    }
    text = Markup(typeset.replace_charts(body, blocks))
    return markdown.get_template("page.md.j2").render(**shell, body=text)


def _pdf(body: str, drawn: Mapping[str, str], shell: Mapping[str, Any]) -> bytes:
    def show(value: Any) -> Markup:
        if hasattr(value, "__html__"):
            return Markup(value)
        return Markup(typeset.typst_text(plain(value)))

    shells = _environment(show)
    shells.filters["literal"] = lambda text: Markup(typeset.typst_string(plain(text)))
    with tempfile.TemporaryDirectory() as folder:
        for name, svg in drawn.items():
            (Path(folder) / f"{name}.svg").write_text(svg, encoding="utf-8")
        images = {name: f"{name}.svg" for name in drawn}
        words = {
            **shell,
            "body": Markup(typeset.to_typst(body, images)),
            "footer": Markup(typeset.to_typst(shell["footer"], {})),
        }
        source = Path(folder) / "page.typ"
        source.write_text(shells.get_template("page.typ.j2").render(**words), encoding="utf-8")
        # The typesetter's own fonts and those of the chart library: the page looks alike anywhere.
        pdf: bytes = typst.compile(
            str(source), font_paths=[str(charts.FONTS)], ignore_system_fonts=True, timestamp=0
        )
    return pdf
