"""The map of the book: every page with exercises is on it, and needs only what stands before it."""

import re
from pathlib import Path

import pytest
from test_exercises import EXERCISES

ROOT = Path(__file__).parent.parent
MAP = ROOT / "_build" / "html" / "map.html"
CELL = r"<td>(.*?)</td>\s*"
ROW = re.compile(rf"<tr[^>]*>{4 * CELL}</tr>", re.DOTALL)


@pytest.fixture(scope="module")
def rows():
    """Of each row: the page, the minutes, the pages it needs, the pages it leads to."""
    assert MAP.exists(), "there is no built book: make book"
    found = []
    for page, minutes, needs, leads in ROW.findall(MAP.read_text(encoding="utf-8")):
        page, needs, leads = (re.findall(r'href="([^"]+)\.html"', cell) for cell in (page, needs, leads))  # fmt: skip
        found.append((page[0], int(re.search(r"(\d+) min", minutes)[1]), needs, leads))
    return found


def test_every_page_with_exercises_is_on_the_map(rows):
    book = ROOT / "book"
    pages = {path.relative_to(book).with_suffix("").as_posix() for _, path, _ in EXERCISES}  # fmt: skip
    assert pages <= {page for page, *_ in rows}


def test_a_page_needs_only_pages_before_it(rows):
    order = [page for page, *_ in rows]
    late = {
        page: [other for other in needs if order.index(other) >= order.index(page)]
        for page, _, needs, _ in rows
    }
    assert not {page: others for page, others in late.items() if others}


def test_what_a_page_needs_leads_to_it(rows):
    leads = {page: leads for page, _, _, leads in rows}
    for page, _, needs, _ in rows:
        assert all(page in leads[other] for other in needs)
