"""Kept bytes and runs: in whatever order payloads arrive, and however often, the same tables."""

import itertools
import os
from pathlib import Path

import duckdb
import pytest
from feeds import FEEDS, Prices, at, rows

from pipelines import raw, tables
from pipelines.sources import PayloadError, sources
from pipelines.tables import Connection

FEED = FEEDS["litellm"]
SOURCE = sources()["litellm"]
FIRST: Prices = {"a": ("1", "2"), "b": ("2", "4"), "c": ("3", "6")}
WITH_CHANGE: Prices = FIRST | {"b": ("2", "5")}
WITHOUT_C: Prices = {"a": ("1", "2"), "b": ("2", "5")}
SERIES: list[tuple[str, Prices]] = [
    ("2026-01-01", FIRST), ("2026-01-02", WITH_CHANGE), ("2026-01-03", WITHOUT_C),
    ("2026-01-04", FIRST),
]  # fmt: skip


@pytest.fixture
def snapshots(tmp_path: Path) -> raw.Snapshots:
    return raw.Snapshots(tmp_path / "snapshots")


def empty_warehouse() -> Connection:
    connection = duckdb.connect()
    tables.create_schemas(connection)
    raw.create_tables(connection, [SOURCE])
    return connection


@pytest.fixture
def connection() -> Connection:
    return empty_warehouse()


def keep(snapshots: raw.Snapshots, moment: str, payload: bytes) -> raw.Fetch:
    snapshots.keep(payload)
    fetch = raw.new_fetch("litellm", SOURCE.url, at(moment), "ok", payload)
    snapshots.append([fetch])
    return fetch


def runs(connection: Connection) -> list[tuple[object, ...]]:
    """key, input price, first seen, fetched before, last seen, ended; days only."""
    return rows(
        connection,
        "select key, cast(fields->>'$.input_cost_per_token' as double) * 1e6, "
        "cast(fields->>'$.output_cost_per_token' as double) * 1e6, "
        "strftime(first_seen_at, '%d'), strftime(previous_fetch_at, '%d'), "
        "strftime(last_seen_at, '%d'), strftime(ended_at, '%d') "
        "from raw.litellm__prices order by key, first_seen_at",
    )


def everything(connection: Connection) -> list[list[tuple[object, ...]]]:
    return [
        rows(connection, f"select * from raw.{name} order by all")
        for name in ("litellm__prices", "fetches", "quarantine")
    ]


def loaded_in_one(snapshots: raw.Snapshots) -> list[list[tuple[object, ...]]]:
    connection = empty_warehouse()
    raw.load(connection, SOURCE, snapshots)
    return everything(connection)


def test_a_first_payload_opens_runs_that_go_on(
    snapshots: raw.Snapshots, connection: Connection
) -> None:
    keep(snapshots, "2026-01-01", FEED.payload(FIRST))
    loaded = raw.load(connection, SOURCE, snapshots)
    assert (loaded.payloads, loaded.rows_written) == (1, 3)
    assert runs(connection)[0] == ("a", 1.0, 2.0, "01", None, None, None)


def test_an_unchanged_payload_writes_nothing(
    snapshots: raw.Snapshots, connection: Connection
) -> None:
    keep(snapshots, "2026-01-01", FEED.payload(FIRST))
    raw.load(connection, SOURCE, snapshots)
    before = runs(connection)
    keep(snapshots, "2026-01-02", FEED.payload(FIRST))
    assert raw.load(connection, SOURCE, snapshots).rows_written == 0
    assert runs(connection) == before


def test_a_change_closes_one_run_and_opens_another(
    snapshots: raw.Snapshots, connection: Connection
) -> None:
    keep(snapshots, "2026-01-01", FEED.payload(FIRST))
    keep(snapshots, "2026-01-02", FEED.payload(FIRST))
    keep(snapshots, "2026-01-05", FEED.payload(WITH_CHANGE))
    raw.load(connection, SOURCE, snapshots)
    of_b = [run for run in runs(connection) if run[0] == "b"]
    # The old price was last seen on the 2nd, so the change lies between the 2nd and the 5th.
    assert of_b == [
        ("b", 2.0, 4.0, "01", None, "02", "05"),
        ("b", 2.0, 5.0, "05", "02", None, None),
    ]


def test_absence_ends_a_run_and_a_return_opens_a_new_one(
    snapshots: raw.Snapshots, connection: Connection
) -> None:
    for moment, prices in SERIES:
        keep(snapshots, moment, FEED.payload(prices))
    raw.load(connection, SOURCE, snapshots)
    assert [run for run in runs(connection) if run[0] == "c"] == [
        ("c", 3.0, 6.0, "01", None, "02", "03"),
        ("c", 3.0, 6.0, "04", "03", None, None),
    ]


def test_payloads_one_by_one_give_the_same_as_all_at_once(
    snapshots: raw.Snapshots, connection: Connection
) -> None:
    for moment, prices in SERIES:
        keep(snapshots, moment, FEED.payload(prices))
        raw.load(connection, SOURCE, snapshots)
    assert everything(connection) == loaded_in_one(snapshots)


@pytest.mark.parametrize("order", list(itertools.permutations(range(4)))[1::4])
def test_the_order_of_arrival_does_not_matter(
    snapshots: raw.Snapshots, connection: Connection, order: tuple[int, ...]
) -> None:
    for number in order:
        moment, prices = SERIES[number]
        keep(snapshots, moment, FEED.payload(prices))
        raw.load(connection, SOURCE, snapshots)
    assert everything(connection) == loaded_in_one(snapshots)


def test_a_refused_payload_that_arrives_late_refuses_alike(
    snapshots: raw.Snapshots, connection: Connection
) -> None:
    keep(snapshots, "2026-01-01", FEED.payload(FIRST))
    keep(snapshots, "2026-01-04", FEED.payload(WITH_CHANGE))
    raw.load(connection, SOURCE, snapshots)
    keep(snapshots, "2026-01-02", b"<html>")
    keep(snapshots, "2026-01-03", FEED.payload({"a": ("9", "9")}))
    raw.load(connection, SOURCE, snapshots)
    assert everything(connection) == loaded_in_one(snapshots)
    statuses = rows(connection, "select status from raw.fetches order by fetched_at")
    assert [s for (s,) in statuses] == ["ok", "failed", "failed", "ok"]


def test_loading_twice_changes_nothing(snapshots: raw.Snapshots, connection: Connection) -> None:
    for moment, prices in SERIES:
        keep(snapshots, moment, FEED.payload(prices))
    raw.load(connection, SOURCE, snapshots)
    before = everything(connection)
    again = raw.load(connection, SOURCE, snapshots)
    assert (again.payloads, again.rows_written) == (0, 0)
    assert everything(connection) == before


def test_logging_an_attempt_twice_is_one_attempt(
    snapshots: raw.Snapshots, connection: Connection
) -> None:
    fetch = keep(snapshots, "2026-01-01", FEED.payload(FIRST))
    snapshots.append([fetch, fetch])
    assert raw.load(connection, SOURCE, snapshots).payloads == 1
    snapshots.append([fetch])
    assert raw.load(connection, SOURCE, snapshots).payloads == 0


def test_only_what_is_new_in_the_log_is_read(
    snapshots: raw.Snapshots, connection: Connection
) -> None:
    """The cost of a day must not grow with the days before it: what was read may be anything."""
    for moment, prices in SERIES[:2]:
        keep(snapshots, moment, FEED.payload(prices))
    raw.load(connection, SOURCE, snapshots)
    size = snapshots.log.stat().st_size
    old = snapshots.log.read_bytes()
    snapshots.log.write_bytes(b"x" * (size - 256) + old[-256:])
    keep(snapshots, *SERIES[2][:1], FEED.payload(SERIES[2][1]))
    again = raw.Snapshots(snapshots.folder)
    assert raw.load(connection, SOURCE, again).payloads == 1


def test_another_log_in_the_place_of_the_one_read_is_read_whole(
    snapshots: raw.Snapshots, connection: Connection
) -> None:
    """As after a restored backup: what it holds and the warehouse does not is still loaded."""
    keep(snapshots, "2026-01-01", FEED.payload(FIRST))
    first = snapshots.log.read_bytes()
    keep(snapshots, "2026-01-02", FEED.payload(WITH_CHANGE))
    raw.load(connection, SOURCE, snapshots)
    snapshots.log.write_bytes(first)
    keep(snapshots, "2026-01-03", FEED.payload(WITHOUT_C))
    for reader in (snapshots, raw.Snapshots(snapshots.folder)):
        raw.load(connection, SOURCE, reader)
        days = rows(connection, "select strftime(fetched_at, '%d') from raw.fetches order by all")
        assert days == [("01",), ("02",), ("03",)]


def test_sources_share_one_log_and_each_reads_its_own(snapshots: raw.Snapshots) -> None:
    other = sources()["models_dev"]
    connection = duckdb.connect()
    tables.create_schemas(connection)
    raw.create_tables(connection, [SOURCE, other])
    keep(snapshots, "2026-01-01", FEED.payload(FIRST))
    payload = FEEDS["models_dev"].payload(FIRST)
    snapshots.keep(payload)
    snapshots.append([raw.new_fetch("models_dev", other.url, at("2026-01-01"), "ok", payload)])
    assert raw.load(connection, SOURCE, snapshots).payloads == 1
    assert raw.load(connection, other, snapshots).payloads == 1
    assert raw.load(connection, SOURCE, snapshots).payloads == 0


def test_damaged_bytes_are_replaced_when_the_same_payload_comes_again(
    snapshots: raw.Snapshots,
) -> None:
    fetch = keep(snapshots, "2026-01-01", FEED.payload(FIRST))
    path = next(snapshots.folder.glob(f"*/{fetch.sha256}.gz"))
    path.write_bytes(path.read_bytes()[:40])
    snapshots.keep(FEED.payload(FIRST))
    assert snapshots.read(str(fetch.sha256)) == FEED.payload(FIRST)


def test_the_warehouse_rebuilt_from_bytes_is_identical(
    snapshots: raw.Snapshots, connection: Connection
) -> None:
    for moment, prices in SERIES:
        keep(snapshots, moment, FEED.payload(prices))
        raw.load(connection, SOURCE, snapshots)
    assert loaded_in_one(raw.Snapshots(snapshots.folder)) == everything(connection)


def test_a_failed_load_leaves_the_warehouse_as_it_was(
    snapshots: raw.Snapshots, connection: Connection
) -> None:
    keep(snapshots, "2026-01-01", FEED.payload(FIRST))
    raw.load(connection, SOURCE, snapshots)
    before = everything(connection)
    keep(snapshots, "2026-01-02", FEED.payload(WITH_CHANGE))

    def crash(fetch: raw.Fetch) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        raw.load(connection, SOURCE, snapshots, crash)
    assert everything(connection) == before
    raw.load(connection, SOURCE, snapshots)
    assert everything(connection) == loaded_in_one(snapshots)


def test_a_crash_between_keeping_and_logging_costs_nothing(
    snapshots: raw.Snapshots, connection: Connection
) -> None:
    snapshots.keep(FEED.payload(FIRST))
    assert raw.load(connection, SOURCE, snapshots).payloads == 0
    keep(snapshots, "2026-01-01", FEED.payload(FIRST))
    assert raw.load(connection, SOURCE, snapshots).rows_written == 3


def test_a_crash_while_keeping_leaves_no_half_file_under_the_name(
    snapshots: raw.Snapshots, monkeypatch: pytest.MonkeyPatch
) -> None:
    payload = FEED.payload(FIRST)
    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", lambda *_: (_ for _ in ()).throw(OSError("power lost")))
        with pytest.raises(OSError, match="power lost"):
            snapshots.keep(payload)
    assert not list(snapshots.folder.glob("*/*.gz"))
    assert snapshots.read(snapshots.keep(payload)) == payload


def test_a_log_line_cut_short_is_survived(snapshots: raw.Snapshots, connection: Connection) -> None:
    keep(snapshots, "2026-01-01", FEED.payload(FIRST))
    keep(snapshots, "2026-01-02", FEED.payload(WITH_CHANGE))
    text = snapshots.log.read_text()
    snapshots.log.write_text(text[:-40])
    assert len(snapshots.fetches()) == 1
    # What is logged next must not be glued to the torn line and lost with it.
    keep(snapshots, "2026-01-03", FEED.payload(WITHOUT_C))
    keep(snapshots, "2026-01-04", FEED.payload(FIRST))
    assert [f.fetched_at[:10] for f in snapshots.fetches()] == [
        "2026-01-01", "2026-01-03", "2026-01-04",
    ]  # fmt: skip
    assert raw.load(connection, SOURCE, snapshots).payloads == 3


def test_bytes_changed_on_disk_are_noticed(
    snapshots: raw.Snapshots, connection: Connection
) -> None:
    fetch = keep(snapshots, "2026-01-01", FEED.payload(FIRST))
    [other] = {raw.Snapshots(snapshots.folder).keep(FEED.payload(WITH_CHANGE))}
    path = next(snapshots.folder.glob(f"*/{fetch.sha256}.gz"))
    path.write_bytes(next(snapshots.folder.glob(f"*/{other}.gz")).read_bytes())
    with pytest.raises(PayloadError, match="changed on disk"):
        snapshots.read(str(fetch.sha256))
    raw.load(connection, SOURCE, snapshots)
    [(status, problem)] = rows(connection, "select status, problem from raw.fetches")
    assert status == "failed"
    assert "changed on disk" in problem


@pytest.mark.parametrize("damage", ["missing", "cut", "garbage", "flipped"])
def test_bytes_lost_on_disk_are_a_failed_fetch_not_a_crash(
    snapshots: raw.Snapshots, connection: Connection, damage: str
) -> None:
    fetch = keep(snapshots, "2026-01-01", FEED.payload(FIRST))
    path = next(snapshots.folder.glob(f"*/{fetch.sha256}.gz"))
    content = path.read_bytes()
    middle = 12 if damage == "flipped" else len(content) // 2
    path.unlink()
    if damage == "cut":
        path.write_bytes(content[:middle])
    elif damage == "garbage":
        path.write_bytes(b"no gzip at all")
    elif damage == "flipped":
        flipped = bytes(255 - byte for byte in content[middle : middle + 8])
        path.write_bytes(content[:middle] + flipped + content[middle + 8 :])
    raw.load(connection, SOURCE, snapshots)
    [(status, problem)] = rows(connection, "select status, problem from raw.fetches")
    assert status == "failed"
    assert problem


def test_a_payload_is_kept_once(snapshots: raw.Snapshots) -> None:
    payload = FEED.payload(FIRST)
    assert snapshots.keep(payload) == snapshots.keep(payload)
    assert len(list(snapshots.folder.glob("*/*"))) == 1


def test_a_backfill_twice_adds_nothing(tmp_path: Path, snapshots: raw.Snapshots) -> None:
    fixtures = Path(__file__).parent / "fixtures"
    feeds = [sources()[name] for name in FEEDS]
    assert raw.backfill(fixtures, feeds, snapshots) == 5
    assert raw.backfill(fixtures, feeds, snapshots) == 0
    with pytest.raises(FileNotFoundError, match="litellm"):
        raw.backfill(tmp_path, sources().values(), snapshots)
