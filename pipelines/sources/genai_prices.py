"""genai-prices by Pydantic: a list of providers, prices in USD per million tokens, some dated.

The installed package is the offline edition: its data, written in the live feed's own format.
A model's `match` rules merge several versions under one id; only the id is taken as its name.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import date, time, timedelta
from decimal import Decimal
from importlib.metadata import version
from typing import Any

from pydantic import BaseModel, ConfigDict, field_validator

from pipelines.meters import genai_meters, note_meters
from pipelines.sources import (
    Observation,
    Parsed,
    PayloadError,
    Rejected,
    Source,
    UsdPerMtok,
    observe,
    plain,
    read_json,
    repeats,
)


class Tiered(BaseModel):
    """A meter with context tiers; `base` holds below the first."""

    model_config = ConfigDict(extra="ignore")

    base: UsdPerMtok


class Prices(BaseModel):
    """Meters used."""

    model_config = ConfigDict(extra="ignore")

    input_mtok: UsdPerMtok | Tiered | None = None
    output_mtok: UsdPerMtok | Tiered | None = None
    cache_read_mtok: UsdPerMtok | Tiered | None = None
    cache_write_mtok: UsdPerMtok | Tiered | None = None


class Row(BaseModel):
    """One price of one model: the unconditional one, or one with a start date."""

    model_config = ConfigDict(extra="ignore")

    provider: str
    id: str
    name: str | None = None
    start_date: str | None = None
    prices: Prices

    @field_validator("start_date")
    @classmethod
    def is_a_day(cls, value: str | None) -> str | None:
        """Refuse what is no day: a price without its start would count from its first sight."""
        if value is not None and date.fromisoformat(value).isoformat() != value:
            raise ValueError("expected YYYY-MM-DD")
        return value


def _prices(model: Mapping[str, Any]) -> Iterable[tuple[Any, Any]]:
    """(constraint or None, meters) of every price of a model."""
    prices = model.get("prices")
    for conditional in prices if isinstance(prices, list) else [{"prices": prices}]:
        if isinstance(conditional, Mapping):
            yield conditional.get("constraint"), conditional.get("prices")
        else:
            yield None, None


def _dated_prices(model: Mapping[str, Any]) -> Iterable[tuple[Any, Any]]:
    """(start date or None, meters). Prices of hours of the day are meters of their own."""
    for constraint, prices in _prices(model):
        if constraint is None:
            yield None, prices
        elif not isinstance(constraint, Mapping):
            yield constraint, prices
        elif "start_date" in constraint:
            yield constraint["start_date"], prices


def parse(payload: bytes, part: str = "") -> Parsed:
    """Read all providers. Raises PayloadError if the document is not the price list."""
    document = read_json(payload)
    if not isinstance(document, list):
        raise PayloadError("expected a JSON list of providers")
    parsed = Parsed()
    for provider in document:
        if not (isinstance(provider, Mapping) and isinstance(provider.get("models"), list)):
            parsed.rejected.append(Rejected("?", {}, "provider without `models`", holds=""))
            continue
        about = {name: value for name, value in provider.items() if name != "models"}
        parsed.notice("providers", about, {"id"})
        for model in provider["models"]:
            if not isinstance(model, Mapping) or "id" not in model:
                fields = plain(model) if isinstance(model, Mapping) else {}
                name = str(provider.get("id"))
                parsed.rejected.append(Rejected(name, fields, "model without id", f"{name}/"))
                continue
            parsed.notice("models", model, {"id", "name", "prices"})
            key = f"{provider.get('id')}/{model['id']}"
            if repeated := repeats(model):
                words = f"keys repeated with different values: {', '.join(sorted(repeated))}"
                parsed.rejected.append(Rejected(key, plain(model), words, f"{key}@"))
                continue
            for start_date, prices in _dated_prices(model):
                if prices == {}:
                    continue
                row = {
                    "provider": provider.get("id"),
                    "id": model["id"],
                    "name": model.get("name"),
                    "start_date": start_date,
                    "prices": prices,
                }
                observe(Row, key if start_date is None else f"{key}@{start_date}", row, parsed)
            for constraint, prices in _prices(model):
                dated = isinstance(constraint, Mapping) and constraint.get("start_date")
                name = f"{key}@{dated}" if dated else key
                host = str(provider.get("id"))
                note_meters(parsed, genai_meters(name, host, prices, constraint))
    if not parsed.things.get("prices"):
        raise PayloadError("no priced model under any provider")
    _refuse_contradictions(parsed)
    return parsed


def _refuse_contradictions(parsed: Parsed) -> None:
    """Take out models listed twice at different prices; which is meant is not knowable."""
    first: dict[str, Observation] = {}
    contradicted: dict[str, Observation] = {}
    for observation in parsed.things["prices"]:
        if first.setdefault(observation.key, observation).fields != observation.fields:
            contradicted[observation.key] = observation
    reason = "the key stands more than once with different values"
    parsed.rejected += [Rejected(key, o.fields, reason) for key, o in contradicted.items()]
    parsed.things["prices"] = [o for o in first.values() if o.key not in contradicted]


def _as_feed(value: Any) -> Any:
    """A genai-prices object in the feed's JSON shape: no None, decimals as exact text."""
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, (date, time)):
        return value.isoformat()
    if hasattr(value, "__dict__"):
        named = {name: _as_feed(inner) for name, inner in vars(value).items()}
        return {name: inner for name, inner in named.items() if inner is not None}
    if isinstance(value, (list, tuple)):
        return [_as_feed(inner) for inner in value]
    return value if isinstance(value, (str, int, bool, type(None))) else str(value)


#: Day each release of the package was uploaded (its registry's own date): since when its prices
#: could be known. Of any other release the day it is first read counts, which is never too early.
RELEASED_ON = {"0.2.3": date(2026, 11, 10)}


def offline_edition() -> tuple[bytes, date | None]:
    """The installed package's prices as the live feed would serve them, and their release's day."""
    from genai_prices.data import providers  # slow: builds 1,400 objects

    feed = []
    for provider in providers:
        models = []
        for model in provider.models:
            prices = _as_feed(model.prices)
            models.append({"id": model.id, "name": model.name, "prices": prices})
        feed.append({"id": provider.id, "name": provider.name, "models": models})
    return json.dumps(feed, indent=1).encode(), RELEASED_ON.get(version("genai-prices"))


SOURCE = Source(
    name="genai_prices",
    title="genai-prices",
    kind="pricing",
    producer="Pydantic",
    url="https://raw.githubusercontent.com/pydantic/genai-prices/refs/heads/main/prices/new_data/v2/data.json",
    licence="MIT",
    licence_url="https://github.com/pydantic/genai-prices/blob/main/LICENSE",
    citation="Pydantic, genai-prices",
    cadence=timedelta(days=7),
    lineage="genai_prices",
    reliability_rank=4,
    may_redistribute=True,
    may_use_commercially=True,
    things=("prices", "meters"),
    file_names=("data.json",),
    is_tree=False,
    live_parts=("",),
    is_live=True,
    key_variable=None,
    smallest_share_of_last=0.6,
    parse=parse,
    offline_edition=offline_edition,
)
