"""The whole pipeline over real HTTP on loopback, day by day, against the archive it replays."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import pytest

from pipelines.raw import Snapshots, archive_files, backfill
from pipelines.replay import Archive, Replay
from pipelines.run import run_pipeline
from pipelines.settings import Settings
from pipelines.sources import sources

DAYS = 6
FROM_DAY = "2025-06-01"


def live_parts() -> Iterator[tuple[str, str]]:
    """(source, part) pairs that a run without keys fetches."""
    for source in sources().values():
        if source.is_live and source.key_variable is None:
            for part in source.live_parts:
                yield source.name, part


def consecutive_days(archive: Path) -> list[str]:
    live = {name for name, _ in live_parts()}
    days = {day for s, day, _ in archive_files(archive, sources().values()) if s.name in live}
    return [day for day in sorted(days) if day >= FROM_DAY][:DAYS]


def farm(archive: Path, folder: Path, days: list[str]) -> None:
    """An archive that holds, for each day, just what the replay serves that day."""
    served = Archive(archive)
    for day in days:
        for name, part in live_parts():
            path = served.served(name, part, date.fromisoformat(day))
            if path is None:
                continue
            link = folder / name / day / (part or path.name)
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(path)


def published(home: Path) -> dict[str, list[tuple[object, ...]]]:
    path = (home / "data" / "published" / "bellwether.duckdb").resolve()
    connection = duckdb.connect(str(path), read_only=True)
    names = connection.execute(
        "select schema_name || '.' || table_name from duckdb_tables() "
        "where schema_name <> 'raw' order by all"
    ).fetchall()
    tables = {
        name: connection.execute(f"from {name} order by all").fetchall()
        for (name,) in names
        if name != "marts.source_health"
    }
    connection.close()
    return tables


@pytest.mark.archive
def test_days_over_http_equal_a_direct_backfill(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    days = consecutive_days(archive)
    assert len(days) == DAYS
    for source in sources().values():
        if source.key_variable:
            monkeypatch.delenv(source.key_variable, raising=False)
    server = Replay(archive, date.fromisoformat(days[0])).start()
    monkeypatch.setenv("BELLWETHER_HOME", str(tmp_path / "replayed"))
    monkeypatch.setenv("BELLWETHER_REPLAY_URL", server.url)
    try:
        for day in days:
            server.day = date.fromisoformat(day)
            monkeypatch.setenv("BELLWETHER_PRETEND_NOW", f"{day}T00:00:00")
            assert run_pipeline(Settings(), None).success
    finally:
        server.shutdown()
        server.server_close()
    monkeypatch.delenv("BELLWETHER_REPLAY_URL")
    monkeypatch.setenv("BELLWETHER_HOME", str(tmp_path / "direct"))
    farm(archive, tmp_path / "farm", days)
    settings = Settings(offline=True)
    backfill(tmp_path / "farm", sources().values(), Snapshots(settings.snapshots))
    # The package's own edition was never taken while its feed answered; nor is it here.
    monkeypatch.setattr("pipelines.fetch.take_offline_edition", lambda *_: ())
    assert run_pipeline(settings, None).success
    replayed, direct = published(tmp_path / "replayed"), published(tmp_path / "direct")
    assert replayed.keys() == direct.keys()
    different = [name for name in replayed if replayed[name] != direct[name]]
    assert different == []
