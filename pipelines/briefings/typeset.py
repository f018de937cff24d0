"""Markdown into HTML and into Typst markup; it knows nothing of models, prices or launches."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markupsafe import Markup

from pipelines.briefings.facts import Fact

#: Characters up to which a column in print keeps its own width, and from which more text earns
#: no more of it.
COLUMN_SHORT, COLUMN_MOST = 15, 60
CHART = "chart:"
DAY = re.compile(r"(?<![\w-])\d{4}-\d\d-\d\d(?![\w-])")


@cache
def parser() -> MarkdownIt:
    """CommonMark with tables; raw HTML is text."""
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    markdown.add_render_rule("text", _text_with_days)
    return markdown


def _text_with_days(
    self: RendererHTML, tokens: Sequence[Token], at: int, options: object, env: object
) -> str:
    """Text in which a day is an element of its own, so that no line breaks inside it."""
    return DAY.sub(r"<time>\g<0></time>", escapeHtml(tokens[at].content))


def parse(text: str) -> list[Token]:
    """The tokens of a Markdown text, from which every medium is made."""
    return parser().parse(text)


def to_html(
    tokens: list[Token],
    cited: Mapping[int, Fact],
    figures: Mapping[str, str],
    links: Mapping[int, str] | None = None,
) -> str:
    """HTML of a text: links to facts, scrolling tables, charts where `chart:` stands.

    `figures` are HTML by chart name, `links` what stands below each table by its place in the
    text; both are trusted as they are.
    """
    markdown = parser()
    tokens = _with_charts(tokens, figures)
    name_headings(tokens)
    for token in tokens:
        for link in token.children or []:
            if link.type == "link_open":
                _describe_link(link, cited)
    _frame_tables(tokens, links or {})
    return str(markdown.renderer.render(tokens, markdown.options, {}))


def _frame_tables(tokens: list[Token], links: Mapping[int, str]) -> None:
    """Put every table into a box that scrolls by itself and says what it is, links below it."""
    heading, place = "", 0
    at = 0
    while at < len(tokens):
        token = tokens[at]
        if token.type == "heading_open":
            heading = _words(tokens[at + 1])
        if token.type in ("table_open", "table_close"):
            block = Token("html_block", "", 0)
            if token.type == "table_open":
                place += 1
                label = escapeHtml(f"Table {place}: {heading}")
                block.content = (
                    f'<div class="scroll" role="region" aria-label="{label}" tabindex="0">\n'
                )
                tokens.insert(at, block)
            else:
                block.content = f"</div>\n{links.get(place, '')}"
                tokens.insert(at + 1, block)
            at += 1
        if token.type == "th_open":
            token.attrSet("scope", "col")
        at += 1


def sections(tokens: list[Token]) -> list[tuple[str, str]]:
    """Anchor and words of every second-level heading."""
    return [
        (_slug(tokens[i + 1].content), _words(tokens[i + 1]))
        for i, token in enumerate(tokens)
        if token.type == "heading_open" and token.tag == "h2"
    ]


def _words(inline: Token) -> str:
    return "".join(t.content for t in inline.children or [] if t.type in ("text", "code_inline"))


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def name_headings(tokens: list[Token]) -> None:
    """Give second-level headings an anchor."""
    for i, token in enumerate(tokens):
        if token.type == "heading_open" and token.tag == "h2":
            token.attrSet("id", _slug(tokens[i + 1].content))


def _describe_link(link: Token, cited: Mapping[int, Fact]) -> None:
    target = str(link.attrGet("href") or "")
    number = re.fullmatch(r"#f(\d+)", target)
    if number and int(number[1]) in cited:
        # Its title is what the style sheet knows a figure by: a page has a thousand of them.
        link.attrSet("title", cited[int(number[1])].citation)
    elif not target.startswith("#"):
        link.attrSet("rel", "noopener noreferrer")


def _with_charts(tokens: list[Token], figures: Mapping[str, str]) -> list[Token]:
    """Paragraphs that hold a chart only, replaced by the chart."""
    found: list[Token] = []
    skip = 0
    for i, token in enumerate(tokens):
        if skip:
            skip -= 1
            continue
        name = _chart_name(tokens[i + 1]) if token.type == "paragraph_open" else None
        if name in figures:
            block = Token("html_block", "", 0)
            block.content = figures[str(name)]
            found.append(block)
            skip = 2
        else:
            found.append(token)
    return found


def _chart_name(inline: Token) -> str | None:
    children = inline.children or []
    if len(children) != 1 or children[0].type != "image":
        return None
    source = str(children[0].attrGet("src") or "")
    return source.removeprefix(CHART) if source.startswith(CHART) else None


@dataclass(frozen=True)
class Caption:
    """The words under a chart: plain, and as Markdown and HTML in which figures are links."""

    plain: str
    markdown: Markup
    html: Markup


def captions(tokens: list[Token], cited: Mapping[int, Fact]) -> dict[str, Caption]:
    """The words under each chart, by its name: the alternative text of its image."""
    found = {}
    for token in tokens:
        name = _chart_name(token) if token.type == "inline" else None
        if name is None:
            continue
        image = (token.children or [])[0]
        for link in image.children or []:
            if link.type == "link_open":
                _describe_link(link, cited)
        html = RendererHTML().renderInline(image.children or [], parser().options, {})
        found[name] = Caption(_words(image), Markup(image.content), Markup(html))
    return found


def replace_charts(text: str, blocks: Mapping[str, str]) -> str:
    """A Markdown text with each chart's line replaced by a block of Markdown."""

    def block(match: re.Match[str]) -> str:
        return blocks.get(match["name"], match[0])

    return re.sub(r"^!\[.*\]\(chart:(?P<name>[a-z0-9_]+)\)$", block, text, flags=re.MULTILINE)


# ------------------------------------------------------------------ Typst


def typst_text(text: str) -> str:
    """Any text as a Typst string expression, which no markup in it can leave."""
    return f"#{typst_string(text)};" if text else ""


def typst_string(text: str) -> str:
    """A Typst string literal; line breaks and control characters become spaces."""
    words = re.sub(r"[\x00-\x1f\x7f]+", " ", text)
    return '"' + words.replace("\\", "\\\\").replace('"', '\\"') + '"'


def to_typst(tokens: list[Token], images: Mapping[str, str]) -> str:
    """Typst markup of a text. `images` are file names by chart name."""
    out: list[str] = []
    at = 0
    while at < len(tokens):
        at = _block(tokens, at, out, images)
    return "\n".join(out)


def _block(tokens: list[Token], at: int, out: list[str], images: Mapping[str, str]) -> int:
    token = tokens[at]
    if token.type == "heading_open":
        out.append(f"{'=' * int(token.tag[1])} {_inline(tokens[at + 1])}\n")
        return at + 3
    if token.type == "paragraph_open":
        name = _chart_name(tokens[at + 1])
        if name is not None:
            caption = _inline((tokens[at + 1].children or [])[0])
            if name in images:
                out.append(f'#chart("{images[name]}")[{caption}]\n')
        else:
            out.append(_inline(tokens[at + 1]) + ("\n" if not token.hidden else ""))
        return at + 3
    if token.type in LISTS:
        end = _closing(tokens, at)
        items = _items(tokens, at + 1, end, images)
        out.append(f"#{LISTS[token.type]}({', '.join(f'[{item}]' for item in items)})\n")
        return end + 1
    if token.type == "blockquote_open":
        end = _closing(tokens, at)
        inner: list[str] = []
        position = at + 1
        while position < end:
            position = _block(tokens, position, inner, images)
        out.append(f"#note[{' '.join(inner)}]\n")
        return end + 1
    if token.type == "table_open":
        end = _closing(tokens, at)
        out.append(_table(tokens[at : end + 1]))
        return end + 1
    if token.type in ("fence", "code_block"):
        out.append(f"#raw({typst_string(token.content)}, block: true)\n")
    if token.type == "hr":
        out.append("#line(length: 100%, stroke: 0.4pt)\n")
    return at + 1


LISTS = {"bullet_list_open": "list", "ordered_list_open": "enum"}


def _closing(tokens: list[Token], at: int) -> int:
    depth = 0
    for i in range(at, len(tokens)):
        depth += tokens[i].nesting
        if depth == 0:
            return i
    return len(tokens) - 1


def _items(tokens: list[Token], at: int, end: int, images: Mapping[str, str]) -> list[str]:
    items = []
    while at < end:
        close = _closing(tokens, at)
        inner: list[str] = []
        position = at + 1
        while position < close:
            position = _block(tokens, position, inner, images)
        items.append(" ".join(inner))
        at = close + 1
    return items


def _table(tokens: list[Token]) -> str:
    """A table whose columns are as wide as their words ask for; the head repeats on each page."""
    table_rows: list[list[tuple[str, str]]] = []
    alignments: list[str] = []
    for i, token in enumerate(tokens):
        if token.type == "tr_open":
            table_rows.append([])
        if token.type in ("th_open", "td_open"):
            cell = tokens[i + 1]
            table_rows[-1].append((_inline(cell), _words_deep(cell)))
            if token.type == "th_open":
                style = str(token.attrGet("style") or "")
                alignments.append("right" if "right" in style else "left")
    cells = [[row[i][1] for row in table_rows if i < len(row)] for i in range(len(alignments))]
    widths = [column_width(column) for column in cells]
    columns = ", ".join(widths)
    head, *body = [", ".join(f"[{cell}]" for cell, _ in row) for row in table_rows]
    return (
        f"#grid-table(columns: ({columns},), align: ({', '.join(alignments)},), "
        f"table.header({head}),\n" + ",\n".join(body) + ")\n"
    )


def column_width(cells: list[str]) -> str:
    """What a column asks for: its own width if its cells are short, else a share by its text."""
    longest = max(len(cell) for cell in cells)
    if longest <= COLUMN_SHORT:
        return "auto"
    return f"{min(longest, COLUMN_MOST)}fr"


def _words_deep(inline: Token) -> str:
    return "".join(child.content for child in inline.children or [])


def _inline(inline: Token) -> str:
    return "".join(INLINE[t.type](t) for t in inline.children or [] if t.type in INLINE)


def _link_open(token: Token) -> str:
    target = str(token.attrGet("href") or "")
    number = re.fullmatch(r"#(f\d+)", target)
    if number:
        return f"#link(label({typst_string(number[1])}))["
    if target.startswith(("http://", "https://")):
        return f"#link({typst_string(target)})["
    return "#text()["


INLINE: Mapping[str, Callable[[Token], str]] = {
    "text": lambda token: typst_text(token.content),
    "code_inline": lambda token: f"#raw({typst_string(token.content)});",
    "softbreak": lambda token: " ",
    "hardbreak": lambda token: "#linebreak();",
    "strong_open": lambda token: "#strong[",
    "strong_close": lambda token: "];",
    "em_open": lambda token: "#emph[",
    "em_close": lambda token: "];",
    "link_open": _link_open,
    "link_close": lambda token: "];",
}
