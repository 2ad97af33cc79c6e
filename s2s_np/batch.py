"""Batches: sentence pairs of like length, side by side (book: code/loss)."""

from typing import NamedTuple

import numpy as np

from .array import to_device
from .vocab import EOS, PAD


class Batch(NamedTuple):
    """`B` sentence pairs as arrays.

    source: (T_s, B) word ids, no BOS or EOS, padded with PAD; of `Frames` (T_s, B, D), padded with zeros
    source_lengths: (B,) integers, on the host
    target: (T_t, B) word ids y_1 … y_m with y_m = EOS, padded with PAD
    target_lengths: (B,) integers, EOS counted, on the host
    """

    source: np.ndarray
    source_lengths: np.ndarray
    target: np.ndarray
    target_lengths: np.ndarray

    def to(self, device):
        """Return the batch with its word ids on `device`, "cpu" or "cuda"; lengths stay on the host."""
        return self._replace(
            source=to_device(self.source, device), target=to_device(self.target, device)
        )


def pad(sequences):
    """Return `(ids (T, B), lengths (B,))` of a list of lists of ids, or `(frames (T, B, D), lengths)` of arrays."""
    lengths = np.array([len(sequence) for sequence in sequences])
    first = np.asarray(sequences[0])
    padded = np.full(
        (lengths.max(), len(sequences), *first.shape[1:]), PAD, first.dtype
    )
    for b, sequence in enumerate(sequences):
        padded[: len(sequence), b] = sequence
    return padded, lengths


def encode_texts(texts, vocab, name="texts"):
    """Return the ids of each text; raises ValueError where there is no text, or a text without a token.

    With `Frames` for `vocab`, what it returns are arrays `(T, D)`.
    """
    if isinstance(texts, str):
        raise TypeError(
            f"{name} is one string; expected a list of strings: [{texts!r}]"
        )
    sequences = [vocab.encode(text) for text in texts]
    if not sequences:
        raise ValueError(f"{name} is empty: a batch needs at least one text")
    for i, sequence in enumerate(sequences):
        if len(sequence) == 0:
            raise ValueError(
                f"{name}[{i}] is {texts[i]!r}: there is no {vocab.level} in it"
            )
    return sequences


def encode_pairs(pairs, source_vocab, target_vocab):
    """Return `(source ids, target ids)` of each pair of texts, EOS at the end of the target; a source may be frames.

    Raises ValueError for an empty list, an empty text, or what is not a pair.
    """
    pairs = list(pairs)
    for i, pair in enumerate(pairs):
        if isinstance(pair, str) or len(pair) != 2:
            raise ValueError(
                f"pairs[{i}] is {pair!r}; expected (source text, target text)"
            )
    sources = encode_texts(
        [source for source, _ in pairs], source_vocab, "source texts"
    )
    targets = encode_texts(
        [target for _, target in pairs], target_vocab, "target texts"
    )
    return [(source, [*target, EOS]) for source, target in zip(sources, targets)]


def make_batches(pairs, source_vocab, target_vocab, batch_size, rng=None):
    """Yield `Batch`es of at most `batch_size` pairs of like length, so that there is little to pad.

    Arguments
        pairs: list of (source text, target text)
        rng: a NumPy Generator shuffles pairs of one length, and the batches; None keeps them in order of length
    Raises ValueError for an empty list, an empty text or a batch size below 1.
    """
    if batch_size < 1:
        raise ValueError(f"batch_size is {batch_size}; expected at least 1")
    return batches_of(encode_pairs(pairs, source_vocab, target_vocab), batch_size, rng)


def batches_of(encoded, batch_size, rng=None):
    """Yield the batches of `make_batches` from what `encode_pairs` returned."""
    source_lengths = np.array([len(source) for source, _ in encoded])
    target_lengths = np.array([len(target) for _, target in encoded])
    ties = np.arange(len(encoded)) if rng is None else rng.permutation(len(encoded))
    order = np.lexsort((ties, target_lengths, source_lengths))
    starts = np.arange(0, len(encoded), batch_size)
    if rng is not None:
        rng.shuffle(starts)
    for start in starts:
        chosen = [encoded[i] for i in order[start : start + batch_size]]
        yield Batch(
            *pad([source for source, _ in chosen]),
            *pad([target for _, target in chosen]),
        )
