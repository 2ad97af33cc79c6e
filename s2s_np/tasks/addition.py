"""Addition: sums of two numbers as text, character by character (book: limitations/reversing).

    "57+5   "    "62"
    "628+521"    "1149"

The numbers have one to three digits. The question is filled with spaces to the seven characters of the longest, the
answer is not filled. A model that is right on questions it has never seen has learned to carry.

The task, with just these sizes, is that of an example of Keras's (`addition_rnn`) and of Saitoh (2018), "Deep Learning
from Scratch 2", chapter 7; the questions here are drawn anew, by the same rule. A token is a character:
`Vocab.from_texts(texts, level="char")`.
"""

import random

MOST_DIGITS = 3
LENGTH = 2 * MOST_DIGITS + 1  # characters of a question
MOST_QUESTIONS = 100_000


def questions(count=50_000, seed=0):
    """Return `count` pairs `(question, answer)`, all different, in the order in which they were drawn.

    Each number is drawn by first choosing how many digits to draw, 1, 2 or 3, and then the digits; zeros in front are
    dropped. Of `57+5` and `5+57` only the one that is drawn first is kept, so that no test can be answered by having
    seen it the other way round. Of 50,000 questions about a quarter then have two numbers of three digits.
    Raises ValueError unless 1 ≤ count ≤ 100,000: beyond that most sums are drawn again and again.
    """
    if not 1 <= count <= MOST_QUESTIONS:
        raise ValueError(f"count is {count}; expected 1 to {MOST_QUESTIONS}")
    rng = random.Random(seed)
    drawn = {}
    while len(drawn) < count:
        a, b = _number(rng), _number(rng)
        drawn.setdefault((min(a, b), max(a, b)), _pair(a, b))
    return list(drawn.values())


def split(train=45_000, test=5_000, seed=0):
    """Return two lists of pairs, train and test, that share no question, not even the other way round.

    Raises ValueError for sizes below 1 or above 100,000 together.
    """
    if train < 1 or test < 1:
        raise ValueError(f"train is {train} and test {test}; expected at least 1 each")
    pairs = questions(train + test, seed)
    random.Random(f"split {seed}").shuffle(pairs)
    return pairs[:train], pairs[train:]


def numbers(question):
    """Return the two numbers of a question: `numbers("57+5   ")` is `(57, 5)`."""
    a, b = question.split("+")
    return int(a), int(b)


def carries(question):
    """Return how many columns of the sum hand a 1 to the next: `carries("57+5   ")` is 1."""
    a, b = numbers(question)
    count = carry = 0
    for _ in range(MOST_DIGITS):
        carry = (a % 10 + b % 10 + carry) // 10
        count += carry
        a, b = a // 10, b // 10
    return count


def _number(rng):
    return rng.randrange(10 ** rng.randint(1, MOST_DIGITS))


def _pair(a, b):
    return f"{a}+{b}".ljust(LENGTH), str(a + b)
