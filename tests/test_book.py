"""The built book, opened in a real browser from the file system, wide and narrow.

The pages are those under `_build/html`; a build that is older than its sources fails rather than passes.
"""

import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

ROOT = Path(__file__).parent.parent
SITE = ROOT / "_build" / "html"
SOURCES = ("book", "s2s_np", "figures", "_config.yml")
PAGES = sorted(
    path.relative_to(SITE).as_posix()
    for path in SITE.rglob("*.html")
    if SITE / "_static" not in path.parents  # there lie the theme's templates
)
WIDTHS = {"wide": 1280, "narrow": 390}
ELSEWHERE = re.compile("^(?!file:|data:|blob:)")

# What the browser is asked about an open page, and the answer in Python: lists, empty when all is well.
UNRENDERED = """[
    ...[...document.querySelectorAll(".math")].filter(e => !e.querySelector("mjx-container mjx-math")),
    ...document.querySelectorAll("mjx-merror"),
].map(e => e.dataset.mjxError ?? e.textContent)"""
STRAY_DOLLARS = """[...document.querySelectorAll("article :is(p, li, td, th, dd, figcaption, h1, h2, h3, h4)")]
    .map(e => {
        const copy = e.cloneNode(true)
        copy.querySelectorAll(".math, code, pre").forEach(part => part.remove())
        return copy.textContent.trim()
    })
    .filter(text => /\\$[^$]+\\$/.test(text))"""
PICTURES = """[...document.images].map(i => ({source: i.getAttribute("src"), width: i.naturalWidth, alt: i.alt}))"""
LOADED = """Promise.all([...document.images].filter(i => !i.complete).map(
    i => new Promise(done => { i.onload = i.onerror = () => done() })
))"""
MISSING_FONTS = """document.fonts.ready.then(
    fonts => [...fonts].filter(f => f.status === "error").map(f => f.family))"""
DISTORTED = """[...document.images]
    .filter(i => i.clientHeight)
    .filter(i => Math.abs(i.clientWidth * i.naturalHeight / i.clientHeight / i.naturalWidth - 1) > 0.03)
    .map(i => i.getAttribute("src"))"""
TOO_WIDE = """document.documentElement.scrollWidth <= innerWidth ? [] :
    [...document.querySelectorAll("body *")]
        .map(e => [Math.round(e.getBoundingClientRect().right), e.tagName, e.textContent.trim().slice(0, 40)])
        .sort((a, b) => b[0] - a[0])
        .slice(0, 3)"""


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


@pytest.mark.parametrize("name", ["index.html", "_modules/s2s_np/gru.html"])
def test_these_pages_are_there(name):
    assert name in PAGES


@pytest.fixture(scope="session")
def tab(browser):
    """One tab for all pages, with what the open page asked for and complained of."""
    tab = browser.new_page()
    tab.route(ELSEWHERE, lambda route: route.abort())
    tab.on("request", lambda sent: tab.requests.append(sent.url))
    tab.on("pageerror", lambda error: tab.complaints.append(str(error)))
    tab.on("console", lambda said: tab.complaints.append(said.text) if said.type == "error" else None)  # fmt: skip
    return tab


@pytest.mark.parametrize("page_name", PAGES)
def test_a_page_opens_from_disk_whole_and_fits_every_screen(tab, page_name):
    tab.requests, tab.complaints = [], []
    tab.set_viewport_size({"width": WIDTHS["wide"], "height": 900})
    tab.goto((SITE / page_name).as_uri())
    tab.evaluate("window.MathJax?.startup?.promise.then(() => null)")
    tab.evaluate(
        "document.querySelectorAll('img').forEach(i => { i.loading = 'eager' })"
    )
    tab.evaluate(LOADED)

    elsewhere = [url for url in tab.requests if ELSEWHERE.match(url)]
    assert not elsewhere, f"{page_name} asks another machine for {elsewhere}"
    assert not tab.complaints, f"{page_name} complains: {tab.complaints}"
    unrendered = tab.evaluate(UNRENDERED) + tab.evaluate(STRAY_DOLLARS)
    assert not unrendered, f"{page_name} has formulas as text: {unrendered}"
    missing = tab.evaluate(MISSING_FONTS)
    assert not missing, f"{page_name}: fonts {missing} do not load"
    for picture in tab.evaluate(PICTURES):
        source = picture["source"]
        assert picture["width"], f"{page_name}: picture {source} does not load"
        assert picture["alt"].strip() not in ("", source), (
            f"{page_name}: picture {source} has no alt text"
        )
    for width in WIDTHS.values():
        tab.set_viewport_size({"width": width, "height": 900})
        distorted = tab.evaluate(DISTORTED)
        assert not distorted, f"{page_name} at {width} px stretches {distorted}"
        too_wide = tab.evaluate(TOO_WIDE)
        assert not too_wide, f"{page_name} at {width} px is too wide: {too_wide}"


class Links(HTMLParser):
    """The links of a page, and the ids that links can lead to."""

    def __init__(self, path):
        super().__init__()
        self.links, self.ids = [], {"top"}
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
        assert parts.scheme != "file", f"{page_name} links to this machine: {link}"
        if parts.scheme or parts.netloc:
            continue
        target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
        assert target.is_file(), f"{page_name} links to {link}, which is not there"
        if parts.fragment and target in parsed:
            assert unquote(parts.fragment) in parsed[target].ids, (
                f"{page_name}: no {link}"
            )


REFERENCE = SITE / "api.html"
ENTRIES = re.compile(
    r'<dl class="py (?:function|class|exception)">\s*<dt [^>]*id="([^"]+)"'
)


def names_of_entries():
    """Return the names of all functions, classes and exceptions on the reference page."""
    if not REFERENCE.is_file():
        return []
    return ENTRIES.findall(REFERENCE.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", names_of_entries())
def test_an_entry_of_the_api_has_its_source_and_its_pages_and_they_lead_back(name):
    text = REFERENCE.read_text(encoding="utf-8")
    entry = ENTRIES.split(text.partition(f'id="{name}"')[2])[0]
    assert re.search(rf'href="_modules/[\w/]+\.html#{name.rpartition(".")[2]}"', entry)
    pages = re.findall(r'href="([^"]+)"', re.search(r"<p>Page: (.*?)</p>", entry)[1])
    assert pages, f"{name} names no page that explains it"
    for page in pages:
        text = (SITE / page).read_text(encoding="utf-8")
        assert f'api.html#{name}"' in text, f"{page} does not lead back to {name}"


def test_the_reference_sets_docstrings_as_text():
    text = REFERENCE.read_text(encoding="utf-8")
    text = text[text.index("<article") : text.index("</article>")]
    prose = re.sub(r"<pre>.*?</pre>|<[^>]+>", "", text, flags=re.DOTALL)
    assert "Arguments" in prose
    assert not re.findall(r".{20}(?:`|\(book: |(?<!\()\*\w).{20}", prose)
