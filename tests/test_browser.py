"""Rendered pages in a real browser: three widths, light and dark, keyboard, print, the site."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright
from test_briefing import HOSTILE, ORDERS

from pipelines.briefings.render import render
from pipelines.briefings.site import build
from pipelines.briefings.theme import Theme
from pipelines.settings import PROJECT
from pipelines.tables import Connection

pytestmark = pytest.mark.browser
#: Without these a browser on a closed network keeps trying to reach its maker.
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
PAGES = ["site", *ORDERS]


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
def site(edition: Connection, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A briefing of every kind, and the site over them."""
    out = tmp_path_factory.mktemp("site")
    found = {kind: render(edition, order, out) / "index.html" for kind, order in ORDERS.items()}
    assert build(out, edition, Theme()) == (len(ORDERS), [])
    return {**found, "site": out / "index.html"}


def opened(browser: Browser, path: Path, width: int = 1440, scheme: str = "light") -> Page:
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme="dark" if scheme == "dark" else "light",
    )
    page = context.new_page()
    page.goto(path.as_uri())
    return page


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 768, 1440])
@pytest.mark.parametrize("name", PAGES)
def test_the_page_is_calm_and_accessible_at_every_width(
    browser: Browser, site: dict[str, Path], name: str, width: int, scheme: str
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
    page.goto(site[name].as_uri())
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert errors == []
    assert requests == [site[name].as_uri()]
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for chart in page.locator("svg[role=img]").all():
        assert chart.locator("title").first.text_content()
    found = Axe().run(page).response["violations"]
    serious = [
        (v["id"], v["nodes"][0]["html"][:120], v["nodes"][0]["failureSummary"])
        for v in found
        if v["impact"] in ("serious", "critical")
    ]
    assert serious == []
    context.close()


def test_dark_is_dark_and_light_is_light(browser: Browser, site: dict[str, Path]) -> None:
    shades = {}
    for scheme in ("light", "dark"):
        page = opened(browser, site["launch"], scheme=scheme)
        colour = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
        shades[scheme] = sum(int(n) for n in colour.strip("rgba()").split(",")[:3])
        page.context.close()
    assert shades["dark"] < 200 < shades["light"]


def test_a_figure_leads_to_its_fact(browser: Browser, site: dict[str, Path]) -> None:
    page = opened(browser, site["launch"])
    figure = page.locator("a[title]").first
    target = figure.get_attribute("href")
    assert target is not None
    figure.click()
    assert page.locator(target).is_visible()
    page.context.close()


@pytest.mark.parametrize("name", PAGES)
def test_the_keyboard_reaches_everything(
    browser: Browser, site: dict[str, Path], name: str
) -> None:
    """Tab visits every link, field and scrolling box; each shows that it has the focus."""
    page = opened(browser, site[name])
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    stops = 'a[href], summary, input, select, button, [tabindex="0"]'
    wanted = page.evaluate(
        "stops => [...document.querySelectorAll(stops)].filter(e => e.getClientRects().length)"
        ".map((e, i) => e.dataset.stop = String(i)).length",
        stops,
    )
    assert wanted > 10
    reached = set()
    for _ in range(min(wanted, 400) + 3):
        page.keyboard.press("Tab")
        stop = page.evaluate("document.activeElement.dataset.stop")
        if stop is None:
            break
        reached.add(int(stop))
    # The scroller of a chart is a stop of its own only where it scrolls or says tabindex.
    missed = [i for i in range(min(wanted, 400)) if i not in reached]
    assert missed == []
    outline = page.evaluate(
        "(() => { const a = document.querySelector('main a'); a.focus({focusVisible: true}); "
        "return getComputedStyle(a).outlineStyle })()"
    )
    assert outline != "none"
    page.context.close()


@pytest.mark.parametrize("name", list(ORDERS))
def test_nothing_is_clipped_in_print(browser: Browser, site: dict[str, Path], name: str) -> None:
    page = opened(browser, site[name])
    page.set_viewport_size({"width": 674, "height": 1000})  # A4 less its margins
    page.emulate_media(media="print")
    assert page.evaluate("document.documentElement.scrollWidth") <= 674
    for chart in page.locator("svg[role=img]").all():
        box = chart.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 675
        assert box["height"] <= 880
    page.context.close()


def test_charts_need_no_colour(browser: Browser, site: dict[str, Path]) -> None:
    """Series of a chart differ in dash, and kinds of mark in shape, not in colour alone."""
    page = opened(browser, site["launch"])
    lines = page.evaluate(
        "[...document.querySelectorAll('svg path.l-one, svg path.l-five')]"
        ".map(p => [p.getAttribute('class'), p.getAttribute('stroke-dasharray')])"
    )
    assert {tuple(line) for line in lines} == {("l-one", None), ("l-five", "6 4")}
    page.context.close()


def test_hovering_tells_the_fact_and_its_source(browser: Browser, site: dict[str, Path]) -> None:
    page = opened(browser, site["launch"])
    words = page.evaluate(
        "[...document.querySelectorAll('figure svg .f-two > title')].map("
        "t => [t.textContent, t.closest('svg').querySelector('title').textContent])"
    )
    said = [(own, whole) for own, whole in words if re.match(r"o1-mini: \$\d.* capability ", own)]
    assert said
    for own, whole in said:  # by the mark, or once by its chart if all its marks have that source
        assert (". Source: " in own) != (". Source: " in whole)
    page.context.close()


# ------------------------------------------------------------------ the site


def shown(page: Page) -> list[str]:
    found: list[str] = page.evaluate(
        "[...document.querySelectorAll('#list > li:not([hidden])')].map(e => e.dataset.kind)"
    )
    return found


def test_search_and_filters_work_from_a_file(browser: Browser, site: dict[str, Path]) -> None:
    page = opened(browser, site["site"])
    assert sorted(shown(page)) == sorted(ORDERS)
    page.fill("#search", "o1-mini WEEK")
    assert shown(page) == ["weekly"]
    assert page.inner_text("#count") == "1 of 5 briefings"
    page.fill("#search", "no such words")
    assert shown(page) == []
    page.click("button[type=reset]")
    page.wait_for_function("document.querySelectorAll('#list > li[hidden]').length === 0")
    page.select_option("#kind", "monthly")
    assert shown(page) == ["monthly"]
    page.select_option("#kind", "")
    page.select_option("#vendor", "OpenAI")
    assert {"launch", "model"} <= set(shown(page))
    assert "scorecard" not in shown(page)
    page.select_option("#vendor", "")
    page.select_option("#status", "verified")
    assert shown(page) == []
    page.context.close()


def test_the_index_leads_to_the_briefings_and_back(browser: Browser, site: dict[str, Path]) -> None:
    page = opened(browser, site["site"])
    page.click("#list h2 a >> nth=0")
    assert page.locator("h1").count() == 1
    page.click("text=All briefings")
    assert page.title().startswith("Briefings")
    page.context.close()


def test_the_list_is_there_without_scripts(browser: Browser, site: dict[str, Path]) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(site["site"].as_uri())
    assert page.locator("#list > li").count() == len(ORDERS)
    assert not page.locator("#filters").is_visible()
    context.close()


def test_hostile_words_do_nothing_in_the_index(
    browser: Browser, edition: Connection, tmp_path: Path
) -> None:
    folder = render(edition, ORDERS["weekly"], tmp_path)
    manifest = folder / "briefing.json"
    attack = HOSTILE.replace('"', "'").replace("\u202e", "") + "</script><img src=x onerror=a>"
    manifest.write_text(re.sub(r'"title": "[^"]*"', lambda _: f'"title": "{attack}"',
                               manifest.read_text()), encoding="utf-8")  # fmt: skip
    build(tmp_path, edition, Theme())
    page = browser.new_page()
    said: list[str] = []
    page.on("dialog", lambda dialog: said.append(dialog.message))
    page.on("console", lambda message: said.append(message.text))
    page.goto((tmp_path / "index.html").as_uri())
    assert page.locator("img").count() == 0
    assert "<script>alert(1)</script>" in page.inner_text("h2")
    assert said == []
    page.close()


def test_the_html_validates(site: dict[str, Path]) -> None:
    """The Nu Html Checker, which .ci/run installs, has no error on any page."""
    tools = Path(os.environ.get("BELLWETHER_TOOLS") or PROJECT / ".ci" / "tools")
    jar = tools / "node_modules" / "vnu-jar" / "build" / "dist" / "vnu.jar"
    java = shutil.which("java")
    if java is None or not jar.exists():
        pytest.skip(f"no Nu Html Checker: npm install --prefix {tools} vnu-jar, and a Java")
    done = subprocess.run(
        [java, "-jar", str(jar), "--errors-only", *map(str, site.values())],
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.stderr == ""
    assert done.returncode == 0
