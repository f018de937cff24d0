"""LiteLLM's price map: one JSON object, key = model string, prices in USD per token."""

from collections.abc import Mapping
from datetime import timedelta

from pydantic import BaseModel, ConfigDict

from pipelines.meters import litellm_meters, note_meters
from pipelines.sources import (
    Parsed,
    PayloadError,
    Rejected,
    RepeatedKeys,
    Source,
    UsdPerToken,
    observe,
    plain,
    read_json,
)

#: Key of the file's own documentation, with prose in the fields; not a model.
DOCUMENTATION_KEY = "sample_spec"
TEXT_MODES = {"chat", "completion", "responses"}


class Row(BaseModel):
    """The fields used; unknown fields are welcome, these must keep their types."""

    model_config = ConfigDict(extra="ignore")

    litellm_provider: str
    mode: str
    input_cost_per_token: UsdPerToken | None = None
    output_cost_per_token: UsdPerToken | None = None
    cache_read_input_token_cost: UsdPerToken | None = None
    cache_creation_input_token_cost: UsdPerToken | None = None
    max_input_tokens: int | str | None = None
    deprecation_date: str | None = None


def parse(payload: bytes, part: str = "") -> Parsed:
    """Read the price map. Raises PayloadError if it is not one."""
    document = read_json(payload)
    if not isinstance(document, Mapping):
        raise PayloadError("expected a JSON object of models")
    parsed = Parsed()
    repeated = document.repeated if isinstance(document, RepeatedKeys) else frozenset()
    for key, row in document.items():
        if key == DOCUMENTATION_KEY:
            continue
        if key in repeated:
            parsed.rejected.append(
                Rejected(key, plain(row), "the key stands more than once with different values")
            )
            continue
        mode = row.get("mode") if isinstance(row, Mapping) else None
        if isinstance(mode, str) and mode not in TEXT_MODES:
            continue  # a row without a mode may be a text model that lost it: for the contract
        observe(Row, key, row, parsed)
        if isinstance(row, Mapping):
            note_meters(parsed, litellm_meters(key, row))
    if not parsed.things.get("prices"):
        raise PayloadError("no text model in the price map")
    return parsed


SOURCE = Source(
    name="litellm",
    title="LiteLLM model price map",
    kind="pricing",
    producer="BerriAI",
    url="https://raw.githubusercontent.com/BerriAI/litellm/main/model_prices_and_context_window.json",
    licence="MIT",
    licence_url="https://github.com/BerriAI/litellm/blob/main/LICENSE",
    citation="LiteLLM, model_prices_and_context_window.json",
    cadence=timedelta(days=1),
    lineage="litellm",
    reliability_rank=2,
    may_redistribute=True,
    may_use_commercially=True,
    things=("prices", "meters"),
    file_names=(
        "model_prices_and_context_window.json",
        "model_prices_and_context_window_backup.json",
    ),
    is_tree=False,
    live_parts=("",),
    is_live=True,
    key_variable=None,
    smallest_share_of_last=0.6,
    parse=parse,
    offline_edition=None,
)
