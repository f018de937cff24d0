"""Market shares that surveys and companies published, typed by hand from their reports.

Shares of different things: spend, usage, messages, payers. Who states one, of what, and by which
definition is part of the figure; none may be mixed with another.
"""

from datetime import timedelta

from pydantic import BaseModel, ConfigDict, Field

from pipelines.sources import Parsed, PayloadError, Rejected, Source, observe
from pipelines.text_tables import read_csv, refuse_contradictions

#: In these columns the table writes "same" for what stands in the row above.
DITTO_COLUMNS = ("definition", "url", "how_read")


class Row(BaseModel):
    """One published figure, as typed; `value` is empty where only words were published."""

    model_config = ConfigDict(extra="ignore")

    source: str = Field(min_length=1)
    period: str = Field(pattern=r"^\d{4}")
    entity: str = Field(min_length=1)
    metric: str = Field(min_length=1)
    value: str
    unit: str
    definition: str
    url: str = Field(min_length=1)
    how_read: str


def parse(payload: bytes, part: str = "") -> Parsed:
    """Read all figures. Raises PayloadError if the file is not the table."""
    _, lines = read_csv(payload, set(Row.model_fields))
    parsed = Parsed()
    above: dict[str, str] = {}
    for line in lines:
        if line.fault:
            parsed.rejected.append(
                Rejected(f"line {line.number}", line.cells, line.fault, holds="")
            )
            # What "same" means below a line that cannot be read is not knowable either.
            above = {}
            continue
        cells = dict(line.cells)
        key = "|".join(cells[part] for part in ("source", "period", "entity", "metric"))
        ditto = [column for column in DITTO_COLUMNS if cells[column].strip() == "same"]
        if any(column not in above for column in ditto):
            reason = "says 'same' as a row above that is missing"
            parsed.rejected.append(Rejected(key, cells, reason))
            continue
        cells |= {column: above[column] for column in ditto}
        above = {column: cells[column] for column in DITTO_COLUMNS}
        observe(Row, key, cells, parsed, "shares")
    refuse_contradictions(parsed)
    if not parsed.things.get("shares"):
        raise PayloadError("no figure in the table")
    return parsed


SOURCE = Source(
    name="published_shares",
    title="Shares published in reports",
    kind="adoption",
    producer="several; each row names its own",
    url="https://menlovc.com/perspective/2025-the-state-of-generative-ai-in-the-enterprise/",
    licence="not stated; facts, each with its source",
    licence_url="https://menlovc.com/perspective/2025-the-state-of-generative-ai-in-the-enterprise/",
    citation="Shares typed from published reports; each row cites its own",
    cadence=timedelta(days=365),
    lineage="published_shares",
    reliability_rank=9,
    may_redistribute=False,
    may_use_commercially=False,
    things=("shares",),
    file_names=("published_shares.csv",),
    is_tree=False,
    live_parts=(),
    is_live=False,
    key_variable=None,
    smallest_share_of_last=0.6,
    parse=parse,
    offline_edition=None,
)
