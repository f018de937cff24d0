"""The rendered page in a real browser, at three widths, light and dark."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from pipelines.briefings.render import Order, render
from pipelines.tables import Connection

pytestmark = pytest.mark.browser
#: Without these a browser on a closed network keeps trying to reach its maker.
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        pytest.skip("no Chromium on this machine")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield started
        started.close()


@pytest.fixture(scope="module")
def page_path(edition: Connection, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = render(edition, Order("launch", "o1-mini"), tmp_path_factory.mktemp("page"))
    return folder / "index.html"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 768, 1440])
def test_the_page_is_calm_at_every_width(
    browser: Browser, page_path: Path, width: int, scheme: str
) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme="dark" if scheme == "dark" else "light",
    )
    page = context.new_page()
    errors: list[str] = []
    requests: list[str] = []
    page.on("console", lambda message: errors.append(message.text))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("request", lambda request: requests.append(request.url))
    page.goto(page_path.as_uri())
    assert errors == []
    assert requests == [page_path.as_uri()]
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator("svg").count() >= 2
    for chart in page.locator("svg[role=img]").all():
        assert chart.locator("title").first.text_content()
    context.close()


def test_dark_is_dark_and_light_is_light(browser: Browser, page_path: Path) -> None:
    shades = {}
    for scheme in ("light", "dark"):
        context = browser.new_context(color_scheme="dark" if scheme == "dark" else "light")
        page = context.new_page()
        page.goto(page_path.as_uri())
        colour = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
        shades[scheme] = sum(int(n) for n in colour.strip("rgba()").split(",")[:3])
        context.close()
    assert shades["dark"] < 200 < shades["light"]


def test_a_figure_leads_to_its_fact(browser: Browser, page_path: Path) -> None:
    page = browser.new_page()
    page.goto(page_path.as_uri())
    figure = page.locator("a.fact").first
    target = figure.get_attribute("href")
    assert target is not None
    figure.click()
    assert page.locator(target).is_visible()
    page.close()


def test_charts_are_not_clipped_in_print(browser: Browser, page_path: Path) -> None:
    page = browser.new_page(viewport={"width": 794, "height": 1123})
    page.goto(page_path.as_uri())
    page.emulate_media(media="print")
    for chart in page.locator("svg[role=img]").all():
        box = chart.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 794 + 1
    page.close()
