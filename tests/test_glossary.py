"""The glossary: its entries, and the links that lead to it from where a page uses a term first."""

import re
from pathlib import Path

import pytest
from glossary_links import pattern

ROOT = Path(__file__).parent.parent
SITE = ROOT / "_build" / "html"
SOURCE = (ROOT / "book" / "glossary.md").read_text(encoding="utf-8")
ENTRIES = re.findall(r"^(\w.*)\n: (.*(?:\n  .*)*)", SOURCE, re.MULTILINE)
LINK = re.compile(r'<a class="term[^"]*" href="[^"]*#(term-[^"]+)"[^>]*>([^<]+)</a>')


def test_every_entry_has_a_korean_name_and_a_page():
    assert len(ENTRIES) > 50
    for term, text in ENTRIES:
        assert re.match(r"[가-힣 ,-]+\. \S", text), term
        page = re.search(r"\[\]\((.+)\)$", text)
        assert page, term
        assert list(ROOT.glob(f"book/{page[1]}.*")), term


def test_entries_stand_in_the_order_of_the_alphabet():
    terms = [term.lower() for term, _ in ENTRIES]
    assert terms == sorted(terms)


@pytest.mark.parametrize(
    ("term", "text", "found"),
    [
        ("hidden state", "Hidden states are", "Hidden states"),
        ("hidden state", "a hidden\nstate is", "hidden\nstate"),
        ("encoder", "the autoencoder", None),
        ("cross-entropy", "the cross-entropy is", "cross-entropy"),
        ("BLEU", "a bleu sky", None),
    ],
)
def test_a_term_is_found_as_a_word_also_with_a_capital_or_in_the_plural(
    term, text, found
):
    match = re.search(pattern(term), text)
    assert (match and match[0]) == found


@pytest.mark.parametrize("name", ["index", "architecture/encoder", "code/loss"])
def test_a_page_links_each_term_once_and_to_an_entry(name):
    path = SITE / f"{name}.html"
    assert path.exists(), "there is no built book: make book"
    links = LINK.findall(path.read_text(encoding="utf-8"))
    anchors = [anchor for anchor, _ in links]
    assert len(anchors) > 3
    assert len(set(anchors)) == len(anchors)
    glossary = (SITE / "glossary.html").read_text(encoding="utf-8")
    assert all(f'id="{anchor}"' in glossary for anchor in anchors)
