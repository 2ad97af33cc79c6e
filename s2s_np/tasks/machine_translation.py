"""Machine translation: Korean dates to English, in CLDR's patterns (book: applications/machine_translation).

    2026년 11월 22일 일요일          Sunday, November 22, 2026
    26. 11. 22.                      11/22/26
    이천이십육년 십일월 이십이일     November 22, 2026

Korean says year, month, day, weekday, and English turns them round. The patterns are those of the Unicode
consortium's CLDR, which come through Babel; the number words come from num2words. Each style of the source has one
style of the target, so that every source has exactly one right translation.
"""

import datetime
import random

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

# Sources unlike all that `split_dates` draws, to see where what was learnt ends.
STRANGE_FORMS = ("spaces left out", "years 2150 to 2999", "slashes")


def date_pair(date, style):
    """Return `date` in Korean and in English, in one of `STYLES`.

    The style "words" spells the Korean numbers out and has CLDR's long form as its English.
    Raises TypeError for what is no date, ValueError for another style, ModuleNotFoundError without Babel or num2words.
    """
    if not isinstance(date, datetime.date):
        raise TypeError(f"date is {date!r}; expected a datetime.date")
    _check_styles([style])
    if style == WORDS:
        return _in_korean_words(date), _format(date, "long", "en")
    return _format(date, style, "ko"), _format(date, style, "en")


def split_dates(
    train_size=32_000, valid_size=500, test_size=2_000, styles=STYLES, seed=0
):
    """Return three lists of (Korean, English), to train, to validate and to test with.

    Dates from 1900 to 2100 are drawn without repetition, each in one random style. No source text of one list stands
    in another, nor would it in any other style: dates that share the last two digits of the year, the month and the
    day, and so their short form, go to the same list. The days of the test depend on `test_size` and `seed` alone,
    so that `split_dates(styles=(style,))` gives the same test in one style.
    Raises ValueError for sizes below 1 or beyond the dates there are, and for an unknown style or none.
    """
    _check_styles(styles)
    sizes = {"test_size": test_size, "valid_size": valid_size, "train_size": train_size}
    for name, size in sizes.items():
        if size < 1:
            raise ValueError(f"{name} is {size}; expected at least 1")
    rng = random.Random(seed)
    groups = {}
    for day in range(FIRST.toordinal(), LAST.toordinal() + 1):
        date = datetime.date.fromordinal(day)
        groups.setdefault((date.year % 100, date.month, date.day), []).append(date)
    groups = list(groups.values())
    rng.shuffle(groups)
    lists = []
    for size in sizes.values():
        dates = []
        while groups and len(dates) < size:
            dates += groups.pop()
        if len(dates) < size:
            raise ValueError(
                f"{sum(sizes.values())} dates do not fit: {FIRST} to {LAST} has"
                f" {(LAST - FIRST).days + 1}"
            )
        rng.shuffle(dates)
        lists.append([date_pair(date, rng.choice(styles)) for date in dates[:size]])
    test, valid, train = lists
    return train, valid, test


def strange_pairs(form, size=1_000, seed=0):
    """Return `size` (Korean, English) dates in a form that no list of `split_dates` has, one of `STRANGE_FORMS`.

        spaces left out       2026년11월22일       November 22, 2026
        years 2150 to 2999    2335년 5월 16일      May 16, 2335
        slashes               2026/11/22           Nov 22, 2026
    Raises ValueError for another form or a size below 1.
    """
    if form not in STRANGE_FORMS:
        raise ValueError(
            f"form is {form!r}; expected one of {', '.join(STRANGE_FORMS)}"
        )
    if size < 1:
        raise ValueError(f"size is {size}; expected at least 1")
    first, last = FIRST, LAST
    if form == "years 2150 to 2999":
        first, last = datetime.date(2150, 1, 1), datetime.date(2999, 12, 31)
    rng = random.Random(seed)
    days = (rng.randint(first.toordinal(), last.toordinal()) for _ in range(size))
    return [_strange_pair(datetime.date.fromordinal(day), form) for day in days]


def exact_match(model, pairs, **search):
    """Return the share of (source, target) pairs that are right to the letter; `search` is for `model.translate`."""
    sources, targets = zip(*pairs)
    written = model.translate(sources, **search)
    return sum(map(str.__eq__, written, targets)) / len(pairs)


def _check_styles(styles):
    """Raise ValueError for a style that does not exist, or where there is none."""
    if not styles:
        raise ValueError(f"styles is empty; expected some of {', '.join(STYLES)}")
    for style in styles:
        if style not in STYLES:
            raise ValueError(f"style is {style!r}; expected one of {', '.join(STYLES)}")


def _strange_pair(date, form):
    if form == "slashes":
        return f"{date.year}/{date.month}/{date.day}", _format(date, "medium", "en")
    korean, english = date_pair(date, "long")
    return (korean.replace(" ", "") if form == "spaces left out" else korean), english


def _format(date, style, locale):
    """Write a date in CLDR's pattern for `style`."""
    try:
        from babel.dates import format_date, format_skeleton
    except ImportError as error:
        raise ModuleNotFoundError("the dates need Babel: pip install babel") from error
    if style in WIDTHS:
        return format_date(date, style, locale=locale)
    return format_skeleton(SKELETONS[style], date, locale=locale)


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
