"""Machine translation: Korean dates to English, in the patterns of the Unicode consortium's CLDR.

    2026년 11월 22일 일요일          Sunday, November 22, 2026
    26. 11. 22.                      11/22/26
    이천이십육년 십일월 이십이일     November 22, 2026

Korean says year, month, day, weekday, and English turns them round. The patterns come from CLDR through Babel, the
number words from num2words. Each style of the source has one style of the target, so that every source has exactly
one right translation. Spaces of other widths in CLDR's patterns are written as plain spaces.

Page: applications/machine_translation.
"""

import datetime
import random
import re

FIRST, LAST = datetime.date(1900, 1, 1), datetime.date(2100, 12, 31)

# Each style: how Babel formats it, by one of CLDR's widths or by a skeleton of fields.
WIDTHS = ("full", "long", "medium", "short")
SKELETONS = {
    "weekday": "yMMMEd",
    "numeric weekday": "yMEd",
    "era": "GyMMMd",
}
WORDS = "words"
STYLES = (*WIDTHS, *SKELETONS, WORDS)

# Two months drop the last sound of their number: 유월 (June), not 육월; 시월 (October), not 십월.
IRREGULAR_MONTHS = {6: "유", 10: "시"}


def date_pair(date, style):
    """Return `date` in Korean and in English, in one of `STYLES`.

    The style "words" spells the Korean numbers out and has CLDR's long form as its English.
    Raises ValueError for another style, ModuleNotFoundError without Babel or num2words.
    """
    if style not in STYLES:
        raise ValueError(f"style is {style!r}; expected one of {', '.join(STYLES)}")
    if style == WORDS:
        return _in_korean_words(date), _format(date, "long", "en")
    return _format(date, style, "ko"), _format(date, style, "en")


def split_dates(
    train_size=32_000, valid_size=500, test_size=2_000, styles=STYLES, seed=0
):
    """Return three lists of (Korean, English), to train, to validate and to test with.

    Dates from 1900 to 2100 are drawn without repetition, each in one random style. No source text of one list stands
    in another: dates that share the last two digits of the year, the month and the day, and so their short form, go
    to the same list, whatever their style.
    Raises ValueError for sizes below 1 or beyond the dates there are, and for an unknown style.
    """
    for name, size in (
        ("train_size", train_size),
        ("valid_size", valid_size),
        ("test_size", test_size),
    ):
        if size < 1:
            raise ValueError(f"{name} is {size}; expected at least 1")
    rng = random.Random(seed)
    groups = {}
    for day in range((LAST - FIRST).days + 1):
        date = FIRST + datetime.timedelta(day)
        groups.setdefault((date.year % 100, date.month, date.day), []).append(date)
    groups = list(groups.values())
    rng.shuffle(groups)
    lists = []
    for size in (test_size, valid_size, train_size):
        dates = []
        while groups and len(dates) < size:
            dates += groups.pop()
        if len(dates) < size:
            raise ValueError(
                f"{train_size} + {valid_size} + {test_size} dates are more than the {(LAST - FIRST).days + 1} there are"
            )
        rng.shuffle(dates)
        lists.append([date_pair(date, rng.choice(styles)) for date in dates[:size]])
    test, valid, train = lists
    return train, valid, test


def _format(date, style, locale):
    try:
        from babel.dates import format_date, format_skeleton
    except ImportError as error:
        raise ModuleNotFoundError("the dates need Babel: pip install babel") from error
    if style in WIDTHS:
        text = format_date(date, style, locale=locale)
    else:
        text = format_skeleton(SKELETONS[style], date, locale=locale)
    return re.sub(r"\s", " ", text)


def _in_korean_words(date):
    """Spell a date out: 2026-11-22 is 이천이십육년 십일월 이십이일."""
    try:
        from num2words import num2words
    except ImportError as error:
        raise ModuleNotFoundError(
            "the numbers in words need num2words: pip install num2words"
        ) from error
    year, day = (num2words(number, lang="ko") for number in (date.year, date.day))
    month = IRREGULAR_MONTHS.get(date.month) or num2words(date.month, lang="ko")
    return f"{year}년 {month}월 {day}일"
