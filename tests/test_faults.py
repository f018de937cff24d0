"""Two hundred faults, drawn by a seed: no crash of a run, no wrong fact, nothing lost afterwards.

Most strike the sources through the replay server while the pipeline reads and loads; the others
kill the pipeline's process at random moments of a whole run. What comes of it is compared with a
replay of the same days without faults.
"""

import json
import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import pytest
import stamina
from replays import Content, Going, Replayed, environment, facts, going, live_parts, published, runs

from pipelines import deferral
from pipelines import fetch as fetching
from pipelines.replay import FAULTS, Replay
from pipelines.run import run_pipeline
from pipelines.settings import Settings

#: The same faults each time; another seed draws others.
SEED = int(os.environ.get("BELLWETHER_FAULT_SEED", "20261127"))
NETWORK_FAULTS = 180
KILLS = 20
KILLS_BEFORE_A_GOOD_RUN = 3
WITHOUT_END = {"slow", "slow_headers", "silent"}
#: Limits of a run that is struck, so that faults without end end soon. A good run has the usual
#: ones: on a busy machine it must not fail for want of a second.
IMPATIENT = {"fetch_timeout_s": "1.5", "fetch_read_timeout_s": "0.7", "fetch_max_bytes": "20000000"}

pytestmark = pytest.mark.archive


@pytest.fixture
def no_waiting() -> Iterator[None]:
    stamina.set_testing(True, attempts=fetching.ATTEMPTS, cap=True)
    yield
    stamina.set_testing(False)


def draw(days: list[str]) -> dict[str, dict[str, str]]:
    """Faults by day and source; some pass after a request or two."""
    chance = random.Random(SEED)
    names = sorted({name for name, _ in live_parts()})
    drawn: dict[str, dict[str, str]] = {day: {} for day in days}
    while sum(map(len, drawn.values())) < NETWORK_FAULTS:
        fault = chance.choice(list(FAULTS))
        passes = "" if fault in WITHOUT_END else chance.choice(["", "", "*1", "*2"])
        drawn[chance.choice(days)].setdefault(chance.choice(names), fault + passes)
    return drawn


def wrong(seen: Going, allowed: list[Going]) -> list[tuple[str, str]]:
    """Parts that say what they said on none of the days allowed, without faults."""
    return [part for part, said in seen.items() if said not in [day.get(part) for day in allowed]]


def test_faults_of_sources_make_no_wrong_fact_and_lose_none(
    replayed: Replayed, tmp_path: Path, no_waiting: None, capsys: pytest.CaptureFixture[str]
) -> None:
    drawn = draw(replayed.days)
    warehouse = tmp_path / "data" / "warehouse.duckdb"
    outcomes: Counter[tuple[str, str]] = Counter()
    before: Going = {}
    server = Replay(replayed.archive, date.fromisoformat(replayed.days[0])).start()
    try:
        for day in replayed.days:
            server.day = date.fromisoformat(day)
            settings = {"home": str(tmp_path), "replay_url": server.url,
                        "pretend_now": f"{day}T00:00:00"}  # fmt: skip
            with environment(**settings, **IMPATIENT):
                server.faults = drawn[day]
                struck = run_pipeline(Settings(), None, ["raw"])
                assert struck.success, (SEED, day, struck.problems)
                told = {line.partition(":")[0] for line in struck.problems}
                for source, fault in drawn[day].items():
                    came = "told, last good kept" if source in told else "passed by itself"
                    outcomes[fault.partition("*")[0], came] += 1
                assert wrong(going(warehouse), [before, replayed.going[day]]) == [], (SEED, day)
            with environment(**settings):
                server.faults = {}
                good = run_pipeline(Settings(), None, ["raw"])
                assert good.success, (SEED, day, good.problems)
            before = going(warehouse)
            assert before == replayed.going[day], (SEED, day)
    finally:
        server.stop()
    # Every run of every source, with its days: as if there had been no fault.
    assert runs(warehouse) == runs(published(replayed.home))
    report(capsys, "Faults of sources", outcomes)
    assert sum(outcomes.values()) == NETWORK_FAULTS


def report(
    capsys: pytest.CaptureFixture[str], title: str, outcomes: Counter[tuple[str, str]]
) -> None:
    """Say what was drawn and what came of it, in the log of a green run too."""
    with capsys.disabled():
        print(f"\n{title}: {sum(outcomes.values())}, seed {SEED}; wrong facts 0, lost 0")
        for (fault, came), number in sorted(outcomes.items()):
            print(f"  {fault:<20} {came:<34} {number:>4}")


class Zygote:
    """A process that runs the pipeline in children."""

    def __init__(self, folder: Path):
        here = Path(__file__)
        self.errors = (folder / "errors").open("wb")
        paths = os.pathsep.join([str(here.parents[1]), os.environ.get("PYTHONPATH", "")])
        self.process = subprocess.Popen(
            [sys.executable, str(here.with_name("zygote.py"))],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors,
            text=True, env=os.environ | {"PYTHONPATH": paths}, cwd=folder,
        )  # fmt: skip
        assert self.process.stdin
        assert self.process.stdout
        self.ask, self.answer = self.process.stdin, self.process.stdout
        assert self.answer.readline() == "ready\n"

    def run(self, settings: dict[str, str], kill_after_s: float | None = None) -> bool:
        """Whether a whole run came to its end, and well."""
        named = {f"BELLWETHER_{name.upper()}": value for name, value in settings.items()}
        self.ask.write(json.dumps({"environment": named, "kill_after_s": kill_after_s}) + "\n")
        self.ask.flush()
        return int(self.answer.readline()) == 0

    def close(self) -> None:
        self.ask.close()
        self.process.wait(timeout=30)
        self.answer.close()
        self.errors.close()


def stage_reached(home: Path, log_before: int, versions_before: int) -> str:
    """How far a killed run had come, by what it left."""
    log = home / "data" / "snapshots" / "fetches.jsonl"
    if len(list((home / "data" / "published").glob("bellwether-*.duckdb"))) > versions_before:
        return "killed after publishing"
    if log.exists() and log.stat().st_size > log_before:
        return "killed while loading or building"
    return "killed before anything was read"


def is_something_left(home: Path) -> bool:
    """Whether the published version was made before new fits and what follows from them."""
    with duckdb.connect(str(published(home)), read_only=True) as connection:
        return bool(deferral.steps_deferred(connection))


def facts_of_the_day(found: dict[str, Content]) -> dict[str, Content]:
    """What follows from no fit."""
    return {name: content for name, content in found.items()
            if not name.startswith(("analysis.", "marts."))}  # fmt: skip


def test_a_pipeline_killed_at_any_moment_leaves_what_was_and_finds_what_was_missed(
    replayed: Replayed, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    chance = random.Random(SEED)
    outcomes: Counter[tuple[str, str]] = Counter()
    home, kept = tmp_path, tmp_path / "data" / "published"
    log = home / "data" / "snapshots" / "fetches.jsonl"
    days = list(replayed.days)
    last: dict[str, Content] = {}
    server = Replay(replayed.archive, date.fromisoformat(days[0])).start()
    with environment():
        zygote = Zygote(tmp_path)
        try:
            whole_s = 15.0
            for number, day in enumerate(days):
                if sum(outcomes.values()) >= KILLS:
                    break
                server.day = date.fromisoformat(day)
                settings = {"home": str(home), "replay_url": server.url,
                            "pretend_now": f"{day}T00:00:00"}  # fmt: skip
                for _ in range(min(KILLS_BEFORE_A_GOOD_RUN, KILLS - sum(outcomes.values()))):
                    size = log.stat().st_size if log.exists() else 0
                    versions = len(list(kept.glob("bellwether-*.duckdb")))
                    ended = zygote.run(settings, chance.uniform(0, whole_s))
                    came = "had ended" if ended else stage_reached(home, size, versions)
                    outcomes["kill -9", came] += 1
                    # Readers have the last version or one of the new ones; never half of one.
                    if published(home).exists():
                        found, new = facts(published(home)), replayed.facts[day]
                        if left := is_something_left(home):
                            found, new = facts_of_the_day(found), facts_of_the_day(new)
                        assert found == new or (not left and found == last), (SEED, day)
                    else:
                        assert number == 0
                started = time.monotonic()
                assert zygote.run(settings), (SEED, day, (tmp_path / "errors").read_text()[-2000:])
                whole_s = time.monotonic() - started
                last = facts(published(home))
                different = [n for n in last if last[n] != replayed.facts[day].get(n)]
                assert different == [], (SEED, day)
                assert going(published(home)) == replayed.going[day], (SEED, day)
        finally:
            server.stop()
            zygote.close()
    assert duckdb.connect(str(published(home)), read_only=True).close() is None
    report(capsys, "Kills of the whole run", outcomes)
    assert sum(outcomes.values()) == KILLS
