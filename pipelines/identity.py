"""Which model version a source's spelling means: rules, then a dated alias table, never a guess.

A *model version* is what a vendor serves, or publishes, under one name. The registry grows by
itself: a vendor's own listing registers a version, and so does a source that says whose model a
name is (an owner in a public hub, an organisation beside a score). Hosts only map to one. A
spelling that neither rules nor aliases decide stays unresolved, with the nearest names beside it.

Everything is decided in the order in which it was seen, and what was decided stays: an answer of a
day never changes with what comes later. So a run goes on from where the last one ended, as
`pipelines.decided` keeps it. Looking up a spelling is `pipelines.registry`'s.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from pipelines import decided
from pipelines.decided import SAID, Decided, Packed, Seen
from pipelines.deciding import EVER, NEVER, Decisions, Spelled
from pipelines.registry import SEEDS, Registry, Row, nearest
from pipelines.spelling import normalise

#: Suggestions are made for the spellings seen most; the rest would cost more than it tells.
MOST_SUGGESTED = 400
#: When the edition's own models became known to us: before anything else.
ALWAYS = datetime(1970, 1, 1)

#: Asks for what was seen after a moment.
Asks = Callable[..., pd.DataFrame]

_SAID = (
    "select p.source, p.spelling, p.host_spelling, p.first_seen_at "
    "from core.price_observations as p "
    "union all select r.source, r.spelling, null, r.first_seen_at "
    "from staging.every_results as r where r.quarantine_reason is null "
    "union all select l.source, l.spelling, null, l.first_seen_at "
    "from staging.every_releases as l where l.quarantine_reason is null "
    "union all select t.source, t.spelling, t.host_spelling, t.first_seen_at "
    "from staging.every_retirements as t where t.quarantine_reason is null "
    "union all select t.source, t.replacement_spelling, null, t.first_seen_at "
    "from staging.every_retirements as t where t.quarantine_reason is null "
    "union all select u.source, u.spelling, null, u.first_seen_at "
    "from staging.every_usage as u "
    "where u.quarantine_reason is null and u.spelling <> 'other'"
)
_LISTED = (
    "select distinct l.source, l.spelling, l.maker, l.repository, l.permanent_name, "
    "l.points_to, l.same_as, l.asked_with, l.first_seen_at from staging.every_listings as l"
)
#: How many rows were seen until a moment and after it, with two hashes of what they say.
_SUMMED = (
    "select s.first_seen_at <= $until as is_before, count(*) as rows, "
    "cast(bit_xor(hash(s)) as varchar) as mixed, cast(sum(hash(s)) as varchar) as summed "
    "from ({}) as s group by 1"
)

READS = {
    "spellings": (
        f"with said as ({_SAID}) select s.source, s.spelling, "
        # What it is read by is what was said first; later rows must not change that.
        "first(s.host_spelling order by s.first_seen_at, s.host_spelling nulls last) "
        "as host_spelling, first(s.host_spelling order by s.first_seen_at, s.host_spelling) "
        "filter (where s.host_spelling is not null) as price_host_spelling, "
        "min(s.first_seen_at) as first_seen_at, max(s.first_seen_at) as last_new_at, "
        "count(*) as observations, "
        # The same text may name a model of a maker and, before or later, a host's offering of it.
        "min(case when s.host_spelling is null then s.first_seen_at end) as hostless_since "
        "from said as s where s.spelling is not null and s.first_seen_at > $until "
        "group by s.source, s.spelling"
    ),
    # What is said last counts; of one moment any, but always the same.
    "listings": (
        f"select l.* from ({_LISTED}) as l where l.first_seen_at > $until "
        "order by l.first_seen_at, l.source, l.spelling, l.maker, l.repository, "
        "l.permanent_name, l.points_to, l.same_as, l.asked_with"
    ),
    "said": _SUMMED.format(f"select s.* from ({_SAID}) as s where s.spelling is not null"),
    "listed": _SUMMED.format(_LISTED),
    **SEEDS,
}


def compute(
    spellings: Asks,
    listings: Asks,
    said: Asks,
    listed: Asks,
    models: pd.DataFrame,
    aliases: pd.DataFrame,
    hosts: pd.DataFrame,
    host_spellings: pd.DataFrame,
    vendors: pd.DataFrame,
    vendor_spellings: pd.DataFrame,
    name_suffixes: pd.DataFrame,
    name_kinds: pd.DataFrame,
    sources: pd.DataFrame,
    checkpoint: bytes | None = None,
) -> dict[str, Any]:
    """Tables `models`, `names`, `pointings`, `unresolved_names`, `registered_vendors` of the core
    layer, and the `checkpoint` from which the next run goes on.

    The tables are the same with a checkpoint as without, of whatever run it is.
    """
    seeds = {
        "models": models, "aliases": aliases, "hosts": hosts, "host_spellings": host_spellings,
        "vendors": vendors, "vendor_spellings": vendor_spellings, "name_suffixes": name_suffixes,
        "name_kinds": name_kinds, "sources": sources,
    }  # fmt: skip
    rows = {name: records(frame) for name, frame in seeds.items()}
    method = decided.follows_from(rows)
    known = _known(rows, checkpoint, method, said, listed)
    _decide(known, records(spellings(until=known.until)), records(listings(until=known.until)))
    known.lay_down()
    return _tables(known, rows) | {"checkpoint": known.pack(method)}


def _known(
    rows: dict[str, list[dict[str, Any]]],
    checkpoint: bytes | None,
    method: str,
    said: Asks,
    listed: Asks,
) -> Decided:
    """What is decided already, if it still holds, else nothing; and what is seen by now."""
    if checkpoint and decided.follows(checkpoint, method):
        packed = Packed(checkpoint)
        said_before, said_after = _seen(said(until=packed.until))
        listed_before, listed_after = _seen(listed(until=packed.until))
        if (said_before, listed_before) == (packed.said_seen, packed.listed_seen):
            known = packed.unpack(Decisions(Registry(**rows | {"models": []}), []))
            known.said_seen += said_after
            known.listed_seen += listed_after
            return known
    known = Decided(Decisions(Registry(**rows), rows["models"]))
    _, known.said_seen = _seen(said(until=known.until))
    _, known.listed_seen = _seen(listed(until=known.until))
    return known


def _seen(sums: pd.DataFrame) -> tuple[Seen, Seen]:
    """What was seen until a moment, and after it."""
    found = {
        row["is_before"]: Seen(row["rows"], int(row["mixed"]), int(row["summed"]))
        for row in records(sums)
    }
    return found.get(True, Seen()), found.get(False, Seen())


def _decide(known: Decided, spellings: Sequence[Row], listings: Sequence[Row]) -> None:
    """Take in what was seen since, moment by moment."""
    known.recall([(row["source"], row["spelling"]) for row in [*spellings, *listings]])
    new_at: dict[datetime, list[Spelled]] = {}
    said_at: dict[datetime, list[tuple[Spelled, Row | None]]] = {}
    for row in spellings:
        spelled = known.spelled.get((row["source"], row["spelling"]))
        hostless_since = row["hostless_since"]
        if spelled is None:
            spelled = Spelled(
                known.decisions.registry, row["source"], row["spelling"], row["host_spelling"],
                row["first_seen_at"], row["observations"], hostless_since,
                row["price_host_spelling"],
            )  # fmt: skip
            spelled.said = known.said_of(spelled.key)
            known.spelled[spelled.key] = spelled
            new_at.setdefault(spelled.first_seen_at, []).append(spelled)
        else:
            spelled.observations += row["observations"]
            spelled.price_host_spelling = spelled.price_host_spelling or row["price_host_spelling"]
            if spelled.hostless_since:
                hostless_since = None
            spelled.hostless_since = spelled.hostless_since or hostless_since
        if hostless_since and hostless_since > spelled.first_seen_at:
            said_at.setdefault(hostless_since, []).append((spelled, None))
        known.until = max(known.until, row["last_new_at"])
    for row in listings:
        key = row["source"], row["spelling"]
        known.said[key] = [row[name] for name in SAID]
        known.until = max(known.until, row["first_seen_at"])
        if key in known.spelled:
            said_at.setdefault(row["first_seen_at"], []).append((known.spelled[key], row))
    for now in sorted({*new_at, *said_at}):
        for spelled, listing in said_at.get(now, []):
            spelled.said = listing or spelled.said
        older = {s.key: s for s, _ in said_at.get(now, []) if s.first_seen_at < now}
        new = {s.key: s for s in new_at.get(now, [])}
        known.decisions.step(
            now, [new[key] for key in sorted(new)], [older[key] for key in sorted(older)]
        )


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of a frame as plain values; what is missing is None."""
    rows: list[dict[str, Any]] = pa.Table.from_pandas(frame, preserve_index=False).to_pylist()
    return rows


def _tables(known: Decided, rows: Mapping[str, list[dict[str, Any]]]) -> dict[str, pa.Table]:
    registry, decisions = known.decisions.registry, known.decisions
    models: list[Row] = [
        row | {"registered_by": "edition", "known_since": ALWAYS, "is_moving_name": False}
        for row in rows["models"]
    ]
    unsaid = {
        "is_reasoning": None, "is_open_weights": None, "context_tokens": None, "is_released": True
    }  # fmt: skip
    models += [unsaid | row for row in decisions.registered.values()]
    periods = _periods(registry, rows["aliases"], decisions.pointings)
    pointings = list(periods["own"])
    for _, spelled in sorted(known.spelled.items()):
        pointings += _moved(spelled, periods["all"])
    kind = _kinds(known)
    return {
        "models": _table(models, MODEL_COLUMNS),
        "names": _names(known, kind),
        "pointings": _table(pointings, POINTING_COLUMNS),
        "unresolved_names": _unresolved(known, kind),
        "registered_vendors": _table(decisions.new_vendors.values(), VENDOR_COLUMNS),
    }


def _names(known: Decided, kind: pa.Array) -> pa.Table:
    """Every spelling; of those whose meaning moves the target is a name of their own."""
    moving = [
        {
            "source": spelled.source, "spelling": spelled.spelling, "target": spelled.moving_name,
            "host_id": spelled.host_id, "variant": found.variant,
            "configuration": found.configuration, "system": found.system,
            "kind": known.decisions.registry.kind_of(spelled.spelling), "status": found.status,
            "way": found.way, "known_since": spelled.known_since,
        }
        for _, spelled in sorted(known.spelled.items())
        if (found := spelled.found)
    ]  # fmt: skip
    # Another's name means what that means, or that name itself where its meaning moves.
    meanings = {
        name: name if key in known.spelled else meaning
        for name, (key, meaning) in known.decisions.sayers.items()
    }
    meant = _column(known.rows, "meant")
    at = pc.index_in(meant, value_set=pa.array(list(meanings), pa.string()))
    columns = {
        "target": pc.coalesce(pa.array(list(meanings.values()), pa.string()).take(at), meant),
        "kind": kind,
        "known_since": pc.coalesce(known.rows["known_since"], known.rows["first_seen_at"]),
    }
    rows = pa.table(
        [columns[n] if n in columns else known.rows[n] for n in NAME_COLUMNS.names],
        schema=NAME_COLUMNS,
    )
    return pa.concat_tables([rows, _table(moving, NAME_COLUMNS)])


def _kinds(known: Decided) -> pa.Array:
    """What each spelling names: a model, what its words say, or what others made of a known one."""
    places = pa.array(known.decisions.registry.indices.keys(), pa.string())
    bases = _column(known.rows, "bases")
    derived = pc.list_parent_indices(bases).filter(pc.is_in(pc.list_flatten(bases), places))
    is_derived = np.zeros(known.rows.num_rows, bool)
    is_derived[derived] = True
    return pc.if_else(pa.array(is_derived), "derivative", _column(known.rows, "kind"))


def _column(table: pa.Table, name: str) -> pa.Array:
    return table[name].combine_chunks()


def _periods(
    registry: Registry, aliases: list[dict[str, Any]], own: list[dict[str, Any]]
) -> dict[str, Any]:
    """What every alias points to by period, those of the seeds and those found here."""
    every: dict[str, list[Period]] = {}
    for row in aliases:
        alias = f"{row['spelling']} in {row['source']}" if row["source"] else row["spelling"]
        begin, end = _day(row["valid_from"] or EVER), _day(row["valid_to"] or NEVER)
        known_on = _day(row["published_on"])
        every.setdefault(alias, []).append(Period(begin, end, row["model_id"], known_on))
    flat = []
    for pointing in own:
        target = pointing["target"]
        for period in every.get(target, [Period(EVER, NEVER, target, EVER)]):
            begin = max(period.begin, pointing["valid_from"])
            end = min(period.end, pointing["valid_to"])
            if begin < end:
                known_on = max(period.known_on, pointing["known_on"])
                flat.append(pointing | {"model_id": period.model_id, "valid_from": begin,
                                        "valid_to": end, "known_on": known_on})  # fmt: skip
    for pointing in flat:
        every.setdefault(pointing["alias"], []).append(
            Period(pointing["valid_from"], pointing["valid_to"], pointing["model_id"],
                   pointing["known_on"])
        )  # fmt: skip
    return {"own": flat, "all": every}


class Period(NamedTuple):
    """What an alias points to from `begin` until `end`, and since when that is known."""

    begin: date
    end: date
    model_id: str
    known_on: date


def _moved(spelled: Spelled, periods: Mapping[str, list[Period]]) -> Iterator[dict[str, Any]]:
    """Periods of a spelling whose source says, from time to time, what it stands for."""
    points = bool(spelled.said and spelled.said["points_to"])
    for (since, target), after in zip(spelled.meanings, [*spelled.meanings[1:], None], strict=True):
        begin = since.date() if points or since != spelled.meanings[0][0] else EVER
        end = after[0].date() if after else NEVER
        for period in periods.get(target, [Period(EVER, NEVER, target, EVER)]):
            first, last = max(period.begin, begin), min(period.end, end)
            if first < last:
                yield {
                    "alias": spelled.moving_name, "source": spelled.source,
                    "model_id": period.model_id, "valid_from": first, "valid_to": last,
                    "known_on": max(since.date(), period.known_on),
                    "ended_known_on": last if last < NEVER else None,
                    "reason": "the source says what it stands for",
                }  # fmt: skip


def _day(value: Any) -> date:
    return value.date() if isinstance(value, datetime) else value


def _unresolved(known: Decided, kind: pa.Array) -> pa.Table:
    is_open = pc.not_equal(known.rows["status"], "resolved")
    rows = known.rows.append_column("kinds", kind).filter(is_open)
    # Several versions of one name are alike to the letter. Of ten thousand names some have a
    # hundred, so that they are joined without being looked at.
    alike = pc.binary_join(_column(rows, "candidates"), " (100); ")
    said = pc.binary_join_element_wise(alike, pc.if_else(pc.equal(alike, ""), "", " (100)"), "")
    candidates = said.to_pylist()
    for n, best in _suggestions(known, rows):
        candidates[n] = "; ".join(f"{name} ({score:.0f})" for name, score in best)
    columns = {
        "kind": rows["kinds"], "candidates": pa.array([s or None for s in candidates], _TEXT)
    }  # fmt: skip
    return pa.table(
        [columns[n] if n in columns else rows[n] for n in UNRESOLVED_COLUMNS.names],
        schema=UNRESOLVED_COLUMNS,
    )


def _suggestions(
    known: Decided, rows: pa.Table
) -> Iterator[tuple[int, Sequence[tuple[str, float]]]]:
    """Nearest known versions of the unknown spellings seen most, by number of the row.

    Those found before are gone on from.
    """
    registry = known.decisions.registry
    frequent = pc.sort_indices(
        rows, [("observations", "descending"), ("source", "ascending"), ("spelling", "ascending")]
    )[:MOST_SUGGESTED]
    every, since = sorted(registry.names), sorted(registry.names[known.compared :])
    before, known.nearest, known.compared = known.nearest, {}, len(every)
    for n, row in zip(frequent.to_pylist(), rows.take(frequent).to_pylist(), strict=True):
        if row["candidates"]:
            continue
        address = registry.address(row["source"], row["spelling"], row["host_spelling"])
        name = normalise(address.name)
        if name not in known.nearest:
            found = before.get(name)
            known.nearest[name] = (
                nearest(name, every) if found is None else nearest(name, since, found)
            )
        yield n, registry.targets_of(known.nearest[name])


def _columns(**types: pa.DataType) -> pa.Schema:
    return pa.schema(types.items())


_TEXT, _DAY, _MOMENT = pa.string(), pa.date32(), pa.timestamp("us")
MODEL_COLUMNS = _columns(
    model_id=_TEXT, vendor_id=_TEXT, name=_TEXT, is_reasoning=pa.bool_(),
    is_open_weights=pa.bool_(), context_tokens=pa.float64(), is_released=pa.bool_(),
    is_moving_name=pa.bool_(), registered_by=_TEXT, known_since=_MOMENT,
)  # fmt: skip
NAME_COLUMNS = _columns(
    source=_TEXT, spelling=_TEXT, target=_TEXT, host_id=_TEXT, variant=_TEXT, configuration=_TEXT,
    system=_TEXT, kind=_TEXT, status=_TEXT, way=_TEXT, known_since=_MOMENT,
)  # fmt: skip
POINTING_COLUMNS = _columns(
    alias=_TEXT, source=_TEXT, model_id=_TEXT, valid_from=_DAY, valid_to=_DAY, known_on=_DAY,
    ended_known_on=_DAY, reason=_TEXT,
)  # fmt: skip
UNRESOLVED_COLUMNS = _columns(
    source=_TEXT, spelling=_TEXT, kind=_TEXT, status=_TEXT, candidates=_TEXT,
    observations=pa.int64(),
)  # fmt: skip
VENDOR_COLUMNS = _columns(
    vendor_id=_TEXT, name=_TEXT, registered_by=_TEXT, known_since=_MOMENT
)  # fmt: skip


def _table(rows: Iterable[Row], columns: pa.Schema) -> pa.Table:
    said = list(rows)
    return pa.table(
        [pa.array([row[c.name] for row in said], c.type) for c in columns], schema=columns
    )
