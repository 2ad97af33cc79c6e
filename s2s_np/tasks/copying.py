"""Copying: a random sequence that has to be said again (book: limitations/memorization).

    7 0 4 4        7 0 4 4
    3              3

Each word is drawn for itself, all words alike, so no word helps to guess another: a sequence of n words out of V is
worth

    n · log2 V    bits

and whatever is said again correctly has been carried in the sentence vector. A token is what stands between spaces.
"""

import numpy as np

from ..vocab import SPECIAL_TOKENS, Vocab
from .splits import check_sizes

ROOM = 10  # times as many sequences of a length as are tested, before those are kept from training


def vocab(size):
    """Return the `Vocab` of the words "0", "1", … up to `size` − 1."""
    return Vocab([*SPECIAL_TOKENS, *map(str, range(size))], "word")


def sequences(number, size, length, rng):
    """Return `number` texts of `length` words each, drawn by the NumPy Generator `rng` out of `size` words."""
    return _texts(rng.integers(size, size=(number, length)))


def split(size, longest, train, test, seed=0):
    """Return pairs to train with, and pairs to test with for each length.

    No sequence is in both, except of lengths that have few: fewer than `ROOM` times as many as are tested.

    Arguments
        size: V, how many words there are
        longest: the lengths are 1, 2, … `longest`
        train: number of pairs to train with, their lengths drawn, all alike
        test: number of pairs to test with, of each length
        seed: of all that is drawn
    Returns `(list of (text, text), {length: list of (text, text)})`; in a pair both texts are the same.
    Raises ValueError for a number below 1.
    """
    check_sizes(size=size, longest=longest, train=train, test=test)
    rng = np.random.default_rng(seed)
    tested = {n: sequences(test, size, n, rng) for n in range(1, longest + 1)}
    kept_back = {text for n in tested if size**n >= ROOM * test for text in tested[n]}
    lengths = rng.integers(1, longest + 1, size=train)
    trained = _texts(rng.integers(size, size=(train, longest)), lengths)
    for i, length in enumerate(lengths):
        while trained[i] in kept_back:
            (trained[i],) = sequences(1, size, length, rng)
    return _pairs(trained), {n: _pairs(texts) for n, texts in tested.items()}


def reach(exact):
    """Return the length up to which a model copies: where the share of exact copies falls below one half.

    `exact[n - 1]` is the share at length n; between two lengths a straight line is drawn, and nothing is wrong at
    length 0. The first such place counts. NaN where the share never falls below one half.
    """
    exact = np.concatenate([[1.0], exact])
    below = np.flatnonzero(exact < 0.5)
    if len(below) == 0:
        return float("nan")
    n = below[0]
    return float(n - (0.5 - exact[n]) / (exact[n - 1] - exact[n]))


def _texts(rows, lengths=None):
    """Return the text of each row of integers, or of the first `lengths` in it."""
    words = list(map(str, range(rows.max(initial=0) + 1)))
    if lengths is None:
        lengths = [rows.shape[1]] * len(rows)
    return [
        " ".join(words[i] for i in row[:n]) for row, n in zip(rows.tolist(), lengths)
    ]


def _pairs(texts):
    return [(text, text) for text in texts]
