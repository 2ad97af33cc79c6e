"""Train autoencoders of sentences and measure their spaces: python figures/autoencoder.py

The English sentences of `s2s_np.tasks.sentences`, each its own target: hidden sizes from 8 to 128 with the text as it
is, from 16 with noise on the source, five seeds each. Of every model it measures how much comes back, and what lies
between, beside and around the vectors of sentences. 55 runs of 5 to 25 s on one core.
"""

from collections import Counter
from pathlib import Path

import numpy as np
from sweep import command_line, sweep

from s2s_np import Seq2Seq, Vocab
from s2s_np.array import to_host
from s2s_np.tasks.autoencoder import (
    KINDS,
    NOISES,
    analogies,
    changes,
    decode,
    meanings_of,
    noisy_pairs,
    parts_changed,
    split_texts,
)
from s2s_np.tasks.machine_translation import exact_match

RESULTS = Path(__file__).with_suffix(".jsonl")
VERSION = 1
EPOCHS = 24
RECIPE = {"batch_size": 128, "learning_rate": 1e-2}
EMBEDDING_SIZE = 32
PLAIN, DENOISING = "none", "words"
SIZES = {PLAIN: (8, 12, 16, 24, 32, 64, 128), DENOISING: (16, 32, 64, 128)}
SETTINGS = [
    {"hidden_size": hidden_size, "noise": noise, "seed": seed}
    for seed in range(5)
    for noise, sizes in SIZES.items()
    for hidden_size in sizes
]
STEPS = np.linspace(0, 1, 9)  # from one sentence to another
STEPS_ASIDE = (0.25, 0.5, 0.75, 1, 1.5)  # as shares of the way to the nearest sentence
ASKED = 300  # analogies, pairs, sentences or random vectors for each figure


def main():
    arguments = command_line(__doc__)
    sweep(measure, SETTINGS, RESULTS, VERSION, arguments.scheduler, arguments.device)


def trained(hidden_size, noise, seed, device, epochs=EPOCHS):
    """Return a model that has learned to say the sentence that it reads; with "words", read through noise."""
    train, _, _ = split_texts()
    vocab = Vocab.from_texts(train, level="word")
    model = Seq2Seq(vocab, vocab, EMBEDDING_SIZE, hidden_size, seed=seed).to(device)
    if noise == PLAIN:
        pairs = [(text, text) for text in train]
        model.fit(pairs, epochs=epochs, progress=False, **RECIPE)
    else:  # the noise is another in every epoch
        pairs = noisy_pairs(train, copies=epochs, seed=seed)
        model.fit(pairs, epochs=1, progress=False, **RECIPE)
    return model


def measure(hidden_size, noise, seed, device, epochs=EPOCHS, asked=ASKED):
    """Return what one model remembers, and how its space is made; shares are of 1."""
    model = trained(hidden_size, noise, seed, device, epochs)
    texts = sorted(meanings_of())
    vectors = to_host(model.encode(texts))
    return {
        "parameters": model.num_parameters,
        **reconstruction(model),
        "interpolation": interpolation(model, asked),
        "random": random_vectors(model, vectors, asked),
        "neighbours": neighbours(model, texts, vectors, asked),
        "arithmetic": {
            kind: arithmetic(model, texts, vectors, kind, asked) for kind in KINDS
        },
    }


def reconstruction(model):
    """Return the shares of sentences that come back, by noise on the source, and the bits that do not arrive."""
    train, _, test = split_texts()
    nats = -model.log_probs([(text, text) for text in test]).mean()
    found = {"train_exact": exact(model, [(text, text) for text in train[::8]])}
    for name in NOISES:
        pairs = noisy_pairs(test, noises=(name,))
        found["test_exact" if name == "keep" else f"{name}_repaired"] = exact(model, pairs)  # fmt: skip
    return found | {"missing_bits": rounded(nats / np.log(2))}


def exact(model, pairs):
    """Return the share of (source, target) for which the model says the target."""
    return rounded(exact_match(model, pairs, max_length=20))


def interpolation(model, asked):
    """Return for each of `STEPS` from a test sentence to another the share of points that decode to a sentence."""
    _, _, test = split_texts()
    rng = np.random.default_rng(0)
    ends = [rng.choice(test, 2, replace=False) for _ in range(asked)]
    start, end = (to_host(model.encode([pair[i] for pair in ends])) for i in (0, 1))
    return [grammatical(model, (1 - step) * start + step * end) for step in STEPS]


def random_vectors(model, vectors, asked):
    """Return the shares that decode to a sentence, of random vectors that have something of the real ones.

    covariance: mean and covariance; norm: the length alone; shuffled: each coordinate, from another sentence
    """
    return {
        name: grammatical(model, random)
        for name, random in draw_vectors(vectors, asked).items()
    }


def draw_vectors(vectors, count, seed=0):
    """Return a dict of `count` random vectors each, by what they share with `vectors (N, H)`."""
    rng = np.random.default_rng(seed)
    mean, covariance = vectors.mean(axis=0), np.cov(vectors.T)
    directions = rng.standard_normal((count, vectors.shape[1]))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    norms = np.linalg.norm(rng.choice(vectors, count), axis=1, keepdims=True)
    return {
        "covariance": rng.multivariate_normal(mean, covariance, count, method="eigh"),
        "shuffled": rng.permuted(vectors, axis=0)[:count],
        "norm": directions * norms,
    }


def neighbours(model, texts, vectors, asked):
    """Return what a test sentence's nearest neighbour is.

    one_part: share that differ in one part of what they say; which: how many of those differ in which
    distance: to the nearest, as a share of that to any sentence, medians
    stays: share that decode to themselves after a random step, for each of `STEPS_ASIDE`
    """
    _, _, test = split_texts()
    place = {text: i for i, text in enumerate(texts)}
    some = test[:: max(1, len(test) // asked)]
    own = [place[text] for text in some]
    near = nearest(vectors, vectors[own], [[i] for i in own])
    changed = [parts_changed(text, texts[i]) for text, i in zip(some, near)]
    gaps = np.linalg.norm(vectors[near] - vectors[own], axis=1, keepdims=True)
    others = np.linalg.norm(vectors[own[::-1]] - vectors[own], axis=1)
    aside = np.random.default_rng(0).standard_normal((len(own), vectors.shape[1]))
    aside *= gaps / np.linalg.norm(aside, axis=1, keepdims=True)
    return {
        "one_part": share(len(parts) == 1 for parts in changed),
        "which": Counter(parts[0] for parts in changed if len(parts) == 1),
        "distance": rounded(np.median(gaps) / np.median(others)),
        "stays": [
            share(map(str.__eq__, decode(model, vectors[own] + step * aside), some))
            for step in STEPS_ASIDE
        ],
    }


def arithmetic(model, texts, vectors, kind, asked):
    """Return shares of the analogies of one kind that come out right, and how alike the displacements are.

    exact: the sum decodes to the goal; unchanged: to where it started; grammatical: to any sentence
    nearest: the sentence whose vector is the nearest to the sum is the goal; nearest_other: those of the question
        left out; baseline: as that, with nothing added
    mean, alike: see `by_mean`
    """
    _, _, test = split_texts()
    questions = analogies(kind, test, asked)
    place = {text: i for i, text in enumerate(texts)}
    goals = [question.goal for question in questions]
    starts = vectors[[place[question.start] for question in questions]]
    examples = zip(*(question.examples for question in questions))
    sums = starts + sum(differences(vectors, place, pairs) for pairs in examples)
    said = decode(model, sums)
    own = [[place[text] for text in (q.start, *sum(q.examples, ()))] for q in questions]

    def retrieved(points, without):
        near = nearest(vectors, points, without)
        return share(texts[i] == goal for i, goal in zip(near, goals))

    return {
        "exact": share(map(str.__eq__, said, goals)),
        "unchanged": share(text == q.start for text, q in zip(said, questions)),
        "grammatical": share(text in meanings_of() for text in said),
        "nearest": retrieved(sums, [[]] * len(sums)),
        "nearest_other": retrieved(sums, own),
        "baseline": retrieved(starts, own),
    } | ({} if kind == "roles by parts" else by_mean(model, vectors, place, kind, questions))  # fmt: skip


def by_mean(model, vectors, place, kind, questions):
    """Answer the analogies by what training sentences have in common that change alike.

    mean: share of exact answers, if what is added is the mean over all training pairs with the same change
    alike: share of the squared length of these displacements that is their mean's
    """
    train = set(split_texts()[0])
    means, common, total = {}, 0, 0
    for pairs in changes(kind).values():
        moves = differences(vectors, place, [p for p in pairs if train.issuperset(p)])
        means |= dict.fromkeys(pairs, moves.mean(axis=0))
        common += len(moves) * np.square(moves.mean(axis=0)).sum()
        total += np.square(moves).sum()
    added = [means[question.start, question.goal] for question in questions]
    starts = vectors[[place[question.start] for question in questions]]
    said = decode(model, starts + added)
    return {
        "mean": share(text == question.goal for text, question in zip(said, questions)),
        "alike": rounded(common / total),
    }


def differences(vectors, place, pairs):
    """Return v(after) - v(before) of each pair of texts, `(N, H)`."""
    before, after = zip(*pairs)
    return vectors[[place[t] for t in after]] - vectors[[place[t] for t in before]]


def nearest(vectors, points, without):
    """Return for each of `points (N, H)` the row of `vectors` that is nearest, except the rows `without[n]`."""
    squares = np.square(vectors).sum(axis=1) - 2 * points @ vectors.T  # (N, all)
    for row, left_out in zip(squares, without):
        row[left_out] = np.inf
    return squares.argmin(axis=1)


def grammatical(model, vectors):
    return share(text in meanings_of() for text in decode(model, vectors))


def share(answers):
    return rounded(np.mean(list(answers)))


def rounded(number):
    return round(float(number), 4)


if __name__ == "__main__":
    main()
