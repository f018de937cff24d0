"""Keeps between runs what is decided of names, as plain data, and goes on from there.

Decisions are made in the order of time and stay, so what is decided until a moment follows from
the seeds, the code, and all that was seen until then. `follows_from` and `Seen` say what it was;
whoever finds either to be another decides everything anew.

A day's work looks at few spellings and places, and only these are read: spellings are rows of an
Arrow table, what lies at a place is text. The rest is JSON.
"""

import hashlib
import io
import json
import sys
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines import deciding, registry, shelf, spelling
from pipelines.deciding import Decisions, Key, Spelled
from pipelines.registry import Identity, Nearest, Row

#: What a decision follows from beside seeds and what was seen: the code, and what reads text.
METHOD = [
    Path(__file__),
    *(Path(str(module.__file__)) for module in (deciding, registry, shelf, spelling)),
]

_TEXT, _TEXTS, _MOMENT = pa.string(), pa.list_(pa.string()), pa.timestamp("us")
#: Every spelling but those whose meaning moves, as `Spelled` has it. `bases` are the places of
#: which any, once known, makes an unknown name a derivative.
SPELLED = pa.schema(
    dict.fromkeys(
        ("source", "spelling", "host_spelling", "price_host_spelling", "status", "meant",
         "host_id", "variant", "configuration", "system", "kind", "way"), _TEXT
    )
    | {"bases": _TEXTS, "candidates": _TEXTS, "waits": pa.bool_(), "observations": pa.int64()}
    | dict.fromkeys(("first_seen_at", "hostless_since", "known_since"), _MOMENT)
)  # fmt: skip
_PACKED = pa.schema({"place": _TEXT, "value": _TEXT})
#: What decisions read of what a source says of one of its names.
SAID = ("source", "spelling", "maker", "repository", "permanent_name", "points_to", "same_as",
        "asked_with")  # fmt: skip
_JOIN = "\x1f"
#: What several versions that have one name are alike, of 100.
_EQUAL = 100.0


def follows_from(rows: Mapping[str, Sequence[Row]]) -> str:
    """Hash of the seeds' rows and of the code."""
    mixed = hashlib.sha256(f"{sys.version} {duckdb.__version__} {pa.__version__}".encode())
    for path in METHOD:
        mixed.update(path.read_bytes())
    mixed.update(json.dumps(rows, default=str).encode())
    return mixed.hexdigest()


@dataclass(frozen=True)
class Seen:
    """How many rows were seen, and two hashes of them whatever their order."""

    rows: int = 0
    mixed: int = 0
    summed: int = 0

    def __add__(self, more: "Seen") -> "Seen":
        """All of both."""
        return Seen(self.rows + more.rows, self.mixed ^ more.mixed, self.summed + more.summed)


@dataclass
class Decided:
    """What is decided until a moment."""

    decisions: Decisions
    until: datetime = datetime.min
    said_seen: Seen = Seen()
    listed_seen: Seen = Seen()
    #: Spellings at hand, by source and spelling.
    spelled: dict[Key, Spelled] = field(default_factory=dict)
    #: All others.
    rows: pa.Table = field(default_factory=SPELLED.empty_table)
    #: What a source said last of a name of its own, spelled by now or not: values of `SAID`.
    said: dict[Key, list[str | None]] = field(default_factory=dict)
    #: Nearest of the first `compared` known names, by normalised name.
    nearest: dict[str, Nearest] = field(default_factory=dict)
    compared: int = 0

    def __post_init__(self) -> None:
        """Let decisions ask for spellings seen before."""
        self.decisions.recall = self.recall
        self._joined = pc.binary_join_element_wise(
            self.rows["source"], self.rows["spelling"], _JOIN
        )
        self._recalled: set[int] = set()

    def recall(self, keys: Sequence[Key]) -> list[Spelled]:
        """These spellings in turn, as far as they were seen; they are at hand from now on."""
        wanted = [_JOIN.join(key) for key in keys if key not in self.spelled]
        if wanted and self.rows.num_rows:
            is_wanted = pc.is_in(self._joined, value_set=pa.array(wanted, _TEXT))
            at = pc.indices_nonzero(is_wanted)
            self._recalled.update(at.to_pylist())
            for row in self.rows.take(at).to_pylist():
                spelled = self._spelled(row)
                self.spelled[spelled.key] = spelled
        return [self.spelled[key] for key in keys if key in self.spelled]

    def said_of(self, key: Key) -> Row | None:
        """What its source said last of a name."""
        values = self.said.get(key)
        return dict(zip(SAID, values, strict=True)) if values else None

    def _spelled(self, row: Row) -> Spelled:
        found = Identity(
            row["status"], row["meant"], row["host_id"], row["variant"], row["way"],
            tuple((target, _EQUAL) for target in row["candidates"]), row["configuration"],
            row["system"],
        )  # fmt: skip
        meant, since = row["meant"], row["known_since"]
        return Spelled(
            self.decisions.registry, row["source"], row["spelling"], row["host_spelling"],
            row["first_seen_at"], row["observations"], row["hostless_since"],
            row["price_host_spelling"], self.said_of((row["source"], row["spelling"])), found,
            since, [(since, meant)] if meant else [], row["waits"],
        )  # fmt: skip

    def lay_down(self) -> None:
        """Leave at hand only the spellings that mean something, and not always the same."""
        moving = {one.key: one for one in self.spelled.values() if one.moves and one.is_resolved}
        done = [spelled for spelled in self.spelled.values() if spelled.key not in moving]
        self.spelled = moving
        if not done and not self._recalled:
            return
        laid = [_row_of(spelled) for spelled in done]
        columns = [pa.array([row[c.name] for row in laid], c.type) for c in SPELLED]
        stays = np.ones(self.rows.num_rows, bool)
        stays[list(self._recalled)] = False
        self.rows = pa.concat_tables(
            [self.rows.filter(pa.array(stays)), pa.table(columns, schema=SPELLED)]
        ).sort_by([("source", "ascending"), ("spelling", "ascending")])
        self.__post_init__()

    def pack(self, method: str) -> bytes:
        """As bytes, for `Packed`; `method` is `follows_from`'s."""
        decisions = self.decisions
        state = {
            "until": self.until,
            "said_seen": astuple(self.said_seen), "listed_seen": astuple(self.listed_seen),
            "spelled": [_fields_of(spelled) for _, spelled in sorted(self.spelled.items())],
            "said": list(self.said.values()),
            "nearest": self.nearest, "compared": self.compared,
            "learnt": decisions.registry.learnt(), "decided": _decided_in(decisions),
        }  # fmt: skip
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.comment = method.encode()
            # Days as text only where there are any, for asking every value takes longer.
            text = json.dumps(state, ensure_ascii=False, separators=(",", ":"), default=_plain)
            archive.writestr(zipfile.ZipInfo("state.json"), text, zipfile.ZIP_DEFLATED, 1)
            for name, table in (
                ("spelled", self.rows),
                ("indices", _shelf_as(decisions.registry.indices.packed())),
                ("waiting", _shelf_as(decisions.waiting.packed())),
            ):
                archive.writestr(zipfile.ZipInfo(f"{name}.arrow"), _arrow(table))
        return packed.getvalue()


def follows(packed: bytes, method: str) -> bool:
    """Whether bytes are what `Decided.pack` makes of this method; only then `Packed` knows them."""
    try:
        with zipfile.ZipFile(io.BytesIO(packed)) as archive:
            return archive.comment == method.encode()
    except zipfile.BadZipFile:
        return False


class Packed:
    """What was packed, looked into but not learnt yet."""

    def __init__(self, packed: bytes):
        with zipfile.ZipFile(io.BytesIO(packed)) as archive:
            self.state = json.loads(archive.read("state.json"))
            self.tables = {
                name: pa.ipc.open_stream(archive.read(f"{name}.arrow")).read_all()
                for name in ("spelled", "indices", "waiting")
            }
        self.until = datetime.fromisoformat(self.state["until"])
        self.said_seen = Seen(*self.state["said_seen"])
        self.listed_seen = Seen(*self.state["listed_seen"])

    def unpack(self, decisions: Decisions) -> Decided:
        """Teach decisions that know the seeds; returns all that was decided."""
        state = self.state
        found = Decided(
            decisions, self.until, self.said_seen, self.listed_seen, rows=self.tables["spelled"],
            nearest={name: [tuple(one) for one in best] for name, best in state["nearest"].items()},
            compared=state["compared"],
        )  # fmt: skip
        found.said = {(values[0], values[1]): values for values in state["said"]}
        for fields in state["spelled"]:
            spelled = _spelled_from(fields, found)
            found.spelled[spelled.key] = spelled
        decisions.registry.learn(state["learnt"], _shelf_in(self.tables["indices"]))
        _teach(decisions, state["decided"])
        decisions.waiting.unpack(_shelf_in(self.tables["waiting"]))
        return found


def _arrow(table: pa.Table) -> bytes:
    sink = io.BytesIO()
    options = pa.ipc.IpcWriteOptions(compression="zstd")
    with pa.ipc.new_stream(sink, table.schema, options=options) as writer:
        writer.write_table(table.combine_chunks())
    return sink.getvalue()


def _shelf_as(packed: Mapping[str, str]) -> pa.Table:
    return pa.table([list(packed), list(packed.values())], schema=_PACKED)


def _shelf_in(table: pa.Table) -> dict[str, str]:
    return dict(zip(table["place"].to_pylist(), table["value"].to_pylist(), strict=True))


def _row_of(spelled: Spelled) -> dict[str, Any]:
    found, registry_ = spelled.found, spelled.registry
    assert found is not None
    kind = registry_.kind_of(spelled.spelling)
    may_derive = kind == "model" and found.status == "unknown"
    return {
        "source": spelled.source, "spelling": spelled.spelling,
        "host_spelling": spelled.host_spelling, "price_host_spelling": spelled.price_host_spelling,
        "status": found.status, "meant": found.target, "host_id": spelled.host_id,
        "variant": found.variant, "configuration": found.configuration, "system": found.system,
        "kind": kind, "way": found.way,
        "bases": list(registry_.bases(spelled.address)) if may_derive else [],
        "candidates": [target for target, _ in found.candidates], "waits": spelled.waits,
        "observations": spelled.observations, "first_seen_at": spelled.first_seen_at,
        "hostless_since": spelled.hostless_since, "known_since": spelled.known_since,
    }  # fmt: skip


def _plain(value: date) -> str:
    return value.isoformat()


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _fields_of(spelled: Spelled) -> list[Any]:
    assert spelled.found is not None
    return [
        spelled.source, spelled.spelling, spelled.host_spelling, spelled.first_seen_at,
        spelled.observations, spelled.hostless_since, spelled.price_host_spelling,
        astuple(spelled.found), spelled.known_since, spelled.meanings, spelled.waits,
    ]  # fmt: skip


def _spelled_from(fields: list[Any], decided: Decided) -> Spelled:
    (source, name, host, first, observations, hostless, price_host, found, since, meanings,
     waits) = fields  # fmt: skip
    status, target, host_id, variant, way, candidates, *asked = found
    return Spelled(
        decided.decisions.registry, source, name, host, datetime.fromisoformat(first),
        observations, _moment(hostless), price_host, decided.said_of((source, name)),
        Identity(status, target, host_id, variant, way, tuple(map(tuple, candidates)), *asked),
        _moment(since), [(datetime.fromisoformat(at), target) for at, target in meanings], waits,
    )  # fmt: skip


def _decided_in(decisions: Decisions) -> dict[str, Any]:
    """Decisions as JSON; a pointing that is open by where it stands in their list."""
    number = {id(pointing): n for n, pointing in enumerate(decisions.pointings)}
    return {
        "registered": list(decisions.registered.values()),
        "new_vendors": list(decisions.new_vendors.values()),
        "pointings": decisions.pointings,
        "open_pointings": [
            [stem, [number[id(pointing)] for pointing in pointings]]
            for stem, pointings in decisions.open_pointings.items()
        ],
        "siblings": list(decisions.siblings.items()),
        "sayers": [[name, *key, meaning] for name, (key, meaning) in decisions.sayers.items()],
    }


def _teach(decisions: Decisions, state: Mapping[str, Any]) -> None:
    for row in [*state["registered"], *state["new_vendors"]]:
        row["known_since"] = datetime.fromisoformat(row["known_since"])
    decisions.registered = {row["model_id"]: row for row in state["registered"]}
    decisions.new_vendors = {row["vendor_id"]: row for row in state["new_vendors"]}
    for row in state["pointings"]:
        for name in ("valid_from", "valid_to", "known_on", "ended_known_on"):
            row[name] = date.fromisoformat(row[name]) if row[name] else None
    decisions.pointings = state["pointings"]
    decisions.open_pointings = {
        tuple(stem): [decisions.pointings[n] for n in numbers]
        for stem, numbers in state["open_pointings"]
    }
    decisions.siblings = {tuple(stem): days for stem, days in state["siblings"]}
    decisions.sayers = {
        name: ((source, spelled), meaning) for name, source, spelled, meaning in state["sayers"]
    }
