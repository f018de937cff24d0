"""Epoch AI's published capability index: one CSV, one row per model *group*.

A group is all versions and efforts of a model together, so the value is the best of them; the
values by version are in the zip of `epoch_hub`.
"""

from datetime import timedelta

from pydantic import BaseModel, ConfigDict, Field

from pipelines.sources import Parsed, PayloadError, Source, observe
from pipelines.sources.epoch_hub import Score, has_column, keep_one, read_csv


class Row(BaseModel):
    """One group's value and its 90% interval."""

    model_config = ConfigDict(extra="ignore")

    group: str = Field(validation_alias="Model")
    title: str | None = Field(None, validation_alias="Display name")
    score: Score = Field(validation_alias="eci")
    low: Score | None = Field(None, validation_alias="eci_ci_low")
    high: Score | None = Field(None, validation_alias="eci_ci_high")
    released_on: str | None = Field(None, validation_alias="date")
    organisation: str | None = Field(None, validation_alias="Organization")


def parse(payload: bytes, part: str = "") -> Parsed:
    """Read the index. Raises PayloadError if it is not one."""
    rows = read_csv(payload, "eci_scores.csv")
    if not (has_column(payload, "Model") and has_column(payload, "eci")):
        raise PayloadError("no columns Model and eci")
    parsed = Parsed()
    keyed = ((row.get("Model", ""), dict(row)) for row in rows)
    for key, row in keep_one(keyed, parsed).items():
        observe(Row, key, row, parsed, "index")
    if not parsed.things:
        raise PayloadError("no model in the index")
    return parsed


SOURCE = Source(
    name="epoch_eci",
    title="Epoch Capabilities Index",
    kind="benchmarks",
    producer="Epoch AI",
    url="https://epoch.ai/data/eci_scores.csv",
    licence="CC-BY-4.0",
    licence_url="https://creativecommons.org/licenses/by/4.0/",
    citation=(
        "Epoch AI, 'Epoch Capabilities Index'. Published online at epoch.ai. "
        "Retrieved from 'https://epoch.ai/benchmarks/eci' [online resource]."
    ),
    cadence=timedelta(days=1),
    lineage="epoch_hub",
    reliability_rank=2,
    may_redistribute=True,
    may_use_commercially=True,
    things=("index",),
    file_names=("eci_scores.csv",),
    is_tree=False,
    live_parts=("",),
    is_live=True,
    key_variable=None,
    smallest_share_of_last=0.6,
    parse=parse,
    offline_edition=None,
)
