"""Artificial Analysis' API: models with their evaluations and prices, one row per effort level.

The list is paginated, and a page looks like a whole list. A payload is therefore either all pages
as one JSON list, one page that says it is the only one, or a document of the older
endpoint (retired 2026-11-04), which had no pages; anything else is refused.
Written from the documented format; no payload was ever archived.
"""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from pipelines.sources import (
    Listing,
    Parsed,
    PayloadError,
    Rejected,
    Source,
    UsdPerMtok,
    observe,
    plain,
    read_json,
)
from pipelines.text_tables import Figure, refuse_contradictions

INDEX = "artificial_analysis_intelligence_index"


class Creator(BaseModel):
    """The model's vendor."""

    model_config = ConfigDict(extra="ignore")

    slug: str | None = None
    name: str


class Score(BaseModel):
    """One evaluation of one model. Indices run to 100, other evaluations are shares of 1."""

    model_config = ConfigDict(extra="ignore")

    id: str = Field(min_length=1)
    name: str = Field(min_length=1)
    creator: Creator
    evaluation: str
    score: Figure
    #: Version of the composite index; re-based in place on 2026-06-16.
    index_version: str | None = None
    is_estimated: bool | None = None
    index_cost_usd: Figure | None = None


class Price(BaseModel):
    """Prices of one model in USD per million tokens."""

    model_config = ConfigDict(extra="ignore")

    id: str = Field(min_length=1)
    name: str = Field(min_length=1)
    creator: Creator
    price_1m_input_tokens: UsdPerMtok | None = None
    price_1m_output_tokens: UsdPerMtok | None = None
    price_1m_cache_hit_tokens: UsdPerMtok | None = None
    price_1m_cache_write_tokens: UsdPerMtok | None = None


def next_page(page: bytes) -> str | None:
    """Query of the page after this one. Raises PayloadError when it does not say."""
    document = read_json(page)
    pagination = document.get("pagination") if isinstance(document, Mapping) else None
    number = pagination.get("page") if isinstance(pagination, Mapping) else None
    if not isinstance(pagination, Mapping) or not isinstance(pagination.get("has_more"), bool):
        raise PayloadError("the page does not say whether more follow")
    if not pagination["has_more"]:
        return None
    if not isinstance(number, int):
        raise PayloadError("the page does not say which it is, but that more follow")
    return f"?page={number + 1}"


def parse(payload: bytes, part: str = "") -> Parsed:
    """Read the whole list. Raises PayloadError if it is not one or not whole."""
    document = read_json(payload)
    pages = document if isinstance(document, list) else [document]
    if not pages or not all(
        isinstance(page, Mapping) and isinstance(page.get("data"), list) for page in pages
    ):
        raise PayloadError("expected pages with a list under `data`")
    _require_complete(pages)
    parsed = Parsed()
    for page in pages:
        version = page.get("intelligence_index_version")
        about = {name: value for name, value in page.items() if name != "data"}
        parsed.notice("envelope", about, {"intelligence_index_version", "pagination"})
        for row in page["data"]:
            _read_model(row, None if version is None else str(version), parsed)
    refuse_contradictions(parsed)
    if not parsed.things.get("prices") and not parsed.things.get("results"):
        raise PayloadError("no model with a score or a price")
    return parsed


def _require_complete(pages: list[Mapping[str, Any]]) -> None:
    """Refuse part of a list: its missing models would count as retired."""
    if len(pages) == 1 and "pagination" not in pages[0]:
        return
    for number, page in enumerate(pages, start=1):
        pagination = page.get("pagination")
        if not isinstance(pagination, Mapping):
            raise PayloadError(f"page {number} has no `pagination`")
        total = pagination.get("total_pages")
        if total is not None and total != len(pages):
            raise PayloadError(f"incomplete: {len(pages)} of {total} pages")
        if pagination.get("page", number) != number:
            raise PayloadError(f"page {pagination.get('page')} stands where {number} belongs")
        if pagination.get("has_more", number < len(pages)) != (number < len(pages)):
            raise PayloadError(f"incomplete: {len(pages)} pages, but page {number} disagrees")
    versions = {str(page.get("intelligence_index_version")) for page in pages}
    if len(versions) > 1:
        raise PayloadError(f"pages of different index versions: {', '.join(sorted(versions))}")


def _read_model(row: Any, version: str | None, parsed: Parsed) -> None:
    if not isinstance(row, Mapping) or not row.get("id"):
        fields = plain(row) if isinstance(row, Mapping) else {"value": str(row)[:200]}
        parsed.rejected.append(Rejected("?", fields, "a model without id", holds=""))
        return
    parsed.notice("models", row, {"id", "name", "model_creator", "evaluations", "pricing"})
    key = str(row["id"])
    known = {"id": row["id"], "name": row.get("name"), "creator": row.get("model_creator")}
    creator = row.get("model_creator")
    maker = creator.get("name") if isinstance(creator, Mapping) else None
    observe(Listing, key, {"spelling": row.get("name"), "maker": maker}, parsed, "listings")
    cost = row.get(f"{INDEX}_cost")
    for evaluation, score in _numbers(row.get("evaluations")):
        is_index = evaluation.startswith("artificial_analysis_")
        observe(
            Score,
            f"{key}|{evaluation}",
            {
                **known,
                "evaluation": evaluation,
                "score": score,
                "index_version": version if is_index else None,
                "is_estimated": _estimated(row, evaluation),
                "index_cost_usd": cost.get("total_cost")
                if evaluation == INDEX and isinstance(cost, Mapping)
                else None,
            },
            parsed,
            "results",
        )
    pricing = row.get("pricing")
    if isinstance(pricing, Mapping) and any(
        pricing.get(f"price_1m_{side}_tokens") is not None for side in ("input", "output")
    ):
        observe(Price, key, {**known, **pricing}, parsed, "prices")


def _numbers(evaluations: Any) -> Iterable[tuple[str, Any]]:
    """Evaluations with a value; null is a test not run. Flags and notes are no scores."""
    if not isinstance(evaluations, Mapping):
        return
    for evaluation, score in evaluations.items():
        if score is not None and not evaluation.endswith("_is_estimated"):
            yield evaluation, score


def _estimated(row: Mapping[str, Any], evaluation: str) -> bool | None:
    flag = f"{evaluation}_is_estimated"
    found = row.get(flag, row["evaluations"].get(flag))
    return found if isinstance(found, bool) else None


SOURCE = Source(
    name="artificial_analysis",
    title="Artificial Analysis language models",
    kind="benchmarks",
    producer="Artificial Analysis",
    url="https://artificialanalysis.ai/api/v2/language/models/free",
    licence="proprietary; attribution required",
    licence_url="https://artificialanalysis.ai/terms-of-use",
    citation="Artificial Analysis, https://artificialanalysis.ai/",
    cadence=timedelta(days=1),
    lineage="artificial_analysis",
    reliability_rank=5,
    may_redistribute=False,
    may_use_commercially=False,
    things=("prices", "results", "listings"),
    file_names=("models.json",),
    is_tree=False,
    live_parts=("",),
    is_live=True,
    key_variable="ARTIFICIAL_ANALYSIS_API_KEY",
    smallest_share_of_last=0.6,
    parse=parse,
    offline_edition=None,
    key_header="x-api-key: {key}",
    next_page=next_page,
)
