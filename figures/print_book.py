"""Print the whole book as a PDF: `make pdf` calls this after it has built the book as one page.

    python figures/print_book.py _pdf/_build/singlehtml/index.html _pdf/sequence-to-sequence.pdf

An installed Chromium prints; what is folded on the screen is open on paper. The headings become the PDF's outline.
"""

import sys
from pathlib import Path

from chromium import launch
from playwright.sync_api import sync_playwright

FOOTER = """<div style="font-size: 8px; width: 100%; text-align: center; color: #555">
    <span class="pageNumber"></span></div>"""
UNFOLD = """() => {
    document.querySelectorAll("details").forEach(e => { e.open = true })
    document.querySelectorAll(".toggle-hidden").forEach(e => e.classList.remove("toggle-hidden"))
    document.querySelectorAll("img").forEach(e => { e.loading = "eager" })
}"""


def print_book(page, pdf):
    """Print the HTML file `page` to the file `pdf`; raises FileNotFoundError where no browser is installed."""
    with sync_playwright() as playwright:
        browser = launch(playwright)
        tab = browser.new_page(color_scheme="light")
        tab.goto(Path(page).resolve().as_uri())
        tab.evaluate("window.MathJax?.startup?.promise.then(() => null)")
        tab.evaluate(UNFOLD)
        tab.wait_for_function("[...document.images].every(image => image.complete)")
        tab.pdf(
            path=pdf,
            format="A4",
            scale=0.68,
            margin={"top": "18mm", "bottom": "18mm", "left": "16mm", "right": "16mm"},
            display_header_footer=True,
            header_template="<span></span>",
            footer_template=FOOTER,
            outline=True,
            tagged=True,
        )
        browser.close()


if __name__ == "__main__":
    try:
        print_book(*sys.argv[1:])
    except FileNotFoundError as error:
        sys.exit(str(error))
