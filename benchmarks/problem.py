"""What every contestant is given: the sizes, the model, the batches and the optimizer's settings."""

from typing import NamedTuple

import numpy as np
from multi30k_lengths import draw_lengths

from s2s_np import EOS, PAD, UNK, Batch, Seq2Seq, Vocab
from s2s_np.vocab import SPECIAL_TOKENS

LEARNING_RATE = 1e-3  # of Adam, whose other settings are everyone's defaults
MAX_NORM = 1.0  # to which the gradients are clipped


class Size(NamedTuple):
    """B sentence pairs a batch of T words each, word vectors of size E, states of size H, V words.

    T is None where lengths are those of Multi30k; such a problem has several batches.
    """

    B: int
    T: int | None
    E: int
    H: int
    V: int
    num_batches: int = 1


SIZES = {
    "S": Size(B=32, T=10, E=64, H=128, V=40),
    "M": Size(B=64, T=20, E=128, H=256, V=1000),
    "L": Size(B=64, T=20, E=256, H=512, V=8000),
    "XL": Size(B=128, T=30, E=256, H=512, V=8000),
    "R": Size(B=64, T=None, E=256, H=512, V=8000, num_batches=8),
}


def make_model(size, seed=0):
    """Return a fresh `Seq2Seq` of this size, in float32, with V words in both vocabularies."""
    words = [f"w{i}" for i in range(size.V - len(SPECIAL_TOKENS))]
    vocab = Vocab([*SPECIAL_TOKENS, *words], level="word")
    return Seq2Seq(vocab, vocab, size.E, size.H, seed=seed)


def draw_batches(size, seed=0):
    """Return the list of batches of this size: random words, EOS at the end of each target."""
    rng = np.random.default_rng(seed)
    batches = []
    for _ in range(size.num_batches):
        if size.T is None:
            source_lengths, target_lengths = draw_lengths(rng, size.B)
        else:
            source_lengths = target_lengths = np.full(size.B, size.T)
        source = draw_words(rng, source_lengths, size.V)
        target = draw_words(rng, target_lengths, size.V)
        target[target_lengths - 1, np.arange(size.B)] = EOS
        batches.append(Batch(source, source_lengths, target, target_lengths))
    return batches


def draw_words(rng, lengths, V):
    """Return random words `(max(lengths), B)`, PAD after each sentence's end."""
    steps = max(lengths)
    words = rng.integers(UNK + 1, V, (steps, len(lengths)))
    words[np.arange(steps)[:, None] >= lengths] = PAD
    return words


def is_full(batch):
    """Whether the batch has no padding, so that a peer needs neither packing nor masks."""
    return all(
        (lengths == len(words)).all()
        for words, lengths in (
            (batch.source, batch.source_lengths),
            (batch.target, batch.target_lengths),
        )
    )
