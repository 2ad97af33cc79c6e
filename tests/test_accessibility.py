"""Every page, looked at by axe-core: nothing serious stands between it and a reader, in light and in dark."""

from importlib.resources import files

import pytest
from accessible import mend
from test_book import PAGES, SITE

SHUTS_OUT = ("serious", "critical")
# MathJax's pictures of formulas have their own text for screen readers, and the colours of code are the same
# everywhere, so that one page with both stands for all.
ALL_OF = "architecture/encoder.html"
FORMULAS, CODE = ["mjx-container"], ["pre"]
WRITTEN = [name for name in PAGES if not name.startswith("_modules/")]


@pytest.fixture(scope="session", params=["light", "dark"])
def reader(request, browser):
    """A tab in one of the two modes."""
    # without motion, so that no colour is seen on its way to another
    context = browser.new_context(color_scheme=request.param, reduced_motion="reduce")
    yield context.new_page()
    context.close()


@pytest.mark.thorough
@pytest.mark.parametrize("page_name", WRITTEN)
def test_nothing_on_a_page_shuts_readers_out(reader, page_name):
    reader.goto((SITE / page_name).as_uri())
    reader.evaluate(
        (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
    )
    left_out = [FORMULAS] if page_name == ALL_OF else [FORMULAS, CODE]
    violations = reader.evaluate(
        "left_out => axe.run({exclude: left_out}).then(found => found.violations)",
        left_out,
    )
    serious = [
        f"{found['help']}: {node['html'][:200]}"
        for found in violations
        if found["impact"] in SHUTS_OUT
        for node in found["nodes"]
    ]
    assert not serious


def test_an_arrow_of_the_side_bar_is_named_after_its_chapter():
    bar = '<li><a class="x" href="a.html">Code</a><details><summary><span>'
    assert '<summary aria-label="Sections of: Code"><span>' in mend(bar)
    assert mend("<p>no bar</p>") == "<p>no bar</p>"
