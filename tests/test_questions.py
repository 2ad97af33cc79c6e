"""The questions at the end of each page: at least three, each followed by its answer, folded."""

import re
from pathlib import Path

import pytest
from test_repository import text_of

BOOK = Path(__file__).parent.parent / "book"
WITHOUT = {"playground", "api", "map", "exercises", "trouble", "glossary", "references"}
TAUGHT = [
    page
    for page in re.findall(r"- file: (\S+)", (BOOK / "_toc.yml").read_text(encoding="utf-8"))
    if page not in WITHOUT
]  # fmt: skip
SECTION = re.compile(r"^## Test yourself\n\n(.+?)\n+## Exercises$", re.MULTILINE | re.DOTALL)  # fmt: skip
QUESTION = re.compile(
    r"\*\*(\d+)\.\*\* \S.+?\n\n```\{admonition\} Answer to (\d+)\n:class: dropdown\n\n(.+?)\n```(?:\n\n|$)",
    re.DOTALL,
)


@pytest.mark.parametrize("page", TAUGHT)
def test_a_page_asks_three_questions_or_more_right_before_its_exercises_and_answers_each(
    page,
):
    (path,) = BOOK.glob(f"{page}.*")
    sections = SECTION.findall(text_of(path))
    assert len(sections) == 1, "no '## Test yourself', or not right before '## Exercises'"  # fmt: skip
    found = QUESTION.findall(sections[0])
    assert not QUESTION.sub("", sections[0]), "something else than questions, each with its answer"  # fmt: skip
    numbers = [str(number) for number in range(1, len(found) + 1)]
    assert [(asked, answered) for asked, answered, _ in found] == list(zip(numbers, numbers))  # fmt: skip
    assert len(found) >= 3
