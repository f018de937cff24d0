"""The terms of every source are complete, and what they forbid is left out where it is asked."""

import csv
import dataclasses
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from conftest import FIXTURES, built_from, published_in
from feeds import rows
from typer.testing import CliRunner

from pipelines import cli, raw
from pipelines.briefings.market import Order
from pipelines.briefings.render import render
from pipelines.settings import SQL, Settings
from pipelines.sources import Source, sources
from pipelines.tables import Connection

EVERY_SOURCE = pytest.mark.parametrize("source", sources().values(), ids=list(sources()))
#: What must be said of a source before anything of it is used.
TERMS = ("title", "producer", "url", "licence", "licence_url", "citation", "cadence", "lineage",
         "may_redistribute", "may_use_commercially")  # fmt: skip


def lineages() -> set[str]:
    """Sources, families of them, and vendors, who speak for themselves."""
    found = set(sources())
    for seed in ("lineages", "vendors"):
        with (SQL / "seeds" / f"{seed}.csv").open(newline="") as file:
            found |= {next(iter(row.values())) for row in csv.DictReader(file)}
    return found


def lacking(source: Source) -> list[str]:
    """Terms that are not said, or contradict each other."""
    found = [
        name
        for name in ("title", "producer", "licence", "citation", "lineage")
        if not str(getattr(source, name)).strip()
    ]
    found += [
        name
        for name in ("url", "licence_url")
        if not re.match(r"https://[\w.-]+/", f"{getattr(source, name)}/")
    ]
    if not timedelta(0) < source.cadence <= timedelta(days=3650):
        found.append("cadence")
    if source.lineage not in lineages():
        found.append("lineage")
    for name in ("may_redistribute", "may_use_commercially"):
        if not isinstance(getattr(source, name), bool):
            found.append(name)
    forbids = re.search(r"not stated|proprietary|non-commercial|\bNC\b", source.licence, re.I)
    if forbids and source.may_use_commercially:
        found.append("may_use_commercially")
    return found


@EVERY_SOURCE
def test_the_terms_of_a_source_are_complete(source: Source) -> None:
    assert lacking(source) == []


@pytest.mark.parametrize("term", TERMS)
def test_a_source_that_lacks_a_term_is_noticed(term: str) -> None:
    said: dict[str, Any] = {
        field.name: getattr(sources()["litellm"], field.name)
        for field in dataclasses.fields(Source)
    }
    del said[term]
    with pytest.raises(TypeError, match=term):
        Source(**said)
    empty = dataclasses.replace(sources()["litellm"], **{term: None})
    assert term in lacking(
        dataclasses.replace(empty, **{term: timedelta(0) if term == "cadence" else ""})
    )


def test_terms_that_state_no_licence_allow_no_commercial_use() -> None:
    silent = dataclasses.replace(sources()["litellm"], licence="not stated")
    assert lacking(silent) == ["may_use_commercially"]


# ------------------------------------------------------------------ for commercial use


@pytest.fixture(scope="module")
def commercial(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    """All tables as a run with `--commercial` makes them, from the fixture payloads."""
    snapshots = raw.Snapshots(tmp_path_factory.mktemp("commercial"))
    connection = built_from(FIXTURES, snapshots, commercial=True)
    yield connection
    connection.close()


FORBIDDEN = sorted(s.name for s in sources().values() if not s.may_use_commercially)
SAID_BY = (
    "select distinct r.source from core.results as r union "
    "select distinct c.source from core.price_claims as c union "
    "select distinct u.source from core.usage as u union "
    "select distinct n.source from core.names as n union "
    "select distinct m.registered_by from core.models as m"
)


def test_no_table_holds_anything_of_what_may_not_be_used(
    warehouse: Connection, commercial: Connection
) -> None:
    everything = {source for (source,) in rows(warehouse, SAID_BY)}
    assert {"swebench", "livebench", "lmarena", "openrouter"} <= everything & set(FORBIDDEN)
    left = {source for (source,) in rows(commercial, SAID_BY)}
    assert left & set(FORBIDDEN) == set()
    assert {"litellm", "aider", "epoch_hub"} <= left


def test_what_may_not_be_used_commercially_is_left_out_of_a_commercial_page(
    warehouse: Connection, commercial: Connection, tmp_path: Path
) -> None:
    """The page of everything cites them; the commercial one only says that they are left out."""
    order = Order("launch", "o1-mini")
    pages = {}
    for name, connection in (("all", warehouse), ("commercial", commercial)):
        folder = render(connection, order, tmp_path / name)
        pages[name] = (folder / "index.html").read_text(encoding="utf-8")
        pages[f"{name} text"] = (folder / "briefing.md").read_text(encoding="utf-8")
    # The edition cites the vendor's own pages; of the collections nothing may be left.
    collections = [name for name in FORBIDDEN if not name.startswith("vendor_")]
    urls = [sources()[name].url.removesuffix("/") for name in collections]
    assert any(url in pages["all"] for url in urls)
    assert not any(url in pages["commercial"] for url in urls)
    for page in ("commercial", "commercial text"):
        assert "left out of every figure" in pages[page]
        assert "SWE-bench leaderboards (CC-BY-NC-4.0" in pages[page]
        assert "OpenRouter models API (not stated)" in pages[page]
    assert "left out of every figure" not in pages["all"]


def test_a_page_for_commercial_use_is_refused_from_a_warehouse_that_is_not(
    warehouse: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BELLWETHER_HOME", str(tmp_path))
    monkeypatch.setenv("BELLWETHER_COMMERCIAL", "false")
    published_in(warehouse, Settings())
    done = CliRunner().invoke(cli.app, ["brief", "launch", "o1-mini", "--commercial"])
    assert done.exit_code == cli.WRONG_USE, done.output
    assert "swebench" in done.output
    assert "bellwether run --commercial" in " ".join(done.output.split())
    assert not (tmp_path / "reports").exists()
