"""The built book, opened in a real browser from the file system, wide and narrow.

The pages are those under `_build/html`; a build that is older than its sources fails rather than passes.
"""

import os
import shutil
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

ROOT = Path(__file__).parent.parent
SITE = ROOT / "_build" / "html"
SOURCES = ("book", "s2s_np", "figures", "_config.yml")
PAGES = sorted(str(path.relative_to(SITE)) for path in SITE.rglob("*.html"))
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
WIDTHS = {"wide": 1280, "narrow": 390}


def test_the_build_is_newer_than_its_sources():
    assert PAGES, "there is no built book: make book"
    files = [
        path
        for name in SOURCES
        for path in [ROOT / name, *(ROOT / name).rglob("*")]
        if path.is_file()
    ]
    newest = max(
        (path for path in files if path.suffix != ".pyc"),
        key=lambda path: path.stat().st_mtime,
    )
    built = (SITE / "index.html").stat().st_mtime
    assert newest.stat().st_mtime <= built, (
        f"{newest.relative_to(ROOT)} is newer than the build: make book"
    )


@pytest.fixture(scope="session")
def browser():
    """A browser of this machine; without one the tests skip, but under CI they fail."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        if os.environ.get("CI"):
            pytest.fail(f"no browser: none of {', '.join(BROWSERS)} is installed")
        pytest.skip(
            "no browser: install Chromium (on Debian and Ubuntu: apt-get install chromium)"
        )
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(params=WIDTHS)
def opened(request, browser, page_name):
    """A page as a reader sees it, with what it asked for and complained of while it loaded."""
    context = browser.new_context(
        viewport={"width": WIDTHS[request.param], "height": 900}
    )
    page = context.new_page()
    page.requests, page.complaints = [], []
    page.on("request", lambda sent: page.requests.append(sent.url))
    page.on(
        "console",
        lambda said: (
            page.complaints.append(said.text) if said.type == "error" else None
        ),
    )
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    page.goto((SITE / page_name).as_uri())
    page.wait_for_function("!window.MathJax?.startup?.promise || window.mathDone || "
                           "(MathJax.startup.promise.then(() => window.mathDone = true), false)")  # fmt: skip
    yield page
    context.close()


@pytest.mark.parametrize("page_name", PAGES)
def test_a_page_opens_from_disk_whole_and_fits_the_screen(opened, page_name):
    elsewhere = [
        url
        for url in opened.requests
        if urlsplit(url).scheme not in ("file", "data", "blob")
    ]
    assert not elsewhere, f"{page_name} asks another machine for {elsewhere}"
    assert not opened.complaints, f"{page_name} complains: {opened.complaints}"

    raw = opened.evaluate("[...document.querySelectorAll('.math')].filter(e => !e.querySelector('mjx-container svg'))"
                          ".map(e => e.textContent)")  # fmt: skip
    assert not raw, f"{page_name}: formulas that were not rendered: {raw}"
    wrong = opened.evaluate(
        "[...document.querySelectorAll('[data-mml-node=merror]')].map(e => e.textContent)"
    )
    assert not wrong, f"{page_name}: formulas with errors: {wrong}"

    opened.evaluate(
        "document.querySelectorAll('img').forEach(image => image.loading = 'eager')"
    )
    opened.wait_for_function("[...document.images].every(image => image.complete)")
    images = opened.evaluate(
        "[...document.images].map(i => [i.getAttribute('src'), i.naturalWidth, i.alt])"
    )
    missing = [source for source, width, _ in images if width == 0]
    assert not missing, f"{page_name}: pictures that did not load: {missing}"
    silent = [
        source for source, _, alt in images if not alt.strip() or alt.strip() == source
    ]
    assert not silent, f"{page_name}: pictures without alt text: {silent}"

    width, room = opened.evaluate(
        "[document.documentElement.scrollWidth, window.innerWidth]"
    )
    assert width <= room, f"{page_name} is {width} px wide on a screen of {room} px"


class Links(HTMLParser):
    """The links of a page, and the ids that links can lead to."""

    def __init__(self, path):
        super().__init__()
        self.links, self.ids = [], set()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.ids.update(filter(None, (attributes.get("id"), attributes.get("name"))))
        for name in ("href", "src"):
            if attributes.get(name):
                self.links.append(attributes[name])


@pytest.fixture(scope="session")
def parsed():
    """Every page, parsed."""
    return {SITE / name: Links(SITE / name) for name in PAGES}


@pytest.mark.parametrize("page_name", PAGES)
def test_every_link_within_the_book_leads_somewhere(page_name, parsed):
    page = SITE / page_name
    for link in parsed[page].links:
        parts = urlsplit(link)
        if parts.scheme or parts.netloc:
            continue
        target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
        assert target.exists(), f"{page_name} links to {link}, which is not there"
        if parts.fragment and target in parsed and target.name != "search.html":
            assert unquote(parts.fragment) in parsed[target].ids | {"top"}, (
                f"{page_name}: no {link}"
            )


@pytest.mark.parametrize("name", ["index.html", "_modules/s2s_np/gru.html"])
def test_these_pages_are_there(name):
    assert name in PAGES
