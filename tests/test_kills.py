"""Five hundred kills at the points of the work: nothing lost, no ledger corrupted, no page wrong.

`tests/test_faults.py` kills whole runs; these kill small pieces of work, so that every line and
every moment of each is struck often.
"""

import json
import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from conftest import FIXTURES, published_in
from killing import DAYS, KILLS

from pipelines.replay import Replay
from pipelines.settings import PROJECT, Settings
from pipelines.tables import Connection

pytestmark = pytest.mark.kills
#: The same kills each time; another seed draws others.
SEED = os.environ.get("BELLWETHER_FAULT_SEED", "20261127")


def test_work_killed_at_any_moment_loses_and_corrupts_nothing(
    edition: Connection, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert sum(KILLS.values()) == 500
    published = Settings(home=tmp_path / "published")
    published_in(edition, published)
    servers = [Replay(FIXTURES, date.fromisoformat(day)).start() for day in DAYS]
    script = Path(__file__).with_name("killing.py")
    try:
        done = subprocess.run(
            [sys.executable, "-W", "ignore", str(script), str(tmp_path / "work"),
             str(published.home), *(server.url for server in servers), SEED],
            capture_output=True, text=True, cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": str(PROJECT)},
        )  # fmt: skip
    finally:
        for server in servers:
            server.stop()
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(done.stdout)
    columns = ("at_lines", "by_time", "healed", "lost", "corrupted", "wrong")
    with capsys.disabled():
        print(f"\nKills of pieces of work, seed {SEED}")
        print(f"  {'point':<15}" + "".join(f"{name:>11}" for name in columns))
        for point, outcome in found.items():
            numbers = (v if isinstance(v, int) else len(v) for v in map(outcome.get, columns))
            print(f"  {point:<15}" + "".join(f"{number:>11}" for number in numbers))
    complaints = [c for o in found.values() for k in ("lost", "corrupted", "wrong") for c in o[k]]
    assert complaints == []
    assert {p: o["at_lines"] + o["by_time"] for p, o in found.items()} == KILLS
