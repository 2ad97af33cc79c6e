"""SCAN: commands of a small language and the actions that they mean (book: limitations/structure).

    jump                                          I_JUMP
    jump left twice                               I_TURN_LEFT I_JUMP I_TURN_LEFT I_JUMP
    turn left and walk thrice                     I_TURN_LEFT I_WALK I_WALK I_WALK
    run after look opposite right                 I_TURN_RIGHT I_TURN_RIGHT I_LOOK I_RUN

Lake and Baroni (2018), "Generalization without systematicity", made it to ask whether a model that knows the parts
and the rules also knows the whole: who understands "run", "run twice" and "jump" understands "jump twice". The
language is so small that its grammar gives all of it, and no file is needed:

    C → S | S and S | S after S               a command
    S → V | V twice | V thrice
    V → u | u D | turn D                      u: walk, look, run or jump
    D → side | opposite side | around side    side: left or right

A token is what stands between spaces: `Vocab.from_texts(texts, level="word")`.
"""

import random
from functools import cache
from itertools import product

# What each word does by itself. "turn" does nothing: it is the side after it that turns.
VERBS = {
    "walk": ["I_WALK"],
    "look": ["I_LOOK"],
    "run": ["I_RUN"],
    "jump": ["I_JUMP"],
    "turn": [],
}
SIDES = {"left": ["I_TURN_LEFT"], "right": ["I_TURN_RIGHT"]}

# The length split trains on commands of at most so many actions.
LONGEST_TRAINED = 22

# Each split by a rule: whether a pair is one to train on.
TRAINED = {
    "length": lambda command, actions: len(actions.split()) <= LONGEST_TRAINED,
    "add_jump": lambda command, actions: command == "jump" or "jump" not in command,
    "add_turn_left": lambda command, actions: (
        command == "turn left" or "turn left" not in command
    ),
}
SPLITS = ("random", *TRAINED)


def interpret(command):
    """Return the actions of one command, by the paper's rules of interpretation.

        ⟦x and y⟧ = ⟦x⟧ ⟦y⟧
        ⟦x after y⟧ = ⟦y⟧ ⟦x⟧
        ⟦x twice⟧ = ⟦x⟧ ⟦x⟧
        ⟦x thrice⟧ = ⟦x⟧ ⟦x⟧ ⟦x⟧
        ⟦u around left⟧ = ⟦u left⟧ ⟦u left⟧ ⟦u left⟧ ⟦u left⟧
        ⟦u opposite left⟧ = I_TURN_LEFT ⟦u left⟧
        ⟦u left⟧ = I_TURN_LEFT ⟦u⟧
        ⟦jump⟧ = I_JUMP, …; ⟦turn⟧ is empty

    and the same for "right" and I_TURN_RIGHT.
    Raises ValueError for what is no command of the grammar, and names the first word that cannot stand where it does.
    """
    words = command.split()
    if " ".join(words) not in _commands():  # the rules would take more than the grammar
        raise ValueError(f"{command!r} is no SCAN command: {_first_mistake(words)}")
    return " ".join(_actions(words))


def pairs():
    """Return all 20,910 (command, actions), the short forms first; always the same list."""
    return [(command, " ".join(_actions(command.split()))) for command in _commands()]


def split(name, seed=0):
    """Return two lists of (command, actions), to train and to test with, by one of `SPLITS`.

        random           16,728 and 4,182    80 %; 20 %, dealt by `seed`
        length           16,990 and 3,920    at most 22 actions; 24 to 48
        add_jump         13,204 and 7,706    all without "jump", and "jump" itself; all the others
        add_turn_left    19,702 and 1,208    all without "turn left", and "turn left" itself; all the others

    Each command stands once, in one of the two lists; `seed` changes the random split alone, and the released one is
    another draw of the same sizes. The released training files of the last two repeat the new command until it is a
    tenth of all lines: `oversample(train, "jump")` does so.
    Raises ValueError for another name.
    """
    if name not in SPLITS:
        raise ValueError(f"name is {name!r}; expected one of {', '.join(SPLITS)}")
    dealt = pairs()
    if name == "random":
        random.Random(seed).shuffle(dealt)
        size = round(0.8 * len(dealt))
        return dealt[:size], dealt[size:]
    is_trained = TRAINED[name]
    train = [pair for pair in dealt if is_trained(*pair)]
    return train, [pair for pair in dealt if not is_trained(*pair)]


def oversample(train, command, share=0.1):
    """Return `train` with the pair of `command` repeated, at the end, until it is the share `share` of all pairs.

        repeats = share / (1 − share) · (number of other pairs), rounded

    So "jump" stands 1,467 times among the 14,670 lines of the released file, "turn left" 2,189 times among 21,890.
    Raises ValueError for a command that is not in `train`, and for a share that is less than one pair or not below 1.
    """
    others = [pair for pair in train if pair[0] != command]
    repeated = [pair for pair in train if pair[0] == command][:1]
    if not repeated:
        raise ValueError(f"command is {command!r}, which is not in train")
    if not 1 / (len(others) + 1) <= share < 1:
        raise ValueError(
            f"share is {share}; expected less than 1, and at least the"
            f" 1 / {len(others) + 1} that the command has when it stands once"
        )
    return others + repeated * round(share / (1 - share) * len(others))


@cache
def _commands():
    """Every command of the grammar once, as the keys of a dict: in order, and quick to look up."""
    directions = [
        f"{manner}{side}"
        for manner, side in product(("", "opposite ", "around "), SIDES)
    ]
    phrases = [verb for verb in VERBS if verb != "turn"]
    phrases += [f"{verb} {direction}" for verb, direction in product(VERBS, directions)]
    sentences = [
        f"{phrase}{times}"
        for times, phrase in product(("", " twice", " thrice"), phrases)
    ]
    joined = [
        f"{x} {joint} {y}"
        for joint, x, y in product(("and", "after"), sentences, sentences)
    ]
    return dict.fromkeys(sentences + joined)


def _actions(words):
    """The actions of a command's words, by the rules of `interpret`; the outermost rule comes first."""
    for joint in ("and", "after"):
        if joint in words:
            place = words.index(joint)
            x, y = _actions(words[:place]), _actions(words[place + 1 :])
            return x + y if joint == "and" else y + x
    match words:
        case [*x, "twice"]:
            return 2 * _actions(x)
        case [*x, "thrice"]:
            return 3 * _actions(x)
        case [u, "around", side]:
            return 4 * _actions([u, side])
        case [u, "opposite", side]:
            return SIDES[side] + _actions([u, side])
        case [u, side]:
            return SIDES[side] + VERBS[u]
        case [u]:
            return VERBS[u]


def _first_mistake(words):
    """Say at which word these words leave the grammar, and what could have stood there."""
    possible = [[*command.split(), None] for command in _commands()]  # None: the end
    for place, word in enumerate([*words, None]):
        expected = dict.fromkeys(command[place] for command in possible)
        possible = [command for command in possible if command[place] == word]
        if not possible:
            break
    what = f"is {word!r}" if word else "is missing"
    expected = " or ".join(repr(word) if word else "the end" for word in expected)
    return f"word {place + 1} {what}; expected {expected}"
