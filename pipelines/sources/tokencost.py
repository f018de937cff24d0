"""tokencost's price map: a copy of LiteLLM's, weeks late, in USD per token with float noise.

Same lineage as LiteLLM, so that its agreement with LiteLLM confirms nothing. It is of use for the
days on which LiteLLM's own file is not kept.
"""

from collections.abc import Mapping
from datetime import timedelta

from pydantic import BaseModel, ConfigDict

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

#: Key of the file's own documentation, with prose in the fields; copied from LiteLLM.
DOCUMENTATION_KEY = "sample_spec"
TEXT_MODES = {"chat", "completion", "responses"}


class Row(BaseModel):
    """The fields used. Price classes (`together-ai-up-to-4b`) lack `mode`, and are no models."""

    model_config = ConfigDict(extra="ignore")

    litellm_provider: str
    mode: str
    input_cost_per_token: UsdPerToken | None = None
    output_cost_per_token: UsdPerToken | None = None
    cache_read_input_token_cost: UsdPerToken | None = None
    cache_creation_input_token_cost: UsdPerToken | None = None


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
            reason = "the key stands more than once with different values"
            fields = plain(row) if isinstance(row, Mapping) else {"value": str(row)[:200]}
            parsed.rejected.append(Rejected(key, fields, reason))
            continue
        mode = row.get("mode") if isinstance(row, Mapping) else None
        if isinstance(mode, str) and mode not in TEXT_MODES:
            continue
        observe(Row, key, row, parsed)
    if not parsed.things:
        raise PayloadError("no text model in the price map")
    return parsed


SOURCE = Source(
    name="tokencost",
    title="tokencost price map",
    kind="pricing",
    producer="AgentOps",
    url="https://raw.githubusercontent.com/AgentOps-AI/tokencost/main/tokencost/model_prices.json",
    licence="MIT",
    licence_url="https://github.com/AgentOps-AI/tokencost/blob/main/LICENSE",
    citation="AgentOps, tokencost, model_prices.json",
    cadence=timedelta(days=30),
    lineage="litellm",
    reliability_rank=8,
    may_redistribute=True,
    may_use_commercially=True,
    things=("prices",),
    file_names=("model_prices.json",),
    is_tree=False,
    live_parts=("",),
    is_live=True,
    key_variable=None,
    smallest_share_of_last=0.6,
    parse=parse,
    offline_edition=None,
)
