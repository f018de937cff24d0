"""The briefings that were rendered, as a small static site: index, feeds, calendar, llms.txt.

The site is the folder of briefings itself: every briefing keeps its address. Nothing is rendered
anew here, and what it writes works from a folder as from any static host.
"""

import base64
import hashlib
import json
import re
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from markupsafe import Markup

from pipelines.briefings import signoff
from pipelines.briefings.changes import (
    known_retirements,
    price_figures,
    retirement_figures,
    scheduled_prices,
    snapshot,
)
from pipelines.briefings.facts import Facts, plain
from pipelines.briefings.kinds import KINDS
from pipelines.briefings.market import Market, newest_fact, read_market
from pipelines.briefings.render import screen
from pipelines.briefings.theme import Theme
from pipelines.settings import TEMPLATES
from pipelines.warehouse import Connection

INDEX, ATOM, JSON_FEED, CALENDAR, LLMS = (
    "index.html", "feed.xml", "feed.json", "calendar.ics", "llms.txt",
)  # fmt: skip
#: Entries in the feeds, newest first, and how far back the calendar reaches.
FEED_ENTRIES = 50
CALENDAR_BACK = timedelta(days=180)
NAMESPACE = uuid.UUID("6f1c9c5e-3f0b-5c0a-9d0e-2b6a4c7f1e55")


@dataclass(frozen=True)
class Item:
    """One rendered briefing as the index lists it."""

    kind: str
    partition: str
    title: str
    as_of: date
    known_by: date
    lines: tuple[str, ...]
    vendors: tuple[str, ...]
    models: tuple[str, ...]
    status: str
    is_approved: bool
    altered: tuple[str, ...]

    @property
    def path(self) -> str:
        """Its folder, from the site's root."""
        return f"{self.kind}/{self.partition}"

    @property
    def words(self) -> str:
        """What a search looks through."""
        said = (self.title, self.kind, self.partition, *self.lines, *self.vendors, *self.models)
        return " ".join(said).lower()

    @property
    def urn(self) -> str:
        """A name for it that no move of the site changes."""
        return f"urn:uuid:{uuid.uuid5(NAMESPACE, self.path)}"


def items(folder: Path) -> tuple[list[Item], list[str]]:
    """Rendered briefings, newest first, and what is wrong with folders that are none."""
    found, problems = [], []
    for path in sorted(folder.glob(f"*/*/{signoff.MANIFEST}")):
        if path.parent.parent.name not in KINDS:
            continue
        try:
            manifest = signoff.read_manifest(path.parent)
            changed = signoff.altered(path.parent, manifest)
            found.append(_item(path.parent, manifest, changed))
        except (signoff.SignoffError, KeyError, ValueError, TypeError) as error:
            problems.append(f"{path.parent}: {error or 'unreadable'}; render it again")
    found.sort(key=lambda i: (i.as_of, i.known_by, i.path), reverse=True)
    return found, problems


def _item(folder: Path, manifest: dict[str, Any], changed: list[str]) -> Item:
    is_approved = bool(manifest["is_approved"]) and not changed
    status = manifest["status"] if not changed else f"Changed by hand: {', '.join(changed)}"
    return Item(
        kind=folder.parent.name,
        partition=folder.name,
        title=plain(manifest["title"]),
        as_of=date.fromisoformat(manifest["as_of"]),
        known_by=date.fromisoformat(manifest["known_by"]),
        lines=tuple(plain(line) for line in manifest["lines"]),
        vendors=tuple(plain(v) for v in manifest["vendors"]),
        models=tuple(plain(m) for m in manifest["models"]),
        status=plain(status),
        is_approved=is_approved,
        altered=tuple(changed),
    )


def build(folder: Path, connection: Connection, theme: Theme) -> tuple[int, list[str]]:
    """Write the site's own files into the folder of briefings.

    Returns how many briefings it lists and what is wrong with those it cannot. `connection` reads
    the published warehouse, for the calendar.
    """
    folder.mkdir(parents=True, exist_ok=True)
    listed, problems = items(folder)
    newest = newest_fact(connection)
    files = {
        INDEX: index(listed, theme, newest),
        ATOM: atom(listed, theme, newest),
        JSON_FEED: json_feed(listed, theme),
        LLMS: llms(listed, theme),
        CALENDAR: calendar(connection, theme),
    }
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8", newline="")
    return len(listed), problems


def index(listed: Sequence[Item], theme: Theme, newest: date) -> str:
    """The page with search and filters, whose one script is its own and named by its hash."""
    script = (TEMPLATES / "site.js").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return screen().get_template("site.html.j2").render(
        items=listed,
        theme=theme,
        newest=newest,
        kinds=[k for k in KINDS if any(i.kind == k for i in listed)],
        vendors=sorted({v for i in listed for v in i.vendors}, key=str.lower),
        years=sorted({str(i.as_of.year) for i in listed}, reverse=True),
        light=Markup(theme.properties(0)),
        dark=Markup(theme.properties(1)),
        script=Markup(script),
        digest=digest,
    )  # fmt: skip


def _address(theme: Theme, path: str) -> str:
    return f"{theme.site_url}/{path}" if theme.site_url else path


def atom(listed: Sequence[Item], theme: Theme, newest: date) -> str:
    """An Atom feed (RFC 4287) of the newest briefings."""
    updated = max((i.as_of for i in listed), default=newest)
    entries = "".join(
        f"<entry><id>{i.urn}</id><title>{escape(i.title)}</title>"
        f"<updated>{i.as_of}T00:00:00Z</updated>"
        f'<link rel="alternate" type="text/html" href="{escape(_address(theme, i.path))}/"/>'
        f'<category term="{escape(i.kind)}"/>'
        f"<summary>{escape(' '.join((*i.lines, i.status)))}</summary></entry>\n"
        for i in listed[:FEED_ENTRIES]
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom">'
        f"<id>urn:uuid:{uuid.uuid5(NAMESPACE, 'site')}</id>"
        f"<title>{escape(theme.name)}: briefings on the model market</title>"
        f"<updated>{updated}T00:00:00Z</updated>"
        f"<author><name>{escape(theme.name)}</name></author>"
        f'<link rel="self" type="application/atom+xml" href="{escape(_address(theme, ATOM))}"/>'
        f'<link rel="alternate" type="text/html" href="{escape(_address(theme, INDEX))}"/>\n'
        f"{entries}</feed>\n"
    )


def json_feed(listed: Sequence[Item], theme: Theme) -> str:
    """A JSON Feed (version 1.1) of the newest briefings."""
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": f"{theme.name}: briefings on the model market",
        "home_page_url": _address(theme, INDEX),
        "feed_url": _address(theme, JSON_FEED),
        "items": [
            {
                "id": i.urn,
                "url": f"{_address(theme, i.path)}/index.html",
                "title": i.title,
                "content_text": "\n".join((*i.lines, i.status)),
                "date_published": f"{i.as_of}T00:00:00Z",
                "tags": [i.kind, *i.vendors],
                "attachments": [
                    {
                        "url": f"{_address(theme, i.path)}/briefing.pdf",
                        "mime_type": "application/pdf",
                    }
                ],
            }
            for i in listed[:FEED_ENTRIES]
        ],
    }
    return json.dumps(feed, ensure_ascii=False, indent=1) + "\n"


def llms(listed: Sequence[Item], theme: Theme) -> str:
    """What a language model should read: every briefing as Markdown, with its first line."""
    lines = [
        f"# {theme.name}",
        "",
        "> Briefings on the market for model APIs: prices, positions, launches, retirements. Every "
        "figure links to a fact with its source, dates, licence and the SQL that gets it.",
        "",
        "A draft is not verified by a person. `as of` is the market day, `known by` the day whose "
        "knowledge was used.",
        "",
    ]
    for kind in KINDS:
        own = [i for i in listed if i.kind == kind]
        if own:
            lines += [f"## {kind.capitalize()}", ""]
            lines += [
                f"- [{_bracketless(i.title)}, as of {i.as_of}]({_address(theme, i.path)}"
                f"/briefing.md): {i.status}. {i.lines[0] if i.lines else ''}".rstrip()
                for i in own
            ]
            lines.append("")
    lines += [
        "## Optional",
        "",
        f"- [Atom feed]({_address(theme, ATOM)})",
        f"- [JSON feed]({_address(theme, JSON_FEED)})",
        f"- [Calendar of retirements and announced prices]({_address(theme, CALENDAR)})",
        "",
    ]
    return "\n".join(lines)


def _bracketless(text: str) -> str:
    return text.replace("[", "(").replace("]", ")")


# ------------------------------------------------------------------ calendar


def calendar(connection: Connection, theme: Theme) -> str:
    """Retirements and announced prices as an iCalendar (RFC 5545), one whole-day event each."""
    newest = newest_fact(connection)
    cursor = connection.cursor()
    try:
        market = read_market(cursor, Facts(), newest, newest, newest, True, theme.segments)
        lines = [
            "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Bellwether//briefings//EN",
            f"X-WR-CALNAME:{_value(theme.name)}: model retirements and announced prices",
        ]  # fmt: skip
        for event in _events(market, newest):
            lines += event
        lines.append("END:VCALENDAR")
    finally:
        cursor.close()
    return "".join(f"{part}\r\n" for line in lines for part in _folded(line))


def _events(market: Market, newest: date) -> Iterable[list[str]]:
    now = snapshot(market, newest, newest)
    for row in known_retirements(market, newest):
        if row["shutdown_on"] is None or row["shutdown_on"] < newest - CALENDAR_BACK:
            continue
        f = retirement_figures(market, row, now)
        instead = f" {f['vendor']} names {f['instead']} instead." if f["instead"] else ""
        yield _event(
            f"retirement|{row['model_id']}",
            row["shutdown_on"],
            row["published_on"],
            f"{f['name']} is shut down",
            f"{f['vendor']} stops serving {f['name']}.{instead} Source: {f['fact'].citation}.",
            f["fact"].link,
        )
    for claim in scheduled_prices(market, now):
        prices = price_figures(market, claim)
        if prices is None:
            continue
        name = market.name(claim["model_id"])
        yield _event(
            f"price|{claim['model_id']}|{claim['source']}",
            claim["holds_from"],
            claim["published_on"],
            f"Announced list price of {name}",
            f"{prices['input'].text} in, {prices['output'].text} out per million tokens; an "
            f"announcement may be withdrawn. Source: {prices['input'].fact.citation}.",
            prices["input"].fact.link,
        )


def _event(
    key: str, on: date, stated: date | None, summary: str, words: str, link: str | None
) -> list[str]:
    stamp = stated or on
    return [
        "BEGIN:VEVENT",
        f"UID:{uuid.uuid5(NAMESPACE, key)}@bellwether",
        f"DTSTAMP:{datetime(stamp.year, stamp.month, stamp.day):%Y%m%dT%H%M%SZ}",
        f"DTSTART;VALUE=DATE:{on:%Y%m%d}",
        f"DTEND;VALUE=DATE:{on + timedelta(days=1):%Y%m%d}",
        f"SUMMARY:{_value(summary)}",
        f"DESCRIPTION:{_value(words)}",
        *([f"URL:{link}"] if link else []),
        "TRANSP:TRANSPARENT",
        "END:VEVENT",
    ]


def _value(text: str) -> str:
    return re.sub(r"([\\;,])", r"\\\1", plain(text))


def _folded(line: str) -> Iterable[str]:
    """A content line in parts of at most 75 octets, none of which cuts a character in two."""
    part, size = "", 0
    for character in line:
        octets = len(character.encode())
        if size + octets > 75:
            yield part
            part, size = " ", 1
        part, size = part + character, size + octets
    yield part
