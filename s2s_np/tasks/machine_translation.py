"""Machine translation: dates and amounts, from Korean to English and back (book: applications/machine_translation).

    2026년 11월 22일 일요일          Sunday, November 22, 2026
    26. 11. 22.                      11/22/26
    이천이십육년 십일월 이십이일     November 22, 2026
    123만 4,567원                    1,234,567 won
    삼만 오천 원                     thirty-five thousand won

Korean says year, month, day, weekday, and English turns them round; Korean counts in ten thousands (만), English in
thousands. The patterns are those of the Unicode consortium's CLDR, which come through Babel; the number words come from
num2words. Each style of the source has one style of the target, so that every source has exactly one right
translation. The other way round two styles would write the same English; there the Korean words are left out.
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

AMOUNT_STYLES = ("name", "ten thousands", "amount in words")
MOST = 9_999_999  # won
DIRECTIONS = ("ko-en", "en-ko")

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


def amount_pair(won, style):
    """Return an amount of money in Korean and in English, in one of `AMOUNT_STYLES`.

        name               35,000 대한민국 원   35,000 South Korean won
        ten thousands      3만 5,000원          35,000 won
        amount in words    삼만 오천 원         thirty-five thousand won
    Raises TypeError for what is no whole number, ValueError for one outside 1 … 9,999,999 and for another style.
    """
    if not isinstance(won, int):
        raise TypeError(f"won is {won!r}; expected a whole number")
    if not 1 <= won <= MOST:
        raise ValueError(f"won is {won}; expected 1 to {MOST:,}")
    if style not in AMOUNT_STYLES:
        raise ValueError(
            f"style is {style!r}; expected one of {', '.join(AMOUNT_STYLES)}"
        )
    if style == "name":
        return tuple(
            _babel().numbers.format_currency(
                won, "KRW", locale=locale, format_type="name"
            )
            for locale in ("ko", "en")
        )
    if style == "ten thousands":
        high, low = divmod(won, 10_000)
        parts = [f"{high}만"] * (high > 0) + [f"{low:,}"] * (low > 0)
        return f"{' '.join(parts)}원", f"{won:,} won"
    return f"{_number_words(won, 'ko')} 원", f"{_number_words(won, 'en')} won"


def split_amounts(train_size=16_000, valid_size=250, test_size=1_000, seed=0):
    """Return three lists of (Korean, English) amounts, to train, to validate and to test with.

    The number of digits is drawn first, 1 to 7, and then they are, until an amount comes that is new; the style is one
    of three. No amount of one list stands in another, in any style.
    Raises ValueError for sizes below 1 or above 2,000,000 in all.
    """
    sizes = {"test_size": test_size, "valid_size": valid_size, "train_size": train_size}
    for name, size in sizes.items():
        if size < 1:
            raise ValueError(f"{name} is {size}; expected at least 1")
    if sum(sizes.values()) > 2_000_000:
        raise ValueError(f"{sum(sizes.values())} amounts; expected 2,000,000 at most")
    rng = random.Random(f"amounts {seed}")
    drawn, lists = set(), []
    for size in sizes.values():
        pairs = []
        while len(pairs) < size:
            digits = rng.randint(1, len(str(MOST)))
            won = rng.randrange(10 ** (digits - 1), 10**digits)
            if won not in drawn:
                drawn.add(won)
                pairs.append(amount_pair(won, rng.choice(AMOUNT_STYLES)))
        lists.append(pairs)
    test, valid, train = lists
    return train, valid, test


def split(direction="ko-en", seed=0):
    """Return three lists of (source, target), to train, to validate and to test with: dates and amounts, mixed.

    direction: "ko-en", or "en-ko", without the dates in Korean words, whose English is that of another style
    No source of one list stands in another. Raises ValueError for another direction.
    """
    if direction not in DIRECTIONS:
        raise ValueError(
            f"direction is {direction!r}; expected one of {', '.join(DIRECTIONS)}"
        )
    back = direction == "en-ko"
    styles = tuple(style for style in STYLES if not (back and style == WORDS))
    rng = random.Random(f"both {seed}")
    lists = []
    for dates, amounts in zip(split_dates(styles=styles, seed=seed), split_amounts(seed=seed)):  # fmt: skip
        pairs = [*dates, *amounts]
        rng.shuffle(pairs)
        lists.append(
            [(english, korean) for korean, english in pairs] if back else pairs
        )
    return tuple(lists)


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
    dates = _babel().dates
    if style in WIDTHS:
        return dates.format_date(date, style, locale=locale)
    return dates.format_skeleton(SKELETONS[style], date, locale=locale)


def _babel():
    try:
        import babel.dates
        import babel.numbers
    except ImportError as error:
        raise ModuleNotFoundError(
            "dates and amounts need Babel: pip install babel"
        ) from error
    return babel


def _in_korean_words(date):
    """Spell a date out: 2026-11-22 is 이천이십육년 십일월 이십이일."""
    year, day = (_number_words(number, "ko") for number in (date.year, date.day))
    month = IRREGULAR_MONTHS.get(date.month) or _number_words(date.month, "ko")
    return f"{year}년 {month}월 {day}일"


def _number_words(number, language):
    try:
        from num2words import num2words
    except ImportError as error:
        raise ModuleNotFoundError(
            "the numbers in words need num2words: pip install num2words"
        ) from error
    return num2words(number, lang=language)
