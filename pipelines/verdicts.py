"""Puts verdicts on record in the ledger when they are made, once and for good.

A verdict made within a week of the day after its event is live, before anything of the outcome
could be seen; one made later is a back-cast and says so, even if the event was not known before.
A live verdict is final. A back-cast whose inputs or rules have changed since is made again beside
the old one, which stays. Grades are no matter of record: they follow from the sources
(`pipelines.analysis.grading`).
"""

import hashlib
import json
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any

import pyarrow as pa

from pipelines import notes
from pipelines.ledger import Entry, Ledger
from pipelines.warehouse import Connection, transaction

KIND = "verdicts"
#: Version of the rule behind verdicts: raised when it judges otherwise from the same inputs.
RULE = 2
#: A verdict made so long after the day after its event is a back-cast: forecasts begin then.
LIVE_FOR = timedelta(days=7)

#: Of an entry, and of each of its calls: type and meaning.
ENTRY_FIELDS = {
    "event_id": ("varchar", "Event judged, core.events."),
    "event_kind": ("varchar", "launch, price_change or retirement."),
    "as_of": ("date", "Day judged."),
    "known_by": ("date", "Nothing known later was used."),
    "made_at": ("timestamp", "When it was put on record, UTC."),
    "is_backcast": ("boolean", "Made more than a week after the day after the event."),
    "model_version": ("varchar", "Version of the rule, and forms of the share model."),
    "inputs_hash": ("varchar", "Over everything the verdicts of the event rest on."),
    "checksum": ("varchar", "Of the entry in the ledger."),
}
CALL_FIELDS = {
    "segment_id": ("varchar", "Segment."),
    "model_id": ("varchar", "Model judged."),
    "is_entrant": ("boolean", "The event is about it."),
    "verdict": ("varchar", "What was said."),
    "verdict_probability": ("double", "P(what the verdict says)."),
    "has_won_place": ("boolean", "It comes onto the frontier through the event."),
    "probability_place_lost": ("double", "P(place on the frontier lost through the event)."),
    "probability_volume_falls": ("double", "P(volume falls by more than 5%)."),
    "probability_volume_taken": ("double", "P(the event takes more than 5% of its volume)."),
    "probability_volume_gained": ("double", "P(the event adds more than 5% to its volume)."),
    "volume_change_median": ("double", "Forecast change of volume, share."),
    "volume_change_low": ("double", "Lower end of the 80% interval, share."),
    "volume_change_high": ("double", "Upper end, share."),
    "deciding_fact": ("varchar", "Position fact that decides."),
    "comparison_fact": ("varchar", "The product launched, repriced or withdrawn beside it."),
    "demand_fact": ("varchar", "The forecast of volume."),
}
#: What the hash of inputs covers beside the calls.
INPUTS = (
    "price_3to1_usd_per_mtok", "capability", "own_share_model", "rival_share_model",
    "forecast_inputs_hash",
)  # fmt: skip


def create_table(connection: Connection) -> None:
    """Make `raw.verdicts`, the ledger's verdicts as a table, where it is missing or of another
    release: the ledger has everything."""
    fields = {**ENTRY_FIELDS, **CALL_FIELDS}
    found = connection.execute(
        "select column_name from duckdb_columns() where schema_name = 'raw' "
        "and table_name = 'verdicts' and database_name = current_database() order by column_index"
    ).fetchall()
    if [name for (name,) in found] == list(fields):
        return
    columns = ", ".join(f"{name} {kind}" for name, (kind, _) in fields.items())
    words = [f"create or replace table raw.verdicts ({columns})"]
    words.append(
        "comment on table raw.verdicts is 'Verdicts as the ledger has them: never rewritten.'"
    )
    words += [
        f"comment on column raw.verdicts.{name} is '{meaning}'"
        for name, (_, meaning) in fields.items()
    ]
    connection.execute(";\n".join(words))


def record(connection: Connection, ledger: Ledger, now: datetime) -> int:
    """Record the verdicts of `marts.verdicts_due` that are new; fill `raw.verdicts`.

    Returns how many events were judged. Raises LedgerError where the ledger was tampered with.
    """
    entries = ledger.entries(KIND)
    standing = {entry["event_id"]: entry for entry in _in_order(entries)}
    made = []
    for entry in _due(connection, now):
        before = standing.get(entry["event_id"])
        if date.fromisoformat(entry["known_by"]) > now.date():
            continue
        same = ("model_version", "inputs_hash")
        if before and (not before["is_backcast"] or all(before[k] == entry[k] for k in same)):
            continue
        made.append(entry)
    if made:
        entries += ledger.append_all(KIND, made, now)
    load(connection, entries)
    return len(made)


def load(connection: Connection, entries: list[Entry]) -> None:
    """Fill `raw.verdicts` from the ledger, unless it holds just these entries: each is told by its
    checksum, which is over all its calls."""
    held = connection.execute("select v.checksum, count(*) from raw.verdicts as v group by 1")
    if dict(held.fetchall()) == {e["checksum"]: len(e["calls"]) for e in entries if e["calls"]}:
        return
    rows = [
        {
            **{name: entry.get(name) for name in ENTRY_FIELDS},
            "as_of": date.fromisoformat(entry["as_of"]),
            "known_by": date.fromisoformat(entry["known_by"]),
            "made_at": datetime.fromisoformat(entry["at"]).replace(tzinfo=None),
            **{name: call.get(name) for name in CALL_FIELDS},
        }
        for entry in entries
        for call in entry["calls"]
    ]
    connection.register("ledger_verdicts", pa.Table.from_pylist(rows, _schema()))
    try:
        with transaction(connection):
            # What is noted of a table no longer holds once it is written to.
            notes.forget(["raw.verdicts"], connection)
            connection.execute("delete from raw.verdicts")
            connection.execute("insert into raw.verdicts by name select * from ledger_verdicts")
    finally:
        connection.unregister("ledger_verdicts")


ARROW = {
    "varchar": pa.string(), "double": pa.float64(), "boolean": pa.bool_(), "date": pa.date32(),
    "timestamp": pa.timestamp("us"),
}  # fmt: skip


def _schema() -> pa.Schema:
    return pa.schema([(n, ARROW[kind]) for n, (kind, _) in {**ENTRY_FIELDS, **CALL_FIELDS}.items()])


def _in_order(entries: Iterable[Entry]) -> list[Entry]:
    """The standing entry of an event last: a live one, else the newest."""
    return sorted(entries, key=lambda entry: not entry["is_backcast"])


def _due(connection: Connection, now: datetime) -> list[Entry]:
    answer = connection.execute(
        "select * from marts.verdicts_due order by event_id, segment_id, model_id"
    )
    names = [column[0] for column in answer.description or ()]
    rows = [dict(zip(names, row, strict=True)) for row in answer.fetchall()]
    return [_entry(list(calls), now) for _, calls in groupby(rows, itemgetter("event_id"))]


def _entry(calls: list[dict[str, Any]], now: datetime) -> Entry:
    """One event's verdicts as an entry of the ledger."""
    first = calls[0]
    told = [[_plain(call[name]) for name in (*CALL_FIELDS, *INPUTS)] for call in calls]
    hashed = hashlib.sha256(json.dumps(told, ensure_ascii=False).encode()).hexdigest()
    return {
        "event_id": first["event_id"],
        "event_kind": first["event_kind"],
        "as_of": first["as_of"].isoformat(),
        "known_by": first["known_by"].isoformat(),
        "is_backcast": now.date() > first["as_of"] + timedelta(1) + LIVE_FOR,
        "model_version": f"rule {RULE}; share model of own models: {first['own_share_model']}, "
        f"of rivals: {first['rival_share_model']}",
        "inputs_hash": hashed[:16],
        # What the hash covers begins with what a call says.
        "calls": [dict(zip(CALL_FIELDS, values, strict=False)) for values in told],
    }


def _plain(value: Any) -> Any:
    """A value as JSON has it; floats to nine digits, so that the last bits make no difference."""
    if value is None or isinstance(value, (bool, str)):
        return value
    return float(f"{float(value):.9g}")
