"""LiveCodeBench's code generation results: one row per model and problem, aggregated here.

Only sums per model and window of problem dates are kept: 16,720 rows say no more about a model.
The payload's `release_date` of models is a training cutoff for shading (one placeholder for whole
vendors), no release date, and is left out.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipelines.sources import (
    Parsed,
    PayloadError,
    Rejected,
    Source,
    fields_read,
    observe,
    plain,
    read_json,
)
from pipelines.text_tables import refuse_contradictions

#: First and last day of the windows of problems that publishers state results for. By date alone
#: the dataset's releases v1 to v4 cannot be rebuilt (439, 512, 601 and 714 problems by date against
#: 400, 511, 612 and 713 documented), so only release v5, which is all, and its second half stand.
WINDOWS: Mapping[str, tuple[date, date]] = {
    "all problems": (date.min, date.max),
    "2024-08 to 2025-01": (date(2024, 8, 1), date(2025, 1, 31)),
}

#: Rows looked into for new fields; all of them carry the same.
FIELDS_SAMPLE = 500


class Solution(BaseModel):
    """One model on one problem; pass@1 from 0 to 100, the contest's date in milliseconds."""

    model_config = ConfigDict(extra="ignore")

    question_id: str
    model: str
    date: int = Field(gt=10**11, lt=10**14)
    score: Decimal = Field(alias="pass@1", ge=0, le=100)


class Row(BaseModel):
    """One model over one window."""

    model_config = ConfigDict(extra="ignore")

    model: str
    window: str
    problems: int
    #: Problems any model was given in the window; fewer for one model is another test.
    problems_of_all: int
    pass_at_1_sum: Decimal
    first_problem_on: str
    last_problem_on: str


def _day(milliseconds: int) -> date:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).date()


def parse(payload: bytes, part: str = "") -> Parsed:
    """Read the performances. Raises PayloadError if the document holds none."""
    document = read_json(payload)
    performances = document.get("performances") if isinstance(document, Mapping) else None
    if not isinstance(performances, list) or not performances:
        raise PayloadError("expected a JSON object with a list of `performances`")
    parsed = Parsed()
    refused: dict[str, str] = {}
    by_model: dict[str, dict[str, Solution]] = {}
    for row in performances[:FIELDS_SAMPLE]:
        parsed.notice("solutions", row, fields_read(Solution))
    for row in performances:
        try:
            solution = Solution.model_validate(row)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            model = str(row.get("model")) if isinstance(row, Mapping) else "?"
            # A mean over the rest would be the mean over another set of problems.
            refused[model] = f"{'.'.join(map(str, first['loc'])) or 'row'}: {first['msg']}"
            continue
        problems = by_model.setdefault(solution.model, {})
        earlier = problems.setdefault(solution.question_id, solution)
        if earlier != solution:
            refused[solution.model] = f"problem {solution.question_id} stands twice"
    days = {
        solution.question_id: _day(solution.date)
        for problems in by_model.values()
        for solution in problems.values()
    }
    for model, problems in by_model.items():
        for window, (first_day, last_day) in WINDOWS.items():
            key = f"{model}|{window}"
            if model in refused:
                fields = plain({"model": model, "window": window})
                parsed.rejected.append(Rejected(key, fields, refused[model]))
                continue
            inside = [s for s in problems.values() if first_day <= _day(s.date) <= last_day]
            if inside:
                asked = sum(first_day <= day <= last_day for day in days.values())
                observe(Row, key, _summary(model, window, inside, asked), parsed, "results")
    parsed.rejected.extend(
        Rejected(model, {"model": model}, reason, holds="" if model == "?" else f"{model}|")
        for model, reason in refused.items()
        if model not in by_model
    )
    refuse_contradictions(parsed)
    if not parsed.things.get("results"):
        raise PayloadError("no model with results on any problem")
    return parsed


def _summary(model: str, window: str, inside: list[Solution], asked: int) -> dict[str, Any]:
    return {
        "model": model,
        "window": window,
        "problems": len(inside),
        "problems_of_all": asked,
        "pass_at_1_sum": sum((s.score for s in inside), Decimal(0)),
        "first_problem_on": min(_day(s.date) for s in inside).isoformat(),
        "last_problem_on": max(_day(s.date) for s in inside).isoformat(),
    }


SOURCE = Source(
    name="livecodebench",
    title="LiveCodeBench code generation",
    kind="benchmarks",
    producer="LiveCodeBench",
    url="https://livecodebench.github.io/performances_generation.json",
    licence="not stated (code MIT)",
    licence_url="https://github.com/LiveCodeBench/LiveCodeBench/blob/main/LICENSE",
    citation="LiveCodeBench, performances_generation.json",
    cadence=timedelta(days=30),
    lineage="livecodebench",
    reliability_rank=2,
    may_redistribute=False,
    may_use_commercially=False,
    things=("results",),
    file_names=("performances_generation.json",),
    is_tree=False,
    live_parts=("",),
    is_live=True,
    key_variable=None,
    smallest_share_of_last=0.5,
    parse=parse,
    offline_edition=None,
)
