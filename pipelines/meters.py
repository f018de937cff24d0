"""Reads what a price row states beside its base prices: other meters, tiers, services and windows.

The four base prices (input, output, cache read, cache write at standard service) are each source's
own business; here is what they share for all the rest, in long form: one meter, one price.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipelines.sources import Observation, Parsed, Rejected, UsdPerMtok, plain

TOKENS = "million tokens"


class Meter(BaseModel):
    """One price of one offering, in USD per `unit`."""

    model_config = ConfigDict(extra="forbid")

    spelling: str = Field(min_length=1)
    host: str | None = None
    #: What is counted: input, output, cache_read, reasoning, input_audio, web_search ...
    meter: str = Field(min_length=1)
    unit: str = Field(min_length=1)
    #: standard, batch, priority, flex ...
    service: str = "standard"
    #: Price of all tokens of a request with at least so many input tokens (a cliff).
    from_tokens: int = Field(default=0, ge=0)
    #: Hours of the day, UTC, `HH:MM`; both or neither.
    window_from: str | None = None
    window_to: str | None = None
    #: The day the price begins, where the source states one.
    stated_from: str | None = None
    price: UsdPerMtok

    def key(self) -> str:
        """What tells it from the other meters of its source."""
        return "|".join(
            str(part) for part in (self.spelling, self.meter, self.unit, self.service,
                                   self.from_tokens, self.window_from, self.window_to)
        )  # fmt: skip


def note_meters(parsed: Parsed, meters: Iterable[dict[str, Any]]) -> None:
    """File meters under the thing `meters`; one that breaks the contract is rejected alone."""
    for row in meters:
        if row.get("price") is None:
            continue
        parsed.notice("meters", row, frozenset(Meter.model_fields))
        try:
            meter = Meter.model_validate(row)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            where = ".".join(str(part) for part in first["loc"])
            key = f"{row.get('spelling')}|{row.get('meter')}"
            parsed.rejected.append(Rejected(key, plain(row), f"meter: {where}: {first['msg']}"))
            continue
        fields = plain(meter.model_dump(exclude_none=True))
        parsed.things.setdefault("meters", []).append(Observation(meter.key(), fields))


# ------------------------------------------------------------------ LiteLLM's names of fields

#: Field without its suffixes -> meter, unit, and what one million (or one) of the unit costs.
LITELLM_BASES = {
    "input_cost_per_token": ("input", TOKENS), "output_cost_per_token": ("output", TOKENS),
    "cache_read_input_token_cost": ("cache_read", TOKENS),
    "input_cost_per_token_cache_hit": ("cache_read", TOKENS),
    "cache_creation_input_token_cost": ("cache_write", TOKENS),
    "output_cost_per_reasoning_token": ("reasoning", TOKENS),
    "input_cost_per_audio_token": ("input_audio", TOKENS),
    "output_cost_per_audio_token": ("output_audio", TOKENS),
    "cache_read_input_audio_token_cost": ("cache_read_audio", TOKENS),
    "cache_read_input_token_cost_per_audio_token": ("cache_read_audio", TOKENS),
    "cache_creation_input_audio_token_cost": ("cache_write_audio", TOKENS),
    "input_cost_per_image_token": ("input_image", TOKENS),
    "output_cost_per_image_token": ("output_image", TOKENS),
    "output_cost_per_video_token": ("output_video", TOKENS),
    "input_cost_per_image": ("input_image", "image"),
    "output_cost_per_image": ("output_image", "image"),
    "input_cost_per_video_per_second": ("input_video", "second"),
    "output_cost_per_video_per_second": ("output_video", "second"),
    "input_cost_per_audio_per_second": ("input_audio", "second"),
    "input_cost_per_second": ("input_time", "second"),
    "output_cost_per_second": ("output_time", "second"),
    "input_cost_per_character": ("input", "million characters"),
    "output_cost_per_character": ("output", "million characters"),
    "input_cost_per_request": ("request", "request"),
    "input_cost_per_query": ("request", "request"),
    "code_interpreter_cost_per_session": ("code_interpreter", "session"),
    "citation_cost_per_token": ("citation", TOKENS),
    "input_dbu_cost_per_token": ("input", "million tokens, in DBU"),
    "output_dbu_cost_per_token": ("output", "million tokens, in DBU"),
}  # fmt: skip
SERVICES = {"batches": "batch", "priority": "priority", "flex": "flex", "ultrafast": "ultrafast"}
#: What the source states as its base prices.
LITELLM_OWN = {"input_cost_per_token", "output_cost_per_token", "cache_read_input_token_cost",
               "cache_creation_input_token_cost"}  # fmt: skip
CACHE_HIT = "input_cost_per_token_cache_hit"
SUFFIX = re.compile(r"_(?:(batches|priority|flex|ultrafast)|above_(\d+)k_tokens|(above_1hr))$")


def _taken_apart(field: str) -> tuple[str, str, int, str]:
    """(base, service, from_tokens, rest of the meter's name) of a field of LiteLLM's."""
    service, from_tokens, longer = "standard", 0, ""
    while found := SUFFIX.search(field):
        field = field[: found.start()]
        if found.group(1):
            service = SERVICES[found.group(1)]
        elif found.group(2):
            from_tokens = int(found.group(2)) * 1000
        else:
            longer = "_1h"
    return field, service, from_tokens, longer


def litellm_meters(spelling: str, row: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Meters of a row of LiteLLM's beside its four base prices.

    A field that ends in a price and is not known keeps its own name, lest it be lost.
    """
    about = {"spelling": spelling, "host": row.get("litellm_provider")}
    for field, value in row.items():
        if field in LITELLM_OWN or ("cost" not in field and "pric" not in field):
            continue
        if field == CACHE_HIT and "cache_read_input_token_cost" in row:
            continue  # two names of one price
        if field == "tiered_pricing" and isinstance(value, list):
            yield from _litellm_tiers(about, value)
        elif field == "search_context_cost_per_query" and isinstance(value, Mapping):
            for size, price in value.items():
                depth = size.removeprefix("search_context_size_")
                yield about | {"meter": f"web_search_{depth}", "unit": "search", "price": price}
        elif isinstance(value, (int, float, Decimal)) and not isinstance(value, bool):
            base, service, from_tokens, longer = _taken_apart(field)
            meter, unit = LITELLM_BASES.get(base, (field, "as the source counts"))
            price = Decimal(str(value)) * (1_000_000 if unit.startswith("million") else 1)
            yield about | {
                "meter": meter + longer, "unit": unit, "service": service,
                "from_tokens": from_tokens, "price": price,
            }  # fmt: skip


def _litellm_tiers(about: Mapping[str, Any], tiers: list[Any]) -> Iterator[dict[str, Any]]:
    """`tiered_pricing`: price per token by range of input tokens; the first is the base price."""
    for tier in tiers:
        bounds = tier.get("range") if isinstance(tier, Mapping) else None
        begin = bounds[0] if isinstance(bounds, list) and bounds else None
        if not isinstance(begin, (int, float, Decimal)) or begin == 0:
            continue
        for field, value in tier.items():
            if field in LITELLM_BASES and isinstance(value, (int, float, Decimal)):
                meter, unit = LITELLM_BASES[field]
                yield dict(about) | {
                    "meter": meter, "unit": unit, "from_tokens": int(begin),
                    "price": Decimal(str(value)) * 1_000_000,
                }  # fmt: skip


# ------------------------------------------------------------------ OpenRouter

OPENROUTER = {
    "prompt": ("input", TOKENS), "completion": ("output", TOKENS),
    "input_cache_read": ("cache_read", TOKENS), "input_cache_write": ("cache_write", TOKENS),
    "input_cache_write_1h": ("cache_write_1h", TOKENS),
    "internal_reasoning": ("reasoning", TOKENS), "audio": ("input_audio", TOKENS),
    "audio_output": ("output_audio", TOKENS), "input_audio_cache": ("cache_read_audio", TOKENS),
    "image": ("input_image", "image or token"),
    "image_output": ("output_image", "image or token"),
    "request": ("request", "request"), "web_search": ("web_search", "search"),
}  # fmt: skip
OPENROUTER_OWN = {"prompt", "completion", "input_cache_read", "input_cache_write"}


def openrouter_meters(spelling: str, pricing: Any) -> Iterator[dict[str, Any]]:
    """Meters beside the base prices; 0 stands for a meter the model has not, so it is left out."""
    if not isinstance(pricing, Mapping):
        return
    about = {"spelling": spelling, "host": "openrouter"}
    for field, value in pricing.items():
        if field not in OPENROUTER_OWN and isinstance(value, str) and _number(value):
            yield about | _openrouter(field, value)
    overrides = pricing.get("overrides")
    for override in overrides if isinstance(overrides, list) else []:
        if not isinstance(override, Mapping):
            continue
        begin, end = override.get("utc_start"), override.get("utc_end")
        when = {
            "from_tokens": override.get("min_prompt_tokens") or 0,
            "window_from": _clock(begin), "window_to": _clock(end),
        }  # fmt: skip
        for field, value in override.items():
            if isinstance(value, str) and _number(value):
                yield about | _openrouter(field, value) | when


def _openrouter(field: str, value: str) -> dict[str, Any]:
    meter, unit = OPENROUTER.get(field, (field, "as the source counts"))
    times = 1_000_000 if unit == TOKENS else 1
    return {"meter": meter, "unit": unit, "price": Decimal(value) * times}


def _number(text: str) -> bool:
    """Whether a text is a number other than 0."""
    try:
        return Decimal(text) != 0
    except ArithmeticError:
        return False


def _clock(number: Any) -> str | None:
    """`HH:MM` of an integer HHMM, or of a time of day as text."""
    if isinstance(number, int) and not isinstance(number, bool):
        return f"{number // 100:02d}:{number % 100:02d}"
    return str(number)[:5] if number is not None else None


# ------------------------------------------------------------------ models.dev and genai-prices

MODELS_DEV = {"input": "input", "output": "output", "cache_read": "cache_read",
              "cache_write": "cache_write", "reasoning": "reasoning", "input_audio": "input_audio",
              "output_audio": "output_audio"}  # fmt: skip
MODELS_DEV_OWN = {"input", "output", "cache_read", "cache_write"}


def models_dev_meters(spelling: str, host: str, cost: Any) -> Iterator[dict[str, Any]]:
    """Meters of a `cost`: reasoning and audio, and the tiers by length of the context.

    The older field `context_over_200k` is said of any one tier from 200,000 tokens on.
    """
    if not isinstance(cost, Mapping):
        return
    about = {"spelling": spelling, "host": host, "unit": TOKENS}
    for field, value in cost.items():
        if field not in MODELS_DEV_OWN and _is_number(value):
            yield about | {"meter": MODELS_DEV.get(field, field), "price": value}
    tiers = cost.get("tiers")
    if isinstance(tiers, list):
        for tier in tiers:
            if isinstance(tier, Mapping):
                yield from _models_dev_tier(about, tier, _threshold(tier))
    elif isinstance(cost.get("context_over_200k"), Mapping):
        yield from _models_dev_tier(about, cost["context_over_200k"], 200_000)


def _models_dev_tier(
    about: Mapping[str, Any], tier: Mapping[str, Any], from_tokens: int | None
) -> Iterator[dict[str, Any]]:
    for field, value in tier.items():
        if field in MODELS_DEV and _is_number(value):
            # Without its threshold the contract rejects it: -1 is no number of tokens.
            begin = -1 if from_tokens is None else from_tokens
            yield dict(about) | {"meter": field, "from_tokens": begin, "price": value}


def _threshold(tier: Mapping[str, Any]) -> int | None:
    inner = tier.get("tier")
    for place in (inner, tier):
        if isinstance(place, Mapping):
            for name in ("size", "from", "start", "min", "context"):
                if isinstance(place.get(name), int) and not isinstance(place.get(name), bool):
                    return int(place[name])
    return None


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float, Decimal)) and not isinstance(value, bool)


GENAI_UNITS = {"requests_kcount": ("request", "thousand requests"),
               "web_searches_kcount": ("web_search", "thousand searches")}  # fmt: skip
GENAI_OWN = {"input_mtok", "output_mtok", "cache_read_mtok", "cache_write_mtok"}
GENAI_NAMES = {"cache_audio_read_mtok": "cache_read_audio"}


def genai_meters(
    spelling: str, host: str, prices: Any, constraint: Any
) -> Iterator[dict[str, Any]]:
    """Meters of one price of genai-prices: tiers, other meters, and all of one that has hours."""
    if not isinstance(prices, Mapping):
        return
    about: dict[str, Any] = {"spelling": spelling, "host": host}
    has_hours = isinstance(constraint, Mapping) and "start_time" in constraint
    if has_hours:
        about |= {"window_from": _clock(constraint["start_time"]),
                  "window_to": _clock(constraint.get("end_time"))}  # fmt: skip
    elif isinstance(constraint, Mapping) and constraint.get("start_date"):
        about["stated_from"] = constraint["start_date"]
    for field, value in prices.items():
        meter, unit = GENAI_UNITS.get(
            field, (GENAI_NAMES.get(field, field.removesuffix("_mtok")), TOKENS)
        )
        if not field.endswith("_mtok") and field not in GENAI_UNITS:
            meter, unit = field, "as the source counts"
        base = value.get("base") if isinstance(value, Mapping) else value
        if _is_number(base) and (field not in GENAI_OWN or has_hours):
            yield about | {"meter": meter, "unit": unit, "price": base}
        tiers = value.get("tiers") if isinstance(value, Mapping) else None
        for tier in tiers if isinstance(tiers, list) else []:
            if isinstance(tier, Mapping):
                begin = tier.get("start")
                yield about | {
                    "meter": meter, "unit": unit, "price": tier.get("price"),
                    "from_tokens": begin if isinstance(begin, int) else -1,
                }  # fmt: skip
