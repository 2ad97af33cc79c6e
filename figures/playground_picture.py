"""Take the picture that stands on the page Playground where there is no JavaScript, and on paper.

    make book && python figures/playground_picture.py

Needs Chromium, as the tests of the built pages do.
"""

import shutil
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "_build" / "html" / "playground.html"
PICTURE = ROOT / "figures" / "playground.png"


def main():
    browser_path = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=browser_path, args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.goto(PAGE.as_uri())
        page.get_by_text("tokens written").wait_for()
        page.get_by_label("Beam", exact=True).select_option("2")
        page.evaluate("document.activeElement.blur()")
        page.locator(".s2s-live").screenshot(path=PICTURE)
        browser.close()


if __name__ == "__main__":
    main()
