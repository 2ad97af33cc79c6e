"""Korean dates and their English."""

import builtins
import datetime

import pytest

from s2s_np.tasks.machine_translation import FIRST, LAST, STYLES, date_pair, split_dates

DAY = datetime.date(2026, 11, 22)


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


def test_no_source_of_one_list_stands_in_another():
    train, valid, test = ({korean for korean, _ in pairs} for pairs in split_dates())
    assert not train & test and not train & valid and not valid & test


def test_no_day_of_the_test_is_trained_in_another_style_of_the_same_short_form():
    train, _, test = split_dates(20_000, 10, 2_000, styles=("short",))
    assert not {korean for korean, _ in train} & {korean for korean, _ in test}


def test_every_source_has_one_right_translation():
    translations = {}
    for pairs in split_dates():
        for korean, english in pairs:
            assert translations.setdefault(korean, english) == english


def test_the_same_seed_draws_the_same_dates_and_another_does_not():
    assert split_dates(50, 10, 10, seed=3) == split_dates(50, 10, 10, seed=3)
    assert split_dates(50, 10, 10, seed=3) != split_dates(50, 10, 10, seed=4)


def test_the_styles_asked_for_are_the_styles_drawn():
    train, _, _ = split_dates(100, 1, 1, styles=("full",))
    assert all(korean.endswith("요일") for korean, _ in train)


def test_the_dates_go_from_1900_to_2100_and_all_spaces_are_plain():
    assert (FIRST.year, LAST.year) == (1900, 2100)
    characters = {
        character
        for pairs in split_dates(5_000, 1, 1)
        for pair in pairs
        for character in "".join(pair)
    }
    assert {character for character in characters if character.isspace()} == {" "}


def test_bad_input_is_named():
    with pytest.raises(
        ValueError, match="style is 'medieval'; expected one of full, long"
    ):
        date_pair(DAY, "medieval")
    with pytest.raises(ValueError, match="test_size is 0"):
        split_dates(test_size=0)
    with pytest.raises(ValueError, match="are more than the 73414 there are"):
        split_dates(train_size=73_000)


@pytest.mark.parametrize(
    ("package", "style"), [("babel", "full"), ("num2words", "words")]
)
def test_a_missing_package_is_named_with_the_command_that_installs_it(
    monkeypatch, package, style
):
    honest = builtins.__import__

    def without(name, *args, **kwargs):
        if name.partition(".")[0] == package:
            raise ImportError(name)
        return honest(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ModuleNotFoundError, match=f"pip install {package}"):
        date_pair(DAY, style)
