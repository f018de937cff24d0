"""A third party's daily copies of OpenRouter's rankings page: the week so far, archive only.

Of its eleven sections those in tokens are read. The page shows the *running* week, and the
copier's labels went to the wrong charts on some days; both are dealt with in staging.
"""

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from pipelines.sources import Parsed, PayloadError, Rejected, Source, observe, read_json
from pipelines.sources.openrouter_rankings_daily import Day

#: Section -> field with the name. Others count requests, calls or images, or rank apps.
SECTIONS = {
    "models": "model_id",
    "categories_programming": "model_id",
    "languages_english": "model_id",
    "programming_python": "model_id",
    "market_share": "author",
}


class Row(BaseModel):
    """One place in one section."""

    model_config = ConfigDict(extra="ignore")

    section: str
    #: Day of the copy, UTC.
    copied_on: Day
    spelling: Annotated[str, Field(min_length=1)]
    rank: Annotated[int, Field(ge=1, le=1000)]
    tokens: Annotated[int, Field(le=10**18)]
    share_pct: Annotated[Decimal, Field(ge=0, le=100)]


def parse(payload: bytes, part: str = "") -> Parsed:
    """Read one copy. Raises PayloadError if every section is empty: the copier failed that way."""
    document = read_json(payload)
    meta = document.get("meta") if isinstance(document, Mapping) else None
    if not isinstance(meta, Mapping) or not isinstance(meta.get("fetched_at"), str):
        raise PayloadError("expected a JSON object with `meta.fetched_at`")
    copied_on = meta["fetched_at"][:10]
    parsed = Parsed()
    for section, name in SECTIONS.items():
        for row in document.get(section) or ():
            if not isinstance(row, dict):
                parsed.rejected.append(Rejected(section, {"value": str(row)[:200]}, "no object"))
                continue
            fields = {
                **row,
                "section": section,
                "copied_on": copied_on,
                "spelling": row.get(name),
            }
            observe(Row, f"{section}|{copied_on}|{row.get(name)}", fields, parsed, "usage")
    if not parsed.things:
        raise PayloadError("every section is empty")
    return parsed


SOURCE = Source(
    name="openrouter_rankings_page",
    title="OpenRouter rankings page, copied by jampongsathorn",
    kind="usage",
    producer="jampongsathorn/openrouter-rankings, from openrouter.ai/rankings",
    url="https://raw.githubusercontent.com/jampongsathorn/openrouter-rankings/main/data",
    licence="not stated",
    licence_url="https://github.com/jampongsathorn/openrouter-rankings",
    citation="jampongsathorn, openrouter-rankings, after openrouter.ai/rankings",
    cadence=timedelta(days=1),
    lineage="openrouter_rankings_daily",
    reliability_rank=4,
    may_redistribute=False,
    may_use_commercially=False,
    things=("usage",),
    file_names=("rankings.json",),
    is_tree=True,
    live_parts=(),
    # The site's terms forbid collecting its pages; its Data API is the way in.
    is_live=False,
    key_variable=None,
    smallest_share_of_last=0.6,
    parse=parse,
    offline_edition=None,
)
