"""Take the pictures that stand for the live parts where there is no JavaScript, and on paper.

    make book && python figures/playground_pictures.py

Needs Chromium, as the tests of the built pages do.
"""

from pathlib import Path

from chromium import launch
from playwright.sync_api import sync_playwright

HERE = Path(__file__).parent
SITE = HERE.parent / "_build" / "html"
# Each picture: its page, and the beam that is chosen, where there is a choice.
PICTURES = {
    "playground": ("playground", "2"),
    "playground_encoder": ("architecture/encoder", None),
    "playground_decoder": ("architecture/decoder", None),
    "playground_generator": ("architecture/generator", "3"),
}


def main():
    with sync_playwright() as playwright:
        browser = launch(playwright)
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        for name, (place, beam) in PICTURES.items():
            page.goto((SITE / f"{place}.html").as_uri())
            page.locator(".s2s-said", has_text="read").wait_for()
            page.evaluate("document.fonts.ready.then(() => null)")
            if beam:
                page.get_by_label("Beam", exact=True).select_option(beam)
            page.evaluate("document.activeElement.blur()")
            page.locator(".s2s-live").screenshot(path=HERE / f"{name}.png")
        browser.close()


if __name__ == "__main__":
    main()
