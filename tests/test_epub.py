"""The book as an EPUB: whole, well formed, and closed in itself."""

import io
import subprocess
import sys
import zipfile
from pathlib import Path
from posixpath import dirname, join, normpath
from urllib.parse import unquote, urldefrag, urlsplit

import bind_book
import numpy as np
import pytest
from lxml import etree
from PIL import Image
from test_book import SITE

SCRIPT = Path(bind_book.__file__)
NAMES = {
    "o": "http://www.idpf.org/2007/opf",
    "h": "http://www.w3.org/1999/xhtml",
    "m": "http://www.w3.org/1998/Math/MathML",
    "d": "http://purl.org/dc/elements/1.1/",
    "e": "http://www.idpf.org/2007/ops",
}
SMALL = """<!doctype html><html><body><nav class="bd-links"><div class="bd-toc-item"><ul>
<li><a href="index.html">One</a></li><li><a href="in/two.html">Two</a></li></ul></div></nav>
<article><section id="one"><h1>One<a class="headerlink" href="#one">#</a></h1>
<section id="part"><h2>Part</h2><p>가 &amp; <a href="in/two.html#end">two</a>, <a href="_modules/x.html">code</a></p>
<button>Copy</button><details><summary>Hint</summary><p>folded</p></details>
<div class="s2s-live"><noscript><p>Needs JavaScript</p><img src="_images/p.webp" alt="P"></noscript></div>
<p id="part">twice</p></section></section></article></body></html>"""
TWO = '<article><section id="two"><h1>Two</h1><p id="end"><img src="../_images/p.webp" alt="P"></p></section></article>'


def small_site(folder):
    """Write a site of two pages with one picture."""
    (folder / "in").mkdir()
    (folder / "_images").mkdir()
    (folder / "index.html").write_text(SMALL, encoding="utf-8")
    (folder / "in" / "two.html").write_text(TWO, encoding="utf-8")
    picture = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)
    Image.fromarray(picture).save(folder / "_images" / "p.webp", lossless=True)
    return picture


def check(epub):
    """Return an EPUB's pages, parsed, after looking at its manifest, its order, and each page's links and pictures."""
    with zipfile.ZipFile(epub) as archive:
        first = archive.infolist()[0]
        assert (first.filename, first.compress_type) == ("mimetype", zipfile.ZIP_STORED)
        assert archive.read("mimetype") == b"application/epub+zip"
        package = etree.fromstring(archive.read("EPUB/book.opf"))
        items = {
            item.get("id"): item for item in package.findall("o:manifest/o:item", NAMES)
        }
        listed = {item.get("href") for item in items.values()}
        there = {
            name.removeprefix("EPUB/")
            for name in archive.namelist()
            if name.startswith("EPUB/")
        }
        assert listed == there - {"book.opf"}
        properties = [item.get("properties") for item in items.values()]
        assert properties.count("nav") == properties.count("cover-image") == 1
        pages = {
            item.get("href"): etree.fromstring(archive.read(f"EPUB/{item.get('href')}"))
            for item in items.values()
            if item.get("media-type") == "application/xhtml+xml"
        }
    spine = [ref.get("idref") for ref in package.findall("o:spine/o:itemref", NAMES)]
    assert len(spine) == len(set(spine)) == len(pages)
    assert {items[ref].get("href") for ref in spine} == pages.keys()
    assert package.findtext("o:metadata/d:language", namespaces=NAMES) == "en"
    ids = {name: page.xpath("//@id") for name, page in pages.items()}
    for name, page in pages.items():
        assert len(ids[name]) == len(set(ids[name])), name
        assert not page.xpath(
            "//h:script | //h:button | //h:noscript", namespaces=NAMES
        )
        for picture in page.iterfind(".//h:img", NAMES):
            assert picture.get("alt"), f"{name}: {picture.get('src')}"
        for link in page.xpath("//@href | //@src"):
            if urlsplit(link).scheme:
                continue
            path, fragment = urldefrag(link)
            target = normpath(join(dirname(name), unquote(path))) if path else name
            assert target in listed, f"{name} leads to {link}"
            if fragment:
                assert unquote(fragment) in ids[target], f"{name} leads to {link}"
    return pages


def test_a_small_site_becomes_a_book(tmp_path, browser):
    picture = small_site(tmp_path)
    epub = tmp_path / "out" / "book.epub"
    subprocess.run([sys.executable, SCRIPT, tmp_path, epub], check=True)
    pages = check(epub)
    assert pages.keys() == {
        "index.xhtml", "in/two.xhtml", "nav.xhtml", "titlepage.xhtml",
    }  # fmt: skip
    text = " ".join(pages["index.xhtml"].find("h:body", NAMES).itertext())
    assert all(part in text for part in ("가 &", "two", "code", "Hint", "folded"))
    assert "#" not in text and "JavaScript" not in text
    titles = pages["nav.xhtml"].xpath("//h:nav//h:a/text()", namespaces=NAMES)
    assert titles == ["One", "Part", "Two"]
    with zipfile.ZipFile(epub) as archive:
        bound = Image.open(io.BytesIO(archive.read("EPUB/images/p.png")))
    assert np.array_equal(np.asarray(bound), picture)


@pytest.mark.exhaustive
def test_the_whole_book_is_bound_with_its_formulas_and_all_its_pages(tmp_path, browser):
    epub = tmp_path / "book.epub"
    subprocess.run([sys.executable, SCRIPT, SITE, epub], check=True)
    pages = check(epub)
    built = {path.relative_to(SITE).with_suffix(".xhtml").as_posix() for path in SITE.rglob("*.html")}  # fmt: skip
    left_out = {f"{name}.xhtml" for name in bind_book.LEFT_OUT}
    expected = {name for name in built if not name.startswith("_")} - left_out
    assert expected == pages.keys() - {"nav.xhtml", "titlepage.xhtml"}
    formulas = 0
    for name, page in pages.items():
        math = page.findall(".//m:math", NAMES)
        assert all(formula.get("alttext") for formula in math), name
        assert len(math) == len(page.xpath("//*[contains(@class, 'math ')]")), name
        formulas += len(math)
    assert formulas > 500


def test_a_folder_without_a_book_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="make book"):
        bind_book.bind_book(tmp_path, tmp_path / "book.epub")
