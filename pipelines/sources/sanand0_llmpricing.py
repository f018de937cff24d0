"""sanand0/llmpricing's `elo.csv`: input prices in USD per million tokens beside Arena ratings.

Only model, price and months are read: the ratings are the Arena's, which has a source of its own.
"""

import csv
import io
from datetime import timedelta
from typing import Any

from pydantic import BaseModel, ConfigDict

from pipelines.sources import Parsed, PayloadError, Rejected, Source, UsdPerMtok, observe

#: Columns the file must have whatever the others are called; the ratings' names have changed.
NEEDED = {"model", "cpmi"}


class Row(BaseModel):
    """The fields used. `cpmi` is the input price; there is no output price."""

    model_config = ConfigDict(extra="ignore")

    model: str
    cpmi: UsdPerMtok | None = None
    launch: str | None = None
    end: str | None = None


def parse(payload: bytes, part: str = "") -> Parsed:
    """Read the table by its header. Raises PayloadError if it lacks the columns needed."""
    try:
        text = payload.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise PayloadError(f"not UTF-8 at byte {error.start}") from error
    reader = csv.DictReader(io.StringIO(text, newline=""), restkey="beyond the header")
    header = set(reader.fieldnames or ())
    if not header >= NEEDED:
        raise PayloadError(f"header lacks {', '.join(sorted(NEEDED - header))}")
    found: dict[str, list[dict[str, Any]]] = {}
    parsed = Parsed()
    for row in reader:
        if "beyond the header" in row or None in row.values():
            key = str(row.get("model") or "?")
            reason = "not as many cells as the header has columns"
            parsed.rejected.append(Rejected(key, {"model": key}, reason))
            continue
        fields = {
            name: value
            for name, value in row.items()
            if name in Row.model_fields and value != ""
        }  # fmt: skip
        key = f"{fields.get('model', '?')}@{fields.get('launch', '')}"
        found.setdefault(key, []).append(fields)
    for key, rows in found.items():
        if any(fields != rows[0] for fields in rows):
            reason = "the model stands more than once from one month with different prices"
            parsed.rejected.append(Rejected(key, rows[0], reason))
            continue
        observe(Row, key, rows[0], parsed)
    if not parsed.things:
        raise PayloadError("no model in the table")
    return parsed


SOURCE = Source(
    name="sanand0_llmpricing",
    title="LLM pricing against quality (elo.csv)",
    kind="pricing",
    producer="Anand S",
    url="https://raw.githubusercontent.com/sanand0/llmpricing/main/elo.csv",
    licence="MIT",
    licence_url="https://github.com/sanand0/llmpricing/blob/main/LICENSE",
    citation="Anand S, llmpricing, elo.csv",
    cadence=timedelta(days=30),
    lineage="sanand0_llmpricing",
    reliability_rank=6,
    may_redistribute=True,
    may_use_commercially=True,
    things=("prices",),
    file_names=("elo.csv",),
    is_tree=False,
    live_parts=("",),
    is_live=True,
    key_variable=None,
    smallest_share_of_last=0.6,
    parse=parse,
    offline_edition=None,
)
