"""The commands of the README, run as a user would, on the bundled edition."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from pipelines.settings import PROJECT

Run = Callable[..., subprocess.CompletedProcess[str]]
BELLWETHER = str(Path(sys.executable).with_name("bellwether"))


@pytest.fixture(scope="session")
def bellwether(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Run the command in a home that holds the published edition."""
    home = tmp_path_factory.mktemp("home")

    def call(*arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [BELLWETHER, *arguments],
            env={
                "PATH": "/usr/bin:/bin",
                "BELLWETHER_HOME": str(home),
                "HOME": str(home),
                "PYTHONPATH": str(PROJECT),
            },
            cwd=home,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done

    call("run", "--offline")
    call.home = home  # type: ignore[attr-defined]
    return call


def test_every_command_of_the_readme_works(bellwether: Run) -> None:
    text = (PROJECT / "README.md").read_text()
    commands = re.findall(r"^\.venv/bin/bellwether (.+?)(?:\s+#.*)?$", text, re.MULTILINE)
    assert len(commands) >= 7
    for command in commands:
        arguments = [a.strip('"') for a in re.findall(r'"[^"]*"|\S+', command)]
        if arguments[0] in {"run", "backfill"}:
            continue  # the fixture ran the first; the second needs an archive
        bellwether(*arguments)


def test_help_teaches_with_an_example() -> None:
    for arguments in (["run"], ["backfill"], ["price"], ["sql"], ["sources"], ["serve"],
                      ["serve-sql"], ["health"], ["edition", "check"], ["disagreements"],
                      ["brief", "launch"], ["brief", "weekly"], ["brief", "monthly"],
                      ["brief", "model"], ["brief", "scorecard"], ["brief", "issues"],
                      ["approve"], ["site"],
                      ["identity", "explain"], ["identity", "coverage"]):  # fmt: skip
        done = subprocess.run(
            [BELLWETHER, *arguments, "--help"], capture_output=True, text=True, check=True
        )
        assert "Example: bellwether" in " ".join(done.stdout.split()), arguments


def test_price_answers_with_evidence(bellwether: Run) -> None:
    answer = json.loads(bellwether("price", "o1-mini", "--as-of", "2024-09-12", "--json").stdout)
    assert answer["status"] == "known"
    assert (answer["input_usd_per_mtok"], answer["output_usd_per_mtok"]) == ("3", "12")
    assert answer["model_id"] == "openai/o1-mini-2024-09-12"
    assert answer["evidence"][0]["source_url"].startswith("https://")


def test_price_of_an_alias_is_the_price_of_what_it_pointed_to(bellwether: Run) -> None:
    answer = json.loads(bellwether("price", "gpt-4o", "--as-of", "2024-09-12", "--json").stdout)
    assert answer["model_id"] == "openai/gpt-4o-2024-05-13"
    assert answer["input_usd_per_mtok"] == "5"


def test_a_model_not_yet_sold_has_no_price(bellwether: Run) -> None:
    answer = json.loads(bellwether("price", "o1", "--as-of", "2024-09-12", "--json").stdout)
    assert answer["status"] == "not_available"
    assert answer["input_usd_per_mtok"] is None


def test_a_price_before_the_first_evidence_is_unknown(bellwether: Run) -> None:
    done = bellwether(
        "price", "openai/gpt-4-0613", "--as-of", "2023-06-14", "--known-by", "2023-06-15",
        "--json", code=1,
    )  # fmt: skip
    answer = json.loads(done.stdout)
    assert answer["status"] == "unknown"
    assert answer["reason"]


def test_an_unknown_model_is_told_its_nearest_names(bellwether: Run) -> None:
    done = bellwether("price", "o1-minni", code=2)
    assert "o1-mini" in done.stderr


def test_identity_explains_the_way(bellwether: Run) -> None:
    answer = json.loads(
        bellwether("identity", "explain", "azure/gpt-35-turbo-0613", "--source", "litellm",
                   "--json").stdout
    )  # fmt: skip
    assert answer["model_id"] == "openai/gpt-3.5-turbo-0613"
    assert answer["host"] == "azure"
    assert answer["way"]


@pytest.mark.parametrize(
    "escape",
    [
        "copy (select 1) to 'x.csv'",
        "select * from read_text('/etc/hostname')",
        "attach 'x.db'",
        "set threads = 4",
        "install httpfs",
        "create table core.x as select 1",
        "drop table core.results",
    ],
)
def test_an_analysts_query_cannot_leave_the_sandbox(bellwether: Run, escape: str) -> None:
    bellwether("sql", escape, code=1)


def test_other_clients_read_the_published_file(bellwether: Run) -> None:
    home: Path = bellwether.home  # type: ignore[attr-defined]
    path = home / "data" / "published" / "bellwether.duckdb"
    connection = duckdb.connect(str(path), read_only=True)
    rows = connection.execute(
        "select p.input_usd_per_mtok from prices_on('2024-09-12', null) as p "
        "where p.model_id = 'openai/o1-mini-2024-09-12' and p.is_list_price"
    ).fetchall()
    assert [float(r[0]) for r in rows] == [3.0]
    comments = connection.execute(
        "select count(*) from duckdb_columns() where schema_name = 'marts' and comment is null"
    ).fetchall()
    assert comments == [(0,)]


def test_a_second_run_publishes_the_same_rows(bellwether: Run) -> None:
    home: Path = bellwether.home  # type: ignore[attr-defined]
    path = home / "data" / "published" / "bellwether.duckdb"

    def rows() -> list[tuple[object, ...]]:
        connection = duckdb.connect(str(path.resolve()), read_only=True)
        found = connection.execute("from marts.launch_impact order by all").fetchall()
        connection.close()
        return found

    before = rows()
    bellwether("run", "--offline")
    assert rows() == before


def test_nothing_published_says_what_to_do(tmp_path: Path) -> None:
    done = subprocess.run(
        [BELLWETHER, "price", "o1-mini"],
        env={"PATH": "/usr/bin:/bin", "BELLWETHER_HOME": str(tmp_path)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "bellwether run" in done.stderr
