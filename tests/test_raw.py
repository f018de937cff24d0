"""Kept bytes and runs: in whatever order payloads arrive, and however often, the same tables."""

import itertools
import json
import os
import signal
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest
from feeds import FEEDS, Prices, at, rows
from replays import environment

from pipelines import raw, tables
from pipelines.run import run_pipeline
from pipelines.settings import Settings
from pipelines.sources import Observation, Parsed, PayloadError, sources
from pipelines.tables import Connection
from pipelines.warehouse import open_writer

FEED = FEEDS["litellm"]
SOURCE = sources()["litellm"]
FIRST: Prices = {"a": ("1", "2"), "b": ("2", "4"), "c": ("3", "6")}
WITH_CHANGE: Prices = FIRST | {"b": ("2", "5")}
WITHOUT_C: Prices = {"a": ("1", "2"), "b": ("2", "5")}
#: Enough rows that some may break without breaking the payload.
WIDE: Prices = {f"w{n}": (f"{n + 1}", f"{n + 5}") for n in range(10)}
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
        for name in ("litellm__prices", "fetches", "quarantine", "fields")
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


def test_an_unchanged_payload_asks_nothing_of_what_was_said_before(
    snapshots: raw.Snapshots, connection: Connection
) -> None:
    """Its day costs the same whatever was said in the years before: the tables may be away."""
    keep(snapshots, "2026-01-01", FEED.payload(FIRST))
    raw.load(connection, SOURCE, snapshots)
    for thing in SOURCE.things:
        connection.execute(f"drop table raw.litellm__{thing}")
    connection.execute("drop table raw.quarantine")
    connection.execute("drop table raw.fields")
    keep(snapshots, "2026-01-02", FEED.payload(FIRST))
    assert raw.load(connection, SOURCE, snapshots).payloads == 1


def test_the_last_good_fetch_of_every_part_is_found_however_long_ago_it_was(
    connection: Connection,
) -> None:
    """As the rank of all fetches by part says it, of two at once the first by name."""
    connection.execute(
        "insert into raw.fetches by name select md5(cast(n as varchar)) as fetch_id, "
        "'s' || n % 3 as source, 'u' as url, timestamp '2026-01-01' + to_days(cast("
        "hash(n) % 40 as integer)) as fetched_at, case when hash(n, 1) % 3 = 0 then 'failed' "
        "else 'ok' end as status, 'p' || hash(n, 2) % 9 as part, 'x' || n as sha256 "
        "from range(600) as r(n)"
    )
    ranked = rows(
        connection,
        "select source, part, fetch_id, sha256 from raw.fetches where status <> 'failed' qualify "
        "row_number() over (partition by source, part order by fetched_at desc, fetch_id) = 1",
    )
    found = raw.last_good(connection)
    assert {(*key, fetch.fetch_id, fetch.sha256) for key, fetch in found.items()} == set(ranked)
    assert len(found) == len(ranked) == 27


def test_what_is_unchanged_and_was_refused_says_why_it_was_first(
    snapshots: raw.Snapshots, connection: Connection
) -> None:
    keep(snapshots, "2026-01-01", FEED.payload(FIRST))
    refused = keep(snapshots, "2026-01-02", b"[]")
    for day in ("2026-01-03", "2026-01-04"):
        snapshots.append([
            raw.new_fetch("litellm", SOURCE.url, at(day), "unchanged", None, sha256=refused.sha256)
        ])  # fmt: skip
        raw.load(connection, SOURCE, snapshots)
    (_, _), (_, why), *later = rows(
        connection, "select status, problem from raw.fetches order by fetched_at"
    )
    assert later == [("failed", f"unchanged, so still: {why}")] * 2
    assert everything(connection) == loaded_in_one(snapshots)


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


# ------------------------------------------------------------------ rows and fields that go on


def with_broken(*names: str, reason: str = '"free"', of: Prices = WIDE) -> bytes:
    return FEED.with_prices(of, "input", dict.fromkeys(names, reason))


def quarantine(connection: Connection) -> list[tuple[object, ...]]:
    return rows(
        connection,
        "select key, strftime(first_seen_at, '%d'), strftime(ended_at, '%d') "
        "from raw.quarantine order by all",
    )


def test_a_quarantined_row_ends_with_the_good_payload_that_no_longer_holds_it(
    snapshots: raw.Snapshots, connection: Connection
) -> None:
    keep(snapshots, "2026-01-01", with_broken("w1", "w2"))
    keep(snapshots, "2026-01-02", with_broken("w1", "w2", of=WIDE | {"w9": ("1", "2")}))
    keep(snapshots, "2026-01-03", b"<html>")
    raw.load(connection, SOURCE, snapshots)
    # What goes on is one row, however often it is seen; a page that cannot be read ends nothing.
    assert quarantine(connection) == [("w1", "01", None), ("w2", "01", None)]
    keep(snapshots, "2026-01-04", with_broken("w1"))
    keep(snapshots, "2026-01-05", with_broken("w1", reason='"gratis"'))
    raw.load(connection, SOURCE, snapshots)
    assert quarantine(connection) == [("w1", "01", "05"), ("w1", "05", None), ("w2", "01", "04")]
    assert everything(connection) == loaded_in_one(snapshots)


def test_an_unchanged_payload_says_how_many_of_its_rows_are_quarantined(
    snapshots: raw.Snapshots, connection: Connection
) -> None:
    first = keep(snapshots, "2026-01-01", with_broken("w1", "w2"))
    again = raw.new_fetch(
        "litellm", SOURCE.url, at("2026-01-02"), "unchanged", None, sha256=first.sha256
    )
    snapshots.append([again])
    raw.load(connection, SOURCE, snapshots)
    assert rows(connection, "select observed, rejected from raw.fetches") == [(8, 2), (8, 2)]


def test_a_payload_most_of_whose_rows_are_broken_is_refused_whole(
    snapshots: raw.Snapshots, connection: Connection
) -> None:
    """A needed field that is missing or retyped throughout is the payload's fault, not a row's."""
    keep(snapshots, "2026-01-01", FEED.payload(WIDE))
    keep(snapshots, "2026-01-02", with_broken(*list(WIDE)[:6]))
    raw.load(connection, SOURCE, snapshots)
    [(problem,)] = rows(connection, "select problem from raw.fetches where status = 'failed'")
    assert problem.startswith("6 of 10 rows break the wire contract; most often: input_cost")
    assert rows(connection, "select count(*) from raw.litellm__prices") == [(10,)]
    assert quarantine(connection) == []


def test_a_parser_that_fails_on_a_payload_costs_that_payload_only(
    snapshots: raw.Snapshots, connection: Connection
) -> None:
    def parse(payload: bytes, part: str) -> Parsed:
        if b"surprise" in payload:
            raise KeyError("surprise")
        return SOURCE.parse(payload, part)

    source = replace(SOURCE, parse=parse)
    keep(snapshots, "2026-01-01", FEED.payload(FIRST))
    keep(snapshots, "2026-01-02", b'{"surprise": 1}')
    keep(snapshots, "2026-01-03", FEED.payload(WITH_CHANGE))
    raw.load(connection, source, snapshots)
    problems = rows(connection, "select problem from raw.fetches order by fetched_at")
    assert problems == [(None,), ("not as the parser knows it (KeyError: 'surprise')",), (None,)]


def drift(connection: Connection) -> dict[tuple[object, ...], tuple[object, ...]]:
    tables.build(tables.catalogue().tables["marts.schema_drift"], connection)
    found = rows(
        connection,
        "select path, kind, has_come, strftime(first_seen_at, '%d'), strftime(gone_at, '%d'), "
        "rows_with_it, is_read from marts.schema_drift",
    )
    return {row[:2]: row[2:] for row in found}


def with_field(name: str, value: object, *models: str) -> bytes:
    def change(document: dict[str, dict[str, object]]) -> None:
        for model in models:
            document[model][name] = value

    return FEED.changed(WIDE, change)


def test_new_fields_are_tolerated_and_reported(
    snapshots: raw.Snapshots, connection: Connection
) -> None:
    keep(snapshots, "2026-01-01", FEED.payload(WIDE))
    keep(snapshots, "2026-01-02", with_field("off_peak", [{"start": 1, "price": "2"}], "w1", "w2"))
    loaded = raw.load(connection, SOURCE, snapshots)
    assert (loaded.rejected, loaded.problems) == (0, 0)
    assert drift(connection) == {
        ("off_peak", "list"): (True, "02", None, 2, False),
        ("off_peak[].start", "number"): (True, "02", None, 2, False),
        ("off_peak[].price", "string"): (True, "02", None, 2, False),
    }


def test_a_field_that_is_gone_or_has_another_type_is_reported(
    snapshots: raw.Snapshots, connection: Connection
) -> None:
    everywhere = list(WIDE)
    keep(snapshots, "2026-01-01", with_field("max_output_tokens", 4096, *everywhere))
    keep(snapshots, "2026-01-02", with_field("max_output_tokens", "4096", *everywhere))
    keep(snapshots, "2026-01-03", b"<html>")
    keep(snapshots, "2026-01-04", FEED.payload(WIDE))
    raw.load(connection, SOURCE, snapshots)
    assert drift(connection) == {
        ("max_output_tokens", "number"): (False, "01", "02", 10, False),
        ("max_output_tokens", "string"): (True, "02", "04", 10, False),
    }
    assert everything(connection) == loaded_in_one(snapshots)


def test_a_payload_with_fields_without_number_fills_no_table(
    snapshots: raw.Snapshots, connection: Connection
) -> None:
    keep(snapshots, "2026-01-01", with_field("more", {f"f{n}": 1 for n in range(5_000)}, "w1"))
    raw.load(connection, SOURCE, snapshots)
    [(number,)] = rows(connection, "select count(*) from raw.fields")
    assert number <= 2_001


def test_rows_alike_are_counted_by_all_they_carry_whatever_is_below() -> None:
    parsed = Parsed()
    for below in ({"x": 1}, {"x": "1"}, {"x": 1, "y": [{"z": True}, {"z": True}]}):
        parsed.notice("things", {"a": 1, "b": below, "c": None}, {"b"})
    parsed.notice("others", {"a": 1})
    assert list(parsed.fields.items()) == [
        (("things", "a", "number", False), 3),
        (("things", "b", "object", True), 3),
        (("things", "b.x", "number", True), 2),
        (("things", "b.x", "string", True), 1),
        (("things", "b.y", "list", True), 1),
        (("things", "b.y[].z", "boolean", True), 2),
        (("others", "a", "number", False), 1),
    ]


# ------------------------------------------------------------------ a feed that shrank


SMALL: Prices = {name: WIDE[name] for name in list(WIDE)[:3]}
SMALLER: Prices = {name: WIDE[name] for name in list(WIDE)[:1]}


def days_of(snapshots: raw.Snapshots, series: dict[str, Prices]) -> list[tuple[object, ...]]:
    for moment, prices in series.items():
        keep(snapshots, moment, FEED.payload(prices))
    connection = empty_warehouse()
    raw.load(connection, SOURCE, snapshots)
    assert everything(connection) == loaded_in_one(snapshots)
    return rows(
        connection,
        "select strftime(fetched_at, '%d %H'), status, held_back from raw.fetches order by all",
    )


def test_a_feed_that_stays_small_for_a_week_is_believed(snapshots: raw.Snapshots) -> None:
    series = {"2026-01-01": WIDE} | {f"2026-01-{n:02}": SMALL for n in range(2, 11)}
    found = days_of(snapshots, series)
    assert [status for _, status, _ in found] == ["ok"] + ["failed"] * 7 + ["ok", "ok"]
    assert [held for _, _, held in found] == [None] + [3] * 7 + [None, None]


def test_three_looks_in_a_month_are_enough_and_what_is_gone_ended_in_between(
    snapshots: raw.Snapshots, connection: Connection
) -> None:
    series = {"2026-01-01": WIDE, "2026-01-05": SMALL, "2026-01-15": SMALL, "2026-01-25": SMALL}
    assert [s for _, s, _ in days_of(snapshots, series)] == ["ok", "failed", "failed", "ok"]
    raw.load(connection, SOURCE, snapshots)
    ended = [run[-2:] for run in runs(connection) if run[-1] is not None]
    assert ended == [("01", "25")] * 7


def test_many_looks_on_two_days_are_not_enough(snapshots: raw.Snapshots) -> None:
    series = {"2026-01-01": WIDE} | {
        f"2026-01-{day:02}T{hour:02}:00": SMALL for day in (2, 12) for hour in range(5)
    }
    assert {s for _, s, _ in days_of(snapshots, series)[1:]} == {"failed"}


def test_a_feed_that_recovers_starts_the_week_anew(snapshots: raw.Snapshots) -> None:
    series = {"2026-01-01": WIDE, "2026-01-02": SMALL, "2026-01-05": SMALL, "2026-01-06": WIDE}
    series |= {f"2026-01-{n:02}": SMALL for n in (7, 9, 10)}
    assert [s for _, s, _ in days_of(snapshots, series)][4:] == ["failed"] * 3


def test_a_feed_that_goes_on_shrinking_does_not_agree_with_itself(
    snapshots: raw.Snapshots,
) -> None:
    series = {"2026-01-01": WIDE, "2026-01-02": SMALL, "2026-01-06": SMALL, "2026-01-10": SMALLER,
              "2026-01-14": SMALLER, "2026-01-18": SMALLER}  # fmt: skip
    assert [s for _, s, _ in days_of(snapshots, series)][1:] == ["failed"] * 4 + ["ok"]


def test_failures_between_neither_confirm_nor_contradict(snapshots: raw.Snapshots) -> None:
    series = {"2026-01-01": WIDE, "2026-01-02": SMALL, "2026-01-05": SMALL}
    days_of(snapshots, series)
    snapshots.append([raw.new_fetch("litellm", SOURCE.url, at("2026-01-06"), "failed", None)])
    assert days_of(snapshots, {"2026-01-09": SMALL})[-1][1] == "ok"


def table(*names: str, ending: str = "\n") -> bytes:
    lines = ["model,rank,arena_score,votes", *(f"{name},1,1200.5,1000" for name in names)]
    return ("\n".join(lines) + ending).encode()


@pytest.mark.parametrize(
    "cut",
    [
        table(*"abcdefghij")[:-30],
        table(*"abcdefgh"),
        table(*"zbcdefghi", ending=""),
    ],
)
def test_a_table_of_text_cut_short_ends_no_row(tmp_path: Path, cut: bytes) -> None:
    """Nothing in a shorter table says that it is one; what the last good one was like does."""
    source = sources()["lmarena"]
    snapshots, connection = raw.Snapshots(tmp_path), duckdb.connect()
    tables.create_schemas(connection)
    raw.create_tables(connection, [source])
    whole = table(*"abcdefghij")
    for moment, payload in (("2026-01-01", whole), ("2026-01-02", cut)):
        snapshots.keep(payload)
        snapshots.append([raw.new_fetch("lmarena", source.url, at(moment), "ok", payload)])
    raw.load(connection, source, snapshots)
    [(problem,)] = rows(connection, "select problem from raw.fetches where status = 'failed'")
    assert problem.startswith("cut short: ")
    going = "select count(*) from raw.lmarena__results where ended_at is null"
    assert rows(connection, going) == [(10,)]


def test_a_shorter_table_that_is_whole_is_believed_at_once(tmp_path: Path) -> None:
    source = sources()["lmarena"]
    snapshots, connection = raw.Snapshots(tmp_path), duckdb.connect()
    tables.create_schemas(connection)
    raw.create_tables(connection, [source])
    for moment, payload in (("2026-01-01", table(*"abcdefghij")), ("2026-01-02", table(*"acdef"),),
                            ("2026-01-03", table(*"acdefghi"))):  # fmt: skip
        snapshots.keep(payload)
        snapshots.append([raw.new_fetch("lmarena", source.url, at(moment), "ok", payload)])
    raw.load(connection, source, snapshots)
    statuses = rows(connection, "select status from raw.fetches order by fetched_at")
    assert statuses == [("ok",), ("failed",), ("ok",)]


def test_a_thing_that_vanishes_is_noticed_beside_the_others(tmp_path: Path) -> None:
    """A source of several things has shrunk if one of them has."""
    source = sources()["models_dev"]
    snapshots, connection = raw.Snapshots(tmp_path), duckdb.connect()

    def parse(payload: bytes, part: str) -> Parsed:
        prices, releases = json.loads(payload)
        return Parsed({
            "prices": [Observation(f"p{n}", {}) for n in range(prices)],
            "releases": [Observation(f"r{n}", {}) for n in range(releases)],
        })  # fmt: skip

    of_two = replace(source, parse=parse, things=("prices", "releases"))
    tables.create_schemas(connection)
    raw.create_tables(connection, [of_two])
    for moment, payload in (("2026-01-01", b"[90, 10]"), ("2026-01-02", b"[90, 5]")):
        snapshots.keep(payload)
        snapshots.append([raw.new_fetch("models_dev", source.url, at(moment), "ok", payload)])
    raw.load(connection, of_two, snapshots)
    [(problem,)] = rows(connection, "select problem from raw.fetches where status = 'failed'")
    assert problem.startswith("the feed shrank from 10 to 5 rows of releases; held back")


# ------------------------------------------------------------------ what the bytes are read by


def test_another_parser_reads_everything_again(
    snapshots: raw.Snapshots, connection: Connection
) -> None:
    for moment, prices in SERIES:
        keep(snapshots, moment, FEED.payload(prices))
    raw.load(connection, SOURCE, snapshots)

    def parse(payload: bytes, part: str) -> Parsed:
        parsed = SOURCE.parse(payload, part)
        things = [Observation(f"new {o.key}", o.fields) for o in parsed.things["prices"]]
        return Parsed({"prices": things})

    assert raw.load(connection, replace(SOURCE, parse=parse), snapshots).payloads == 4
    assert {str(key)[:4] for key, *_ in runs(connection)} == {"new "}


def test_raw_tables_of_another_layout_are_made_anew_from_the_bytes(
    snapshots: raw.Snapshots, connection: Connection
) -> None:
    for moment, prices in SERIES:
        keep(snapshots, moment, FEED.payload(prices))
    raw.load(connection, SOURCE, snapshots)
    connection.execute("update raw.layout set version = 'of long ago'")
    connection.execute("alter table raw.fetches drop column held_back")
    raw.create_tables(connection, [SOURCE])
    raw.load(connection, SOURCE, snapshots)
    assert everything(connection) == loaded_in_one(snapshots)


def test_the_next_run_finds_the_warehouse_as_it_was(tmp_path: Path) -> None:
    """Neither the file's format nor the layout of its tables is taken for another's."""
    settings = Settings(home=tmp_path)
    snapshots = raw.Snapshots(settings.snapshots)
    keep(snapshots, "2026-01-01", FEED.payload(FIRST))
    payloads = []
    for _ in range(2):
        with open_writer(settings) as connection:
            tables.create_schemas(connection)
            raw.create_tables(connection, sources().values())
            payloads.append(raw.load(connection, SOURCE, snapshots).payloads)
    assert payloads == [1, 0]
    assert not list(settings.data.glob("*.aside*"))


def test_every_source_rebuilt_from_bytes_is_identical(tmp_path: Path) -> None:
    """Day by day and all at once: raw tables are a function of the bytes and the log."""
    snapshots = raw.Snapshots(tmp_path)
    raw.backfill(Path(__file__).parent / "fixtures", sources().values(), snapshots)
    whole = snapshots.fetches()
    day_by_day, at_once = duckdb.connect(), duckdb.connect()
    for connection in (day_by_day, at_once):
        tables.create_schemas(connection)
        raw.create_tables(connection, sources().values())
    piecewise = raw.Snapshots(tmp_path / "again")
    for fetch in sorted(whole, key=lambda fetch: fetch.fetched_at):
        piecewise.keep(snapshots.read(str(fetch.sha256)))
        piecewise.append([fetch])
        raw.load(day_by_day, sources()[fetch.source], piecewise)
    for source in sources().values():
        raw.load(day_by_day, source, piecewise)
        raw.load(at_once, source, snapshots)
    names = [f"{s.name}__{thing}" for s in sources().values() for thing in s.things]
    for name in [*names, "fetches", "quarantine", "fields"]:
        query = f"select * from raw.{name} order by all"
        assert rows(day_by_day, query) == rows(at_once, query), name


def test_what_a_killed_writer_left_is_gone_after_the_next_run(tmp_path: Path) -> None:
    snapshots = raw.Snapshots(Settings(home=tmp_path).snapshots)
    child = os.fork()
    if child == 0:
        os.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL)  # type: ignore[assignment]
        snapshots.keep(b"half written")
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    [left] = tmp_path.rglob("*.part")
    going = left.with_name(f"{os.getpid()}-by-a-writer-that-lives.part")
    going.touch()
    with environment(home=str(tmp_path)):
        assert run_pipeline(Settings(offline=True), None, ["raw"]).success
    assert [path.name for path in tmp_path.rglob("*.part")] == [going.name]
