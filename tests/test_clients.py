"""People's own tools open the published file: the documented snippets run, the tools are tried."""

import os
import re
import subprocess
from pathlib import Path

import pytest
from conftest import published_in

from pipelines.settings import PROJECT, Settings
from pipelines.tables import Connection

PAGE = PROJECT / "docs" / "clients.md"
#: An environment of its own with duckdb-cli and harlequin; `.ci/run` makes it.
TOOLS = Path(os.environ.get("BELLWETHER_CLIENTS") or PROJECT / ".ci" / "clients")
HARLEQUIN = """
import asyncio, sys
from harlequin import Harlequin
from harlequin_duckdb import DuckDbAdapter

async def ask():
    app = Harlequin(adapter=DuckDbAdapter(conn_str=[sys.argv[1]], read_only=True))
    async with app.run_test() as pilot:
        while app.editor is None or app.connection is None:
            await pilot.pause(0.1)
        app.editor.text = "from frontier_on('math_reasoning', '2024-09-12', null)"
        await pilot.press("ctrl+j")
        while not (table := app.results_viewer.get_visible_table()) or not table.row_count:
            await pilot.pause(0.1)
        print(table.row_count)

asyncio.run(asyncio.wait_for(ask(), 120))
"""


@pytest.fixture(scope="module")
def home(edition: Connection, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the edition published as a run publishes it."""
    settings = Settings(home=tmp_path_factory.mktemp("home"))
    published_in(edition, settings)
    return settings.home


def test_the_documented_snippets_run_in_order(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    snippets = re.findall(r"```python\n(.+?)```", PAGE.read_text(), re.DOTALL)
    assert len(snippets) >= 5
    monkeypatch.chdir(home)
    names: dict[str, object] = {}
    for snippet in snippets:
        exec(compile(snippet, PAGE.name, "exec"), names)
    for frame in ("frontier", "prices", "standing"):
        assert len(names[frame]) > 0  # type: ignore[arg-type]
    assert names["rows"] > 1000  # type: ignore[operator]
    names["connection"].close()  # type: ignore[attr-defined]


def test_readers_are_refused_to_write(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import duckdb

    snippet = re.findall(r"```python\n(.+?)```", PAGE.read_text(), re.DOTALL)[0]
    monkeypatch.chdir(home)
    names: dict[str, object] = {}
    exec(compile(snippet, PAGE.name, "exec"), names)
    with pytest.raises(duckdb.InvalidInputException, match="read-only"):
        names["connection"].execute("delete from marts.frontier")  # type: ignore[attr-defined]
    names["connection"].close()  # type: ignore[attr-defined]


def tool(name: str) -> Path:
    path = TOOLS / "bin" / name
    if not path.exists():
        pytest.skip(f"no {name}: .ci/run installs it, or name its environment: BELLWETHER_CLIENTS")
    return path


def outcome(arguments: list[str | Path]) -> str:
    done = subprocess.run(arguments, capture_output=True, text=True, timeout=180)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout.strip()


def test_the_duckdb_shell_of_an_older_version_opens_the_file(
    home: Path, edition: Connection
) -> None:
    file = home / "data" / "published" / "bellwether.duckdb"
    query = "select count(*) from frontier_on('math_reasoning', '2024-09-12', null)"
    shell = [tool("duckdb"), "-readonly", "-csv", "-noheader", file]
    assert outcome([*shell, "-c", "select version()"]).startswith("v1.5")
    assert outcome([*shell, "-c", query]) == str(edition.execute(query).fetchall()[0][0])
    table_comment = "select comment from duckdb_tables() where table_name = 'frontier'"
    assert outcome([*shell, "-c", table_comment])


def test_harlequin_opens_the_file_and_answers(home: Path, edition: Connection) -> None:
    file = home / "data" / "published" / "bellwether.duckdb"
    tool("harlequin")
    rows = outcome([tool("python"), "-c", HARLEQUIN, str(file)])
    query = "select count(*) from frontier_on('math_reasoning', '2024-09-12', null)"
    assert rows == str(edition.execute(query).fetchall()[0][0])
