"""A one-off export of three vendors' news and changelogs, tagged with the models they name.

Read for launches only; its notes, blog posts and deprecations are not. Its dates are mostly
Korean midnights (put right in staging), its title and link sit in an HTML card.
"""

import html
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints

from pipelines.sources import Parsed, PayloadError, Rejected, Source, observe, plain, read_json

LAUNCHES = {"model_release", "model_rollout"}
TITLE = re.compile(r'<h2 class="event-card__title">(.*?)</h2>', re.DOTALL)
LINK = re.compile(r'<a href="(https?://[^"\s<>]+)"')


def _exists(text: str) -> str:
    datetime.fromisoformat(text)
    return text


Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
#: A day, with or without a time of UTC, that exists; kept as the text it is.
Moment = Annotated[
    str,
    StringConstraints(pattern=r"^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}:\d{2}(\.\d{3})?Z)?$"),
    AfterValidator(_exists),
]


class Row(BaseModel):
    """One model named by one event. `event_date` stays text, with or without a time."""

    model_config = ConfigDict(extra="ignore")

    vendor: Name
    category: str
    event_date: Moment
    event_date_kind: str
    model: Name
    title: Name
    link: str | None = None


def parse(payload: bytes, part: str = "") -> Parsed:
    """Read the launches. Raises PayloadError if the document is not the export."""
    document = read_json(payload)
    events = document.get("events") if isinstance(document, Mapping) else None
    if not isinstance(events, list):
        raise PayloadError("expected a JSON object with `events`")
    parsed = Parsed()
    for event in events:
        if not isinstance(event, dict):
            parsed.rejected.append(Rejected("?", {"value": str(event)[:200]}, "not an object", ""))
            continue
        if event.get("category") not in LAUNCHES:
            continue
        models = event.get("models")
        if not isinstance(models, list) or "id" not in event:
            fields = {name: plain(event.get(name)) for name in ("id", "vendor", "event_date")}
            parsed.rejected.append(Rejected(str(event.get("id")), fields, "no id or no `models`"))
            continue
        card = str(event.get("html"))
        title, link = TITLE.search(card), LINK.search(card)
        for model in models:
            row = {
                **event,
                "model": model,
                "title": html.unescape(title.group(1)) if title else None,
                "link": html.unescape(link.group(1)) if link else None,
            }
            row.pop("html", None)
            observe(Row, f"{event['id']}|{model}", row, parsed, "releases")
    if not parsed.things:
        raise PayloadError("no launch among the events")
    return parsed


SOURCE = Source(
    name="llm_timeline",
    title="LLM timeline",
    kind="releases",
    producer="atjsh",
    url="https://atjsh.github.io/llm-timeline/assets/events.json",
    licence="MIT for the export; the posts belong to their publishers",
    licence_url="https://github.com/atjsh/llm-timeline/blob/main/LICENSE",
    citation="atjsh, llm-timeline, events.json; the vendor's post itself where one is cited",
    cadence=timedelta(days=365),
    lineage="llm_timeline",
    reliability_rank=5,
    may_redistribute=False,
    may_use_commercially=True,
    things=("releases",),
    file_names=("events.json",),
    is_tree=False,
    live_parts=(),
    is_live=False,
    key_variable=None,
    smallest_share_of_last=0.6,
    parse=parse,
    offline_edition=None,
)
