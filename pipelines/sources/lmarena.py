"""LMArena's leaderboard (Chatbot Arena) by a CSV mirror: one row a model, ratings in Elo points.

The mirror's other file, `huggingface_v2.csv`, is the Open LLM Leaderboard: another thing, left out.
Rank (an interval rank with ties) and confidence interval are not used, so they are not kept.
"""

from datetime import timedelta

from pydantic import BaseModel, ConfigDict, Field

from pipelines.sources import Listing, Parsed, PayloadError, Rejected, Source, observe
from pipelines.text_tables import Figure, read_csv, refuse_contradictions


class Row(BaseModel):
    """The fields used; more columns came with time (`rank_stylectrl`) and are welcome."""

    model_config = ConfigDict(extra="ignore")

    model: str = Field(min_length=1)
    arena_score: Figure
    votes: int


def parse(payload: bytes, part: str = "") -> Parsed:
    """Read the leaderboard. Raises PayloadError if it is not one."""
    _, lines = read_csv(payload, {"model", "arena_score", "votes"})
    parsed = Parsed()
    for line in lines:
        key = line.cells.get("model") or f"line {line.number}"
        if line.fault:
            parsed.rejected.append(Rejected(key, line.cells, line.fault, holds=""))
        else:
            observe(Row, key, line.cells, parsed, "results")
            said = {
                "spelling": line.cells.get("model"),
                "maker": line.cells.get("organization"),
            }
            observe(Listing, key, said, parsed, "listings")
    refuse_contradictions(parsed)
    if not parsed.things.get("results"):
        raise PayloadError("no rated model in the leaderboard")
    return parsed


SOURCE = Source(
    name="lmarena",
    title="LMArena text leaderboard",
    kind="benchmarks",
    producer="LMArena",
    url="https://raw.githubusercontent.com/fboulnois/llm-leaderboard-csv/main/csv/lmarena_text.csv",
    licence="not stated (data (c) LMArena; mirror MPL-2.0)",
    licence_url="https://github.com/fboulnois/llm-leaderboard-csv/blob/main/LICENSE",
    citation="LMArena, Chatbot Arena leaderboard, as mirrored by fboulnois/llm-leaderboard-csv",
    cadence=timedelta(days=1),
    lineage="lmarena",
    reliability_rank=2,
    may_redistribute=False,
    may_use_commercially=False,
    things=("results", "listings"),
    # The mirror renamed its file on 2025-08-06; the old address answers 404.
    file_names=("lmarena_text.csv", "lmsys.csv"),
    is_tree=False,
    live_parts=("",),
    is_live=True,
    key_variable=None,
    smallest_share_of_last=0.6,
    parse=parse,
    offline_edition=None,
)
