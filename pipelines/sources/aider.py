"""Aider's leaderboards: YAML lists of runs of its editing benchmarks, with what each run cost.

Which runs are whole, single-model runs of the benchmark the file is about is judged in
`sql/staging/aider__results.sql`.
"""

from collections.abc import Hashable
from datetime import timedelta
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, ConfigDict, Field

from pipelines.sources import Parsed, PayloadError, Rejected, RepeatedKeys, Source, observe
from pipelines.sources.epoch_hub import Score, keep_one

FILES = (
    "polyglot_leaderboard.yml",
    "edit_leaderboard.yml",
    "refactor_leaderboard.yml",
    "architect.yml",
    "o1_results.yml",
    "o1_polyglot_leaderboard.yml",
)


class Text(yaml.BaseLoader):
    """Every scalar as the text that stands there.

    YAML's own types would read a commit hash of digits as a number, a day as a date, and a price
    as a binary fraction.
    """

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """Refuse aliases: the files use none, and a few nested ones inflate without bound."""
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("an alias, which the leaderboards do not use")
        node: yaml.Node | None = super().compose_node(parent, index)
        return node

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        """A mapping that remembers keys given twice with different values; YAML keeps the last."""
        found: dict[Hashable, Any] = super().construct_mapping(node, deep=True)
        repeated = set()
        for key_node, value_node in node.value:
            key = self.construct_object(key_node, deep=True)
            if self.construct_object(value_node, deep=True) != found[key]:
                repeated.add(str(key))
        if not repeated:
            return found
        marked = RepeatedKeys({str(key): value for key, value in found.items()})
        marked.repeated = frozenset(repeated)
        return marked  # type: ignore[return-value]


class Row(BaseModel):
    """The fields used of one run; `dirname` names the run."""

    model_config = ConfigDict(extra="ignore")

    file: str
    dirname: str
    model: str
    pass_rate_1: Score
    #: Absent from the refactoring leaderboard, which allows one try.
    pass_rate_2: Score | None = None
    test_cases: Annotated[int, Field(ge=0, lt=1_000_000)] | None = None
    edit_format: str | None = None
    editor_model: str | None = None
    reasoning_effort: str | None = None
    thinking_tokens: str | None = None
    total_cost: Score | None = None
    date: str | None = None


def parse(payload: bytes, part: str = "") -> Parsed:
    """Read one leaderboard. Raises PayloadError if it is not a YAML list of runs."""
    if part not in FILES:
        raise PayloadError(f"{part!r} is no known leaderboard")
    try:
        document = yaml.load(payload.decode("utf-8-sig"), Loader=Text)
    except UnicodeDecodeError as error:
        raise PayloadError(f"not UTF-8 at byte {error.start}") from error
    except (yaml.YAMLError, RecursionError) as error:
        raise PayloadError(f"invalid YAML: {' '.join(str(error).split())[:200]}") from error
    if not isinstance(document, list):
        raise PayloadError("expected a YAML list of runs")
    parsed = Parsed()
    stem = part.removesuffix(".yml")
    rows = []
    for number, row in enumerate(document):
        if not isinstance(row, dict) or not row.get("dirname"):
            # Which run it is cannot be told, so no run of the file ends by being absent.
            fields = {"value": str(row)[:200]}
            reason = "no run with a name of its own"
            parsed.rejected.append(
                Rejected(f"{stem}/row {number}", fields, reason, holds=f"{stem}/")
            )
            continue
        for empty in [name for name, value in row.items() if value == ""]:
            del row[empty]
        row["file"] = stem
        rows.append((f"{stem}/{row['dirname']}", row))
    for key, row in keep_one(rows, parsed).items():
        observe(Row, key, row, parsed, "results")
    if not parsed.things:
        raise PayloadError("no run in the leaderboard")
    return parsed


SOURCE = Source(
    name="aider",
    title="Aider LLM leaderboards",
    kind="benchmarks",
    producer="Aider",
    url="https://raw.githubusercontent.com/Aider-AI/aider/main/aider/website/_data",
    licence="Apache-2.0",
    licence_url="https://github.com/Aider-AI/aider/blob/main/LICENSE.txt",
    citation="Aider LLM leaderboards, https://aider.chat/docs/leaderboards/",
    # The files stand still since 2025-10 while the repository lives on: how fresh the data are
    # is the newest day a run states, not the day of a commit or of a fetch.
    cadence=timedelta(days=30),
    lineage="aider",
    reliability_rank=1,
    may_redistribute=True,
    may_use_commercially=True,
    things=("results",),
    file_names=FILES,
    is_tree=True,
    live_parts=FILES,
    is_live=True,
    key_variable=None,
    smallest_share_of_last=0.6,
    parse=parse,
    offline_edition=None,
)
