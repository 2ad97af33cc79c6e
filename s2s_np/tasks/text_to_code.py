"""Text to code: requests in English and the Python expressions that they ask for (book: applications/text_to_code).

    what is the sum of 3 and the product of 4 and 7      3 + 4 * 7
    is the largest of 4 , 7 and 9 greater than 5         max ( [ 4 , 7 , 9 ] ) > 5
    find the numbers above 5 in 4 , 7 and 9              [ x for x in [ 4 , 7 , 9 ] if x > 5 ]

Each operation has two wordings, and its operands can be operations again. Every wording says its operands in a fixed
number and place, so that a request has one meaning only. The code is what Python itself would write for the syntax
tree, with no bracket too many and a space between any two tokens. A token is a word, a number or a sign:
`Vocab.from_texts(texts, level="word")`.

Requests speak of the numbers from 3 to 20. 0, 1 and 2 stand in code alone (`x % 2 == 0`), so that a number in a program
that the request also has comes from there, and programs can be tried on other numbers.
"""

import ast
import random
import re
from collections import Counter
from typing import NamedTuple

import numpy as np

from .evaluator import RefusedError, evaluate
from .splits import check_sizes

NUMBERS = range(3, 21)
LIST_LENGTHS = (3, 4)  # of the lists that requests give
TRAINED_DEPTHS = (1, 2)
KINDS = ("number", "list", "truth")  # of values
OPENINGS = {
    "number": ("what is {}", "compute {}", "{}"),
    "list": ("find {}", "list {}", "{}"),
    "truth": ("{}",),
}
TRIALS = 20  # on how many other choices of numbers a program is run


class Operation(NamedTuple):
    """What a request can ask for.

    result: the kind of its value, one of `KINDS`
    operands: the kinds of what it needs; a "numeral" is a number that is no operation
    wordings, code: with {0}, {1} for the operands
    """

    result: str
    operands: tuple
    wordings: tuple
    code: str


OPERATIONS = {
    "add": Operation("number", ("number", "number"),
        ("the sum of {0} and {1}", "the result of adding {1} to {0}"), "({0}) + ({1})"),
    "subtract": Operation("number", ("number", "number"),
        ("the difference between {0} and {1}", "the result of subtracting {1} from {0}"), "({0}) - ({1})"),
    "multiply": Operation("number", ("number", "number"),
        ("the product of {0} and {1}", "the result of multiplying {0} by {1}"), "({0}) * ({1})"),
    "divide": Operation("number", ("number", "numeral"),
        ("the whole part of {0} divided by {1}", "the quotient of {0} and {1}"), "({0}) // {1}"),
    "remainder": Operation("number", ("number", "numeral"),
        ("the remainder of {0} divided by {1}", "the rest of dividing {0} by {1}"), "({0}) % {1}"),
    "square": Operation("number", ("number",),
        ("the square of {0}", "the second power of {0}"), "({0}) ** 2"),
    "largest": Operation("number", ("list",), ("the largest of {0}", "the maximum of {0}"), "max({0})"),
    "smallest": Operation("number", ("list",), ("the smallest of {0}", "the minimum of {0}"), "min({0})"),
    "total": Operation("number", ("list",), ("the total of {0}", "the sum over {0}"), "sum({0})"),
    "count": Operation("number", ("list",), ("the length of {0}", "the count of {0}"), "len({0})"),
    "first": Operation("number", ("list",), ("the first of {0}", "the beginning of {0}"), "({0})[0]"),
    "last": Operation("number", ("list",), ("the last of {0}", "the end of {0}"), "({0})[-1]"),
    "sort": Operation("list", ("list",), ("the ascending order of {0}", "the sorted list of {0}"), "sorted({0})"),
    "reverse": Operation("list", ("list",), ("the reverse of {0}", "the backward order of {0}"), "({0})[::-1]"),
    "above": Operation("list", ("list", "number"),
        ("the numbers above {1} in {0}", "the numbers of {0} that exceed {1}"), "[x for x in {0} if x > ({1})]"),
    "below": Operation("list", ("list", "number"),
        ("the numbers below {1} in {0}", "the numbers of {0} that stay under {1}"), "[x for x in {0} if x < ({1})]"),
    "scale": Operation("list", ("list", "number"),
        ("each of {0} times {1}", "each of {0} multiplied by {1}"), "[x * ({1}) for x in {0}]"),
    "squares": Operation("list", ("list",),
        ("the squares of {0}", "the second powers of {0}"), "[x ** 2 for x in {0}]"),
    "greater": Operation("truth", ("number", "number"),
        ("is {0} greater than {1}", "does {0} exceed {1}"), "({0}) > ({1})"),
    "less": Operation("truth", ("number", "number"),
        ("is {0} less than {1}", "does {0} stay under {1}"), "({0}) < ({1})"),
    "contains": Operation("truth", ("list", "number"),
        ("is {1} in {0}", "is {1} one of {0}"), "({1}) in ({0})"),
    "even": Operation("truth", ("number",), ("is {0} even", "does two divide {0}"), "({0}) % 2 == 0"),
    "odd": Operation("truth", ("number",), ("is {0} odd", "does two not divide {0}"), "({0}) % 2 == 1"),
}  # fmt: skip

# Pairs of operations, one directly inside the other, that only `strange_requests` puts together.
NEW_PAIRS = {
    ("subtract", "square"), ("multiply", "largest"), ("square", "total"), ("largest", "squares"), ("count", "below"),
    ("reverse", "sort"), ("greater", "remainder"), ("even", "multiply"),
}  # fmt: skip

# Requests unlike all that `split_requests` draws, to see where what was learnt ends.
STRANGE_FORMS = ("one deeper", "two deeper", "new pairs", "longer lists")


class Request(NamedTuple):
    """What somebody asks for, the right code, how many operations stand one inside the other, and the value's kind."""

    text: str
    code: str
    depth: int
    kind: str

    @property
    def pair(self):
        """The source and the target of a model."""
        return self.text, self.code


def split_requests(train_size=100_000, valid_size=500, test_size=2_000, seed=0):
    """Return three lists of `Request`s, to train, to validate and to test with.

    No program stands twice, in all three lists together: no request of the test has been trained on, nor has another
    wording of it with the same numbers. What the lists do share is words, numbers, operations and most ways to put
    two operations together (but none of `NEW_PAIRS`). Raises ValueError for sizes below 1.
    """
    sizes = check_sizes(
        test_size=test_size, valid_size=valid_size, train_size=train_size
    )
    rng = random.Random(seed)
    drawn = {}
    while len(drawn) < sum(sizes):
        request = draw_request(rng, rng.choices(TRAINED_DEPTHS, (1, 4))[0])
        drawn.setdefault(request.code, request)
    requests = list(drawn.values())
    rng.shuffle(requests)
    test, valid = requests[:test_size], requests[test_size:][:valid_size]
    return requests[test_size + valid_size :], valid, test


def strange_requests(form, size=1_000, seed=0):
    """Return `size` requests in a form that no list of `split_requests` has, one of `STRANGE_FORMS`.

        one deeper      three operations one inside the other
        two deeper      four
        new pairs       one operation directly inside another, as in training, but two that never met there
        longer lists    lists of five and six numbers
    Raises ValueError for another form or a size below 1.
    """
    if form not in STRANGE_FORMS:
        raise ValueError(
            f"form is {form!r}; expected one of {', '.join(STRANGE_FORMS)}"
        )
    check_sizes(size=size)
    rng = random.Random(f"{form} {seed}")
    drawn = {}
    while len(drawn) < size:
        if form == "new pairs":
            request = draw_request(rng, 2, new_pairs=True)
        elif form == "longer lists":
            request = draw_request(rng, rng.choices(TRAINED_DEPTHS, (1, 4))[0], (5, 6))
            if request.code.count(",") < 4:  # no list in it
                continue
        else:
            request = draw_request(rng, TRAINED_DEPTHS[-1] + STRANGE_FORMS.index(form) + 1)  # fmt: skip
        drawn.setdefault(request.code, request)
    return list(drawn.values())


def draw_request(rng, depth, list_lengths=LIST_LENGTHS, new_pairs=False):
    """Return a random `Request` that has a value, with `depth` operations one inside the other.

    Arguments
        rng: a random.Random
        depth: at least 1
        list_lengths: of the lists in it
        new_pairs: whether some of `NEW_PAIRS` stands in it; otherwise none does
    """
    while True:
        kind = rng.choices(KINDS, (4, 3, 3))[0]
        text, code, pairs = _draw(rng, kind, depth, list_lengths)
        if bool(pairs & NEW_PAIRS) is not new_pairs:
            continue
        code = spaced(ast.unparse(ast.parse(code, mode="eval")))
        if value_of(code) is None:  # the largest of no numbers
            continue
        return Request(rng.choice(OPENINGS[kind]).format(text), code, depth, kind)


def spaced(code):
    """Return code with one space between any two tokens: `max([4, 7])` is `max ( [ 4 , 7 ] )`."""
    return " ".join(re.findall(r"\*\*|//|==|\w+|\S", code))


def value_of(code):
    """Return the value of a program, or None where the evaluator refuses it."""
    try:
        return evaluate(code)
    except RefusedError:
        return None


# Judging ---------------------------------------------------------------------------------------------------------

VERDICTS = ("exact", "equal", "lucky", "wrong", "refused")


def verdict(request, written):
    """Return what `written`, a program for a request, is worth: one of `VERDICTS`.

    exact      the request's own code
    equal      other code, with the same value, also when the numbers of the request are others
    lucky      the same value, but not for all other numbers
    wrong      another value
    refused    no value: the evaluator does not compute it
    """
    if written == request.code:
        return "exact"
    found, expected = value_of(written), value_of(request.code)
    if found is None:
        return "refused"
    if not _same(found, expected):
        return "wrong"
    rng = random.Random(request.text)
    for trial in range(TRIALS):
        others = other_numbers(request.text, rng, few=trial % 2 == 0)
        expected = value_of(renumber(request.code, others))
        if expected is not None and not _same(
            value_of(renumber(written, others)), expected
        ):
            return "lucky"
    return "equal"


def scores(requests, written):
    """Return the shares of programs, one for each request.

        exact_match    to the letter
        execution      the right value
        robust         the right value, also when the numbers are others
        refused        no value
        luck           of the programs that are not robust, those with the right value
    Raises ValueError where there is no request, or another number of programs.
    """
    if not requests or len(requests) != len(written):
        raise ValueError(
            f"there are {len(requests)} requests and {len(written)} programs; expected one program a request, and at"
            " least one"
        )
    counts = Counter(map(verdict, requests, written))
    robust = counts["exact"] + counts["equal"]
    not_robust = len(requests) - robust
    return {
        "exact_match": counts["exact"] / len(requests),
        "execution": (robust + counts["lucky"]) / len(requests),
        "robust": robust / len(requests),
        "refused": counts["refused"] / len(requests),
        "luck": counts["lucky"] / not_robust if not_robust else 0.0,
    }


def numbers(text):
    """Return the numbers of a request as they stand there, in order."""
    return [word for word in text.split() if word.isdigit()]


def other_numbers(text, rng, few=False):
    """Return another number for each number of a request, both as text.

    They are whole numbers up to 1,000, the small ones likelier (`log` of them is uniform); or, if `few`, of three
    neighbours, so that some are the same, as "is 4 in …" needs it. None is 0, 1 or 2.
    """
    first = rng.choice(NUMBERS)
    others = {}
    for number in dict.fromkeys(numbers(text)):
        neighbour, any_size = rng.randrange(first, first + 3), 10 ** rng.uniform(0.5, 3)
        others[number] = str(neighbour if few else int(any_size))
    return others


def template(text):
    """Return a request with # for each number."""
    return " ".join("#" if word.isdigit() else word for word in text.split())


def renumber(code, others):
    """Return code with other numbers: `others` says for each number, both as text, what stands in its place."""
    return " ".join(others.get(token, token) for token in code.split())


# What needs no learning ------------------------------------------------------------------------------------------


def nearest_code(train, requests):
    """Return for each request the code of that training request which has the most words in common (by cosine)."""
    found = nearest([r.text for r in train], [r.text for r in requests])
    return [train[i].code for i in found]


def nearest_code_filled(train, requests):
    """Return for each request the code of the training request that is most like it but for the numbers, with its own.

    The first number of the training request becomes the first of this one, and so on. Where a training request is the
    same but for its numbers, this is right.
    """
    clear = [r for r in train if len(set(numbers(r.text))) == len(numbers(r.text))]
    templates = {template(r.text): r for r in reversed(clear)}
    known = list(templates)
    wanted = [template(r.text) for r in requests]
    found = nearest(known, wanted)
    return [
        renumber(model.code, dict(zip(numbers(model.text), numbers(request.text))))
        for request, text, i in zip(requests, wanted, found)
        for model in [templates.get(text, templates[known[i]])]
    ]


def nearest(known, texts):
    """Return for each of `texts` the place in `known` of the text most like it: by the cosine of the counts of words.

    Of those that are equally like it, the first.
    """
    words = {word: i for i, word in enumerate(sorted({w for t in known for w in t.split()}))}  # fmt: skip

    def counted(some):
        counts = np.zeros((len(some), len(words)), np.float32)
        for row, text in zip(counts, some):
            for word in text.split():
                if word in words:
                    row[words[word]] += 1
        return counts / np.maximum(np.linalg.norm(counts, axis=1, keepdims=True), 1e-9)

    ours = counted(known)  # (N, V)
    return [int(place) for part in np.split(counted(texts), range(100, len(texts), 100))
            for place in (part @ ours.T).argmax(axis=1)]  # fmt: skip


# Drawing ---------------------------------------------------------------------------------------------------------


def _draw(rng, kind, depth, list_lengths, outer=None):
    """Draw an expression of a kind, to stand inside the operation `outer`.

    Returns its text, its code with brackets to spare, and the set of its pairs (operation, operation inside).
    """
    if depth == 0:
        return *_literal(rng, kind, list_lengths), set()
    name = rng.choice([n for n, o in OPERATIONS.items() if o.result == kind])
    operation = OPERATIONS[name]
    nesting = [i for i, operand in enumerate(operation.operands) if operand in KINDS]
    deepest = rng.choice(nesting)
    texts, codes, pairs = [], [], {(outer, name)}
    for i, operand in enumerate(operation.operands):
        inner_depth = 0
        if i == deepest:
            inner_depth = depth - 1
        elif i in nesting and depth > 1 and rng.random() < 0.25:
            inner_depth = 1
        text, code, inner = _draw(rng, operand, inner_depth, list_lengths, name)
        texts.append(text)
        codes.append(code)
        pairs |= inner
    return rng.choice(operation.wordings).format(*texts), operation.code.format(*codes), pairs  # fmt: skip


def _literal(rng, kind, list_lengths):
    """Draw a number or a list of numbers; return its text and its code."""
    if kind != "list":
        number = str(rng.choice(NUMBERS))
        return number, number
    *front, last = (str(rng.choice(NUMBERS)) for _ in range(rng.choice(list_lengths)))
    return f"{' , '.join(front)} and {last}", f"[{', '.join([*front, last])}]"


def _same(a, b):
    """Say whether two values are the same; True is not 1."""
    return type(a) is type(b) and a == b
