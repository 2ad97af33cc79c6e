"""Print the whole book as a PDF: `make pdf` calls this after it has built the book as one page.

    python figures/print_book.py _pdf/_build/singlehtml/index.html _pdf/sequence-to-sequence.pdf

An installed Chromium prints; what is folded on the screen is open on paper, and for what runs on the screen there is
its picture. The headings become the PDF's outline, and what can be packed is packed.
"""

import sys
from pathlib import Path

from chromium import launch
from pack_pdf import pack
from playwright.sync_api import sync_playwright

FOOTER = """<div style="font-size: 8px; width: 100%; text-align: center; color: #555">
    <span class="pageNumber"></span></div>"""
WAIT_MS = 600_000  # all pages in one take their time
UNFOLD = """() => {
    document.querySelectorAll(".s2s-live").forEach(place => {
        const still = place.querySelector("noscript")?.textContent ?? ""
        place.outerHTML = still.includes("<img") ? still.slice(still.indexOf("<img")) : ""
    })
    document.querySelector("article > section > .in-the-reference")?.remove()  // the first page's, at the book's end
    document.querySelectorAll("details").forEach(e => { e.open = true })
    document.querySelectorAll(".toggle-hidden").forEach(e => e.classList.remove("toggle-hidden"))
    document.querySelectorAll("img").forEach(e => { e.loading = "eager" })
}"""

# A coloured word of code would be an element of the PDF of its own, 170,000 in all: a block becomes one text, and its
# colours are laid over it.
ONE_TEXT = """() => {
    const colours = new Map(), sheet = document.createElement("style")
    for (const block of document.querySelectorAll(".highlight pre")) {
        const parts = []
        let end = 0
        for (const walk = document.createTreeWalker(block, NodeFilter.SHOW_TEXT); walk.nextNode();) {
            const start = end
            end += walk.currentNode.length
            parts.push([getComputedStyle(walk.currentNode.parentElement).color, start, end])
        }
        block.textContent = block.textContent
        const text = block.firstChild, own = getComputedStyle(block).color
        for (const [colour, start, end] of parts) {
            if (colour === own || start === end) continue
            if (!colours.has(colour)) colours.set(colour, new Highlight())
            colours.get(colour).add(new StaticRange({
                startContainer: text, startOffset: start, endContainer: text, endOffset: end,
            }))
        }
    }
    let number = 0
    for (const [colour, ranges] of colours) {
        CSS.highlights.set(`code-${++number}`, ranges)
        sheet.textContent += `::highlight(code-${number}) { color: ${colour} }`
    }
    document.head.append(sheet)
}"""


def print_book(page, pdf):
    """Print the HTML file `page` to the file `pdf`; raises FileNotFoundError where no browser is installed."""
    with sync_playwright() as playwright:
        browser = launch(playwright)
        tab = browser.new_page(color_scheme="light")
        tab.set_default_timeout(WAIT_MS)
        tab.route("**/_static/live/*.js", lambda route: route.abort())
        tab.goto(Path(page).resolve().as_uri())
        tab.evaluate("window.MathJax?.startup?.promise.then(() => null)")
        tab.evaluate(UNFOLD)
        tab.evaluate(ONE_TEXT)
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
    Path(pdf).write_bytes(pack(Path(pdf).read_bytes()))


if __name__ == "__main__":
    try:
        print_book(*sys.argv[1:])
    except FileNotFoundError as error:
        sys.exit(str(error))
