"""Keeps between runs what is decided of names, as plain data, and goes on from there.

Decisions are made in the order of time and stay, so what is decided until a moment follows from
the seeds, the code, and all that was seen until then. `follows_from` and `Seen` say what it was;
whoever finds either to be another decides everything anew.

Of most spellings nothing can change any more but the day: these are rows of a table that no one
looks at singly. The others, and what the registry has learnt in turn, are JSON.
"""

import hashlib
import io
import json
import sys
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from pipelines import deciding, registry, spelling
from pipelines.deciding import Decisions, Spelled
from pipelines.registry import Identity, Nearest, Row

Key = tuple[str, str]

#: What a decision follows from beside seeds and what was seen: the code, and what reads text.
METHOD = [Path(__file__), *(Path(str(m.__file__)) for m in (deciding, registry, spelling))]

#: Settled spellings: resolved for good, so that of a row only the meaning of its target can move.
SETTLED = pa.schema(
    [(name, pa.string()) for name in (
        "source", "spelling", "host_spelling", "price_host_spelling", "meant", "host_id",
        "variant", "configuration", "system", "kind", "way",
    )]
    + [(name, pa.timestamp("us")) for name in ("first_seen_at", "hostless_since", "known_since")]
    + [("observations", pa.int64())]
)  # fmt: skip
#: What a source says of one of its names, in `READS`' order.
SAID = ("source", "spelling", "maker", "repository", "permanent_name", "points_to", "same_as",
        "asked_with", "first_seen_at")  # fmt: skip
_STATE, _SETTLED = "state.json", "settled.arrow"
_JOIN = "\x1f"


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
    #: Spellings at hand, by source and spelling; all others are `settled`.
    spelled: dict[Key, Spelled] = field(default_factory=dict)
    settled: pa.Table = field(default_factory=SETTLED.empty_table)
    #: What a source said last of a name of its own, spelled by now or not.
    said: dict[Key, Row] = field(default_factory=dict)
    #: Nearest of the first `compared` known names, by normalised name.
    nearest: dict[str, Nearest] = field(default_factory=dict)
    compared: int = 0

    def recall(self, keys: Iterable[Key]) -> None:
        """Have these spellings at hand, as far as they were seen."""
        wanted = [_JOIN.join(key) for key in keys if key not in self.spelled]
        joined = pc.binary_join_element_wise(
            self.settled["source"], self.settled["spelling"], _JOIN
        )
        is_wanted = pc.is_in(joined, value_set=pa.array(wanted, pa.string()))
        for row in self.settled.filter(is_wanted).to_pylist():
            spelled = self._recalled(row)
            self.spelled[spelled.key] = spelled
        self.settled = self.settled.filter(pc.invert(is_wanted))

    def _recalled(self, row: Row) -> Spelled:
        spelled = Spelled(
            self.decisions.registry, row["source"], row["spelling"], row["host_spelling"],
            row["first_seen_at"], row["observations"], row["hostless_since"],
            row["price_host_spelling"], self.said.get((row["source"], row["spelling"])),
            known_since=row["known_since"], meanings=[(row["known_since"], row["meant"])],
        )  # fmt: skip
        spelled.found = Identity(
            "resolved", row["meant"], spelled.address.host_id, row["variant"], row["way"],
            configuration=row["configuration"], system=row["system"],
        )  # fmt: skip
        return spelled

    def settle(self) -> None:
        """Let go of the spellings of which nothing can change but what their target means."""
        sayers = {spelled.key for spelled in self.decisions.sayers.values()}
        settled = [
            self.spelled.pop(spelled.key)
            for spelled in list(self.spelled.values())
            if spelled.is_resolved and not (spelled.moves or spelled.waits or spelled.key in sayers)
        ]
        rows = [_row_of(spelled) for spelled in settled]
        columns = {n: pa.array([row[n] for row in rows], SETTLED.field(n).type)
                   for n in SETTLED.names}  # fmt: skip
        self.settled = pa.concat_tables(
            [self.settled, pa.table(columns, schema=SETTLED)]
        ).combine_chunks()

    def pack(self, method: str) -> bytes:
        """As bytes, for `unpack`; `method` is `follows_from`'s."""
        sink = io.BytesIO()
        options = pa.ipc.IpcWriteOptions(compression="zstd")
        with pa.ipc.new_stream(sink, SETTLED, options=options) as writer:
            writer.write_table(self.settled)
        state = {
            "follows_from": method, "until": self.until.isoformat(),
            "said_seen": astuple(self.said_seen), "listed_seen": astuple(self.listed_seen),
            "said": [
                [*(row[name] for name in SAID[:-1]), _plain(row[SAID[-1]])]
                for row in self.said.values()
            ],
            "nearest": self.nearest, "compared": self.compared,
        }  # fmt: skip
        at = {key: n for n, key in enumerate(self.spelled)}
        state["spelled"] = [_fields_of(spelled) for spelled in self.spelled.values()]
        state |= _decisions_as(self.decisions, at)
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            text = json.dumps(state, ensure_ascii=False, separators=(",", ":"))
            archive.writestr(zipfile.ZipInfo(_STATE), text, zipfile.ZIP_DEFLATED, 1)
            archive.writestr(zipfile.ZipInfo(_SETTLED), sink.getvalue(), zipfile.ZIP_STORED)
        return packed.getvalue()


class Packed:
    """What was packed, looked into but not learnt yet."""

    def __init__(self, packed: bytes):
        with zipfile.ZipFile(io.BytesIO(packed)) as archive:
            self.state = json.loads(archive.read(_STATE))
            self.settled = archive.read(_SETTLED)
        self.follows_from: str = self.state["follows_from"]
        self.until = datetime.fromisoformat(self.state["until"])
        self.said_seen = Seen(*self.state["said_seen"])
        self.listed_seen = Seen(*self.state["listed_seen"])

    def unpack(self, decisions: Decisions) -> Decided:
        """Teach decisions that know the seeds only; returns all that was decided."""
        state = self.state
        with pa.ipc.open_stream(self.settled) as reader:
            settled = reader.read_all()
        found = Decided(
            decisions, self.until, self.said_seen, self.listed_seen, settled=settled,
            nearest={name: [tuple(one) for one in best] for name, best in state["nearest"].items()},
            compared=state["compared"],
        )  # fmt: skip
        for values in state["said"]:
            row = dict(zip(SAID, values, strict=True))
            row["first_seen_at"] = datetime.fromisoformat(row["first_seen_at"])
            found.said[row["source"], row["spelling"]] = row
        spelled = [_spelled_from(fields, found) for fields in state["spelled"]]
        found.spelled = {one.key: one for one in spelled}
        _teach(decisions, state, spelled)
        return found


def _row_of(spelled: Spelled) -> dict[str, Any]:
    found = spelled.found
    assert found is not None
    return {
        "source": spelled.source, "spelling": spelled.spelling,
        "host_spelling": spelled.host_spelling, "price_host_spelling": spelled.price_host_spelling,
        "meant": found.target, "host_id": spelled.host_id, "variant": found.variant,
        "configuration": found.configuration, "system": found.system, "kind": spelled.kind,
        "way": found.way, "first_seen_at": spelled.first_seen_at,
        "hostless_since": spelled.hostless_since, "known_since": spelled.known_since,
        "observations": spelled.observations,
    }  # fmt: skip


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _fields_of(spelled: Spelled) -> list[Any]:
    found = spelled.found
    assert found is not None
    return [
        spelled.source, spelled.spelling, spelled.host_spelling, _plain(spelled.first_seen_at),
        spelled.observations, _plain(spelled.hostless_since), spelled.price_host_spelling,
        [found.status, found.target, found.host_id, found.variant, found.way, found.candidates,
         found.configuration, found.system], _plain(spelled.known_since),
        [[_plain(since), target] for since, target in spelled.meanings], spelled.waits,
    ]  # fmt: skip


def _spelled_from(fields: list[Any], decided: Decided) -> Spelled:
    (source, name, host, first, observations, hostless, price_host, found, since, meanings,
     waits) = fields  # fmt: skip
    status, target, host_id, variant, way, candidates, *asked = found
    return Spelled(
        decided.decisions.registry, source, name, host, datetime.fromisoformat(first),
        observations, _moment(hostless), price_host, decided.said.get((source, name)),
        Identity(status, target, host_id, variant, way, tuple(map(tuple, candidates)), *asked),
        _moment(since), [(datetime.fromisoformat(at), target) for at, target in meanings], waits,
    )  # fmt: skip


def _decisions_as(decisions: Decisions, at: Mapping[Key, int]) -> dict[str, Any]:
    """Decisions as JSON; spellings by where they stand in a list."""
    number = {id(pointing): n for n, pointing in enumerate(decisions.pointings)}
    return {
        "log": decisions.registry.log,
        "registered": [_plainly(row) for row in decisions.registered.values()],
        "new_vendors": [_plainly(row) for row in decisions.new_vendors.values()],
        "pointings": [_plainly(row) for row in decisions.pointings],
        "open_pointings": [
            [stem, [number[id(pointing)] for pointing in pointings]]
            for stem, pointings in decisions.open_pointings.items()
        ],
        "siblings": list(decisions.siblings.items()),
        "waiting": [
            [place, waiting]
            for place, spelled in decisions.waiting.items()
            if (waiting := [at[one.key] for one in spelled if one.waits])
        ],
        "sayers": [[name, at[spelled.key]] for name, spelled in decisions.sayers.items()],
    }


def _plainly(row: Row) -> dict[str, Any]:
    return {name: _plain(value) for name, value in row.items()}


def _teach(decisions: Decisions, state: Mapping[str, Any], spelled: list[Spelled]) -> None:
    decisions.registry.learn(state["log"])
    for row in state["registered"]:
        row["known_since"] = datetime.fromisoformat(row["known_since"])
        decisions.registered[row["model_id"]] = row
    for row in state["new_vendors"]:
        row["known_since"] = datetime.fromisoformat(row["known_since"])
        decisions.new_vendors[row["vendor_id"]] = row
    for row in state["pointings"]:
        for name in ("valid_from", "valid_to", "known_on", "ended_known_on"):
            row[name] = _day(row[name])
        decisions.pointings.append(row)
    for stem, numbers in state["open_pointings"]:
        decisions.open_pointings[tuple(stem)] = [decisions.pointings[n] for n in numbers]
    decisions.siblings = {tuple(stem): days for stem, days in state["siblings"]}
    decisions.waiting = {
        tuple(place): [spelled[n] for n in numbers] for place, numbers in state["waiting"]
    }
    decisions.sayers = {name: spelled[n] for name, n in state["sayers"]}
