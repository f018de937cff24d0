"""What a firm may change without touching a template: its name, logo, colours, words, segments."""

import base64
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipelines.briefings.svg import COLOURS

#: Kinds of logo that a page may embed, by suffix. SVG is shown as an image, where it cannot act.
LOGOS = {".png": "image/png", ".svg": "image/svg+xml", ".jpg": "image/jpeg"}
LARGEST_LOGO = 60_000
#: Colours of a page, light and dark; charts have their own.
PAGE_COLOURS: Mapping[str, tuple[str, str]] = {
    "paper": ("#ffffff", "#0f1419"),
    "ink": ("#1b1f24", "#e6e9ec"),
    "muted": ("#57606a", "#9aa4ae"),
    "rule": ("#d0d7de", "#323a43"),
    "soft": ("#f6f8fa", "#171d24"),
    "link": ("#0b4f8a", "#7cb7f2"),
    "warn": ("#fff4d6", "#3a2f10"),
    "warn-ink": ("#6b4e00", "#ffdf8c"),
    "good": ("#e3f4e8", "#12301f"),
    "good-ink": ("#14532d", "#9be0b4"),
}
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")


class ThemeError(Exception):
    """A theme file that cannot be used; the message says which entry and why."""


@dataclass(frozen=True)
class Theme:
    """How pages look and whose they are. `segments` empty means all; colours are (light, dark)."""

    name: str = "Bellwether"
    disclaimer: str = ""
    site_url: str = ""
    logo: str = ""
    segments: tuple[str, ...] = ()
    page: Mapping[str, tuple[str, str]] = field(default_factory=lambda: dict(PAGE_COLOURS))
    charts: Mapping[str, tuple[str, str]] = field(default_factory=lambda: dict(COLOURS))

    def properties(self, side: int) -> str:
        """CSS custom properties for light (0) or dark (1)."""
        page = "".join(f"--{name}:{pair[side]};" for name, pair in self.page.items())
        return page + "".join(f"--chart-{name}:{pair[side]};" for name, pair in self.charts.items())


def read_theme(path: Path | None) -> Theme:
    """The theme of a file, or the built-in one. Raises ThemeError."""
    if path is None or not path.exists():
        return Theme()
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ThemeError(f"{path}: {error}") from error
    known = {"name", "disclaimer", "site_url", "logo", "segments", "colours", "charts"}
    if unknown := sorted(set(given) - known):
        raise ThemeError(f"{path}: no entry is called {unknown[0]}; there are {sorted(known)}")
    site_url = _text(path, given, "site_url")
    if site_url and not re.fullmatch(r"https?://[^\s\"'<>]+", site_url):
        raise ThemeError(f"{path}: site_url must be an address that begins with http")
    segments = given.get("segments", [])
    if not isinstance(segments, list) or not all(isinstance(s, str) for s in segments):
        raise ThemeError(f"{path}: segments must be a list of segment ids")
    return Theme(
        name=_text(path, given, "name") or "Bellwether",
        disclaimer=_text(path, given, "disclaimer"),
        site_url=site_url.rstrip("/"),
        logo=_logo(path, _text(path, given, "logo")),
        segments=tuple(segments),
        page=_colours(path, "colours", given.get("colours", {}), PAGE_COLOURS),
        charts=_colours(path, "charts", given.get("charts", {}), COLOURS),
    )


def _text(path: Path, given: Mapping[str, Any], key: str) -> str:
    value = given.get(key, "")
    if not isinstance(value, str):
        raise ThemeError(f"{path}: {key} must be text")
    return value.strip()


def _colours(
    path: Path, table: str, given: Any, usual: Mapping[str, tuple[str, str]]
) -> dict[str, tuple[str, str]]:
    if not isinstance(given, dict):
        raise ThemeError(f"{path}: [{table}] must be a table of colours")
    found = dict(usual)
    for name, pair in given.items():
        if name not in usual:
            raise ThemeError(f"{path}: [{table}] has no colour {name}; there are {sorted(usual)}")
        pair = [pair, pair] if isinstance(pair, str) else pair
        is_pair = isinstance(pair, list) and len(pair) == 2
        if not is_pair or not all(isinstance(c, str) and _COLOUR.fullmatch(c) for c in pair):
            raise ThemeError(f"{path}: [{table}] {name} must be #rrggbb, or light and dark of it")
        found[name] = (pair[0], pair[1])
    return found


def _logo(path: Path, name: str) -> str:
    """The logo as a data address, so that the page asks for nothing."""
    if not name:
        return ""
    file = path.parent / name
    kind = LOGOS.get(file.suffix.lower())
    if kind is None or not file.is_file():
        raise ThemeError(f"{path}: logo {name} must be a file beside it, {' or '.join(LOGOS)}")
    if file.stat().st_size > LARGEST_LOGO:
        raise ThemeError(f"{path}: logo {name} is larger than {LARGEST_LOGO:,} bytes")
    return f"data:{kind};base64,{base64.b64encode(file.read_bytes()).decode()}"
