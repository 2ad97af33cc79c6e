"""Machine translation: dates, amounts, sentences (book: applications/machine_translation).

    2026년 11월 22일 일요일          Sunday, November 22, 2026
    이천이십육년 십일월 이십이일     November 22, 2026
    ₩123만                           ₩1.23M
    삼만 오천 원                     thirty-five thousand won

Korean says year, month, day, weekday, and English turns them round; Korean counts in ten thousands (만), English in
thousands. The patterns are those of the Unicode consortium's CLDR, which come through Babel; the number words come from
num2words. Each style of the source has one style of the target, so that every source has exactly one right translation.
Where two styles write the same English, it is the source of one of them only.
"""

import datetime
import random
import re
from decimal import Decimal
from typing import NamedTuple

from .splits import check_sizes, share_out, tied_groups

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

# Styles of an amount that CLDR has: the currency, and which of its patterns.
CLDR_AMOUNTS = {
    "symbol": ("KRW", "standard"),
    "name": ("KRW", "name"),
    "dollars": ("USD", "standard"),
    "dollars by name": ("USD", "name"),
    "compact": ("KRW", "compact"),
}
TEN_THOUSANDS = "ten thousands"
IN_DIGITS = (*CLDR_AMOUNTS, TEN_THOUSANDS)
AMOUNT_STYLES = (*IN_DIGITS, WORDS)
DIGITS = range(4, 8)  # of an amount in won or cents
COMPACT_DIGITS = range(5, 12)  # of one in the compact style, whose first three tell all
ROUND = 4  # what comes after so many digits is zeros, as in a price
DIRECTIONS = ("ko_en", "en_ko")
MAY = 5

# Two months drop the last sound of their number: 유월 (June), not 육월; 시월 (October), not 십월.
IRREGULAR_MONTHS = {6: "유", 10: "시"}

# Sources unlike all that `split_dates` and `split` draw, to see where what was learnt ends.
STRANGE_AMOUNTS = ("not round", "eight digits")
STRANGE_FORMS = ("spaces left out", "years 2150 to 2999", "slashes")


def date_pair(date, style):
    """Return `date` in Korean and in English, in one of `STYLES`.

    The style "words" spells the Korean numbers out and has CLDR's long form as its English.
    Raises TypeError for what is no date, ValueError for another style, ModuleNotFoundError without Babel or num2words.
    """
    if not isinstance(date, datetime.date):
        raise TypeError(f"date is {date!r}; expected a datetime.date")
    _check_styles([style], STYLES)
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
    _check_styles(styles, STYLES)
    sizes = check_sizes(
        test_size=test_size, valid_size=valid_size, train_size=train_size
    )
    rng = random.Random(seed)
    test, valid, train = (
        [date_pair(date, rng.choice(styles)) for date in dates]
        for dates in dates_apart(sizes, rng)
    )
    return train, valid, test


def amount_pair(number, style):
    """Return an amount of money in Korean and in English, in one of `AMOUNT_STYLES`.

        symbol             ₩1,234,500               ₩1,234,500
        name               1,234,500 대한민국 원    1,234,500 South Korean won
        dollars            US$12,345.00             $12,345.00
        dollars by name    12,345.00 미국 달러      12,345.00 US dollars
        compact            ₩123.45만                ₩1.2345M
        ten thousands      123만 4,500원            1,234,500 won
        words              백이십삼만 사천오백 원   one million, two hundred and thirty-four thousand, five hundred won

    number: whole, at least 1, of won or, in the styles of dollars, of cents; in the compact style at least 10,000
    The first five are CLDR's patterns. CLDR has none for 만, ten thousand, with all digits, as Korean prices are told.
    Raises TypeError for what is no whole number, ValueError for one that is too small and for another style,
    ModuleNotFoundError without Babel or num2words.
    """
    if not isinstance(number, int):
        raise TypeError(f"number is {number!r}; expected a whole number of won or cents")  # fmt: skip
    _check_styles([style], AMOUNT_STYLES)
    least = 10_000 if style == "compact" else 1
    if number < least:
        raise ValueError(f"number is {number}; expected at least {least}")
    if style == WORDS:
        korean, english = (_number_words(number, language) for language in ("ko", "en"))
        return f"{korean} 원", f"{english} won"
    if style == TEN_THOUSANDS:
        return _in_ten_thousands(number), f"{number:,} won"
    return _format_amount(number, style, "ko"), _format_amount(number, style, "en")


class Example(NamedTuple):
    """A source and its one right translation.

    kind: "date" or "amount"
    style: one of `STYLES` or of `AMOUNT_STYLES`
    """

    source: str
    target: str
    kind: str
    style: str

    @property
    def pair(self):
        """Return (source, target), as the model trains on it."""
        return self.source, self.target


def split(direction, train_size=78_000, valid_size=1_200, test_size=4_500, seed=0):
    """Return three lists of `Example`, to train, to validate and to test with: dates and amounts.

    A third of each list are dates. Every third amount is in words, which are the hardest.
    Dates are drawn as by `split_dates`. An amount has 4 to 7 digits, or 5 to 11 in the compact style, of which the
    first three or four are drawn and the others are 0. No date and no amount of one list stands in another, in whatever
    style.

    direction: "ko_en", or "en_ko". From English the dates in Korean words are left out, whose English is that of the
        long form, and in May the medium form, since "May" is its own abbreviation.
    Raises ValueError for another direction, for sizes below 3 and for more dates than there are.
    """
    _check_direction(direction)
    sizes = test_size, valid_size, train_size
    if min(sizes) < 3:
        raise ValueError(f"sizes are {', '.join(map(str, sizes))}; expected at least 3 each")  # fmt: skip
    rng = random.Random(seed)
    dates = [
        [_date_example(date, rng.choice(date_styles(direction, date)), direction) for date in some]
        for some in dates_apart([size // 3 for size in sizes], rng)
    ]  # fmt: skip
    amounts = [
        [_amount_example(*amount, direction) for amount in some]
        for some in _amounts_apart([size - size // 3 for size in sizes], rng)
    ]
    test, valid, train = ([*some, *others] for some, others in zip(dates, amounts))
    for examples in (test, valid, train):
        rng.shuffle(examples)
    return train, valid, test


def strange_amounts(form, direction, size=1_000, seed=0):
    """Return `size` amounts such as `split` does not draw, each an `Example`, in one of `STRANGE_AMOUNTS`.

        not round       1,234,567: seven digits, the last of them not 0
        eight digits    12,345,000: one digit more, and round
    Raises ValueError for another form or direction and for a size below 1.
    """
    if form not in STRANGE_AMOUNTS:
        raise ValueError(
            f"form is {form!r}; expected one of {', '.join(STRANGE_AMOUNTS)}"
        )
    _check_direction(direction)
    check_sizes(size=size)
    rng = random.Random(seed)
    styles = [style for style in AMOUNT_STYLES if style != "compact"]
    examples = []
    for _ in range(size):
        if form == "not round":
            number = rng.randrange(10**5, 10**6) * 10 + rng.randint(1, 9)
        else:
            number = rng.randrange(10**4, 10**5) * 1_000
        examples.append(_amount_example(number, rng.choice(styles), direction))
    return examples


def date_styles(direction, date):
    """Return those of `STYLES` in which the source of `date` is unlike all others; from Korean they all are."""
    if direction == "ko_en":
        return STYLES
    twins = (WORDS, "medium") if date.month == MAY else (WORDS,)
    return tuple(style for style in STYLES if style not in twins)


def dates_apart(sizes, rng):
    """Yield for each size a list of so many dates; those that share year mod 100, month and day stand in one list."""
    groups = {}
    for day in range(FIRST.toordinal(), LAST.toordinal() + 1):
        date = datetime.date.fromordinal(day)
        groups.setdefault((date.year % 100, date.month, date.day), []).append(date)
    for size, dates in zip(sizes, share_out(groups.values(), sizes, rng)):
        rng.shuffle(dates)
        yield dates[:size]


def _amounts_apart(sizes, rng):
    """Yield for each size a list of so many (number, style); no number stands in two of them."""
    taken = set()
    for size in sizes:
        amounts = {}  # in the order in which they were drawn
        while len(amounts) < size:
            style = WORDS if rng.random() < 1 / 3 else rng.choice(IN_DIGITS)
            number = _draw_number(style, rng)
            if number not in taken:
                amounts[number, style] = None
        taken |= {number for number, _ in amounts}
        yield list(amounts)


def _draw_number(style, rng):
    """Draw a number for an amount: its digits, of which some at the end are 0."""
    digits = rng.choice(COMPACT_DIGITS if style == "compact" else DIGITS)
    significant = 3 if style == "compact" else rng.randint(3, min(digits, ROUND))
    number = rng.randrange(10 ** (significant - 1), 10**significant)
    return number * 10 ** (digits - significant)


def _check_direction(direction):
    """Raise ValueError for what is none of `DIRECTIONS`."""
    if direction not in DIRECTIONS:
        raise ValueError(
            f"direction is {direction!r}; expected one of {', '.join(DIRECTIONS)}"
        )


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
    check_sizes(size=size)
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


def split_sentences(pairs, valid_size, test_size, seed=0):
    """Return three lists of the pairs (source, target), to train, to validate and to test with, for real sentences.

    A sentence has several translations, which have translations in turn. Pairs that hang together so, by a source or a
    target, go to the same list, so that no list shares a sentence of either side with another.
    Raises ValueError for sizes below 1 and where no pair is left to train with.
    """
    sizes = check_sizes(test_size=test_size, valid_size=valid_size)
    groups = tied_groups(dict.fromkeys(pairs), enumerate)
    test, valid, train = share_out(groups, sizes, random.Random(seed))
    if not train:
        raise ValueError(
            f"valid_size is {valid_size} and test_size {test_size}: no pair is left to train with of {len(pairs)}"
        )
    return train, valid[:valid_size], test[:test_size]


def spaced(text):
    """Put a space in front of . , ! and ? so that they are words of their own; `unspaced` takes it away again."""
    return re.sub(r"([.,!?])", r" \1", text)


def unspaced(text):
    """Turn round what `spaced` does."""
    return re.sub(r" ([.,!?])", r"\1", text)


def nearest_translations(pairs, sources):
    """Translate by looking up: for each source, the target of the pair whose source is nearest, the baseline.

    Nearness of two texts is the share of their character pairs that they have in common, |A ∩ B| / |A ∪ B|. Of pairs as
    near as each other the first counts.
    Raises ValueError where there is no pair, ModuleNotFoundError without scikit-learn.
    """
    if not pairs:
        raise ValueError("pairs is empty; expected at least one to look up")
    try:
        from sklearn.feature_extraction.text import CountVectorizer
    except ImportError as error:
        raise ModuleNotFoundError(
            "the baseline needs scikit-learn: pip install scikit-learn"
        ) from error
    vectorizer = CountVectorizer(
        analyzer="char", ngram_range=(2, 2), lowercase=False, binary=True
    )
    known = vectorizer.fit_transform(f" {source} " for source, _ in pairs)  # (K, V)
    sizes = known.sum(axis=1).A1  # (K,)
    nearest = []
    for text in sources:
        asked = vectorizer.transform([f" {text} "])  # (1, V)
        shared = (known @ asked.T).toarray()[:, 0]  # (K,)
        union = sizes + len({*zip(f" {text}", f"{text} ")}) - shared
        nearest.append(pairs[(shared / union).argmax()][1])
    return nearest


def _check_styles(styles, known):
    """Raise ValueError for a style that is not among the known ones, or where there is none."""
    if not styles:
        raise ValueError(f"styles is empty; expected some of {', '.join(known)}")
    for style in styles:
        if style not in known:
            raise ValueError(f"style is {style!r}; expected one of {', '.join(known)}")


def _date_example(date, style, direction):
    return _example(date_pair(date, style), direction, "date", style)


def _amount_example(number, style, direction):
    return _example(amount_pair(number, style), direction, "amount", style)


def _example(pair, direction, kind, style):
    """Turn a pair (Korean, English) round, if English is the source."""
    korean, english = pair
    if direction == "ko_en":
        return Example(korean, english, kind, style)
    return Example(english, korean, kind, style)


def _strange_pair(date, form):
    if form == "slashes":
        return f"{date.year}/{date.month}/{date.day}", _format(date, "medium", "en")
    korean, english = date_pair(date, "long")
    return (korean.replace(" ", "") if form == "spaces left out" else korean), english


def _format(date, style, locale):
    """Write a date in CLDR's pattern for `style`."""
    dates, _ = _babel()
    if style in WIDTHS:
        return dates.format_date(date, style, locale=locale)
    return dates.format_skeleton(SKELETONS[style], date, locale=locale)


def _format_amount(number, style, locale):
    """Write an amount in CLDR's pattern for `style`."""
    _, numbers = _babel()
    currency, pattern = CLDR_AMOUNTS[style]
    if pattern == "compact":
        return numbers.format_compact_currency(
            number, currency, locale=locale, fraction_digits=len(str(number))
        )
    value = Decimal(number) / 100 if currency == "USD" else number
    return numbers.format_currency(value, currency, locale=locale, format_type=pattern)


def _babel():
    """Return Babel's modules of dates and of numbers."""
    try:
        from babel import dates, numbers
    except ImportError as error:
        raise ModuleNotFoundError(
            "dates and amounts need Babel: pip install babel"
        ) from error
    return dates, numbers


def _in_ten_thousands(won):
    """Write an amount by 억 and 만, as Korean prices are told: 3만 5,000원, 35만 원, 1억 2,000만 원."""
    low = won % 10_000
    parts = (("억", won // 10**8), ("만", won // 10_000 % 10_000), ("", low))
    written = " ".join(f"{part:,}{unit}" for unit, part in parts if part)
    return f"{written}원" if low else f"{written} 원"


def _in_korean_words(date):
    """Spell a date out: 2026-11-22 is 이천이십육년 십일월 이십이일."""
    year, day = (_number_words(number, "ko") for number in (date.year, date.day))
    month = IRREGULAR_MONTHS.get(date.month) or _number_words(date.month, "ko")
    return f"{year}년 {month}월 {day}일"


def _number_words(number, language):
    """Spell a number out: 35,000 is 삼만 오천, thirty-five thousand."""
    try:
        from num2words import num2words
    except ImportError as error:
        raise ModuleNotFoundError(
            "the numbers in words need num2words: pip install num2words"
        ) from error
    return num2words(number, lang=language)
