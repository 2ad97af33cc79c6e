"""The book's symbols: what a formula in the prose names is said somewhere, and the index of symbols lists it."""

import re
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).parent.parent
BOOK = ROOT / "book"
INDEX_OF_SYMBOLS = BOOK / "symbols.md"
PAGES = sorted([*BOOK.rglob("*.ipynb"), *BOOK.rglob("*.md")])
EACH_PAGE = pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(BOOK).as_posix())  # fmt: skip

# Probability, expectation, the order of a cost, derivatives, Euler's number, the real numbers, running indices.
OF_MATHEMATICS = {
    "P",
    "O",
    "d",
    "e",
    "i",
    "j",
    r"\partial",
    r"\pi",
    r"\mathbbE",
    r"\mathbbR",
}

IN_CODE = re.compile(r"(`{3,})(?!\{(?:math|exercise|solution|admonition)).*?\1|`[^`\n]*`", re.DOTALL)  # fmt: skip
DISPLAY = re.compile(r"\$\$.+?\$\$|```\{math\}.+?```", re.DOTALL)
INLINE = re.compile(r"(?<![\\$])\$([^$\s](?:[^$]*?[^$\s])?)\$(?![\d$])")

ACCENTS = "hat|tilde|bar|dot|mathcal|mathbb|overleftarrow|overrightarrow"
GREEK = (
    "alpha|beta|gamma|delta|epsilon|varepsilon|eta|theta|lambda|mu|pi|rho|sigma|tau|phi|varphi|omega"
    "|Delta|Pi|Sigma|Omega|ell|partial"
)  # fmt: skip
WORDS_IN_MATH = re.compile(
    r"\\(?:text|mathrm|operatorname\*?|underbrace|begin|end)\{[^}]*\}",
)
GRADIENT_OF = re.compile(r"(?<![A-Za-z])d_(?=[a-zA-Z\\{])")
NESTED = r"\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\}"
INDEX = re.compile(rf"[_^](?:{NESTED}|\\[a-zA-Z]+(?:{NESTED})?|.)")
SYMBOL = re.compile(rf"\\(?:{ACCENTS})\s*\{{?\s*[A-Za-z]|\\(?:{GREEK})(?![a-zA-Z])|\\[a-zA-Z]+|[A-Za-z]")  # fmt: skip
NO_SYMBOL = re.compile(rf"\\(?!(?:{ACCENTS})[A-Za-z]$|(?:{GREEK})$)")

RELATION = re.compile(r"=|<|>|:|\\(?:in|approx|le|ge|ne|sim|to|leftarrow)\b")
BOUND = re.compile(r"\\(?:sum|prod|max|min|argmax|binom)_\{?\s*([a-z])")
A_SHAPE = re.compile(r"(?:\([\w\s,]+\)(?:\s*\\cdot\s*)?)+")
ARGUMENT = re.compile(r"\([^()]*\)$")
DEFINING_WORD = re.compile(
    r"\b(?:where|let|for|each|every|any|all|call|write)\s$", re.I
)
NOUN_BEFORE = re.compile(r"([A-Za-z’'-]+)\s+$")
COUNTING_WORD = re.compile(r"\b(?:by|first|has|have|in|last|least|most|of|the|these|to|with)\s$", re.I)  # fmt: skip
NOUN_AFTER = re.compile(r"\s+(?:[a-z-]+\s+){0,2}[a-z-]{3,}s\b")
IN_A_LIST = re.compile(r"\$(?:,| and| or|, and)\s$")
NO_NOUN = re.compile(
    "an?|and|are|as|at|be|becomes|but|by|call|equals|for|from|gets?|gives?|has|have|if|in|into|is|its?|minus|not|of|on"
    "|only|or|over|per|plus|reads|since|so|than|that|the|then|times|to|under|was|when|while|with|write",
    re.IGNORECASE,
)


def text_of(path):
    """Return what an author wrote as text, without code."""
    if path.suffix == ".md":
        text = path.read_text(encoding="utf-8")
    else:
        cells = nbformat.read(path, as_version=4).cells
        text = "\n\n".join(c.source for c in cells if c.cell_type == "markdown")
    return IN_CODE.sub("`code`", text)


def symbols(formula):
    """Return the letters of a formula, an accent with its letter; no index, no exponent, no word."""
    bare = GRADIENT_OF.sub("", WORDS_IN_MATH.sub(" ", formula))
    found = (re.sub(r"[{\s]", "", s) for s in SYMBOL.findall(INDEX.sub("", bare)))
    return {symbol for symbol in found if not NO_SYMBOL.match(symbol)}


def listed(text):
    """Return the symbols in the first columns of the tables whose first column is of symbols."""
    found = set()
    for table in re.findall(r"(?:^\|.*\n?)+", text, re.MULTILINE):
        head, _, *rows = (line.split("|")[1] for line in table.splitlines())
        if head.strip() == "symbol":
            found.update(*(symbols(f) for row in rows for f in INLINE.findall(row)))
    return found


def introduced(formula, before, after):
    """Say whether the words around a symbol introduce it: "the vector v", "where v", "the v numbers"."""
    if not SYMBOL.fullmatch(INDEX.sub("", ARGUMENT.sub("", formula)).strip(" {}'")):
        return False
    noun = NOUN_BEFORE.search(before)
    return bool(
        (noun and not NO_NOUN.fullmatch(noun[1]))
        or DEFINING_WORD.search(before)
        or (COUNTING_WORD.search(before) and NOUN_AFTER.match(after))
    )


def undefined(text, known=frozenset()):
    """Return the symbols in the prose of `text` that nothing on the page defines, each with its formula.

    A symbol is defined by a table of symbols, by a displayed formula, as the left side of a relation, as the index of
    a sum, as a size in a shape, or by words.
    """
    defined = OF_MATHEMATICS | known | listed(text)
    for display in DISPLAY.findall(text):
        defined |= symbols(display)
    prose = DISPLAY.sub("", text)
    formulas, as_before = [], False
    for found in INLINE.finditer(prose):
        formula = found[1]
        formulas.append(formula)
        left, *right = RELATION.split(formula)
        if right or A_SHAPE.fullmatch(formula):
            defined |= symbols(left)
        defined |= set(BOUND.findall(formula))
        before, after = prose[: found.start()][-60:], prose[found.end() :][:60]
        in_words = introduced(formula, before, after)
        as_before = in_words or (as_before and bool(IN_A_LIST.search(before)))
        if as_before:
            defined |= symbols(ARGUMENT.sub("", formula))
    return {s: formula for formula in formulas for s in symbols(formula) - defined}


NOTATION = listed(text_of(BOOK / "index.md"))


@EACH_PAGE
def test_every_symbol_in_the_prose_is_defined_on_its_page_or_in_the_notation(path):
    assert undefined(text_of(path), NOTATION) == {}


@pytest.mark.parametrize(
    "text",
    [
        "So $v$ falls.",
        "It is the larger of $v$ and 1.",
        r"It reads $\log v + 1$.",
        r"So $\hat v$ falls, where $v$ is true.",
        "| shape | what |\n|---|---|\n| $v$ | a row |\n",
    ],
)
def test_a_symbol_that_nothing_defines_is_found(text):
    (symbol,) = undefined(text)
    assert symbol.endswith("v")


@pytest.mark.parametrize(
    "text",
    [
        "The vector $v$ falls.",
        "So $v$ falls, where $v$ was 1.",
        "It has $v$ numbers, and $v$ falls.",
        "The vectors $u$, $v$ and $w$ fall, $w$ last.",
        "With $v = 2w$ for each $w$.",
        r"So $\sum_{v} 1$ and $v$.",
        "A product of $(u, v)$ with $(v, w)$ takes $2uvw$ operations.",
        "$$\nv = 1\n$$\n\nSo $v$ falls.",
        "| symbol | what |\n|---|---|\n| $v$ | a row |\n\nSo $v$ falls.",
        r"So $h_v^{src}$ and $d_h$, with the state $h$.",
    ],
)
def test_a_symbol_that_the_page_defines_is_not(text):
    assert undefined(text) == {}


@EACH_PAGE
def test_the_index_lists_the_symbols_that_a_page_has_in_a_table(path):
    assert listed(text_of(path)) <= listed(text_of(INDEX_OF_SYMBOLS))


def rows_of_the_index():
    """Return the cells of each row that has a Korean name and a name in the code."""
    text = INDEX_OF_SYMBOLS.read_text(encoding="utf-8").replace("\\|", "")
    rows = [line.strip("|").split("|") for line in re.findall(r"^\|.*", text, re.M)]
    return [row for row in rows if len(row) == 6 and "$" in row[0]]


def test_a_korean_name_in_the_index_is_the_glossarys():
    glossary = (BOOK / "glossary.md").read_text(encoding="utf-8")
    names = set(re.split(", ", ", ".join(re.findall(r"^: ([^.]+)\.", glossary, re.M))))
    korean = [row[3].strip() for row in rows_of_the_index()]
    assert sum(map(bool, korean)) > 20
    assert {name for cell in korean if cell for name in cell.split(", ")} <= names


def test_a_name_in_the_code_in_the_index_is_in_the_code():
    files = [*(ROOT / "s2s_np").rglob("*.py"), *BOOK.rglob("*.ipynb")]
    known = set(re.findall(r"\w+", " ".join(p.read_text(encoding="utf-8") for p in files)))  # fmt: skip
    for row in rows_of_the_index():
        names = re.findall(r"`([^`]+)`", row[4])
        assert {word for name in names for word in re.findall(r"\w+", name)} <= known


def test_the_prose_names_a_formula_by_a_link_to_it():
    loose = re.compile(
        r"\b(?:equations?|formulas?)\s+(?:above|below|\(?\d)|\b(?:last|previous|following) (?:equation|formula)\b"
    )
    cited = re.compile(r"\{cite:?\w*\}`code`, \w+")
    for path in PAGES:
        assert not loose.findall(cited.sub("", text_of(path))), path.name
