"""Readers in processes of their own ask while others publish: no error, no torn read."""

import json
import subprocess
import sys
from pathlib import Path

from conftest import published_in

from pipelines.settings import PROJECT, Settings
from pipelines.tables import Connection


def test_readers_see_whole_versions_while_runs_publish(edition: Connection, tmp_path: Path) -> None:
    """The small form of the benchmark, which asserts nothing about time."""
    given = Settings(home=tmp_path / "given")
    published_in(edition, given)
    done = subprocess.run(
        [sys.executable, PROJECT / "benchmarks" / "readers.py", "--readers", "3",
         "--publications", "5", "--megabytes", "1", "--pause", "0.2", "--think", "0.01",
         "--source", given.published],
        capture_output=True, text=True, timeout=500, cwd=PROJECT,
        env={"PYTHONPATH": str(PROJECT), "PATH": "/usr/bin:/bin", "TMPDIR": str(tmp_path)},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr[-2000:]
    found = json.loads(done.stdout)
    assert found["errors"] == found["torn_reads"] == 0, found["first_problems"]
    assert found["queries"] > 20
    assert found["versions_seen_by_a_reader"] >= 2
    assert found["files_kept"] == 3
