"""LLMStats: one file per host with prices in USD per token, and one per model with scores.

A community collection, dead since May 2025: most scores are vendors' own, retyped, with links that
do not always hold the value. The scores' units and meanings are sorted out in staging.
"""

import re
from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from pipelines.sources import (
    Parsed,
    PayloadError,
    Rejected,
    Source,
    UsdPerToken,
    observe,
    plain,
    read_json,
    repeats,
)

MODEL_PART = re.compile(r"^models/([^/]+)/([^/]+)/model\.json$")
PROVIDER_PART = re.compile(r"^providers/([^/]+)/provider\.json$")
REPEATED = "keys repeated with different values"


class Price(BaseModel):
    """Price of one model at one host. `updated_at` is not bumped with the price, so left out."""

    model_config = ConfigDict(extra="ignore")

    provider: str
    model_id: str
    price_per_input_token: UsdPerToken | None = None
    price_per_output_token: UsdPerToken | None = None


class Result(BaseModel):
    """One score of one model. `analysis_method` is free text; `release_date` is the model's."""

    model_config = ConfigDict(extra="ignore")

    organisation: str
    model: str
    dataset_name: str
    #: Beyond these bounds it is no score in any unit, and would not fit the columns.
    score: Annotated[Decimal, Field(gt=-10_000, lt=10_000)]
    analysis_method: str | None = None
    is_self_reported: bool | None = None
    date_recorded: str | None = None
    release_date: str | None = None


def parse(payload: bytes, part: str = "") -> Parsed:
    """Read one file of the tree. Raises PayloadError if it is not what its path says."""
    document = read_json(payload)
    if not isinstance(document, Mapping):
        raise PayloadError("expected a JSON object")
    model, provider = MODEL_PART.match(part), PROVIDER_PART.match(part)
    parsed = Parsed()
    if model:
        _read_results(document, model.group(1), model.group(2), parsed)
    elif provider:
        _read_prices(document, provider.group(1), parsed)
    else:
        raise PayloadError(f"{part or 'a file without path'} is neither a model nor a provider")
    return parsed


def _rows(document: Mapping[str, Any], name: str) -> list[Any]:
    rows = document.get(name)
    if not isinstance(rows, list):
        raise PayloadError(f"expected a list `{name}`")
    return rows


def _read_prices(document: Mapping[str, Any], provider: str, parsed: Parsed) -> None:
    found: dict[str, list[dict[str, Any]]] = {}
    for row in _rows(document, "providermodels"):
        if not isinstance(row, Mapping) or "model_id" not in row:
            parsed.rejected.append(
                Rejected(f"{provider}/?", {}, "price without model_id", f"{provider}/")
            )
            continue
        fields = {name: row[name] for name in Price.model_fields if name in row}
        key = f"{provider}/{row['model_id']}"
        if repeats(row):
            parsed.rejected.append(Rejected(key, plain(row), REPEATED))
            continue
        found.setdefault(key, []).append({**fields, "provider": provider})
    _observe_unless_repeated(Price, found, "prices", parsed)


def _read_results(
    document: Mapping[str, Any], organisation: str, model: str, parsed: Parsed
) -> None:
    found: dict[str, list[dict[str, Any]]] = {}
    for row in _rows(document, "qualitative_metrics"):
        if not isinstance(row, Mapping) or "dataset_name" not in row:
            name = f"{organisation}/{model}|"
            parsed.rejected.append(Rejected(f"{name}?", {}, "score without name", name))
            continue
        # A dataset may stand twice (one attempt and majority vote): the method is in the key.
        key = f"{organisation}/{model}|{row['dataset_name']}|{row.get('analysis_method') or ''}"
        if repeats(row):
            parsed.rejected.append(Rejected(key, plain(row), REPEATED))
            continue
        fields = {name: row[name] for name in Result.model_fields if name in row}
        named = {"organisation": organisation, "model": model}
        if document.get("release_date") is not None:
            named["release_date"] = document["release_date"]
        found.setdefault(key, []).append({**fields, **named})
    _observe_unless_repeated(Result, found, "results", parsed)


def _observe_unless_repeated(
    contract: type[BaseModel], found: Mapping[str, list[dict[str, Any]]], thing: str, parsed: Parsed
) -> None:
    for key, same in found.items():
        if any(row != same[0] for row in same):
            reason = "stands more than once in the file with different values"
            parsed.rejected.append(Rejected(key, plain(same[0]), reason))
        else:
            observe(contract, key, same[0], parsed, thing)


SOURCE = Source(
    name="llmstats",
    title="LLMStats",
    kind="pricing",
    producer="Jonathan Chavez and contributors",
    url="https://raw.githubusercontent.com/JonathanChavezTamales/LLMStats/main",
    licence="CC-BY-4.0",
    licence_url="https://github.com/JonathanChavezTamales/LLMStats/blob/main/LICENSE",
    citation="LLMStats contributors, LLMStats",
    cadence=timedelta(days=30),
    lineage="llmstats",
    reliability_rank=5,
    may_redistribute=True,
    may_use_commercially=True,
    things=("prices", "results"),
    file_names=("models/*/*/model.json", "providers/*/provider.json"),
    is_tree=True,
    live_parts=(),
    is_live=False,
    key_variable=None,
    smallest_share_of_last=0.0,
    parse=parse,
    offline_edition=None,
)
