"""What a page of the built book weighs, and when it is seen: make book && python benchmarks/page_weight.py

Each page is opened in an installed Chromium, with nothing in its cache, from a server on this machine that compresses
nothing, and read from its head to its end. Weight: all bytes that come. First paint: when the first text or picture
is seen. Shift: how far what is seen jumps (Chromium's cumulative layout shift). A page's figures are the medians over
the turns.
"""

import json
import sys
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import numpy as np
import report
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parent.parent
SITE = ROOT / "_build" / "html"
WIDTHS = {"wide": 1280, "narrow": 390}
WATCH = """window.shift = 0
new PerformanceObserver(list => list.getEntries().forEach(e => { shift += e.hadRecentInput ? 0 : e.value }))
    .observe({type: "layout-shift", buffered: true})"""
READ = """async () => {
    await window.MathJax?.startup?.promise
    for (let y = 0; y < document.documentElement.scrollHeight; y += 700) {
        scrollTo(0, y)
        await new Promise(drawn => requestAnimationFrame(() => setTimeout(drawn, 20)))
    }
}"""
FOUND = """() => ({
    first_paint_ms: performance.getEntriesByName("first-contentful-paint")[0].startTime, shift
})"""
QUIET_MS = 300  # without an answer, and a page has come whole


class Quiet(SimpleHTTPRequestHandler):
    """A server that keeps connections open, as real ones do, and prints nothing."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *what):
        pass


@contextmanager
def served(site):
    """A server of a folder on this machine: its address, while the block runs."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(site)))
    server.daemon_threads = True
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def visit(browser, address, width=WIDTHS["wide"]):
    """Read a page to its end; return its `weight` in bytes, `first_paint_ms`, `shift`, and the `files` asked for."""
    context = browser.new_context(viewport={"width": width, "height": 900})
    try:
        context.add_init_script(WATCH)
        tab = context.new_page()
        session = context.new_cdp_session(tab)
        session.send("Network.enable")
        files, sizes = [], []
        session.on("Network.requestWillBeSent", lambda sent: files.append(sent["request"]["url"]))  # fmt: skip
        session.on("Network.loadingFinished", lambda came: sizes.append(came["encodedDataLength"]))  # fmt: skip
        tab.goto(address, wait_until="load")
        tab.evaluate(READ)
        seen = -1
        while len(sizes) > seen:
            seen = len(sizes)
            tab.wait_for_timeout(QUIET_MS)
        return {"weight": sum(sizes), "files": files, **tab.evaluate(FOUND)}
    finally:
        context.close()


def pages():
    """Return the names of the book's pages, without the package's source files."""
    apart = SITE / "_static", SITE / "_modules"
    return sorted(
        path.relative_to(SITE).as_posix()
        for path in SITE.rglob("*.html")
        if not any(folder in path.parents for folder in apart)
    )


def main():
    sys.path.append(str(ROOT / "figures"))  # where the browser is found for all
    import chromium

    arguments = report.options(__doc__, turns=3).parse_args()
    measured = {}
    with sync_playwright() as playwright, served(SITE) as address:
        browser = chromium.launch(playwright)
        visit(browser, f"{address}/index.html")  # the browser's own start
        for page in pages():
            visits = {
                name: [visit(browser, f"{address}/{page}", width) for _ in range(arguments.turns)]
                for name, width in WIDTHS.items()
            }  # fmt: skip
            measured[page] = summed_up(visits)
        browser.close()
    columns = ("weight_mb", "first_paint_ms", "shift_wide", "shift_narrow")
    heaviest = sorted(measured.items(), key=lambda one: -one[1]["weight_mb"])
    report.print_table(
        f"{len(measured)} pages, the heaviest first",
        ["", "MB", "first paint, ms", "shift, wide", "shift, narrow"],
        [[page, *(f"{found[name]:.4g}" for name in columns)] for page, found in heaviest],
    )  # fmt: skip
    worst = {name: max(found[name] for found in measured.values()) for name in columns}
    print(json.dumps({"worst": worst}))
    report.keep("page_weight", arguments, {"worst": worst, "pages": measured})


def summed_up(visits):
    """Return the figures of a page from its visits at each width."""

    def middle(name, *widths):
        return float(np.median([v[name] for width in widths for v in visits[width]]))

    return {
        "weight_mb": report.rounded(middle("weight", "wide") / 1e6),
        "first_paint_ms": report.rounded(middle("first_paint_ms", "wide", "narrow")),
        **{f"shift_{width}": report.rounded(middle("shift", width), 3) for width in WIDTHS},
    }  # fmt: skip


if __name__ == "__main__":
    main()
