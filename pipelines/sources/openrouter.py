"""OpenRouter's model list: one JSON envelope of models, prices as text in USD per token.

It sells other firms' models: the price follows the cheapest live host, so it is a street price and
never a vendor's list price.
"""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from pydantic import BaseModel, ConfigDict

from pipelines.meters import note_meters, openrouter_meters
from pipelines.sources import (
    Listing,
    Parsed,
    PayloadError,
    Rejected,
    Source,
    UsdPerToken,
    observe,
    plain,
    read_json,
)


class Pricing(BaseModel):
    """Meters used; the others (images, searches, lists of overrides) come and go."""

    model_config = ConfigDict(extra="ignore")

    prompt: UsdPerToken
    completion: UsdPerToken
    input_cache_read: UsdPerToken | None = None
    input_cache_write: UsdPerToken | None = None


class Row(BaseModel):
    """The fields used of one model or one variant of it."""

    model_config = ConfigDict(extra="ignore")

    id: str
    pricing: Pricing


#: How a description says that an id is another id's model, asked or served otherwise.
SAME_MODEL = re.compile(
    r"(?:same (?:underlying )?model as|-mode variant of) "
    r"\[[^\]]*\]\((?:https://openrouter\.ai)?/([\w~./:-]+)\)"
)
ASKED_WITH = re.compile(r"`?reasoning[._](effort|mode)`? set to `?(\w+)`?")


def _listing(row: Mapping[str, Any]) -> dict[str, Any]:
    """What the list says of an id, besides its price; odd values are left out, not refused."""
    target = row.get("alias_target")
    description = row.get("description")
    text = description if isinstance(description, str) else ""
    same, asked = SAME_MODEL.search(text), ASKED_WITH.search(text)
    said = {
        "same_as": same.group(1) if same else None,
        "asked_with": asked
        and f"{asked.group(1).replace('mode', 'reasoning mode')} {asked.group(2)}"
        if same
        else None,
        "spelling": row["id"],
        "repository": row.get("hugging_face_id"),
        "permanent_name": row.get("canonical_slug"),
        "points_to": target.get("slug") if isinstance(target, Mapping) else target,
    }
    return {name: value for name, value in said.items() if isinstance(value, str) and value}


def _envelope(document: Any) -> tuple[list[Any], Mapping[str, Any]]:
    rows = document.get("data") if isinstance(document, Mapping) else None
    if not isinstance(rows, list):
        raise PayloadError("expected an envelope with a list `data`")
    return rows, document


def next_page(page: bytes) -> str | None:
    """Address of the page after this one; the list came whole until 2026-08."""
    _, envelope = _envelope(read_json(page))
    links = envelope.get("links")
    following = links.get("next") if isinstance(links, Mapping) else None
    if following is not None and not isinstance(following, str):
        raise PayloadError("`links.next` is no address")
    return following or None


def _all_rows(document: Any) -> list[Any]:
    """Rows of the one envelope, or of a list of all pages' envelopes.

    A page read as the whole would end every model on the pages not read.
    """
    pages = [_envelope(page) for page in (document if isinstance(document, list) else [document])]
    rows = [row for page, _ in pages for row in page]
    for number, (_, envelope) in enumerate(pages, start=1):
        links = envelope.get("links")
        follows = isinstance(links, Mapping) and bool(links.get("next"))
        if follows != (number < len(pages)):
            raise PayloadError("one page of several: `links.next` of the last is set")
        total = envelope.get("total_count")
        if isinstance(total, int) and len(rows) < total:
            raise PayloadError(f"incomplete: {len(rows)} of {total} models")
    return rows


def parse(payload: bytes, part: str = "") -> Parsed:
    """Read the list. Raises PayloadError if it is not the list, or only one page of it."""
    document = read_json(payload)
    rows = _all_rows(document)
    parsed = Parsed()
    for page in document if isinstance(document, list) else [document]:
        about = {name: value for name, value in page.items() if name != "data"}
        parsed.notice("envelope", about, {"links", "total_count"})
    first: dict[str, object] = {}
    repeated = set()
    for row in rows:
        if not isinstance(row, Mapping) or not isinstance(row.get("id"), str):
            fields = plain(row) if isinstance(row, Mapping) else {}
            parsed.rejected.append(Rejected("?", fields, "model without id", holds=""))
            continue
        key = row["id"]
        if first.setdefault(key, row.get("pricing")) != row.get("pricing"):
            repeated.add(key)
    for key in sorted(repeated):
        reason = "the id stands more than once with different prices"
        parsed.rejected.append(Rejected(key, {"id": key}, reason))
    for row in rows:
        if isinstance(row, Mapping) and row.get("id") in first and row["id"] not in repeated:
            observe(Row, row["id"], row, parsed)
            note_meters(parsed, openrouter_meters(row["id"], row.get("pricing")))
            observe(Listing, row["id"], _listing(row), parsed, "listings")
    if not parsed.things.get("prices"):
        raise PayloadError("no priced model in `data`")
    return parsed


SOURCE = Source(
    name="openrouter",
    title="OpenRouter models API",
    kind="pricing",
    producer="OpenRouter",
    url="https://openrouter.ai/api/v1/models",
    licence="not stated",
    licence_url="https://openrouter.ai/terms",
    citation="OpenRouter, models API",
    cadence=timedelta(days=1),
    lineage="openrouter",
    reliability_rank=7,
    may_redistribute=False,
    may_use_commercially=False,
    things=("prices", "listings", "meters"),
    file_names=("models.json",),
    is_tree=False,
    live_parts=("",),
    is_live=True,
    key_variable=None,
    smallest_share_of_last=0.6,
    parse=parse,
    offline_edition=None,
    next_page=next_page,
)
