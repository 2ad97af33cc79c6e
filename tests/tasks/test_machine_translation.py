"""Korean dates and their English."""

import datetime
import re

import pytest

from s2s_np.tasks.machine_translation import (
    FIRST,
    LAST,
    STRANGE_FORMS,
    STYLES,
    date_pair,
    exact_match,
    split_dates,
    strange_pairs,
)

DAY = datetime.date(2026, 11, 22)


@pytest.fixture(scope="module")
def lists():
    """The lists that the page trains, validates and tests with."""
    return split_dates()


@pytest.mark.parametrize(
    ("style", "korean", "english"),
    [
        ("full", "2026년 11월 22일 일요일", "Sunday, November 22, 2026"),
        ("long", "2026년 11월 22일", "November 22, 2026"),
        ("medium", "2026. 11. 22.", "Nov 22, 2026"),
        ("short", "26. 11. 22.", "11/22/26"),
        ("weekday", "2026년 11월 22일 (일)", "Sun, Nov 22, 2026"),
        ("numeric weekday", "2026. 11. 22. (일)", "Sun, 11/22/2026"),
        ("era", "AD 2026년 11월 22일", "Nov 22, 2026 AD"),
        ("words", "이천이십육년 십일월 이십이일", "November 22, 2026"),
    ],
)
def test_a_known_day_in_every_style(style, korean, english):
    assert date_pair(DAY, style) == (korean, english)
    assert len(STYLES) == 8


@pytest.mark.parametrize(
    ("month", "words"), [(6, "유월"), (10, "시월"), (12, "십이월"), (1, "일월")]
)
def test_june_and_october_drop_the_last_sound_of_their_number(month, words):
    assert (
        date_pair(datetime.date(1987, month, 3), "words")[0]
        == f"천구백팔십칠년 {words} 삼일"
    )


def test_the_lists_have_the_sizes_asked_for():
    assert [len(pairs) for pairs in split_dates(300, 20, 50)] == [300, 20, 50]


def test_no_source_of_one_list_stands_in_another(lists):
    train, valid, test = ({korean for korean, _ in pairs} for pairs in lists)
    assert not train & test and not train & valid and not valid & test


def test_no_day_of_the_test_shares_its_short_form_with_a_day_of_another_century_that_is_trained():
    train, _, test = split_dates(5_000, 1, 2_000, styles=("short",))
    assert not {korean for korean, _ in train} & {korean for korean, _ in test}


def test_the_days_of_the_test_are_the_same_whatever_the_styles_and_the_size_of_the_training():
    held_out = [english for _, english in split_dates(1, 1, 300, styles=("long",))[2]]
    train, _, in_words = split_dates(1_000, 1, 300, styles=("words",))
    assert [english for _, english in in_words] == held_out
    assert not {english for _, english in train} & set(held_out)


def test_no_day_of_one_list_stands_in_another_in_any_style():
    days = [
        {english for _, english in pairs}
        for pairs in split_dates(5_000, 500, 2_000, styles=("long", "words"))
    ]
    assert [len(each) for each in days] == [5_000, 500, 2_000]
    assert len(set.union(*days)) == 7_500


def test_every_source_has_one_right_translation(lists):
    translations = {}
    for pairs in lists:
        for korean, english in pairs:
            assert translations.setdefault(korean, english) == english


def test_the_same_seed_draws_the_same_dates_and_another_does_not():
    assert split_dates(50, 10, 10, seed=3) == split_dates(50, 10, 10, seed=3)
    assert split_dates(50, 10, 10, seed=3) != split_dates(50, 10, 10, seed=4)


def test_the_styles_asked_for_are_the_styles_drawn():
    train, _, _ = split_dates(100, 1, 1, styles=("full",))
    assert all(korean.endswith("요일") for korean, _ in train)


def test_the_dates_go_from_1900_to_2100_and_all_spaces_are_plain(lists):
    assert (FIRST.year, LAST.year) == (1900, 2100)
    characters = {
        character for pairs in lists for pair in pairs for character in "".join(pair)
    }
    assert {character for character in characters if character.isspace()} == {" "}


@pytest.mark.parametrize(
    ("form", "korean"),
    [
        ("spaces left out", r"\d{4}년\d+월\d+일"),
        ("years 2150 to 2999", r"2[1-9]\d\d년 \d+월 \d+일"),
        ("slashes", r"\d{4}/\d+/\d+"),
    ],
)
def test_a_strange_form_says_the_same_day_in_both_languages(form, korean):
    pairs = strange_pairs(form, 50)
    assert len(pairs) == 50 and form in STRANGE_FORMS and len(STRANGE_FORMS) == 3
    for source, target in pairs:
        assert re.fullmatch(korean, source)
        day = datetime.date(*map(int, re.findall(r"\d+", source)))
        assert target == date_pair(day, "medium" if form == "slashes" else "long")[1]


@pytest.mark.parametrize("form", STRANGE_FORMS)
def test_no_strange_source_is_trained_on(form, lists):
    train = {korean for korean, _ in lists[0]}
    assert not train & {korean for korean, _ in strange_pairs(form)}


def test_exact_match_is_the_share_of_translations_right_to_the_letter():
    class Parrot:
        def translate(self, texts):
            return texts

    assert (
        exact_match(Parrot(), [("a", "a"), ("b", "b "), ("c", "c"), ("d", "D")]) == 0.5
    )


def test_bad_input_is_named():
    with pytest.raises(
        ValueError, match="style is 'medieval'; expected one of full, long"
    ):
        date_pair(DAY, "medieval")
    with pytest.raises(ValueError, match="test_size is 0"):
        split_dates(test_size=0)
    with pytest.raises(ValueError, match="75500 dates do not fit: .* has 73414"):
        split_dates(train_size=73_000)
    with pytest.raises(TypeError, match="date is '2026-11-22'; expected a datetime"):
        date_pair("2026-11-22", "full")
    with pytest.raises(ValueError, match="style is 'medieval'"):
        split_dates(1, 1, 1, styles=("full",) * 9 + ("medieval",))
    with pytest.raises(ValueError, match="styles is empty; expected some of full"):
        split_dates(styles=())
    with pytest.raises(ValueError, match="form is 'roman'; expected one of spaces"):
        strange_pairs("roman")
    with pytest.raises(ValueError, match="size is 0"):
        strange_pairs("slashes", 0)


@pytest.mark.parametrize(
    ("package", "style"), [("babel", "full"), ("num2words", "words")]
)
def test_a_missing_package_is_named_with_the_command_that_installs_it(
    without, package, style
):
    without(package)
    with pytest.raises(ModuleNotFoundError, match=f"pip install {package}"):
        date_pair(DAY, style)
