"""Take the README's picture, the first screen of a page of the built book.

    make book && python figures/page.py

Needs Chromium, as the tests of the built pages do.
"""

from pathlib import Path

from chromium import launch
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "_build" / "html" / "architecture" / "encoder.html"
PICTURE = Path(__file__).with_suffix(".png")


def main():
    with sync_playwright() as playwright:
        browser = launch(playwright)
        page = browser.new_page(viewport={"width": 1280, "height": 860})
        page.goto(PAGE.as_uri())
        page.evaluate("MathJax.startup.promise.then(() => null)")
        page.evaluate("document.fonts.ready.then(() => null)")
        page.screenshot(path=PICTURE)
        browser.close()


if __name__ == "__main__":
    main()
