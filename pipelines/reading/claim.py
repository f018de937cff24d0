"""What a claim is: the words of a text and what they assert, flat enough for a table's row."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from typing import Any

#: Sorts of assertion; `pipelines.analysis.claims` has one rule for each.
KINDS = (
    "score", "price", "price_ratio", "price_comparison", "comparison", "gap", "ranking", "release",
    "retirement", "availability", "context_window", "open_weights", "reasoning", "loser", "winner",
    "cannibalised", "companies_lose", "companies_win",
)  # fmt: skip


@dataclass(frozen=True)
class Claim:
    """What some words of a text assert. Fields that a kind does not use stay empty.

    `block`, `start` and `end` are the words' place; `as_of` is the day they speak of. `subject_ids`
    and `object_ids` are the readings of a name, the likeliest first, and `subject_reading` says how
    it was read (`pipelines.reading.lexicon`, or pronoun, context or topic). `benchmark_ids` are
    those it may mean. `low` and `high` bound what makes the figure right, in `unit` (percent, elo,
    points, usd_per_mtok, ratio, tokens); a ratio is the subject's price over the object's.
    `first_on` and `last_on` bound a date. `is_inferred` says that only context tells the subject or
    the benchmark, `is_either_way` that a comparison may be meant the other way round.
    """

    kind: str
    text: str
    sentence: str
    as_of: date
    block: int = 0
    start: int = 0
    end: int = 0
    subject_ids: tuple[str, ...] = ()
    subject_reading: str = ""
    subject_words: str = ""
    object_ids: tuple[str, ...] = ()
    object_reading: str = ""
    object_words: str = ""
    vendor_id: str = ""
    company_ids: tuple[str, ...] = ()
    benchmark_ids: tuple[str, ...] = ()
    ability_ids: tuple[str, ...] = ()
    segment_ids: tuple[str, ...] = ()
    metric: str = ""
    value: Decimal | None = None
    unit: str = ""
    low: Decimal | None = None
    high: Decimal | None = None
    decimals: int = 0
    side: str = ""
    direction: str = ""
    status: str = ""
    scope: str = ""
    said_by: str = ""
    first_on: date | None = None
    last_on: date | None = None
    is_denied: bool = False
    is_inferred: bool = False
    is_either_way: bool = False

    def row(self) -> dict[str, Any]:
        """As columns of simple types: several ids in one text, separated by spaces."""
        found: dict[str, Any] = {}
        for f in fields(self):
            value = getattr(self, f.name)
            if isinstance(value, tuple):
                value = " ".join(value)
            found[_COLUMNS.get(f.name, f.name)] = None if value == "" else value
        return found


#: Columns whose field's name SQL keeps for itself.
_COLUMNS = {"start": "start_character", "end": "end_character"}
_LISTS = {f.name for f in fields(Claim) if str(f.type).startswith("tuple")}
_TEXTS = {f.name for f in fields(Claim) if f.type in {"str", str}}


def from_row(row: Mapping[str, Any]) -> Claim:
    """The claim of a row as `Claim.row` made it."""
    found: dict[str, Any] = {}
    for field in fields(Claim):
        value = row[_COLUMNS.get(field.name, field.name)]
        if value is not None and value != value:  # NaN and NaT are nulls
            value = None
        if field.name in _LISTS:
            value = tuple(str(value).split()) if value else ()
        elif field.name in _TEXTS:
            value = str(value) if value is not None else ""
        elif hasattr(value, "date") and not isinstance(value, str):
            value = value.date()
        elif field.name in {"value", "low", "high"} and value is not None:
            value = Decimal(str(value))
        found[field.name] = value
    return Claim(**found)


@dataclass(frozen=True)
class Unchecked:
    """A sentence that looks checkable and that no rule reads, or reads only in part."""

    block: int
    start: int
    end: int
    text: str
    because: str
    is_partly_read: bool = False


@dataclass(frozen=True)
class Extraction:
    """A text's claims and unchecked sentences, in order.

    `sentences` counts all, a table's row as one; `sentences_read` those that gave a claim.
    """

    claims: tuple[Claim, ...]
    unchecked: tuple[Unchecked, ...]
    sentences: int
    sentences_read: int
    topic_ids: tuple[str, ...] = ()
