"""`bellwether serve` as an operator meets it: the web UI in a real browser, the daemon behind."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from conftest import published_in
from playwright.sync_api import Browser, Locator, Page, Response, TimeoutError
from test_browser import browser  # noqa: F401

from pipelines.settings import PROJECT, Settings
from pipelines.tables import Connection

pytestmark = pytest.mark.browser
PATIENCE_S = 240
TREE = ("pipelines", "sql", "reports", "deploy", "workspace.yaml", "pyproject.toml")


@dataclass
class Served:
    """A served home, and the copy of the project it is served from."""

    url: str
    home: Path
    project: Path
    process: "subprocess.Popen[str]"


def answers(url: str) -> bool:
    try:
        return bool(urllib.request.urlopen(url, timeout=5).status == 200)
    except OSError:
        return False


@pytest.fixture(scope="module")
def served(edition: Connection, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A published home served from a copy of the project, in which one seed file is damaged."""
    home, project = tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("project")
    published_in(edition, Settings(home=home))
    for name in TREE:
        source = PROJECT / name
        if source.is_dir():
            shutil.copytree(source, project / name, ignore=shutil.ignore_patterns("out", "*.pyc"))
        else:
            shutil.copyfile(source, project / name)
    metrics = project / "sql" / "seeds" / "metrics.csv"
    lines = metrics.read_text().splitlines()
    metrics.write_text("\n".join([*lines, lines[-1]]) + "\n")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("BELLWETHER_", "DAGSTER_"))}
    process = subprocess.Popen(
        [sys.executable, "-m", "pipelines.cli", "serve", "--port", str(port)],
        cwd=project, text=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        env=kept | {
            "BELLWETHER_HOME": str(home), "BELLWETHER_OFFLINE": "1", "PYTHONPATH": str(project)
        },
    )  # fmt: skip
    try:
        until = time.monotonic() + PATIENCE_S
        while not answers(f"http://127.0.0.1:{port}/server_info"):
            assert process.poll() is None, "serve ended"
            assert time.monotonic() < until, "serve does not answer"
            time.sleep(0.5)
        yield Served(f"http://127.0.0.1:{port}", home, project, process)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        process.wait(timeout=60)


@pytest.fixture
def page(served: Served, browser: Browser) -> Iterator[Page]:  # noqa: F811
    context = browser.new_context(viewport={"width": 1500, "height": 950})
    found = context.new_page()
    found.set_default_timeout(PATIENCE_S * 1000)
    yield found
    context.close()


def asset(page: Page, served: Served, key: str) -> Locator:
    """An asset's page, and its button to materialise it."""
    page.goto(f"{served.url}/assets/{key}")
    return page.locator("button:has-text('Materialize')").first


def launch(page: Page, button: Locator) -> None:
    """Press a button that launches something, and wait until the server has taken it."""

    def is_launch(answer: Response) -> bool:
        asked = answer.request.post_data or ""
        return "mutation" in asked and "launch" in asked.lower()

    with page.expect_response(is_launch) as answer:
        button.click()
    assert answer.value.ok


def test_the_graph_shows_the_way_of_the_data(page: Page, served: Served) -> None:
    page.goto(f"{served.url}/asset-groups")
    for layer in ("raw", "seeds", "staging", "core", "analysis", "marts", "published", "briefings"):
        page.get_by_text(layer, exact=True).first.wait_for()
    page.goto(f"{served.url}/locations/pipelines.definitions/asset-groups/briefings/lineage")
    for name in ("weekly", "monthly", "launch", "scorecard", "site"):
        page.get_by_text(name, exact=True).first.wait_for()


def test_an_asset_is_materialised_from_the_page(page: Page, served: Served) -> None:
    launch(page, asset(page, served, "seeds/vendors"))
    page.goto(f"{served.url}/assets/seeds/vendors")
    page.get_by_text("Never materialized").wait_for(state="detached")
    page.get_by_text("our id of the vendor").first.wait_for()  # the column's own comment


def test_a_failed_check_is_red(page: Page, served: Served) -> None:
    launch(page, asset(page, served, "seeds/metrics"))
    page.goto(f"{served.url}/assets/seeds/metrics?view=checks")
    page.get_by_text("key_is_unique_and_not_null").first.click()
    failed = page.locator("[data-tooltip='Failed']").first
    failed.wait_for()
    colour = failed.evaluate("e => getComputedStyle(e).color")
    red, green, blue = (int(part) for part in colour.strip("rgb()").split(",")[:3])
    assert red > 2 * max(green, blue), colour


def test_back_issues_are_backfilled_from_the_page(page: Page, served: Served) -> None:
    asset(page, served, "briefings/weekly").click()
    page.locator("button:has-text('Confirm')").click()  # the publication is not Dagster's own
    wanted = page.locator("input[type=text]").last
    wanted.fill("[2024-W37-1...2024-W38-1]")
    wanted.press("Enter")
    page.get_by_text("2 partitions", exact=True).wait_for()
    launch(page, page.locator("button:has-text('Launch backfill')"))
    pages = [served.home / "reports" / "out" / "weekly" / week / "index.html"
             for week in ("2024-W37", "2024-W38")]  # fmt: skip
    until = time.monotonic() + PATIENCE_S
    while not all(path.exists() for path in pages):
        assert time.monotonic() < until, "no issue was rendered"
        time.sleep(0.5)
    title = page.get_by_text("The model market in week 2024-W37")
    for _ in range(20):  # the details of a partition do not refresh themselves
        page.goto(f"{served.url}/assets/briefings/weekly?view=partitions&partition=2024-W37-1")
        with contextlib.suppress(TimeoutError):
            title.wait_for(timeout=15_000)
            break
    title.wait_for()
    page.get_by_text("[Show Markdown]").first.click()
    drawn = "[...document.images].some(i => i.src.startsWith('data:image/svg') && i.naturalWidth)"
    page.wait_for_function(drawn)


def test_serve_stops_with_all_it_started(served: Served) -> None:
    """The last of this file: what it stops is served to the others."""
    here = {
        int(entry.name)
        for entry in Path("/proc").iterdir()
        if entry.name.isdigit() and _belongs(entry, str(served.home))
    }
    assert len(here) > 2
    served.process.send_signal(signal.SIGINT)
    assert served.process.wait(timeout=60) == 0
    until = time.monotonic() + 20
    while any(Path(f"/proc/{process}").exists() for process in here):
        assert time.monotonic() < until, "something is left running"
        time.sleep(0.2)


def _belongs(entry: Path, home: str) -> bool:
    try:
        return f"BELLWETHER_HOME={home}".encode() in (entry / "environ").read_bytes()
    except OSError:
        return False
