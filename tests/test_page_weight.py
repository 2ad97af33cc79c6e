"""Pages are light and stand still; what makes them so leaves each pixel and each rule in use as it was."""

import lean
import numpy as np
import page_weight
import pictures
import pytest
from PIL import Image
from test_book import SITE

HEAVIEST = 1.5e6  # bytes
FARTHEST = 0.1  # beyond, a shift is no longer "good" in Chromium's own terms


@pytest.fixture(scope="session")
def address():
    with page_weight.served(SITE) as address:
        yield address


@pytest.mark.thorough
@pytest.mark.parametrize("page_name", page_weight.pages())
def test_a_page_is_light_stands_still_and_loads_formulas_only_if_it_has_some(
    browser, address, page_name
):
    has_formulas = 'class="math ' in (SITE / page_name).read_text(encoding="utf-8")
    for width in page_weight.WIDTHS.values():
        found = page_weight.visit(browser, f"{address}/{page_name}", width)
        assert found["weight"] < HEAVIEST, sorted(found["files"])
        assert found["shift"] < FARTHEST
        assert any("mathjax" in file for file in found["files"]) == has_formulas


def test_a_visit_counts_every_byte_and_what_moves(browser, tmp_path):
    (tmp_path / "one.js").write_text("//" + "x" * 100_000)
    (tmp_path / "page.html").write_text(
        "<!doctype html><p id='first' style='height: 0'></p><p style='height: 400px'>text</p>"
        "<script src='one.js'></script>"
        "<script>setTimeout(() => { first.style.height = '300px' }, 100)</script>"
    )
    with page_weight.served(tmp_path) as address:
        found = page_weight.visit(browser, f"{address}/page.html")
    assert 100_000 < found["weight"] < 102_000
    assert found["shift"] > FARTHEST
    assert found["first_paint_ms"] > 0


def test_a_picture_as_webp_has_the_same_pixels(tmp_path):
    path = tmp_path / "picture.png"
    pixels = np.zeros((40, 60, 4), np.uint8)
    pixels[5:20, 10:50] = 200, 30, 90, 128
    Image.fromarray(pixels).save(path)
    with Image.open(pictures.as_webp(path)) as image:
        assert np.array_equal(np.asarray(image.convert("RGBA")), pixels)


def test_a_moving_picture_stays_as_it_is(tmp_path):
    path = tmp_path / "moving.png"
    first, second = (Image.new("L", (2, 2), grey) for grey in (0, 255))
    first.save(path, save_all=True, append_images=[second])
    assert pictures.as_webp(path) is None
    assert [*tmp_path.iterdir()] == [path]


def test_a_picture_says_its_size_and_waits_unless_the_page_says_otherwise():
    sizes = {"a.webp": (30, 20), "b.svg": None}
    lighter = {"a.png": "a.webp"}
    html = (
        '<a href="../_images/a.png"><img alt="A" src="../_images/a.png"></a>'
        '<img loading="eager" width="9" src="_images/a.png"><img src="_images/b.svg"><img src="data:x">'
    )
    assert pictures.mend(html, lighter, sizes) == (
        '<a href="../_images/a.webp"><img loading="lazy" width="30" height="20" alt="A" src="../_images/a.webp"></a>'
        '<img height="20" loading="eager" width="9" src="_images/a.webp">'
        '<img loading="lazy" src="_images/b.svg"><img src="data:x">'
    )


def test_a_vector_picture_is_measured_in_pixels(tmp_path):
    path = tmp_path / "p.svg"
    path.write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" width="432pt" height="208.8pt"/>'
    )
    assert pictures.size_of(path) == (576, 278)
    path.write_text('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"/>')
    assert pictures.size_of(path) is None


@pytest.mark.parametrize(
    ("css", "rest"),
    [
        (".used{a:b}.unused{a:b}", ".used{a:b}"),
        (".unused, .used > p{a:b}", ".used > p{a:b}"),
        ("p:not(.unused){a:b}", "p:not(.unused){a:b}"),
        ("h1,.unused{a:b}", "h1{a:b}"),
        ("@media print{.unused{a:b}}", ""),
        ("@media print{.unused{a:b}.used{c:d}}", "@media print{.used{c:d}}"),
        (".bs-tooltip{a:b}.rs-tooltip{a:b}", ".bs-tooltip{a:b}"),
        (r".w\:1{a:b}.unused\:1{a:b}", r".w\:1{a:b}"),
        ("/*! licence */.unused{a:b}/* note */", "/*! licence */"),
        ("@font-face{src:url(f)}", "@font-face{src:url(f)}"),
    ],
)
def test_a_stylesheet_loses_the_rules_that_can_match_nothing(css, rest):
    assert lean.shorten(css, {"used", "w:1", "bs-"}).replace("\n", "") == rest


def test_a_page_loses_the_scripts_that_it_has_nothing_for():
    search = '<script src="../searchindex.js"></script>'
    tabs = '<script data-x="y" src="a/design-tabs.js?v=1"></script>'
    icons = '<script defer src="fontawesome.js?digest=1"></script>'
    own = '<script src="doctools.js"></script><link rel="stylesheet" href="x.css" />'
    assert lean.without_unused(search + tabs + icons + own, False) == own
    assert lean.without_unused(search + own, True) == search + own
    with_tabs = tabs + '<div class="sd-tab-set docutils">'
    assert lean.without_unused(with_tabs, False) == with_tabs


def test_an_icon_is_not_read_aloud():
    silent = '<i class="fa-solid fa-bars" aria-hidden="true"></i>'
    assert lean.without_unused('<i class="fa-solid fa-bars"></i>', False) == silent
    assert lean.without_unused(silent, False) == silent
