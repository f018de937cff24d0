"""Takes the pictures of the README: briefings from the published warehouse, in headless Chromium.

Run by `make pictures`. Needs Chromium on the machine and the development dependencies.
"""

import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

from pipelines.briefings.render import Desk, Order, render
from pipelines.briefings.theme import read_theme
from pipelines.settings import PROJECT, Settings
from pipelines.warehouse import open_reader

FOLDER = PROJECT / "docs" / "pictures"
WIDTH, HEIGHT = 1000, 1180
#: Picture, briefing, scheme, and the heading or chart at its top (none: the page's own).
PICTURES = [
    ("launch.png", Order("launch", "o1-mini"), "light", None),
    ("frontier.png", Order("launch", "o1-mini"), "dark", "#positioning"),
    ("weekly.png", Order("weekly", "2024-W37"), "light", None),
    ("prices.png", Order("monthly", "2025-08"), "light", "#price-of-capability"),
]


def main() -> int:
    """Render and photograph; returns an exit code."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        print("no Chromium on this machine; install it first", file=sys.stderr)
        return 1
    settings = Settings()
    connection = open_reader(settings)
    FOLDER.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        for name, order, scheme, top in PICTURES:
            desk = Desk(read_theme(settings.theme))
            page_file = render(connection, order, settings.reports, desk) / "index.html"
            page = browser.new_page(
                viewport={"width": WIDTH, "height": HEIGHT},
                color_scheme="dark" if scheme == "dark" else "light",
            )
            page.goto(page_file.as_uri())
            if top:
                page.evaluate("top => document.querySelector(top).scrollIntoView()", top)
            page.screenshot(path=FOLDER / name)
            page.close()
            print(Path("docs") / "pictures" / name)
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
