"""Replies to what people say: an honest split, and how dull and how copied they are (book: applications/chatbot).

Many replies to one question are good, so that none of these figures compares a reply with *the* right one. They look
at all replies together, and the same is done to those that people gave.
"""

import math
import random
from collections import Counter
from itertools import pairwise

import numpy as np

from ..array import to_host
from ..batch import encode_texts, pad
from ..vocab import BOS, EOS
from .splits import check_sizes


def split_by_question(pairs, valid_size, test_size, seed=0):
    """Return three lists of pairs (question, reply), to train, to validate and to test with.

    Questions that differ in spaces and signs alone count as one, and all pairs of one question go to the same list.
    The sizes count questions. Raises ValueError for sizes below 1, for a question without a letter or digit, and where
    no question is left to train with.
    """
    check_sizes(valid_size=valid_size, test_size=test_size)
    groups = {}
    for question, reply in pairs:
        groups.setdefault(letters(question), []).append((question, reply))
    if "" in groups:
        raise ValueError(
            f"the question {groups[''][0][0]!r} has no letter and no digit in it"
        )
    if len(groups) <= valid_size + test_size:
        raise ValueError(
            f"{len(groups)} different questions; {valid_size} to validate and {test_size} to test with leave none"
            " to train with"
        )
    keys = sorted(groups)
    random.Random(seed).shuffle(keys)
    ends = 0, test_size, test_size + valid_size, len(keys)
    test, valid, train = (
        [pair for key in keys[first:last] for pair in groups[key]]
        for first, last in pairwise(ends)
    )
    return train, valid, test


def letters(text):
    """Return the letters and digits of a text, small ones, without what stands between them."""
    return "".join(c for c in text.lower() if c.isalnum())


def perplexity(model, pairs):
    """Return how many equally likely tokens a model hesitates between, in the mean, EOS counted.

        PPL = exp( −Σ_i log P(Y_i | X_i) / Σ_i m_i )

    Two models can be compared only if their tokens are the same.
    """
    tokens = sum(len(model.target_vocab.encode(reply)) + 1 for _, reply in pairs)
    return math.exp(-model.log_probs(pairs).sum() / tokens)


def unigram_perplexity(train_replies, replies, vocab):
    """Return the perplexity of a guess that knows how frequent each token is in training, and nothing else.

    P(v) = (count(v) + 1) / (N + V)
    """
    counts = np.ones(len(vocab))
    for reply in train_replies:
        np.add.at(counts, [*vocab.encode(reply), EOS], 1)
    log_p = np.log(counts / counts.sum())
    ids = [i for reply in replies for i in (*vocab.encode(reply), EOS)]
    return math.exp(-log_p[ids].mean())


def distinct(replies, n):
    """Return how many different groups of `n` words in a row replies have, for each word in them (Li et al. 2016).

        distinct-n = |{n-grams of all replies}| / Σ_i words(Y_i)

    It falls as replies become more, whoever wrote them: compare equal numbers only. Raises ValueError where there is no
    word, or for an n below 1.
    """
    if n < 1:
        raise ValueError(f"n is {n}; expected at least 1")
    words = [reply.split() for reply in replies]
    total = sum(map(len, words))
    if not total:
        raise ValueError(f"there is no word in the {len(words)} replies")
    grams = {tuple(w[i : i + n]) for w in words for i in range(len(w) - n + 1)}
    return len(grams) / total


def dull_share(replies, most=10):
    """Return the share of replies that are one of the `most` commonest among themselves.

    1 for somebody who has ten replies to all the world, `most / len(replies)` for one who never says a thing twice.
    Raises ValueError where there is no reply.
    """
    if not replies:
        raise ValueError("replies is empty; expected at least one")
    commonest = Counter(replies).most_common(most)
    return sum(count for _, count in commonest) / len(replies)


def copied_share(replies, train_replies):
    """Return the share of replies that stand letter for letter in training; ValueError where there is no reply."""
    if not replies:
        raise ValueError("replies is empty; expected at least one")
    trained = set(train_replies)
    return sum(reply in trained for reply in replies) / len(replies)


def sample_replies(model, texts, rng, temperature=1.0, max_length=60):
    """Return a reply to each text, each token drawn from the model's distribution instead of the likeliest taken.

        y_t ~ P(· | X, y_{<t})^{1/τ} / Z

    Arguments
        rng: a NumPy Generator
        temperature: τ; towards 0 it becomes greedy search
    Raises ValueError for a temperature not above 0, an empty list or an empty text.
    """
    if not temperature > 0:
        raise ValueError(f"temperature is {temperature}; expected a number above 0")
    source, lengths = pad(encode_texts(texts, model.source_vocab))
    state = model.start(source, lengths)
    words = np.full(len(texts), BOS)
    said = []  # max_length × (B,)
    ended = np.zeros(len(texts), bool)
    for _ in range(max_length):
        log_probs, state = model.step(words, state)
        scores = to_host(log_probs) / temperature
        # The greatest of scores with Gumbel noise falls on each token as often as its probability says.
        words = (scores + rng.gumbel(size=scores.shape)).argmax(axis=1)
        said.append(np.where(ended, EOS, words))
        ended |= words == EOS
        if ended.all():
            break
        words = np.where(ended, BOS, words)  # an ended row goes on, unheard
    return [model.target_vocab.decode(row) for row in np.transpose(said)]
