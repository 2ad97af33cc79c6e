"""The exercises: each with a level, a hint and a solution, and all of them on one page."""

import re
from collections import Counter
from pathlib import Path

import pytest
from test_repository import PAGES, text_of

ROOT = Path(__file__).parent.parent
EXERCISES = [
    (label, path, text_of(path))
    for path in PAGES
    for label in re.findall(r"\{exercise\}\n:label: (\S+)", text_of(path))
]
BLOCK = (
    r"```\{{exercise\}}\n:label: {label}\n\n\*\(level [123], [a-z, ]+\)\* .+?\n```\n+"
    r"```\{{admonition\}} Hint\n:class: dropdown hint\n\n.+?\n```\n"
)


@pytest.mark.parametrize(("label", "path", "text"), EXERCISES, ids=[e[0] for e in EXERCISES])  # fmt: skip
def test_an_exercise_has_a_level_a_hint_and_a_solution(label, path, text):
    assert re.search(BLOCK.format(label=label), text, re.DOTALL)
    assert re.search(rf"\{{solution(-start)?\}} {label}\n:class: dropdown", text)


def test_there_are_many_of_each_level():
    texts = "\n".join(map(text_of, PAGES))
    levels = Counter(re.findall(r"\*\(level ([123]), ", texts))
    assert levels.total() == len(EXERCISES) >= 40
    assert min(levels[level] for level in "123") >= 10


def test_the_list_has_every_exercise_once():
    page = ROOT / "_build" / "html" / "exercises.html"
    assert page.exists(), "there is no built book: make book"
    links = re.findall(r'#(ex-[a-z0-9-]+)">Exercise', page.read_text(encoding="utf-8"))
    assert sorted(links) == sorted(label for label, _, _ in EXERCISES)
