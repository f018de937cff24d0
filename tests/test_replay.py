"""The replay server, and the whole pipeline through it over real HTTP, day by day."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
import stamina
from conftest import FIXTURES
from replays import DAYS, Replayed, environment, facts, farm, on_record, published

from pipelines import fetch as fetching
from pipelines import raw
from pipelines.raw import Snapshots, backfill
from pipelines.replay import FAULTS, Replay
from pipelines.run import run_pipeline
from pipelines.settings import Settings
from pipelines.sources import sources
from pipelines.tables import Connection, create_schemas


@pytest.fixture
def server() -> Iterator[Replay]:
    known = Replay(FIXTURES, date(2025, 3, 28)).start()
    yield known
    known.stop()


@pytest.fixture
def no_waiting() -> Iterator[None]:
    stamina.set_testing(True, attempts=fetching.ATTEMPTS, cap=True)
    yield
    stamina.set_testing(False)


def read(
    server: Replay, connection: Connection, snapshots: Snapshots, moment: str, **limits: Any
) -> raw.Fetch:
    """Read a source from the replay and load it."""
    source = sources()["litellm"]
    create_schemas(connection)
    raw.create_tables(connection, [source])
    settings = Settings(
        replay_url=server.url,
        pretend_now=moment,  # type: ignore[arg-type]
        **({"fetch_timeout_s": 1.0, "fetch_read_timeout_s": 0.3} | limits),
    )
    [(_, [attempt])] = list(fetching.read_sources([source], connection, snapshots, settings))
    raw.load(connection, source, snapshots)
    return attempt


def outcome(connection: Connection) -> list[tuple[Any, ...]]:
    query = "select status, problem from raw.fetches order by fetched_at, fetch_id"
    return connection.execute(query).fetchall()


def held(connection: Connection) -> list[tuple[Any, ...]]:
    query = "select key, fields, ended_at from raw.litellm__prices order by all"
    return connection.execute(query).fetchall()


def test_a_day_serves_the_newest_payload_before_it(server: Replay, tmp_path: Path) -> None:
    connection, snapshots = duckdb.connect(), Snapshots(tmp_path)
    for day, served in (("2024-09-12", "2024-09-12"), ("2024-10-01", "2024-09-13")):
        server.day = date.fromisoformat(day)
        fetch = read(server, connection, snapshots, day)
        path = FIXTURES / "litellm" / served / "model_prices_and_context_window.json"
        assert snapshots.read(str(fetch.sha256)) == path.read_bytes()
    server.day = date(2024, 1, 1)
    assert read(server, connection, snapshots, "2024-10-02").problem == "HTTP 404"


def test_an_unchanged_day_is_answered_with_304(server: Replay, tmp_path: Path) -> None:
    connection, snapshots = duckdb.connect(), Snapshots(tmp_path)
    first, second = (read(server, connection, snapshots, f"2025-04-0{n}") for n in (1, 2))
    assert (first.status, second.status, second.http_status) == ("ok", "unchanged", 304)
    assert str(first.last_modified) == "Fri, 28 Mar 2025 00:00:00 GMT"


@pytest.mark.parametrize("fault", list(FAULTS))
def test_every_fault_is_a_failed_fetch_that_keeps_the_last_good(
    server: Replay, tmp_path: Path, no_waiting: None, fault: str
) -> None:
    connection, snapshots = duckdb.connect(), Snapshots(tmp_path)
    read(server, connection, snapshots, "2025-04-01")
    before = held(connection)
    assert before
    server.faults = {"litellm": fault}
    read(server, connection, snapshots, "2025-04-02")
    [_, (status, problem)] = outcome(connection)
    assert status == "failed"
    assert problem
    assert held(connection) == before
    server.faults = {}
    assert read(server, connection, snapshots, "2025-04-03").status == "unchanged"


@pytest.mark.parametrize("fault", ["server_error", "too_many_requests", "cut", "refused"])
def test_a_fault_that_passes_costs_nothing(
    server: Replay, tmp_path: Path, no_waiting: None, fault: str
) -> None:
    server.faults = {"litellm": f"{fault}*2"}
    snapshots = Snapshots(tmp_path)
    fetch = read(server, duckdb.connect(), snapshots, "2025-04-01", fetch_timeout_s=5.0)
    assert (fetch.status, fetch.problem) == ("ok", None)


@pytest.mark.parametrize("faults", [{"litellm": "bad luck"}, {"nobody": "html"}, {"litellm": ""}])
def test_a_fault_nobody_knows_is_refused_in_words(server: Replay, faults: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"there are slow|see `bellwether sources`"):
        server.faults = faults


# ------------------------------------------------------------------ twenty days, whole


@pytest.mark.archive
def test_twenty_days_over_http_equal_a_direct_backfill(
    replayed: Replayed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert len(replayed.days) == DAYS
    farm(replayed.archive, tmp_path / "farm", replayed.days)
    # The package's own edition was never taken while its feed answered; nor is it here.
    monkeypatch.setattr("pipelines.fetch.take_offline_edition", lambda *_: ())
    with environment(home=str(tmp_path / "direct")):
        settings = Settings(offline=True)
        backfill(tmp_path / "farm", sources().values(), Snapshots(settings.snapshots))
        assert run_pipeline(settings, None).success
    direct = facts(published(tmp_path / "direct"))
    last = replayed.facts[replayed.days[-1]]
    different = {name for name in direct if last.get(name) != direct[name]}
    assert different - on_record() == set()
    assert last.keys() == direct.keys()
    # Not the same by accident: the days differ, and a table's content is told by its rows.
    assert len({str(replayed.facts[day]["core.price_observations"]) for day in replayed.days}) > 10
