"""A damaged warehouse, rebuilt from the kept bytes by one command, is the one it was."""

import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from conftest import FIXTURES

from pipelines.settings import Settings

pytestmark = pytest.mark.kills
BELLWETHER = Path(sys.executable).with_name("bellwether")


def command(home: Path, *arguments: str) -> None:
    done = subprocess.run(
        [str(BELLWETHER), *arguments], capture_output=True, text=True,
        env=os.environ | {"BELLWETHER_HOME": str(home)},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def content(settings: Settings) -> dict[str, object]:
    """Every table of the last version: how many rows, and a hash of them all."""
    with duckdb.connect(str(settings.published.resolve()), read_only=True) as connection:
        names = connection.execute(
            "select schema_name || '.' || table_name from duckdb_tables() order by all"
        ).fetchall()
        return {
            name: connection.execute(
                f"select count(*), bit_xor(hash(t)), sum(hash(t)) from {name} as t"
            ).fetchall()
            for (name,) in names
        }


def flip(path: Path, places: int) -> None:
    """Change a byte at so many places, evenly spread."""
    size = path.stat().st_size
    with path.open("r+b") as file:
        for place in range(1, places + 1):
            file.seek(size * place // (places + 1))
            (byte,) = file.read(1)
            file.seek(size * place // (places + 1))
            file.write(bytes([byte ^ 255]))


def test_a_damaged_warehouse_rebuilt_by_one_command_is_identical(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    command(tmp_path, "backfill", str(FIXTURES))
    command(tmp_path, "run", "--offline")  # verdicts that the first run put on record are in now
    before = content(settings)
    assert len(before) > 150
    flip(settings.published.resolve(), 40)
    with pytest.raises(duckdb.Error, match="checksum"):
        content(settings)
    command(tmp_path, "run", "--offline")
    after = content(settings)
    assert settings.warehouse.with_suffix(".aside.duckdb").exists()
    assert {name for name in before if after.get(name) != before[name]} == set()
    assert after.keys() == before.keys()
