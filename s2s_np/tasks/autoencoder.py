"""Autoencoding: a sentence is its own target, and its vector all that is handed over (book: autoencoder).

The corpus is the English side of `s2s_np.tasks.sentences`: each meaning in one word order, 8,424 texts, so that what a
vector decodes to can be judged against the list of all sentences. Here are the questions that are asked of the space of
vectors: changes that take one sentence into another (`changes`), sums of them (`analogies`), noise on the words
(`corruptions`, `noisy_pairs`) and how much of it can be undone at all (`repairable`).
"""

import random
from collections import Counter, defaultdict
from dataclasses import replace
from functools import cache
from itertools import permutations
from typing import NamedTuple

import numpy as np

from ..array import to_device, to_host
from ..search import greedy_search
from ..seq2seq import DecoderState
from .sentences import PEOPLE, SINGLE_PEOPLE, meanings, split

PARTS = ("subject", "verb", "tense", "object", "place", "time")
SAME = {"tense, same verb": ("tense", "verb"), "verb, same tense": ("verb", "tense")}
KINDS = (*PARTS, *SAME, "roles", "roles by parts")
NOISES = ("keep", "drop", "swap")


class Analogy(NamedTuple):
    """A sentence, pairs of others that show what shall change, and the sentence that should come out, as texts.

    v(start) + Σ (v(after) - v(before)) ≈ v(goal)    for the (before, after) of `examples`
    """

    start: str
    examples: tuple
    goal: str


# Texts, and what they say ------------------------------------------------------------------------------------


@cache
def meanings_of():
    """Return a dict of every text of the grammar and its meanings: one, or for "I read a book" two tenses."""
    found = defaultdict(list)
    for sentence in meanings():
        found[sentence.english].append(sentence)
    return dict(found)


def split_texts(seed=0):
    """Return the English texts as three sorted lists: train, valid, test; the parts are those of `sentences.split`."""
    return tuple(sorted({sentence.english for sentence in part}) for part in split(seed))  # fmt: skip


def parts_changed(one, other):
    """Return which of `PARTS` differ between two texts, the fewest that any of their meanings allow."""
    return min(
        (
            [part for part in PARTS if getattr(s, part) != getattr(t, part)]
            for s in meanings_of()[one]
            for t in meanings_of()[other]
        ),
        key=len,
    )


def decode(model, vectors, max_length=20):
    """Return the text that the decoder says from each of `vectors (N, H)`, by greedy search; `encode` turned round.

    Raises ValueError for a model whose decoder starts from more than one such vector: an LSTM, or several layers.
    """
    if model.config["cell"] == "lstm" or model.config["num_layers"] > 1:
        raise ValueError(
            f"the decoder of {model} starts from more than one vector a sentence; expected one layer of a GRU or RNN"
        )
    vectors = to_device(np.asarray(to_host(vectors), model.config["dtype"]), model.device)  # fmt: skip
    context = vectors if model.config["context"] == "every_step" else None
    found = greedy_search(model.step, DecoderState(vectors[None], context), len(vectors), max_length)  # fmt: skip
    return [model.target_vocab.decode(hypothesis.tokens) for hypothesis in found]


# Changes, and sums of them -----------------------------------------------------------------------------------


@cache
def changes(kind):
    """Return what one change does all over the grammar: a dict of lists of pairs of texts (before, after).

    kind: one of `PARTS`, with keys as ("present", "past"); one of `SAME`, with keys as ("present", "past", "go"), the
        examples with another verb apart; or "roles", subject and object trading places, one list
    """
    found = defaultdict(list)
    if kind == "roles":
        for s in meanings():
            if s.object in PEOPLE:
                found["roles"].append((s.english, s.swap_roles().english))
        return dict(found)
    part, *same = SAME.get(kind, (kind,))
    groups = defaultdict(list)
    for s in meanings():
        if len(meanings_of()[s.english]) == 1:
            groups[replace(s, **{part: None})].append(s)
    for group in groups.values():
        for s, t in permutations(group, 2):
            key = (
                getattr(s, part),
                getattr(t, part),
                *(getattr(s, name) for name in same),
            )
            found[key].append((s.english, t.english))
    return dict(found)


def analogies(kind, goals, count=300, seed=0):
    """Return `count` random analogies of one of `KINDS` whose goal is one of the texts `goals`.

    A part, one of `SAME`: one example of the same change in another sentence. "roles": one of others who change roles.
    "roles by parts": the same goals, by two examples; one changes the subject, one the object.
    """
    rng, goals = random.Random(seed), set(goals)
    if kind == "roles by parts":
        return [
            _by_parts(start, goal, rng)
            for start, _, goal in analogies(
                "roles", goals & _between_singles(), count, seed
            )
        ]
    table = changes(kind)
    asked = [
        (start, goal, key)
        for key, pairs in table.items()
        for start, goal in pairs
        if goal in goals
    ]
    found = []
    while len(found) < count:
        start, goal, key = rng.choice(asked)
        example = rng.choice(table[key])
        if not {start, goal} & set(example):
            found.append(Analogy(start, (example,), goal))
    return found


@cache
def _between_singles():
    """Return the texts in which one single person does something to another."""
    return {s.english for s in meanings() if s.object in SINGLE_PEOPLE}


def _by_parts(start, goal, rng):
    """Let the roles change in two steps: X sees Y + (Y sees Z - X sees Z) + (W sees X - W sees Y)."""
    s, others = meanings_of()[start][0], set(SINGLE_PEOPLE)
    x, y = s.subject, s.object
    others -= {x, y, "I", "we"}  # "we see me" is no sentence
    z, w = rng.choice(sorted(others)), rng.choice(sorted(others))
    examples = (
        (replace(s, object=z), replace(s, subject=y, object=z)),
        (replace(s, subject=w), replace(s, subject=w, object=x)),
    )
    texts = tuple((before.english, after.english) for before, after in examples)
    return Analogy(start, texts, goal)


# Noise on the words ------------------------------------------------------------------------------------------


def corruptions(text, noise):
    """Return every text that one noise can make of `text`: "keep" the text itself, "drop" one word, or "swap" two.

    The two that are swapped stand side by side. There is one text for each place, so that some may be alike.
    """
    words = text.split()
    if noise == "keep":
        return [text]
    if noise == "drop":
        return [" ".join(words[:i] + words[i + 1 :]) for i in range(len(words))]
    if noise == "swap":
        return [
            " ".join([*words[:i], words[i + 1], words[i], *words[i + 2 :]])
            for i in range(len(words) - 1)
        ]
    raise ValueError(f"noise is {noise!r}; expected one of {', '.join(NOISES)}")


def noisy_pairs(texts, copies=1, noises=NOISES, seed=0):
    """Return (noisy text, text) for each text, `copies` times: noise and place are drawn anew, all equally probable."""
    rng = random.Random(seed)
    return [
        (rng.choice(corruptions(text, rng.choice(noises))), text)
        for _ in range(copies)
        for text in texts
    ]


def repairable(texts, noise):
    """Return the share of `texts` that the best of all readers restores after one noise, on average over its places.

    The reader knows the grammar and that all its texts and `NOISES` are equally probable, but not which noise there
    was. It says the most probable text. Where several are, it is right once in that many times.
    """
    best = _best_readings()
    shares = []
    for text in texts:
        read = [best[noisy] for noisy in corruptions(text, noise)]
        shares.append(sum((text in likely) / len(likely) for likely in read) / len(read))  # fmt: skip
    return sum(shares) / len(shares)


@cache
def _best_readings():
    """Return for each noisy text the most probable ones that it was made from."""
    weights = defaultdict(Counter)
    for text in meanings_of():
        for noise in NOISES:
            made = corruptions(text, noise)
            for noisy in made:
                weights[noisy][text] += 1 / len(made)
    return {
        noisy: {
            text
            for text, weight in readings.items()
            if weight > max(readings.values()) - 1e-9
        }
        for noisy, readings in weights.items()
    }
