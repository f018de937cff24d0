"""Names go on from what is decided, and come out as if everything were decided anew."""

import io
import json
import logging
import random
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from feeds import FEEDS, Market, rows

from pipelines import checkpoints, decided, identity, tables
from pipelines.registry import SEEDS
from pipelines.tables import read_frames
from pipelines.warehouse import Connection

STEP = "pipelines.identity"
#: What the step reads of feeds, all with the moment at which it was first seen.
SEEN = (
    "core.price_observations", "staging.every_results", "staging.every_releases",
    "staging.every_retirements", "staging.every_usage", "staging.every_listings",
)  # fmt: skip


class Cut:
    """What the step reads of a warehouse, as it was seen until some moment."""

    def __init__(self, connection: Connection):
        self.connection = connection
        union = " union all ".join(f"select first_seen_at from {table}" for table in SEEN)
        self.moments = [
            moment for (moment,) in rows(connection, f"select distinct * from ({union}) order by 1")
        ]

    def until(self, moment: datetime) -> dict[str, Any]:
        """What the step would read at a moment."""
        self.connection.execute("update cut set day = ?", [moment])
        return read_frames(identity.READS, self.connection)


@contextmanager
def cut_of(warehouse: Connection) -> Iterator[Cut]:
    connection = warehouse.cursor()
    [(here,)] = rows(connection, "select current_database()")
    connection.execute("attach ':memory:' as cuts")
    connection.execute("create table cuts.main.cut as select timestamp '9999-01-01' as day")
    for schema in ("core", "staging", "seeds", "raw", "whole"):
        connection.execute(f"create schema cuts.{schema}")
    for table in SEEN:
        whole = f"cuts.whole.{table.replace('.', '_')}"
        connection.execute(f"create table {whole} as from {here}.{table}")
        connection.execute(
            f"create view cuts.{table} as select t.* from {whole} as t "
            "where t.first_seen_at <= (select c.day from cuts.main.cut as c)"
        )
    for query in SEEDS.values():
        table = query.split(" from ")[1].split(" ")[0]
        connection.execute(f"create table cuts.{table} as from {here}.{table}")
    connection.execute("use cuts")
    try:
        yield Cut(connection)
    finally:
        connection.execute(f"use {here}")
        connection.execute("detach cuts")
        connection.close()


def same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether all tables are equal, row for row."""
    assert one["names"].num_rows
    return all(one[name].equals(other[name]) for name in one if name != "checkpoint")


def goes_on(cut: Cut, moments: list[datetime]) -> None:
    """Go on from moment to moment, and hold every one against a beginning from nothing.

    All that is kept is equal too, whatever the order in which it came to be known.
    """
    left: bytes | None = None
    for moment in moments:
        frames = cut.until(moment)
        found = identity.compute(**frames, checkpoint=left)
        anew = identity.compute(**frames)
        assert same(found, anew), moment
        assert in_order(found["checkpoint"]) == in_order(anew["checkpoint"]), moment
        left = found["checkpoint"]


def in_order(checkpoint: bytes) -> Any:
    """What was kept, without the order in which it came to be known."""

    def sort(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: sort(inner) for name, inner in value.items()}
        if isinstance(value, list):
            return sorted(map(sort, value), key=json.dumps)
        return value

    packed = decided.Packed(checkpoint)
    kept = {name: table.to_pydict() for name, table in packed.tables.items()}
    return sort(packed.state), kept


def made(market: Market) -> dict[str, Any]:
    """All tables made from nothing."""
    return identity.compute(**read_frames(identity.READS, market.connection))


def stands_as(market: Market, computed: Mapping[str, Any]) -> bool:
    """Whether the warehouse's tables hold just these rows."""
    for name in set(computed) - {"checkpoint"}:
        market.connection.register(f"computed_{name}", computed[name])
        select = tables.catalogue().tables[f"core.{name}"].select
        for one, other in ((select, f"from core.{name}"), (f"from core.{name}", select)):
            if rows(market.connection, f"({one}) except all ({other})"):
                return False
    return True


def router(*entries: dict[str, object]) -> bytes:
    pricing = {"prompt": "0.000001", "completion": "0.000002"}
    return json.dumps({"data": [{"pricing": pricing, **entry} for entry in entries]}).encode()


#: Days on which names wait, move, are registered by others than said them first, and are said
#: again: (source, day, payload).
HISTORY = [
    ("models_dev", "2026-01-05", FEEDS["models_dev"].payload(
        {"iota-9": ("1", "2"), "eta-chat": ("1", "2")}, provider="azure")),
    ("openrouter", "2026-01-10", router(
        {"id": "~zetaworks/zeta-latest"}, {"id": "zetaworks/zeta-1"},
        {"id": "zetaworks/zeta-coder", "hugging_face_id": "ZetaWorks/Zeta-Coder-480B-Instruct"})),
    ("litellm", "2026-01-20", FEEDS["litellm"].payload({"iota-9": ("1", "2")})),
    ("models_dev", "2026-01-25", FEEDS["models_dev"].payload(
        {"zetaworks/zeta-1": ("1", "2"), "~zetaworks/zeta-latest":
         ("1", "2")}, provider="openrouter")),
    ("openrouter", "2026-02-10", router(
        {"id": "~zetaworks/zeta-latest",
         "alias_target": {"name": "Zeta 1", "slug": "zetaworks/zeta-1"}},
        {"id": "zetaworks/zeta-1"}, {"id": "zetaworks/zeta-7b",
                                     "hugging_face_id": "ZetaWorks/Zeta-Coder-480B-Instruct"})),
    ("litellm", "2026-02-15", FEEDS["litellm"].payload(
        {"iota-9": ("1", "2"), "iota-9-2026-02-01": ("1", "2"), "eta-chat": ("1", "2")})),
    ("openrouter", "2026-03-10", router(
        {"id": "~zetaworks/zeta-latest",
         "alias_target": {"name": "Zeta 2", "slug": "zetaworks/zeta-2"}},
        {"id": "zetaworks/zeta-1", "hugging_face_id": "ZetaWorks/Zeta-1-7B"},
        {"id": "zetaworks/zeta-2"}, {"id": "openai/iota-9"})),
    ("litellm", "2026-03-20", FEEDS["litellm"].payload(
        {"iota-9": ("1", "2"), "iota-9-2026-02-01": ("1", "2"), "iota-9-2026-03-01": ("1", "2"),
         "xai/eta-chat": ("1", "2")})),
    ("models_dev", "2026-03-25", FEEDS["models_dev"].payload(
        {"iota-9": ("3", "4"), "theta-70b-uncensored": ("1", "2")}, provider="azure")),
]  # fmt: skip


# ------------------------------------------------------------------ going on equals beginning


def test_going_on_from_any_moment_gives_what_is_made_from_nothing(warehouse: Connection) -> None:
    with cut_of(warehouse) as cut:
        assert len(cut.moments) > 10
        goes_on(cut, [*cut.moments[:: len(cut.moments) // 8], cut.moments[-1]])


def test_day_after_day_equals_all_at_once(market: Market) -> None:
    for source, day, payload in HISTORY:
        market.fetched(source, day, payload)
        market.build("core.names")
        anew = made(market)
        assert stands_as(market, anew), day
        kept = checkpoints.read(STEP, market.connection)
        assert kept
        assert in_order(kept) == in_order(anew["checkpoint"]), day
    meanings = rows(market.connection, "select alias, model_id from core.pointings "
                    "where alias like '%zeta-latest%' order by all")  # fmt: skip
    assert [target for _, target in meanings] == ["zetaworks/zeta-1", "zetaworks/zeta-2"]
    targets = rows(market.connection, "select distinct target from core.names "
                   "where spelling = 'openrouter/~zetaworks/zeta-latest'")  # fmt: skip
    assert targets == [("~zetaworks/zeta-latest in openrouter",)]


@pytest.mark.parametrize("seed", range(2))
def test_payloads_loaded_late_give_what_they_give_in_time(market: Market, seed: int) -> None:
    """Back-filled history is seen at moments that were decided before."""
    history = random.Random(seed).sample(HISTORY, len(HISTORY))
    for source, day, payload in history:
        market.fetched(source, day, payload)
        market.build("core.names")
        if day > "2026-02":
            assert stands_as(market, made(market)), (source, day)


@pytest.mark.archive
def test_going_on_from_moments_of_the_archive_is_beginning_anew(
    archive_warehouse: Connection,
) -> None:
    with cut_of(archive_warehouse) as cut:
        goes_on(cut, [*sorted(random.Random(7).sample(cut.moments, 9)), cut.moments[-1]])


# ------------------------------------------------------------------ what no longer holds


@pytest.fixture
def built(market: Market) -> Market:
    """A market of two sources, its names decided and kept."""
    for source, day, payload in HISTORY[:3]:
        market.fetched(source, day, payload)
    market.build("core.names")
    return market


def poisoned(market: Market, method: str | None = None) -> None:
    """Let what was kept say of every name that was resolved that it means something else."""
    kept = checkpoints.read(STEP, market.connection)
    assert kept
    written = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(kept)) as archive, zipfile.ZipFile(written, "w") as other:
        for name in archive.namelist():
            content = archive.read(name)
            if name == "spelled.arrow":
                spelled = pa.ipc.open_stream(content).read_all()
                lies = pa.array(
                    [meant and "openai/o1-mini" for meant in spelled["meant"].to_pylist()]
                )
                at = spelled.schema.get_field_index("meant")
                content = decided._arrow(spelled.set_column(at, "meant", lies))
            other.writestr(name, content)
        other.comment = method.encode() if method else archive.comment
    checkpoints.write(STEP, written.getvalue(), market.connection)


def built_again(market: Market) -> bool:
    """Build the step on what is kept; whether it came out as made from nothing."""
    members = [t for t in tables.catalogue().tables.values() if t.python == STEP]
    tables.build_python(STEP, members, market.connection)
    return stands_as(market, made(market))


def test_what_was_kept_is_gone_on_from(built: Market) -> None:
    """Or the tests below would show nothing."""
    poisoned(built)
    assert not built_again(built)


def test_what_other_code_or_other_seeds_decided_is_decided_anew(built: Market) -> None:
    poisoned(built, method="of another day")
    assert built_again(built)


def test_every_seed_and_every_file_of_the_code_counts(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    seeds: dict[str, list[Any]] = {"aliases": [{"spelling": "a"}], "hosts": []}
    before = decided.follows_from(seeds)
    assert decided.follows_from(seeds) == before
    assert decided.follows_from(seeds | {"aliases": [{"spelling": "b"}]}) != before
    assert decided.follows_from(seeds | {"hosts": [{"host_id": "h"}]}) != before
    assert {p.stem for p in decided.METHOD} == {
        "decided",
        "deciding",
        "registry",
        "shelf",
        "spelling",
    }
    for n, path in enumerate(decided.METHOD):
        other = tmp_path / path.name
        other.write_bytes(path.read_bytes() + b"\n")
        files = [*decided.METHOD[:n], other, *decided.METHOD[n + 1 :]]
        with monkeypatch.context() as patched:
            patched.setattr(decided, "METHOD", files)
            assert decided.follows_from(seeds) != before


def test_a_new_alias_reaches_back_to_names_decided_before(built: Market) -> None:
    query = "select status from core.names where spelling = 'azure/eta-chat'"
    assert rows(built.connection, query) == [("unknown",)]
    built.add("aliases", spelling="eta-chat", model_id="openai/o1-mini-2024-09-12",
              reason="said so",
              published_on="2026-01-01")  # fmt: skip
    assert built_again(built)
    assert rows(built.connection, query) == [("resolved",)]


def test_what_is_said_no_longer_is_forgotten(built: Market) -> None:
    """Rows that were taken back, or put in quarantine, decide nothing."""
    built.connection.execute(
        "delete from core.price_observations where source = 'litellm' and spelling = 'iota-9'"
    )
    assert built_again(built)
    assert (
        rows(built.connection, "select * from core.models where model_id = 'openai/iota-9'") == []
    )


def test_what_another_warehouse_kept_is_not_taken(built: Market, tmp_path: Path) -> None:
    other = Market(tmp_path / "other")
    other.fetched("litellm", "2026-01-20", FEEDS["litellm"].payload({"zeta-8": ("1", "2")}))
    other.build("core.names")
    poisoned(other)
    kept = checkpoints.read(STEP, other.connection)
    assert kept
    checkpoints.write(STEP, kept, built.connection)
    assert built_again(built)
    other.close()


def test_damage_to_what_was_kept_is_noticed(
    built: Market, caplog: pytest.LogCaptureFixture
) -> None:
    kept = checkpoints.read(STEP, built.connection)
    assert kept
    damaged = kept[:-50] + bytes([kept[-50] ^ 1]) + kept[-49:]
    built.connection.execute("update raw.checkpoints set content = ?", [damaged])
    with caplog.at_level(logging.WARNING, "bellwether"):
        assert built_again(built)
    assert "damaged" in caplog.text
    assert checkpoints.read(STEP, built.connection) == kept


@pytest.mark.parametrize("left", [b"of another kind", b"", b"PK\x05\x06" + bytes(18)])
def test_what_another_release_left_is_not_looked_into(built: Market, left: bytes) -> None:
    checkpoints.write(STEP, left, built.connection)
    assert built_again(built)


def test_an_older_checkpoint_serves_as_well(market: Market) -> None:
    """A run that was killed leaves the tables of one day and what was kept of another."""
    older: list[bytes] = []
    for source, day, payload in HISTORY:
        market.fetched(source, day, payload)
        market.build("core.names")
        older.append(checkpoints.read(STEP, market.connection) or b"")
    for kept in older[::3]:
        checkpoints.write(STEP, kept, market.connection)
        assert built_again(market)


def test_what_is_kept_is_the_same_however_it_came_about(market: Market) -> None:
    """A warehouse built again from its bytes is the one it was."""
    for source, day, payload in HISTORY:
        market.fetched(source, day, payload)
    market.build("core.names")
    assert made(market)["checkpoint"] == checkpoints.read(STEP, market.connection)
