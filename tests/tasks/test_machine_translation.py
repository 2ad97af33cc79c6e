"""Dates, amounts and sentences, in Korean and in English."""

import datetime
import re
import sys
from collections import Counter

import pytest

from s2s_np.tasks.machine_translation import (
    AMOUNT_STYLES,
    DIRECTIONS,
    FIRST,
    LAST,
    STRANGE_AMOUNTS,
    STRANGE_FORMS,
    STYLES,
    amount_pair,
    date_pair,
    date_styles,
    exact_match,
    nearest_translations,
    spaced,
    split,
    split_dates,
    split_sentences,
    strange_amounts,
    strange_pairs,
    unspaced,
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


@pytest.mark.parametrize(
    ("number", "style", "korean", "english"),
    [
        (1_234_500, "symbol", "₩1,234,500", "₩1,234,500"),
        (1_234_500, "name", "1,234,500 대한민국 원", "1,234,500 South Korean won"),
        (1_250, "dollars", "US$12.50", "$12.50"),
        (1_250, "dollars by name", "12.50 미국 달러", "12.50 US dollars"),
        (100, "dollars by name", "1.00 미국 달러", "1.00 US dollar"),
        (12_300, "compact", "₩1.23만", "₩12.3K"),
        (1_230_000, "compact", "₩123만", "₩1.23M"),
        (12_300_000_000, "compact", "₩123억", "₩12.3B"),
        (1_234_500, "compact", "₩123.45만", "₩1.2345M"),
        (1_234_500, "ten thousands", "123만 4,500원", "1,234,500 won"),
        (35_000, "ten thousands", "3만 5,000원", "35,000 won"),
        (350_000, "ten thousands", "35만 원", "350,000 won"),
        (700, "ten thousands", "700원", "700 won"),
        (120_005_000, "ten thousands", "1억 2,000만 5,000원", "120,005,000 won"),
        (35_000, "words", "삼만 오천 원", "thirty-five thousand won"),
        (90_010, "words", "구만 십 원", "ninety thousand and ten won"),
        (1_234_500, "words", "백이십삼만 사천오백 원",
         "one million, two hundred and thirty-four thousand, five hundred won"),
    ],
)  # fmt: skip
def test_a_known_amount_in_every_style(number, style, korean, english):
    assert amount_pair(number, style) == (korean, english)
    assert len(AMOUNT_STYLES) == 7


def value_of(example):
    """Return the won or cents of an amount that is not in words, from its English."""
    korean = re.search("[가-힣]|US[$]", example.target)
    english = example.source if korean else example.target
    digits = re.search(r"[\d.,]+", english)[0].replace(",", "")
    unit = {"K": 10**3, "M": 10**6, "B": 10**9}.get(english[-1], 1)
    return round(float(digits) * (100 if "dollars" in example.style else unit))


@pytest.fixture(scope="module", params=DIRECTIONS)
def examples(request):
    """The lists of a direction, and the direction."""
    return split(request.param, 6_000, 400, 600), request.param


def test_a_third_of_each_list_are_dates_and_a_third_of_the_rest_amounts_in_words(
    examples,
):
    lists, _ = examples
    assert [len(some) for some in lists] == [6_000, 400, 600]
    for some in lists:
        assert sum(x.kind == "date" for x in some) == len(some) // 3
        assert {x.kind for x in some[:30]} == {"date", "amount"}
    styles = Counter(x.style for x in lists[0] if x.kind == "amount")
    assert styles.keys() == set(AMOUNT_STYLES)
    assert 1_200 < styles["words"] < 1_450


def test_an_example_is_turned_round_for_the_way_back(examples):
    (train, _, _), direction = examples
    korean = [x.source if direction == "ko_en" else x.target for x in train]
    hangul = [re.search("[가-힣]", text) is not None for text in korean]
    assert 0.5 < sum(hangul) / len(hangul) < 1
    assert not any(
        re.search("[가-힣]", x.target if direction == "ko_en" else x.source)
        for x in train
    )
    assert train[0].pair == (train[0].source, train[0].target)


def test_no_source_and_no_amount_of_one_list_stands_in_another(examples):
    lists, _ = examples
    sources = [{x.source for x in some} for some in lists]
    assert len(set.union(*sources)) == sum(map(len, sources))
    values = [
        {value_of(x) for x in some if x.kind == "amount" and x.style != "words"}
        for some in lists
    ]
    assert len(set.union(*values)) == sum(map(len, values))
    assert max(map(max, values)) > 10**10 and min(map(min, values)) >= 1_000


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_a_source_has_one_target_in_whatever_style_it_could_be_read(direction):
    side = DIRECTIONS.index(direction)
    targets = {}
    for n in range(FIRST.toordinal(), FIRST.toordinal() + 365):
        date = datetime.date.fromordinal(n)
        for style in date_styles(direction, date):
            pair = date_pair(date, style)
            assert targets.setdefault(pair[side], pair[1 - side]) == pair[1 - side]
    for number in (*range(10_000, 10_050), 123_000, 1_230_000, 12_300, 123, 1_230):
        for style in AMOUNT_STYLES:
            if style == "compact" and number < 10_000:
                continue
            pair = amount_pair(number, style)
            assert targets.setdefault(pair[side], pair[1 - side]) == pair[1 - side]


def test_only_dates_whose_english_another_style_writes_are_left_out_on_the_way_back():
    for month in range(1, 13):
        date = datetime.date(2026, month, 22)
        assert date_styles("ko_en", date) == STYLES
        english = [date_pair(date, style)[1] for style in STYLES]
        firsts = tuple(s for i, s in enumerate(STYLES) if english.index(english[i]) == i)  # fmt: skip
        assert date_styles("en_ko", date) == firsts


def test_the_same_seed_draws_the_same_examples_and_another_does_not():
    assert split("ko_en", 20, 4, 4, 3) == split("ko_en", 20, 4, 4, 3)
    assert split("ko_en", 20, 4, 4, 3) != split("ko_en", 20, 4, 4, 4)


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize(
    ("form", "english"),
    [("not round", r"\d,\d{3},\d\d[1-9]"), ("eight digits", r"\d\d,\d{3},000")],
)
def test_a_strange_amount_is_unlike_all_that_are_drawn(form, english, direction):
    found = strange_amounts(form, direction, 60)
    assert len(found) == 60 and form in STRANGE_AMOUNTS and len(STRANGE_AMOUNTS) == 2
    won = [x for x in found if x.style in ("symbol", "name", "ten thousands")]
    for x in won:
        text = x.target if direction == "ko_en" else x.source
        assert re.search(rf"(^|₩){english}( |$)", text)


def test_the_nearest_source_lends_its_translation():
    pairs = [("가나다", "one"), ("가나라", "two"), ("바사", "six")]
    assert nearest_translations(pairs, ["가나라마", "바사", "사바사"]) == [
        "two",
        "six",
        "six",
    ]


def test_pairs_that_hang_together_go_to_one_list():
    chain = [("a", "1"), ("b", "1"), ("b", "2"), ("c", "2"), ("c", "3")]
    others = [(f"x{n}", f"y{n}") for n in range(40)]
    for seed in range(5):
        lists = split_sentences(others + chain, 10, 10, seed)
        for side in (0, 1):
            held = [{pair[side] for pair in pairs} for pairs in lists]
            assert not held[0] & held[1] and not held[0] & held[2]
            assert not held[1] & held[2]
        assert [len(pairs) for pairs in lists[1:]] == [10, 10]
        assert sum(pair in chain for pair in lists[0]) in (0, 5)


def test_pairs_that_are_joined_late_go_to_one_list():
    pairs = [("a", "1"), ("b", "2"), ("a", "2"), ("c", "3"), ("d", "4"), ("b", "3")]
    groups = split_sentences([*pairs, ("e", "5")], 1, 1, seed=2)
    assert [len(some) for some in groups].count(1) == 3 or len(groups[0]) == 5


def test_marks_become_words_and_marks_again():
    assert spaced("Well, why?") == "Well , why ?"
    assert unspaced("Well , why ?") == "Well, why?"


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
    with pytest.raises(
        ValueError, match="2000, 500, 73000 do not fit: there are 73414"
    ):
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


def test_bad_input_to_the_amounts_is_named():
    with pytest.raises(TypeError, match="number is 12.5; expected a whole number"):
        amount_pair(12.5, "dollars")
    with pytest.raises(ValueError, match="number is 0; expected at least 1"):
        amount_pair(0, "symbol")
    with pytest.raises(ValueError, match="number is 9999; expected at least 10000"):
        amount_pair(9_999, "compact")
    with pytest.raises(ValueError, match="style is 'full'; expected one of symbol"):
        amount_pair(5, "full")
    with pytest.raises(ValueError, match="direction is 'en'; expected one of ko_en"):
        split("en")
    with pytest.raises(
        ValueError, match="sizes are 4500, 2, 78000; expected at least 3"
    ):
        split("ko_en", valid_size=2)
    with pytest.raises(ValueError, match="73000 do not fit: there are 73414"):
        split("ko_en", train_size=219_000)
    with pytest.raises(ValueError, match="form is 'odd'; expected one of not round"):
        strange_amounts("odd", "ko_en")
    with pytest.raises(ValueError, match="direction is 'en'"):
        strange_amounts("not round", "en")
    with pytest.raises(ValueError, match="size is 0"):
        strange_amounts("not round", "ko_en", 0)


def test_bad_input_to_the_sentences_is_named():
    with pytest.raises(ValueError, match="pairs is empty"):
        nearest_translations([], ["a"])
    with pytest.raises(ValueError, match="test_size is 0"):
        split_sentences([("a", "b")], 1, 0)
    with pytest.raises(ValueError, match="no pair is left to train with of 2"):
        split_sentences([("a", "b"), ("c", "d")], 1, 1)


@pytest.mark.parametrize(
    ("package", "style"), [("babel", "full"), ("num2words", "words")]
)
def test_a_missing_package_is_named_with_the_command_that_installs_it(
    without, package, style
):
    without(package)
    with pytest.raises(ModuleNotFoundError, match=f"pip install {package}"):
        date_pair(DAY, style)
    with pytest.raises(ModuleNotFoundError, match=f"pip install {package}"):
        amount_pair(5, "words" if style == "words" else "symbol")


def test_a_missing_scikit_learn_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.feature_extraction.text", None)
    with pytest.raises(ModuleNotFoundError, match="pip install scikit-learn"):
        nearest_translations([("a", "b")], ["a"])
