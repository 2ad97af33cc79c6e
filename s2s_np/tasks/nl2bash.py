"""NL2Bash: real requests and real shell commands, reduced to templates (book: applications/text_to_code).

    find all .txt files under /data/me bigger than 10M        request
    find PATH -type f -name PATTERN -size SIZE                template

Lin et al. (2018) collected one-line commands that people use and had experts say in English what they do. A template
keeps the utilities, the options and the signs that join commands, and puts a type in the place of each argument. A
typed word of the request becomes its type too. What rules by hand cannot read as a plain chain of commands, such as
loops and substitutions, is left out. The corpus is read by `s2s_np.corpora.nl2bash`.
"""

import random
import re
from collections import Counter
from typing import NamedTuple

from .splits import share_out, tied_groups

UTILITIES = 100  # that are kept, the most frequent ones
LONGEST_REQUEST, LONGEST_TEMPLATE = 40, 25  # words

# The signs that join commands and redirect, then words: of escaped and quoted pieces and of all else.
SIGN = r"\d?>>|\d?>&\d|\d?>|<|&&|\|\||\||;|&"
TOKEN = re.compile(rf"""({SIGN})|((?:\\.|'[^']*'|"(?:\\.|[^"\\])*"|[^\s'"\\|&;<>()])+)|\s+""")  # fmt: skip
JOINTS = {"|", "||", "&&", ";", "&"}  # after them a command begins
NOT_PLAIN = ("$(", "`", "<(", ">(", "<<", "${", "\n", "'\\''")
KEYWORDS = {"for", "while", "until", "if", "case", "select", "function", "do", "then"}
STARTERS = {
    "sudo",
    "time",
    "nohup",
    "exec",
    "env",
    "nice",
}  # run the command after them
RUNS_COMMAND = {"-exec", "-execdir", "-ok", "-okdir"}  # options of find
XARGS_VALUES = {"-I", "-n", "-P", "-L", "-d", "-s", "-E", "-a"}
LITERAL = {".", "..", "/", "~", "{}", "{}+", "+", "\\;", "';'", "\\(", "\\)", "!", "\\!", "-", "--",
           "-print0"}  # fmt: skip
LETTERS = {"-type", "-xtype"}  # options whose value, a letter, is kept

# The types of arguments, the first that fits. What none fits is TEXT: in a command always, in a request if quoted.
TYPES = (
    ("NUMBER", r"[-+]?\d+|[ugoa]*[-+=][rwxXst]+"),
    ("SIZE", r"[-+]?\d+[a-zA-Z]"),
    ("PATTERN", r"[^\s{}$]*[*?][^\s{}$]*"),
    ("VARIABLE", r"\$\w+"),
    ("PATH", r"[^\s|*?$]*/[^\s|*?$]*|\.?[\w-]+(\.[\w-]+)*\.[a-zA-Z]\w{0,4}|\.[a-zA-Z]\w+"),
)  # fmt: skip


class Pair(NamedTuple):
    """A request, its words with types; its command, the words of it; the command's template."""

    request: str
    command: tuple
    template: str


class NotPlainError(ValueError):
    """A command is no plain chain of commands."""


def template(command):
    """Return the template of a command, with spaces between its tokens; raises NotPlainError, which says why."""
    return " ".join(_kept_or_type(words) for words in _roles(split_command(command)))


def split_command(command):
    """Return the words and signs of a command line; quotes stay. Raises NotPlainError."""
    for piece in NOT_PLAIN:
        if piece in command:
            raise NotPlainError(f"{piece!r} stands in {command!r}")
    found, place = [], 0
    while place < len(command):
        token = TOKEN.match(command, place)
        if token is None:
            raise NotPlainError(f"character {place} of {command!r} begins no word")
        if not token[0].isspace():
            found.append(token[0])
        place = token.end()
    if not found or not command.isascii():
        raise NotPlainError(f"{command!r} is empty, or not all of it is ASCII")
    return found


def argument_type(word):
    """Return the type of an argument, quoted or not, or None for a plain word without quotes."""
    quoted = word[:1] in "'\"" and len(word) > 1
    bare = word.strip("'\"").replace("\\", "")
    for name, form in TYPES:
        if re.fullmatch(form, bare):
            return name
    return "TEXT" if quoted or not re.fullmatch(r"[\w,.:;()-]*", bare) else None


def request_words(request):
    """Return the words of a request, in small letters, and the bare word of each that became a type.

    Find all "*.txt" files bigger than 10M  ->  find all PATTERN files bigger than SIZE, [("PATTERN", "*.txt"), …]
    """
    words, values = [], []
    for word in re.findall(r"\"[^\"]*\"|(?<!\w)'[^']*'|[^\s\"]+", request):
        word = word if word[0] in "'\"" else word.rstrip(".,:;?!)").lstrip("(")
        if not word:
            continue
        kind = argument_type(word)
        if kind:
            values.append((kind, word.strip("'\"")))
        words.append(kind or word.lower())
    return words, values


def prepared_pairs(pairs):
    """Return the `Pair`s of those (request, command) that are plain, and why the others are not: a Counter.

    The reasons: "form" (no plain chain of commands), "utility" (not one of the 100 most frequent), "length" (no word,
    or too many), "twice" (the same request and command again).
    """
    plain, reasons = [], Counter()
    for request, command in pairs:
        try:
            roles = _roles(split_command(command))
        except NotPlainError:
            reasons["form"] += 1
            continue
        plain.append((request, roles))
    counts = Counter(word for _, roles in plain for word, role in roles if role == "utility")  # fmt: skip
    frequent = {name for name, _ in counts.most_common(UTILITIES)}
    kept = {}
    for request, roles in plain:
        words, _ = request_words(request)
        pair = Pair(request.strip(), tuple(word for word, _ in roles), " ".join(map(_kept_or_type, roles)))  # fmt: skip
        if not {word for word, role in roles if role == "utility"} <= frequent:
            reasons["utility"] += 1
        elif not 1 <= len(words) <= LONGEST_REQUEST or len(roles) > LONGEST_TEMPLATE:
            reasons["length"] += 1
        elif pair[:2] in kept:
            reasons["twice"] += 1
        else:
            kept[pair[:2]] = pair
    return list(kept.values()), reasons


def split_pairs(pairs, seed=0):
    """Return three lists of `Pair`s, to train, to validate and to test with, as 10 : 1 : 1.

    Pairs with the same request (by its words with types) or the same command stay together in one list. Templates may
    stand in several. Raises ValueError for fewer than 12 pairs.
    """
    if len(pairs) < 12:
        raise ValueError(f"there are {len(pairs)} pairs; expected at least 12")
    groups = tied_groups(
        pairs, lambda pair: (("request", source(pair)), ("command", pair.command))
    )
    twelfth = len(pairs) / 12
    test, valid, train = share_out(groups, (twelfth, twelfth), random.Random(seed))
    return train, valid, test


def source(pair):
    """Return what a model reads of a pair: the words of its request with types."""
    return " ".join(request_words(pair.request)[0])


def fill(written, request):
    """Return a template with arguments in the place of types, as a tuple of words: each the next one of its type.

    The arguments are those of the request, in their order; where none is left the type stays.
    """
    left = {}
    for kind, word in request_words(request)[1]:
        left.setdefault(kind, []).append(word)
    return tuple(
        re.sub("[A-Z]{4,}$", lambda kind: left[kind[0]].pop(0) if left.get(kind[0]) else kind[0], token)
        for token in written.split()
    )  # fmt: skip


def without_quotes(words):
    """Return the words of a command without their quotes, so that 'a' and "a" are the same."""
    return tuple(word.replace("'", "").replace('"', "") for word in words)


def _roles(words):
    """Return (word, role) of each word; the roles are sign, utility, option and argument."""
    found, at_start, previous, awaits = [], True, None, None
    for word in words:
        if re.fullmatch(SIGN, word):
            role, at_start, awaits = "sign", word in JOINTS, None
        elif awaits:  # the value of an option of xargs
            role, awaits = "argument", None
        elif at_start and word.startswith("-") and previous in {"xargs", *STARTERS}:
            role, awaits = "option", word in XARGS_VALUES
        elif at_start:
            word = word.rpartition("/")[2]
            if word in KEYWORDS or not re.fullmatch(r"[a-zA-Z][\w.+-]*", word):
                raise NotPlainError(f"{word!r} stands where a command begins")
            role, previous = "utility", word
            at_start = word == "xargs" or word in STARTERS
        else:
            role = "option" if re.fullmatch(r"-{1,2}[a-zA-Z].*", word) else "argument"
            at_start = word in RUNS_COMMAND
            if found[-1][0] in LETTERS:
                role = "letter"
        found.append((word, role))
    return found


def _kept_or_type(word_and_role):
    """Return what a template says for a word: the word itself or a type; of an option with a value, both."""
    word, role = word_and_role
    if role in ("sign", "utility", "letter") or word in LITERAL:
        return word
    if role == "argument":
        return argument_type(word) or "TEXT"
    name, value = re.fullmatch(r"(--?[a-zA-Z][a-zA-Z-]*=?|-\d|-)(.*)", word).groups()
    return name + (argument_type(value) or "TEXT") if value else name
