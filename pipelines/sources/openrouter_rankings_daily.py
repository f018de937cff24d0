"""OpenRouter's Data API: tokens per day of the 50 most used models, and the rest as `other`.

The address without dates serves the last 30 complete days; longer windows (`?start_date=` back
to 2025-01-01, at most 366 days) can be saved as `rankings-daily*.json` and given to `bellwether
backfill`. Price files kept beside a mirror's usage file claim prices before their day: never read.
"""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from pipelines.sources import Parsed, PayloadError, Rejected, Source, observe, plain, read_json


def _exists(text: str) -> str:
    date.fromisoformat(text)
    return text


#: A day that exists, as text: one 30 February would stop the whole build at its cast.
Day = Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$"), AfterValidator(_exists)]


class Row(BaseModel):
    """One model on one UTC day. Counts come as digits in text: they outgrow exact floats."""

    model_config = ConfigDict(extra="ignore")

    date: Day
    model_permaslug: Annotated[str, Field(min_length=1)]
    total_tokens: Annotated[str, Field(pattern=r"^\d{1,18}$")]


def _rows(document: Any) -> Iterator[tuple[str, Any]]:
    """(key, row) of the API's list, or of a mirror's object of days of models."""
    if not isinstance(document, Mapping):
        raise PayloadError("expected a JSON object with `data`")
    if isinstance(document.get("data"), list):
        for row in document["data"]:
            named = row if isinstance(row, Mapping) else {}
            yield f"{named.get('date')}|{named.get('model_permaslug')}", row
        return
    for day, models in document.items():
        if not isinstance(models, Mapping):
            raise PayloadError("neither the API's `data` nor days of models")
        for model, row in models.items():
            yield f"{day}|{model}", row


def parse(payload: bytes, part: str = "") -> Parsed:
    """Read all days. Raises PayloadError if there is none, as in an error's answer."""
    parsed = Parsed()
    seen = set()
    for key, row in _rows(read_json(payload)):
        fields = row if isinstance(row, Mapping) else {"value": str(row)[:200]}
        if key in seen:
            parsed.rejected.append(Rejected(key, plain(fields), "stands more than once"))
        elif key != f"{fields.get('date')}|{fields.get('model_permaslug')}":
            parsed.rejected.append(Rejected(key, plain(fields), "filed under another day or model"))
        else:
            observe(Row, key, row, parsed, "usage")
        seen.add(key)
    if not parsed.things:
        raise PayloadError("no day of usage in the payload")
    return parsed


SOURCE = Source(
    name="openrouter_rankings_daily",
    title="OpenRouter daily rankings",
    kind="usage",
    producer="OpenRouter",
    url="https://openrouter.ai/api/v1/datasets",
    licence="CC BY 4.0",
    licence_url="https://openrouter.ai/docs/cookbook/administration/data-api",
    citation="Source: OpenRouter (openrouter.ai/rankings), as of the day of the fetch",
    cadence=timedelta(days=1),
    lineage="openrouter_rankings_daily",
    reliability_rank=1,
    may_redistribute=True,
    may_use_commercially=True,
    things=("usage",),
    file_names=("openrouter-usage.json", "rankings-daily*"),
    is_tree=True,
    live_parts=("rankings-daily",),
    is_live=True,
    key_variable="OPENROUTER_API_KEY",
    smallest_share_of_last=0.6,
    parse=parse,
    offline_edition=None,
)
