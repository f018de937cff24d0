"""Runs of the pipeline over a replayed archive, and what they left, in comparable form."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import duckdb

from pipelines.raw import archive_files
from pipelines.replay import Archive, Replay
from pipelines.run import run_pipeline
from pipelines.settings import Settings
from pipelines.sources import sources
from pipelines.tables import catalogue

#: From here on the archive holds known traps: a zero price for a day, a CSV in the zip's place.
FROM_DAY = "2026-02-27"
DAYS = 20

#: What a table holds, whatever the order of its rows: how many, and a hash of them all.
Content = tuple[int, int]
#: Runs going on, by source and part.
Going = Mapping[tuple[str, str], Content]


def live_parts() -> Iterator[tuple[str, str]]:
    """(source, part) pairs that a run without keys fetches."""
    for source in sources().values():
        if source.is_live and source.key_variable is None:
            for part in source.live_parts:
                yield source.name, part


def consecutive_days(archive: Path) -> list[str]:
    """Consecutive dates on which the archive has something new of a live source."""
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


@contextmanager
def environment(**settings: str) -> Iterator[None]:
    """Settings of the pipeline, and no key of any source."""
    wanted = {f"BELLWETHER_{name.upper()}": value for name, value in settings.items()}
    keys = {s.key_variable for s in sources().values() if s.key_variable}
    before = {name: os.environ.get(name) for name in keys | set(wanted)}
    for name in keys:
        os.environ.pop(name, None)
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


def published(home: Path) -> Path:
    """The file readers open."""
    return (home / "data" / "published" / "bellwether.duckdb").resolve()


def facts(path: Path) -> dict[str, Content]:
    """Content of every table but the log of what was done to get it."""
    with duckdb.connect(str(path), read_only=True) as connection:
        names = connection.execute(
            "select schema_name || '.' || table_name from duckdb_tables() "
            "where schema_name <> 'raw' and table_name <> 'source_health' order by all"
        ).fetchall()
        return {name: _content(connection, f"select count(*), bit_xor(hash(t)) from {name} as t")
                for (name,) in names}  # fmt: skip


def on_record() -> set[str]:
    """Tables that hold verdicts as the ledger has them: made day by day they are others, and more,
    than those of one bulk load, which makes them all at its end."""
    found, before = {"raw.verdicts"}, 0
    known = catalogue()
    while len(found) > before:
        before = len(found)
        found |= {name for name in known.tables if known.tables_read(name) & found}
    return found


def going(path: Path) -> dict[tuple[str, str], Content]:
    """What every part of every source says, as far as the pipeline knows."""
    found: dict[tuple[str, str], Content] = {}
    with duckdb.connect(str(path), read_only=True) as connection:
        for source in sources().values():
            for thing in source.things:
                rows = connection.execute(
                    f"select part, count(*), bit_xor(hash('{thing}', key, fields::varchar)) "
                    f"from raw.{source.name}__{thing} where ended_at is null group by part"
                ).fetchall()
                for part, number, mixed in rows:
                    before = found.get((source.name, part), (0, 0))
                    found[source.name, part] = before[0] + number, before[1] ^ mixed
    return found


def runs(path: Path) -> dict[str, Content]:
    """All runs of every source with their days and fetches."""
    with duckdb.connect(str(path), read_only=True) as connection:
        return {
            f"raw.{source.name}__{thing}": _content(
                connection,
                f"select count(*), bit_xor(hash(t)) from raw.{source.name}__{thing} as t",
            )
            for source in sources().values()
            for thing in source.things
        }


def _content(connection: duckdb.DuckDBPyConnection, query: str) -> Content:
    [(number, mixed)] = connection.execute(query).fetchall()
    return number, mixed or 0


@dataclass
class Replayed:
    """A run without faults on each of the days, and what readers saw after each."""

    archive: Path
    home: Path
    days: list[str]
    facts: dict[str, dict[str, Content]] = field(default_factory=dict)
    going: dict[str, Going] = field(default_factory=dict)


def replay_days(archive: Path, home: Path, say: Callable[[str], None]) -> Replayed:
    """Run the whole pipeline over real HTTP, a day after the other."""
    found = Replayed(archive, home, consecutive_days(archive))
    server = Replay(archive, date.fromisoformat(found.days[0])).start()
    try:
        for day in found.days:
            server.day = date.fromisoformat(day)
            with environment(home=str(home), replay_url=server.url, pretend_now=f"{day}T00:00:00"):
                outcome = run_pipeline(Settings(), None)
            assert outcome.success, outcome.problems
            found.facts[day] = facts(published(home))
            found.going[day] = going(published(home))
            say(f"{day}: {outcome.seconds:.1f} s")
    finally:
        server.stop()
    return found
