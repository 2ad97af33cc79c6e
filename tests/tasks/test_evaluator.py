"""The safe evaluator: what it computes, and what it refuses."""

import ast
import random

import pytest

from s2s_np.tasks import evaluator
from s2s_np.tasks.evaluator import RefusedError, evaluate


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3 + 4 * 7", 31),
        ("(3 + 4) * 7", 49),
        ("3 - 10", -7),
        ("17 // 5", 3),
        ("17 % 5", 2),
        ("(2 + 3) ** 2", 25),
        ("max ( [ 4 , 7 , 1 ] ) > 5", True),
        ("4 in [3, 5]", False),
        ("9 % 2 == 0", False),
        ("sorted([4, 7, 1])", [1, 4, 7]),
        ("len([4, 7, 1]) + sum([4, 7, 1]) - min([4, 7, 1])", 14),
        ("[4, 7, 1][::-1]", [1, 7, 4]),
        ("[4, 7, 1][0:2]", [4, 7]),
        ("[4, 7, 1][-1]", 1),
        ("[x * 2 for x in [4, 7, 1]]", [8, 14, 2]),
        ("[x for x in [x + 1 for x in [4, 7, 1]] if x > 4]", [5, 8]),
        ("[]", []),
        ("True", True),
        (" 3 ", 3),
    ],
)
def test_an_expression_has_the_value_that_python_gives_it(text, value):
    assert evaluate(text) == value
    assert type(evaluate(text)) is type(value)


ATTEMPTS = {
    "an import": "__import__('os')",
    "a statement": "import os",
    "an assignment": "x = 3",
    "an attribute": "[3].append",
    "a method": "[3].clear()",
    "the way to all classes": "().__class__.__base__.__subclasses__()",
    "a dunder name": "__builtins__",
    "an unknown name": "x",
    "a known name without a call": "max",
    "an unknown function": "open([3])",
    "eval": "eval([3])",
    "a function of a function": "max(sorted)([3])",
    "a lambda": "(lambda: 3)()",
    "a walrus": "(x := 3)",
    "an f-string": "f'{3}'",
    "a string": "'3'",
    "bytes": "b'3'",
    "a float": "3.5",
    "a complex number": "3j",
    "None": "None",
    "dots": "...",
    "a tuple": "(3, 4)",
    "a set": "{3}",
    "a dict": "{3: 4}",
    "a condition": "3 if True else 4",
    "and": "True and False",
    "not": "not True",
    "bits": "1 << 40",
    "a true division": "3 / 4",
    "a chain of comparisons": "3 < 4 < 5",
    "is": "3 is 3",
    "a keyword": "sorted([3], reverse=[4])",
    "two arguments": "max(3, 4)",
    "no argument": "max()",
    "a starred argument": "max(*[3])",
    "a starred element": "[*[3]]",
    "a comprehension over a range": "[x for x in range(10 ** 9)]",
    "a comprehension with two loops": "[x for x in [3] for y in [4]]",
    "a comprehension that takes a pair apart": "[x for x, y in [3]]",
    "a comprehension that hides a function": "[max([max]) for max in [3]]",
    "a generator": "sum(x for x in [3])",
    "await": "await x",
    "yield": "(yield)",
    "a huge power": "9 ** 9 ** 9",
    "a power that is too large": "999999999999 ** 8",
    "a negative power": "2 ** -1",
    "a huge number": "9" * 400,
    "a huge repeat": "[3] * 10 ** 9",
    "a list in arithmetic": "[3] + [4]",
    "a truth in arithmetic": "True + True",
    "a list in a list": "[[3]]",
    "a number as a condition": "[x for x in [3] if x]",
    "a list beyond the longest": f"[{'3,' * 101}]",
    "a product of loops": "[max([max([y + z for z in L]) for y in L]) for x in L]".replace("L", f"[{'3,' * 50}]"),
    "nested brackets": "(" * 240 + "3" + ")" * 240,
    "nested lists": "[" * 60 + "]" * 60,
    "a long chain of signs": "-" * 400 + "3",
    "a long chain of sums": "+".join("3" * 100),
    "a long text": "3" + " " * 500,
    "a null byte": "3\0",
    "half a character": "\ud800",
    "an empty text": "",
    "nothing but spaces": "   ",
    "two lines": "3\n4",
    "an open bracket": "max([3",
    "a division by zero": "3 // (4 - 4)",
    "a remainder by zero": "3 % 0",
    "the largest of nothing": "max([])",
    "an element that is not there": "[3][1]",
    "a slice without a step": "[3][::0]",
    "an element of a number": "3[0]",
    "an element by a truth": "[3, 4][True]",
    "an odd escape": "'\\d'",
}  # fmt: skip


@pytest.mark.parametrize("text", ATTEMPTS.values(), ids=ATTEMPTS)
def test_an_attempt_is_refused(text):
    with pytest.raises(RefusedError):
        evaluate(text)


@pytest.mark.parametrize("text", [None, 3, b"3", ["3"], ast.parse("3", mode="eval")])
def test_what_is_no_string_is_a_type_error(text):
    with pytest.raises(TypeError, match="expected a string"):
        evaluate(text)


def test_a_refusal_says_what_was_refused():
    with pytest.raises(RefusedError, match=r"'open\(\[3\]\)' is not computed here"):
        evaluate("1 + open([3])")


def test_no_text_is_ever_run_and_what_is_parsed_is_not_compiled(monkeypatch):
    def forbidden(*_):
        raise AssertionError("text was run")

    def parse(text, name, mode, flags, **settings):
        assert flags & ast.PyCF_ONLY_AST
        return compile(text, name, mode, flags, **settings)

    for name in ("eval", "exec", "open", "__import__", "compile"):
        monkeypatch.setattr(evaluator, name, forbidden, raising=False)
    monkeypatch.setattr(ast, "compile", parse, raising=False)
    assert evaluate("3 + 4") == 7
    for text in ("__import__('os')", "eval([3])", "exec('3')", "open([3])"):
        with pytest.raises(RefusedError):
            evaluate(text)


def test_random_texts_have_a_value_or_are_refused():
    rng = random.Random(0)
    pieces = [*"34x()[],+-*%:>._", "max", "sum", "**", "//", "for", "in", "if", "=="]
    values = 0
    for _ in range(3000):
        text = " ".join(rng.choices(pieces, k=rng.randint(1, 9)))
        try:
            assert isinstance(evaluate(text), (int, list))
            values += 1
        except RefusedError:
            pass
    assert values > 20
