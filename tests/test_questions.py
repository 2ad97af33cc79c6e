"""The questions at the end of each page: at least three, each followed by its answer, folded."""

import re
from pathlib import Path

import pytest
from test_book import SITE
from test_repository import PAGES, text_of

BOOK = Path(__file__).parent.parent / "book"
# A page that teaches says at its head what it needs; the playground asks its own questions.
TAUGHT = [
    path.relative_to(BOOK).with_suffix("").as_posix()
    for path in PAGES
    if "*Needs:*" in text_of(path) and path.stem != "playground"
]
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


@pytest.fixture
def answers(browser):
    """The first answer's title and text, and the tab, on a page that has just been opened."""
    tab = browser.new_page()
    tab.goto((SITE / "limitations" / "index.html").as_uri())
    title = tab.locator("#test-yourself .admonition-title").first
    text = tab.locator("#test-yourself .admonition > p:not(.admonition-title)").first
    title.locator("button").wait_for()
    yield title, text, tab
    tab.close()


def test_an_answer_is_folded_until_its_title_is_clicked(answers):
    title, text, _ = answers
    assert text.is_hidden()
    title.click()
    text.wait_for(state="visible")


@pytest.mark.parametrize("key", ["Enter", "Space"])
def test_an_answer_opens_by_keyboard(answers, key):
    title, text, tab = answers
    button = title.locator("button")
    button.focus()
    tab.keyboard.press("Shift+Tab")
    tab.keyboard.press("Tab")  # back again, if the way of the keyboard leads there
    assert button.evaluate("button => button === document.activeElement")
    tab.keyboard.press(key)
    text.wait_for(state="visible")


def test_answers_are_open_on_paper(answers):
    _, text, tab = answers
    tab.evaluate("dispatchEvent(new Event('beforeprint'))")
    text.wait_for(state="visible")
