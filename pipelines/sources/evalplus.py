"""EvalPlus leaderboard: one JSON object, key = display name, pass@1 in percent on four tests.

Frozen since 2024-12-26 though still served.
"""

from collections.abc import Mapping
from datetime import timedelta

from pydantic import BaseModel, ConfigDict, Field

from pipelines.sources import (
    Listing,
    Parsed,
    PayloadError,
    Rejected,
    RepeatedKeys,
    Source,
    observe,
    plain,
    read_json,
    repository_of,
)
from pipelines.text_tables import Figure


class Row(BaseModel):
    """One score of one model."""

    model_config = ConfigDict(extra="ignore")

    model: str = Field(min_length=1)
    benchmark: str
    score: Figure
    #: Asked in a chat; false: the code was completed as it stood.
    prompted: bool


def parse(payload: bytes, part: str = "") -> Parsed:
    """Read all models. Raises PayloadError if the document is not the leaderboard."""
    document = read_json(payload)
    if not isinstance(document, Mapping):
        raise PayloadError("expected a JSON object of models")
    parsed = Parsed()
    repeated = document.repeated if isinstance(document, RepeatedKeys) else frozenset()
    for model, row in document.items():
        parsed.notice("models", row, {"pass@1", "prompted"})
        scores = row.get("pass@1") if isinstance(row, Mapping) else None
        fault = "no object of scores under `pass@1`" if not isinstance(scores, Mapping) else None
        if model in repeated:
            fault = "the key stands more than once with different values"
        if fault or not isinstance(scores, Mapping):
            fields = plain(row) if isinstance(row, Mapping) else {"value": str(row)[:200]}
            parsed.rejected.append(Rejected(model, fields, fault or "", holds=f"{model}|"))
            continue
        said = {"spelling": model, "repository": repository_of(row.get("link"))}
        observe(Listing, model, said, parsed, "listings")
        for benchmark, score in scores.items():
            if score is None:
                continue  # not run: the site leaves these cells empty
            cell = {
                "model": model,
                "benchmark": benchmark,
                "score": score,
                "prompted": row.get("prompted"),
            }
            observe(Row, f"{model}|{benchmark}", cell, parsed, "results")
    if not parsed.things.get("results"):
        raise PayloadError("no score under any model")
    return parsed


SOURCE = Source(
    name="evalplus",
    title="EvalPlus leaderboard",
    kind="benchmarks",
    producer="EvalPlus",
    url="https://evalplus.github.io/results.json",
    licence="Apache-2.0",
    licence_url="https://github.com/evalplus/evalplus/blob/master/LICENSE",
    citation="EvalPlus leaderboard, results.json",
    cadence=timedelta(days=90),
    lineage="evalplus",
    reliability_rank=2,
    may_redistribute=True,
    may_use_commercially=True,
    things=("results", "listings"),
    file_names=("results.json",),
    is_tree=False,
    live_parts=("",),
    is_live=True,
    key_variable=None,
    smallest_share_of_last=0.6,
    parse=parse,
    offline_edition=None,
)
