"""A safe evaluator: the value of an expression that somebody else wrote (book: applications/text_to_code).

    evaluate("max([4, 7, 1]) > 5")           True
    evaluate("__import__('os').getcwd()")    RefusedError

What a model writes is a stranger's text, and Python's `eval` would do whatever it says. Here the text is parsed and
never compiled. Its syntax tree is walked by hand, and what the walk does not list is refused: whole numbers, lists of
them, arithmetic, comparisons, five functions of a list, elements and slices, comprehensions over a list. Bounds keep
what is left small: on the text, the depth of the tree, the size of a number, the length of a list, and the steps.
"""

import ast
import operator
import warnings

MOST_CHARACTERS = 500
DEEPEST = 40  # nodes of the tree, one inside the other
MOST_STEPS = (
    10_000  # nodes that are visited, those of a comprehension once for each element
)
LARGEST = 10**12  # a number, without its sign
LARGEST_EXPONENT = 8
LONGEST_LIST = 100

ARITHMETIC = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod, ast.Pow: operator.pow,
}  # fmt: skip
COMPARISONS = {
    ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt, ast.GtE: operator.ge, ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}  # fmt: skip
FUNCTIONS = {"len": len, "max": max, "min": min, "sorted": sorted, "sum": sum}


class RefusedError(ValueError):
    """A text is no expression, does more than compute, has no value, or costs too much."""


def evaluate(text):
    """Return the value of an expression: an int, a bool, or a list of ints.

    Raises RefusedError, which says what and why, for every other text; TypeError for what is no string.
    """
    if not isinstance(text, str):
        raise TypeError(
            f"the expression is a {type(text).__name__}; expected a string: {text!r}"
        )
    if len(text) > MOST_CHARACTERS:
        raise RefusedError(
            f"the expression has {len(text)} characters; at most {MOST_CHARACTERS} are read"
        )
    try:
        with warnings.catch_warnings(action="ignore"):  # of odd spellings, as "\d"
            tree = ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise RefusedError(f"{text!r} is no expression: {error}") from error
    return Walk().value(tree.body, names={}, depth=1)


class Walk:
    """One walk through a syntax tree; it counts its steps."""

    def __init__(self):
        self.steps = 0

    def value(self, node, names, depth):
        """Return the value of a node; `names` are the variables of the comprehensions around it, with their values."""
        self.steps += 1
        if self.steps > MOST_STEPS or depth > DEEPEST:
            raise RefusedError(
                f"more than {MOST_STEPS} steps, or {DEEPEST} levels, are not computed"
            )

        def of(child, names=names):
            return self.value(child, names, depth + 1)

        match node:
            case ast.Constant(value=int() as number):
                return bounded(number)
            case ast.Name(id=name) if name in names:
                return names[name]
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return -number_of(of(operand))
            case ast.BinOp(left=left, op=op, right=right) if type(op) in ARITHMETIC:
                return arithmetic(type(op), number_of(of(left)), number_of(of(right)))
            case ast.Compare(left=left, ops=[ast.In()], comparators=[right]):
                return number_of(of(left)) in list_of(of(right))
            case ast.Compare(left=left, ops=[op], comparators=[right]) if (
                type(op) in COMPARISONS
            ):
                return COMPARISONS[type(op)](number_of(of(left)), number_of(of(right)))
            case ast.List(elts=elements):
                return bounded_list(number_of(of(element)) for element in elements)
            case ast.Call(func=ast.Name(id=name), args=[argument], keywords=[]) if (
                name in FUNCTIONS
            ):
                return call(name, list_of(of(argument)))
            case ast.Subscript(value=whole, slice=ast.Slice() as part):
                bounds = (part.lower, part.upper, part.step)
                bounds = [bound and number_of(of(bound)) for bound in bounds]
                return slice_of(list_of(of(whole)), *bounds)
            case ast.Subscript(value=whole, slice=place):
                return element(list_of(of(whole)), number_of(of(place)))
            case ast.ListComp(elt=each, generators=[ast.comprehension(
                target=ast.Name(id=name), iter=whole, ifs=conditions, is_async=0
            )]) if name not in FUNCTIONS:  # fmt: skip
                chosen = (names | {name: number} for number in list_of(of(whole)))
                return bounded_list(
                    number_of(of(each, inner))
                    for inner in chosen
                    if all(truth_of(of(condition, inner)) for condition in conditions)
                )
        raise RefusedError(f"{ast.unparse(node)[:60]!r} is not computed here")


def number_of(value):
    """Return `value` if it is a number; True and False are none here."""
    if type(value) is not int:
        raise RefusedError(f"{value!r} stands where a number is needed")
    return value


def list_of(value):
    """Return `value` if it is a list."""
    if type(value) is not list:
        raise RefusedError(f"{value!r} stands where a list is needed")
    return value


def truth_of(value):
    """Return `value` if it is True or False."""
    if type(value) is not bool:
        raise RefusedError(f"{value!r} stands where True or False is needed")
    return value


def bounded(number):
    """Return a number that is small enough."""
    if abs(number) > LARGEST:
        raise RefusedError(f"a number is beyond {LARGEST}")
    return number


def bounded_list(numbers):
    """Return a list of numbers, as soon as it is too long an error."""
    found = []
    for number in numbers:
        found.append(number)
        if len(found) > LONGEST_LIST:
            raise RefusedError(f"a list has more than {LONGEST_LIST} elements")
    return found


def arithmetic(op, a, b):
    """Return `a op b` of two numbers."""
    if op is ast.Pow and not 0 <= b <= LARGEST_EXPONENT:
        raise RefusedError(f"the exponent {b} is not in 0 to {LARGEST_EXPONENT}")
    if op in (ast.FloorDiv, ast.Mod) and b == 0:
        raise RefusedError(f"{a} is divided by zero")
    return bounded(ARITHMETIC[op](a, b))


def call(name, numbers):
    """Return one of the functions of a list."""
    if name in ("max", "min") and not numbers:
        raise RefusedError(f"{name} of an empty list")
    value = FUNCTIONS[name](numbers)
    return value if type(value) is list else bounded(value)


def element(numbers, place):
    """Return the number at a place of a list; -1 is its last."""
    if not -len(numbers) <= place < len(numbers):
        raise RefusedError(f"there is no element {place} in a list of {len(numbers)}")
    return numbers[place]


def slice_of(numbers, start, stop, step):
    """Return `numbers[start:stop:step]`, each bound a number or None."""
    if step == 0:
        raise RefusedError("a slice has a step of 0")
    return numbers[start:stop:step]
