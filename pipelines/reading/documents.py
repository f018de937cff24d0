"""Reads a text, Markdown or HTML file into blocks of plain text, tables included; judges nothing.

The input is hostile: every loop here moves forward through the text, so the time is linear in its
length whatever it holds. That is why no general Markdown or HTML library is used: both need a tree,
and take quadratic time on inputs made for them. Only what a claim can stand in is told apart:
headings, paragraphs, list items, quotes and table cells.
"""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import PurePath

#: The largest text read, bytes; a long book has about one million.
MAX_BYTES = 2_000_000
#: How far from the first or the last block a line that is only a date still dates the text.
DATELINE_BLOCKS = 6
#: A line longer than this was not wrapped: what follows is a paragraph of its own.
WRAPPED = 130
#: Columns a table may have; a span beyond it is cut.
MAX_COLUMNS = 60


class TextError(Exception):
    """A file that cannot be read as a text; the message says why."""


@dataclass(frozen=True)
class Block:
    """A piece of running text, or one cell of a table.

    `kind` is heading, paragraph, item, quote, cell or code; code is shown and never checked.
    `line` counts from 1 in the file (0 where the format has no lines worth naming).
    """

    kind: str
    text: str
    line: int = 0
    level: int = 0
    table: int | None = None
    row: int = 0
    column: int = 0
    is_header: bool = False


@dataclass(frozen=True)
class Document:
    """A text's blocks in order, its title, and its own date with where that date stands."""

    blocks: tuple[Block, ...]
    title: str | None = None
    author: str | None = None
    dated_on: date | None = None
    dated_by: str | None = None


#: Characters that look like another, one for one so that positions stay.
LOOKALIKES = str.maketrans(
    {
        "\u00a0": " ", "\u2007": " ", "\u202f": " ", "\u2009": " ", "\u200a": " ", "\t": " ",
        "\u2010": "-", "\u2011": "-", "\u2212": "-", "\u2018": "'", "\u2019": "'", "\u201c": '"',
        "\u201d": '"', "\u00d7": "x", "\uff05": "%", "\uff04": "$",
    }
)  # fmt: skip
INVISIBLE = dict.fromkeys([0x00AD, 0x200B, 0x200C, 0x200D, 0x2060, 0xFE0F, 0xFEFF])


def read(data: bytes, name: str = "") -> Document:
    """Read a file's bytes; the name's ending, else the content, tells HTML from other text.

    Raises TextError if it is too large or no text.
    """
    if len(data) > MAX_BYTES:
        raise TextError(
            f"{name or 'the text'} has {len(data):,} bytes; at most {MAX_BYTES:,} are read: "
            "check it in parts"
        )
    text = _decode(data, name)
    suffix = PurePath(name).suffix.lower()
    opening = text[:2000].lower()
    is_html = suffix in {".html", ".htm", ".xhtml"} or (
        suffix not in {".md", ".markdown", ".txt"}
        and ("<!doctype html" in opening or "<html" in opening or "<body" in opening)
    )
    document = read_html(text) if is_html else read_text(text)
    return document if document.dated_on else _with_date_of_its_own(document)


def _decode(data: bytes, name: str) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = data.decode("utf-16", "replace")
    else:
        text = data.decode("utf-8-sig", "replace")
    if "\x00" in text:
        raise TextError(f"{name or 'the file'} is no text (it holds zero bytes)")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def tidy(text: str) -> str:
    """Plain characters for look-alikes, single spaces, no invisible characters."""
    plain = text.translate(LOOKALIKES).translate(INVISIBLE)
    lines = (re.sub(r" {2,}", " ", line).strip() for line in plain.split("\n"))
    return re.sub(r"\n{2,}", "\n", "\n".join(lines)).strip()


# ------------------------------------------------------------------ text and Markdown

_FENCE = re.compile(r"^ {0,3}(```|~~~)")
_HEADING = re.compile(r"^ {0,3}(#{1,6})[ \t]+(.*)$")
_ITEM = re.compile(r"^[ \t]*(?:[-*+•‣·–][ \t]+|\d{1,3}[.)][ \t]+|\(?\d{1,2}/\d{0,2}\)?[ \t]+)(.*)$")
_QUOTE = re.compile(r"^ {0,3}(?:> ?)+")
_RULE = re.compile(r"^ {0,3}(?:[-*_][ \t]*){3,}$")
_TABLE_RULE = re.compile(r"^[ \t|:+-]*-[ \t|:+-]*$")
_BOLD_LINE = re.compile(r"^(\*\*|__)(.+)\1:?$")
_NUMBERED = re.compile(r"^\d{1,3}[.)][ \t]")
_LINK = re.compile(r"!?\[([^\[\]]{0,400})\]\([^()\s]{0,1000}(?: \"[^\"]{0,200}\")?\)")
_REFERENCE = re.compile(r"\[\^?[\w .-]{1,40}\](?=[\s.,;:]|$)(?<=\])")
_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,300}>")
_EMPHASIS = re.compile(r"\*{1,3}|(?<![A-Za-z0-9])_{1,3}|_{1,3}(?![A-Za-z0-9])|`{1,3}|~~")
_ESCAPED = re.compile(r"\\([\\`*_{}\[\]()#+.!|<>~$-])")


def read_text(text: str) -> Document:
    """Blocks of a plain text or a Markdown file, by its lines."""
    lines = text.split("\n")
    front, at = _front_matter(lines)
    blocks: list[Block] = []
    paragraph: list[str] = []
    kind, began, in_code, tables = "paragraph", at + 1, False, 0

    def close() -> None:
        nonlocal kind
        if paragraph:
            whole = "\n".join(paragraph)
            block = Block(kind, tidy(plain(whole)), began)
            if kind == "paragraph" and len(whole) <= 120 and "\n" not in whole:
                bold = _BOLD_LINE.match(whole.strip())
                if bold and "**" not in bold.group(2):
                    block = replace(block, kind="heading", level=6)
            if block.text:
                blocks.append(block)
        paragraph.clear()
        kind = "paragraph"

    while at < len(lines):
        line = lines[at]
        number = at + 1
        at += 1
        if _FENCE.match(line):
            close()
            in_code = not in_code
            continue
        if in_code:
            if line.strip():
                blocks.append(Block("code", tidy(line), number))
            continue
        quote = _QUOTE.match(line)
        if quote:
            line = line[quote.end() :]
        if not line.strip():
            close()
            continue
        heading = _HEADING.match(line)
        item = _ITEM.match(line)
        if heading:
            close()
            words = tidy(plain(heading.group(2).rstrip("# \t")))
            if words:
                blocks.append(Block("heading", words, number, len(heading.group(1))))
        elif "|" in line and at < len(lines) and _is_table_rule(lines[at]):
            close()
            at = _read_table(lines, at - 1, tables, blocks)
            tables += 1
        elif paragraph and kind == "paragraph" and re.fullmatch(r" {0,3}(=+|-+) *", line):
            kind = "heading"
            close()
        elif _RULE.match(line):
            close()
        elif item and not (paragraph and _NUMBERED.match(line.strip()) and kind == "paragraph"):
            close()
            kind, began = "item", number
            paragraph.append(item.group(1))
        else:
            if paragraph and (len(paragraph[-1]) > WRAPPED or _BOLD_LINE.match(line.strip())):
                close()
            if not paragraph:
                kind, began = ("quote" if quote else "paragraph"), number
            paragraph.append(line)
            if _BOLD_LINE.match(line.strip()):
                close()
    close()
    title = front.get("title") or next((b.text for b in blocks if b.kind == "heading"), None)
    dated_on = next((found for key in ("date", "published", "published_on", "pubdate", "updated")
                     if (found := first_date(front.get(key, "")))), None)  # fmt: skip
    return Document(
        tuple(blocks), title, front.get("author"), dated_on,
        "its front matter" if dated_on else None,
    )  # fmt: skip


def _front_matter(lines: list[str]) -> tuple[dict[str, str], int]:
    if not lines or lines[0].strip() != "---":
        return {}, 0
    found: dict[str, str] = {}
    for at, line in enumerate(lines[1:60], start=1):
        if line.strip() in {"---", "..."}:
            return found, at + 1
        key, colon, value = line.partition(":")
        if colon and key.strip().isidentifier():
            found[key.strip().lower()] = value.strip().strip("\"'")
    return {}, 0


def _is_table_rule(line: str) -> bool:
    return "-" in line and ("|" in line or "+" in line) and bool(_TABLE_RULE.match(line))


def _cells(line: str) -> list[str]:
    return [cell.replace("\0", "|") for cell in
            line.replace("\\|", "\0").strip().strip("|").split("|")][:MAX_COLUMNS]  # fmt: skip


def _read_table(lines: list[str], at: int, table: int, blocks: list[Block]) -> int:
    row = 0
    while at < len(lines) and "|" in lines[at]:
        if not _is_table_rule(lines[at]):
            for column, cell in enumerate(_cells(lines[at])):
                blocks.append(Block("cell", tidy(plain(cell)), at + 1, 0, table, row, column,
                                    row == 0))  # fmt: skip
            row += 1
        at += 1
    return at


def plain(text: str) -> str:
    """A line of Markdown without its marks."""
    text = _LINK.sub(r"\1", text) if "](" in text else text
    text = _REFERENCE.sub("", text) if "[^" in text else text
    text = (
        _TAG.sub("", re.sub(r"<br ?/?>", "\n", text, flags=re.IGNORECASE)) if "<" in text else text
    )
    text = _EMPHASIS.sub("", text)
    text = _ESCAPED.sub(r"\1", text) if "\\" in text else text
    return html.unescape(text) if "&" in text else text


# ------------------------------------------------------------------ HTML

#: Elements whose content is no text of the page's own.
UNREAD = {"script", "style", "noscript", "template", "svg", "nav", "iframe", "select", "textarea"}
BREAKS = {
    "address", "article", "aside", "blockquote", "body", "caption", "dd", "details", "div", "dl",
    "dt", "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6",
    "header", "hr", "html", "li", "main", "ol", "p", "pre", "section", "summary", "table", "tbody",
    "td", "tfoot", "th", "thead", "title", "tr", "ul",
}  # fmt: skip
_TAG_NAME = re.compile(r"/?([a-zA-Z][a-zA-Z0-9:-]{0,40})")
_DATE_META = re.compile(
    r"(?:name|property|itemprop)\s{0,3}=\s{0,3}[\"']?"
    r"(?:article:published_time|date|pubdate|publish[-_]?date|datepublished|dc\.date(?:\.issued)?|"
    r"og:published_time|parsely-pub-date)[\"'\s]",
    re.IGNORECASE,
)
_CONTENT = re.compile(r"content\s{0,3}=\s{0,3}[\"']([^\"']{4,40})", re.IGNORECASE)
_DATETIME = re.compile(r"datetime\s{0,3}=\s{0,3}[\"']?([0-9T:+-]{8,30})", re.IGNORECASE)
_JSON_DATE = re.compile(r"\"datePublished\"\s{0,3}:\s{0,3}\"([0-9-]{10})")
_SPAN = re.compile(r"(colspan|rowspan)\s{0,3}=\s{0,3}[\"']?(\d{1,3})", re.IGNORECASE)


def _markup(text: str) -> Iterator[tuple[str, str]]:
    """Pieces of an HTML text: ('text', words) and ('tag', inside of the angle brackets)."""
    lower = text.lower()
    at, length = 0, len(text)
    no_more: set[str] = set()

    def find(what: str, start: int) -> int:
        if what in no_more:
            return -1
        found = lower.find(what, start)
        if found < 0:
            no_more.add(what)
        return found

    while at < length:
        opens = text.find("<", at)
        if opens < 0:
            yield "text", text[at:]
            return
        if opens > at:
            yield "text", text[at:opens]
        if text.startswith("<!--", opens):
            closes = find("-->", opens + 4)
            at = length if closes < 0 else closes + 3
            continue
        name = _TAG_NAME.match(text, opens + 1)
        if name is None and text[opens + 1 : opens + 2] not in {"!", "?"}:
            yield "text", "<"
            at = opens + 1
            continue
        closes = find(">", opens)
        if closes < 0:
            yield "text", text[opens:]
            return
        if text.count('"', opens, closes) % 2:  # a > inside a quoted attribute
            quote = find('"', closes)
            after = find(">", quote) if quote >= 0 else -1
            closes = after if 0 < after < opens + 2000 else closes
        at = closes + 1
        if name is None:
            continue
        word = name.group(1).lower()
        yield "tag", text[opens + 1 : closes]
        if word in UNREAD and not text.startswith("</", opens) and text[closes - 1] != "/":
            ends = find(f"</{word}", at)
            if word == "script" and ends >= 0:
                yield "script", text[at:ends]
            at = length if ends < 0 else ends


class _Page:
    """Collects blocks while the pieces of a page go by."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self.words: list[str] = []
        self.kind, self.level = "paragraph", 0
        self.table: int | None = None
        self.tables = 0
        self.row, self.column, self.is_header = -1, 0, False
        self.in_cell = False
        self.taken: dict[int, int] = {}
        self.title: str | None = None
        self.dated_on: date | None = None

    def close(self) -> None:
        words = tidy(html.unescape("".join(self.words)))
        self.words.clear()
        if self.in_cell:
            self.blocks.append(Block("cell", words, 0, 0, self.table, self.row, self.column,
                                     self.is_header))  # fmt: skip
            self.in_cell = False
        elif words and self.kind == "title":
            self.title = words
        elif words:
            self.blocks.append(Block(self.kind, words, 0, self.level))

    def tag(self, inside: str) -> None:
        match = _TAG_NAME.match(inside)
        name = match.group(1).lower() if match else ""
        closing = inside.startswith("/")
        if name == "br":
            self.words.append("\n")
        if name == "meta" and _DATE_META.search(inside[:600]):
            content = _CONTENT.search(inside[:600])
            self.dated_on = self.dated_on or first_date(content.group(1) if content else "")
        if name == "time":
            stamp = _DATETIME.search(inside[:600])
            self.dated_on = self.dated_on or first_date(stamp.group(1) if stamp else "")
        if name not in BREAKS:
            return
        if self.in_cell and name not in {"td", "th", "tr", "table", "tbody", "thead", "tfoot"}:
            self.words.append("\n")
            return
        self.close()
        if name == "table":
            self.table = None if closing else self.tables
            self.tables += closing
            self.row, self.taken = -1, {}
        elif name == "tr" and not closing:
            self.row += 1
            self.column = 0
            self.taken = {c: rows - 1 for c, rows in self.taken.items() if rows > 1}
        elif name in {"td", "th"} and not closing and self.table is not None:
            while self.column in self.taken:
                self.column += 1
            spans = {k.lower(): min(int(n), MAX_COLUMNS) for k, n in _SPAN.findall(inside[:600])}
            self.in_cell, self.is_header = True, name == "th"
            self._place(spans.get("colspan", 1), spans.get("rowspan", 1))
        elif closing:
            self.kind, self.level = "paragraph", 0
        elif name in {"h1", "h2", "h3", "h4", "h5", "h6"}:
            self.kind, self.level = "heading", int(name[1])
        else:
            self.kind = {"li": "item", "blockquote": "quote", "pre": "code", "title": "title"}.get(
                name, "paragraph"
            )

    def _place(self, columns: int, rows: int) -> None:
        """Let the cell that opens stand in its column, and keep those it spans from others."""
        here = self.column
        if rows > 1:
            for column in range(here, here + max(columns, 1)):
                self.taken[column] = rows
        self.next_column = here + max(columns, 1)

    def text(self, words: str) -> None:
        self.words.append(words.replace("\n", " "))


def read_html(text: str) -> Document:
    """Blocks of an HTML page; scripts, styles and navigation are left out."""
    page = _Page()
    for kind, piece in _markup(text):
        if kind == "text":
            page.text(piece)
        elif kind == "script":
            stamp = _JSON_DATE.search(piece[:20_000])
            page.dated_on = page.dated_on or first_date(stamp.group(1) if stamp else "")
        else:
            was_cell, column = page.in_cell, page.column
            page.tag(piece)
            if was_cell and page.column == column and not page.in_cell:
                page.column = page.next_column
    page.close()
    blocks = _with_header_rows(page.blocks)
    headed = next((b.text for b in blocks if b.kind == "heading"), None)
    return Document(
        tuple(blocks), headed or page.title, None, page.dated_on,
        "its own markup" if page.dated_on else None,
    )  # fmt: skip


def _with_header_rows(blocks: list[Block]) -> list[Block]:
    """The first row of a table heads its columns, whether or not it says so."""
    return [
        replace(b, is_header=True) if b.kind == "cell" and b.row == 0 else b for b in blocks
    ]  # fmt: skip


# ------------------------------------------------------------------ dates

MONTHS = {
    name[:3]: number
    for number, name in enumerate(
        ("january", "february", "march", "april", "may", "june", "july", "august", "september",
         "october", "november", "december"), start=1
    )
}  # fmt: skip
_MONTH = (
    r"(?P<{0}>jan(?:uary|\.)?|feb(?:ruary|\.)?|mar(?:ch|\.)?|apr(?:il|\.)?|may|june?\.?|july?\.?|"
    r"aug(?:ust|\.)?|sept?(?:ember|\.)?|oct(?:ober|\.)?|nov(?:ember|\.)?|dec(?:ember|\.)?)"
)
DATE = re.compile(
    r"(?<![\w.-])(?:"
    r"(?P<iso>(?:19|20)\d\d-\d\d-\d\d)(?![\d-])|"
    + _MONTH.format("m1") + r" (?P<d1>\d{1,2})(?:st|nd|rd|th)?(?:,? (?P<y1>20\d\d))?(?![\w%])|"
    r"(?P<d2>\d{1,2})(?:st|nd|rd|th)?(?: of)? " + _MONTH.format("m2")
    + r"(?:,? (?P<y2>20\d\d))?(?!\w)|"
    + _MONTH.format("m3") + r",? (?P<y3>20\d\d)(?!\w)|"
    r"(?:in|since|during|of|until|by|from|back in) " + _MONTH.format("m4") + r"(?!\w|,? \d)"
    r")",
    re.IGNORECASE,
)  # fmt: skip


@dataclass(frozen=True)
class When:
    """A day, a month or a year-less date as written: the days it may mean.

    `year` is None where the text leaves it out; then `first` and `last` stand in year 1904.
    """

    first: date
    last: date
    start: int
    end: int
    has_year: bool

    def near(self, day: date) -> "When":
        """The same with its year, chosen so that it lies nearest to a day."""
        if self.has_year:
            return self
        choices = []
        for year in (day.year - 1, day.year, day.year + 1):
            first = _in_year(self.first, year)
            is_day = self.first == self.last
            choices.append((first, first if is_day else _month_end(first)))
        # What a text tells has mostly been: a date ahead must be near to be preferred.
        first, last = min(
            choices, key=lambda c: (c[0] - day).days * 3 if c[0] > day else (day - c[0]).days
        )
        return replace(self, first=first, last=last, has_year=True)


#: Year of a date without one; it is a leap year.
NO_YEAR = 1904


def dates(text: str) -> list[When]:
    """Dates a text names, in order."""
    found = []
    for match in DATE.finditer(text):
        when = _when(match)
        if when:
            found.append(when)
    return found


def _when(match: re.Match[str]) -> When | None:
    part = match.groupdict()
    start, end = match.span()
    try:
        if part["iso"]:
            day = date.fromisoformat(part["iso"])
            return When(day, day, start, end, True)
        month = MONTHS[(part["m1"] or part["m2"] or part["m3"] or part["m4"]).lower()[:3]]
        year = part["y1"] or part["y2"] or part["y3"]
        days = part["d1"] or part["d2"]
        if part["m4"] and part["m4"].lower() == "may" and part["m4"][0] != "M":
            return None  # "by may" is no month
        if days:
            day = date(int(year or NO_YEAR), month, int(days))
            return When(day, day, start, end, bool(year))
    except ValueError:
        return None
    first = date(int(year or NO_YEAR), month, 1)
    return When(first, _month_end(first), start, end, bool(year))


def _in_year(day: date, year: int) -> date:
    is_leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return day.replace(
        year=year, day=28 if (day.month, day.day) == (2, 29) and not is_leap else day.day
    )


def _month_end(first: date) -> date:
    return (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def first_date(text: str) -> date | None:
    """The first full date of a short text."""
    stamp = re.search(r"(?:19|20)\d\d-\d\d-\d\d", text[:200])
    if stamp:
        try:
            return date.fromisoformat(stamp.group(0))
        except ValueError:
            return None
    return next((w.first for w in dates(text[:200]) if w.has_year and w.first == w.last), None)


_PUBLISHED = re.compile(
    r"\b(?:published|posted|updated|written|sent|issued)(?: on)?:?\s{1,2}", re.IGNORECASE
)
_AHEAD = re.compile(
    r"\b(?:will|until|by|shut|retire|sunset|deprecat|turned off|expire|plan)", re.IGNORECASE
)


def _with_date_of_its_own(document: Document) -> Document:
    """Find the text's date: a line that is only a date, words like "published on", else the latest.

    The latest day named says that the text is not older; days still to come are left out.
    """
    blocks = [b for b in document.blocks if b.kind != "code"]
    near = blocks[:DATELINE_BLOCKS] + blocks[DATELINE_BLOCKS:][-DATELINE_BLOCKS:]
    for block in near:
        full = [w for w in dates(block.text[:300]) if w.has_year and w.first == w.last]
        if len(full) == 1 and len(block.text) - (full[0].end - full[0].start) <= 30:
            return replace(document, dated_on=full[0].first, dated_by="its dateline")
    for block in near:
        for match in _PUBLISHED.finditer(block.text[:2000]):
            stated = first_date(block.text[match.end() : match.end() + 40])
            if stated:
                return replace(document, dated_on=stated, dated_by="what it says of itself")
    latest: date | None = None
    for block in blocks:
        for when in dates(block.text):
            before = block.text[max(0, when.start - 80) : when.start]
            if when.has_year and when.first == when.last and not _AHEAD.search(before):
                latest = max(latest or when.first, when.first)
    if latest:
        return replace(document, dated_on=latest, dated_by="the latest day it names")
    return document
