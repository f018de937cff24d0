"""A third party's weekly top 9 or 10 of OpenRouter's rankings: one file a week, archive only.

Only rank and total are read. The split into prompt and completion tokens, and all that is
computed from it, is an 80/20 guess in the first 39 weeks and zero in the last.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from pipelines.sources import Parsed, PayloadError, Rejected, Source, observe, read_json
from pipelines.sources.openrouter_rankings_daily import Day


class Row(BaseModel):
    """One model in one week."""

    model_config = ConfigDict(extra="ignore")

    date: Day
    slug: Annotated[str, Field(min_length=1)]
    rank: Annotated[int, Field(ge=1, le=1000)]
    total_tokens: Annotated[int, Field(le=10**18)]


def parse(payload: bytes, part: str = "") -> Parsed:
    """Read one week. Raises PayloadError if it names no week or no model."""
    document = read_json(payload)
    models = document.get("models") if isinstance(document, Mapping) else None
    if not isinstance(models, list) or not isinstance(document.get("date"), str):
        raise PayloadError("expected a JSON object with `date` and `models`")
    week = document["date"]
    parsed = Parsed()
    for row in models:
        if not isinstance(row, dict):
            parsed.rejected.append(Rejected(week, {"value": str(row)[:200]}, "not an object"))
            continue
        observe(Row, f"{week}|{row.get('slug')}", {**row, "date": week}, parsed, "usage")
    if not parsed.things:
        raise PayloadError("no model in the week")
    return parsed


SOURCE = Source(
    name="openrouter_rankings_weekly",
    title="OpenRouter weekly rankings, collected by johnbean393",
    kind="usage",
    producer="johnbean393/openrouter-inference-stats, from openrouter.ai/rankings",
    url="https://raw.githubusercontent.com/johnbean393/openrouter-inference-stats/main/data",
    licence="not stated",
    licence_url="https://github.com/johnbean393/openrouter-inference-stats",
    citation="johnbean393, openrouter-inference-stats, after openrouter.ai/rankings",
    cadence=timedelta(days=7),
    lineage="openrouter_rankings_daily",
    reliability_rank=3,
    may_redistribute=False,
    may_use_commercially=False,
    things=("usage",),
    file_names=("????-??-??.json",),
    is_tree=True,
    live_parts=(),
    # The site's terms forbid collecting its pages; its Data API is the way in.
    is_live=False,
    key_variable=None,
    smallest_share_of_last=0.6,
    parse=parse,
    offline_edition=None,
)
