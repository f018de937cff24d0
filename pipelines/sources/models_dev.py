"""models.dev: one JSON object of providers with their models, prices in USD per million tokens."""

from collections.abc import Mapping
from datetime import timedelta

from pydantic import BaseModel, ConfigDict

from pipelines.meters import models_dev_meters, note_meters
from pipelines.sources import (
    Parsed,
    PayloadError,
    Rejected,
    RepeatedKeys,
    Source,
    UsdPerMtok,
    observe,
    plain,
    read_json,
)


class Cost(BaseModel):
    """Prices of the base tier."""

    model_config = ConfigDict(extra="ignore")

    input: UsdPerMtok | None = None
    output: UsdPerMtok | None = None
    cache_read: UsdPerMtok | None = None
    cache_write: UsdPerMtok | None = None


class Limit(BaseModel):
    """Token limits."""

    model_config = ConfigDict(extra="ignore")

    context: int | None = None


class Row(BaseModel):
    """The fields used of one model under one provider."""

    model_config = ConfigDict(extra="ignore")

    id: str
    provider: str
    name: str | None = None
    reasoning: bool | None = None
    open_weights: bool | None = None
    release_date: str | None = None
    cost: Cost | None = None
    limit: Limit | None = None


REPEATED = "the key stands more than once with different values"


def _repeated(value: object) -> frozenset[str]:
    return value.repeated if isinstance(value, RepeatedKeys) else frozenset()


def parse(payload: bytes, part: str = "") -> Parsed:
    """Read all providers. Raises PayloadError if the document is not the catalogue."""
    document = read_json(payload)
    if not isinstance(document, Mapping):
        raise PayloadError("expected a JSON object of providers")
    parsed = Parsed()
    repeated = _repeated(document)
    for provider, content in document.items():
        models = content.get("models") if isinstance(content, Mapping) else None
        if provider in repeated or "models" in _repeated(content):
            fields = {"provider": provider}
            parsed.rejected.append(Rejected(provider, fields, REPEATED, f"{provider}/"))
            continue
        if not isinstance(models, Mapping):
            reason = "provider without `models`"
            fields = {"provider": provider}
            parsed.rejected.append(Rejected(provider, fields, reason, f"{provider}/"))
            continue
        parsed.notice("providers", {name: v for name, v in content.items() if name != "models"})
        for model, row in models.items():
            if model in _repeated(models):
                fields = plain(row) if isinstance(row, Mapping) else {}
                parsed.rejected.append(Rejected(f"{provider}/{model}", fields, REPEATED))
                continue
            if isinstance(row, dict):
                row["provider"] = provider
            observe(Row, f"{provider}/{model}", row, parsed)
            cost = row.get("cost") if isinstance(row, Mapping) else None
            note_meters(parsed, models_dev_meters(f"{provider}/{model}", provider, cost))
    if not parsed.things.get("prices"):
        raise PayloadError("no model under any provider")
    return parsed


SOURCE = Source(
    name="models_dev",
    title="models.dev catalogue",
    kind="pricing",
    producer="models.dev contributors",
    url="https://models.dev/api.json",
    licence="MIT",
    licence_url="https://github.com/anomalyco/models.dev/blob/dev/LICENSE",
    citation="models.dev, api.json",
    cadence=timedelta(days=1),
    lineage="models_dev",
    reliability_rank=3,
    may_redistribute=True,
    may_use_commercially=True,
    things=("prices", "meters"),
    file_names=("api.json",),
    is_tree=False,
    live_parts=("",),
    is_live=True,
    key_variable=None,
    smallest_share_of_last=0.6,
    parse=parse,
    offline_edition=None,
)
