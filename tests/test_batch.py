"""Batches of like length."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from s2s_np import EOS, PAD, Vocab, make_batches

VOCAB = Vocab.from_texts(["abc"])
texts = st.text("abc", min_size=1, max_size=8)


def decode_columns(ids, lengths):
    return [VOCAB.decode(ids[: lengths[b], b]) for b in range(ids.shape[1])]


@given(
    st.lists(st.tuples(texts, texts), min_size=1, max_size=20),
    st.integers(1, 7),
    st.booleans(),
)
def test_every_pair_comes_once_whole_and_padded(pairs, batch_size, shuffled):
    rng = np.random.default_rng(0) if shuffled else None
    seen = []
    for batch in make_batches(pairs, VOCAB, VOCAB, batch_size, rng):
        assert batch.source.shape[1] <= batch_size
        assert batch.source.shape == (
            batch.source_lengths.max(),
            len(batch.source_lengths),
        )
        assert batch.target.shape == (
            batch.target_lengths.max(),
            len(batch.target_lengths),
        )
        for ids, lengths in (
            (batch.source, batch.source_lengths),
            (batch.target, batch.target_lengths),
        ):
            padding = np.arange(len(ids))[:, None] >= lengths
            assert ((ids == PAD) == padding).all()
        last = batch.target[
            batch.target_lengths - 1, np.arange(len(batch.target_lengths))
        ]
        assert (last == EOS).all() and (batch.target == EOS).sum() == len(last)
        assert not (batch.source == EOS).any()
        sources = decode_columns(batch.source, batch.source_lengths)
        seen += zip(sources, decode_columns(batch.target, batch.target_lengths))
    assert sorted(seen) == sorted(pairs)


def test_sequences_of_like_length_come_together():
    pairs = [("a" * length, "b") for length in (1, 8) * 50]
    for batch in make_batches(pairs, VOCAB, VOCAB, 10, np.random.default_rng(0)):
        assert batch.source_lengths.min() == batch.source_lengths.max()


def test_a_generator_shuffles_and_none_keeps_the_order_of_length():
    pairs = [("a" * length, "b") for length in (3, 1, 2)]
    in_order = [len(batch.source) for batch in make_batches(pairs, VOCAB, VOCAB, 1)]
    orders = {
        tuple(
            len(batch.source)
            for batch in make_batches(
                pairs, VOCAB, VOCAB, 1, np.random.default_rng(seed)
            )
        )
        for seed in range(20)
    }
    assert in_order == [1, 2, 3]
    assert len(orders) == 6


@pytest.mark.parametrize(
    ("pairs", "batch_size", "message"),
    [
        ([], 4, "source texts is empty"),
        ([("a", "b"), ("", "b")], 4, r"source texts\[1\] is ''"),
        ([("a", "b"), ("a", "")], 4, r"target texts\[1\] is ''"),
        ([("a", "b", "c")], 4, r"pairs\[0\] is \('a', 'b', 'c'\)"),
        (["ab"], 4, r"pairs\[0\] is 'ab'"),
        ([("a", "b")], 0, "batch_size is 0"),
    ],
)
def test_bad_input_is_named(pairs, batch_size, message):
    with pytest.raises(ValueError, match=message):
        list(make_batches(pairs, VOCAB, VOCAB, batch_size))
