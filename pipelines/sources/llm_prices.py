"""llm-prices by Simon Willison: two lists of prices in USD per million tokens, some dated.

`current-v1.json` is what held on the day the site was built, `historical-v1.json` all rows with
`from_date` (inclusive) and `to_date` (exclusive); null is unbounded, never "since ever".
"""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from pydantic import BaseModel, ConfigDict, field_validator

from pipelines.sources import (
    Parsed,
    PayloadError,
    Rejected,
    Source,
    UsdPerMtok,
    observe,
    plain,
    read_json,
)

CURRENT = "current-v1.json"
HISTORICAL = "historical-v1.json"


class Row(BaseModel):
    """The fields used of one price. `name` says which rows are context tiers of another."""

    model_config = ConfigDict(extra="ignore")

    id: str
    vendor: str
    name: str
    input: UsdPerMtok
    output: UsdPerMtok
    input_cached: UsdPerMtok | None = None
    from_date: str | None = None
    to_date: str | None = None

    @field_validator("from_date", "to_date")
    @classmethod
    def is_a_day(cls, value: str | None) -> str | None:
        """Refuse what is no day: without its bounds a price would count as in force."""
        if value is not None and date.fromisoformat(value).isoformat() != value:
            raise ValueError("expected YYYY-MM-DD")
        return value


def _key(row: Mapping[str, Any], part: str) -> str:
    if part != HISTORICAL:
        return f"{row['id']} in {CURRENT}"
    return f"{row['id']} from {row.get('from_date') or '-'} to {row.get('to_date') or '-'}"


def _prices(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(row.get(meter) for meter in ("input", "output", "input_cached"))


def parse(payload: bytes, part: str = "") -> Parsed:
    """Read one of the two lists. Raises PayloadError if the document is neither."""
    document = read_json(payload)
    rows = document.get("prices") if isinstance(document, Mapping) else None
    if not isinstance(rows, list):
        raise PayloadError("expected an object with a list `prices`")
    parsed = Parsed()
    found: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        if not isinstance(row, Mapping) or not isinstance(row.get("id"), str):
            fields = plain(row) if isinstance(row, Mapping) else {}
            parsed.rejected.append(Rejected("?", fields, "price without id", holds=""))
            continue
        found.setdefault(_key(row, part), []).append(row)
    for key, same in found.items():
        # One id has stood twice under two names; only where the prices differ is it unclear.
        if any(_prices(row) != _prices(same[0]) for row in same):
            reason = "the id stands more than once with different prices"
            parsed.rejected.append(Rejected(key, plain(same[0]), reason))
            continue
        observe(Row, key, min(same, key=lambda row: str(row.get("name"))), parsed)
    if not parsed.things:
        raise PayloadError("no price in the list")
    return parsed


SOURCE = Source(
    name="llm_prices",
    title="llm-prices",
    kind="pricing",
    producer="Simon Willison",
    url="https://www.llm-prices.com",
    licence="not stated",
    licence_url="https://github.com/simonw/llm-prices",
    citation="Simon Willison, llm-prices.com",
    cadence=timedelta(days=14),
    lineage="llm_prices",
    reliability_rank=5,
    may_redistribute=False,
    may_use_commercially=False,
    things=("prices",),
    file_names=(CURRENT, HISTORICAL),
    is_tree=True,
    live_parts=(CURRENT, HISTORICAL),
    is_live=True,
    key_variable=None,
    smallest_share_of_last=0.6,
    parse=parse,
    offline_edition=None,
)
