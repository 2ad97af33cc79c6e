"""Random sequences to copy."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from s2s_np.tasks.copying import ROOM, reach, sequences, split, vocab

SIZES = st.integers(1, 12)


@given(SIZES, st.integers(1, 9), st.integers(1, 20), st.integers(0, 3))
def test_sequences_have_the_length_and_the_words_asked_for(size, length, number, seed):
    texts = sequences(number, size, length, np.random.default_rng(seed))
    assert len(texts) == number
    for text in texts:
        assert len(text.split()) == length
        assert not vocab(size).unknown(text)


def test_all_words_and_lengths_are_alike_often():
    train, _ = split(size=5, longest=4, train=20_000, test=1)
    lengths = np.bincount([len(text.split()) for text, _ in train])
    assert lengths[0] == 0 and np.allclose(lengths[1:] / 20_000, 1 / 4, atol=0.015)
    first = np.bincount([int(text.split()[0]) for text, _ in train])
    last = np.bincount([int(text.split()[-1]) for text, _ in train])
    assert np.allclose([first, last], 20_000 / 5, atol=300)


@given(SIZES, st.integers(1, 6), st.integers(0, 3))
def test_there_are_as_many_pairs_of_equal_texts_as_asked_for(size, longest, seed):
    train, tested = split(size, longest, train=50, test=7, seed=seed)
    assert len(train) == 50
    assert list(tested) == list(range(1, longest + 1))
    for length, pairs in tested.items():
        assert len(pairs) == 7
        assert all(len(text.split()) == length for text, _ in pairs)
    assert all(x == y for pairs in (train, *tested.values()) for x, y in pairs)


def test_no_tested_sequence_is_trained_on_where_there_is_room():
    train, tested = split(size=2, longest=8, train=5_000, test=10)
    seen = {text for text, _ in train}
    for length, pairs in tested.items():
        overlap = {text for text, _ in pairs} & seen
        if 2**length >= ROOM * 10:
            assert not overlap
        else:  # all of the few sequences were trained on
            assert len(overlap) == len({text for text, _ in pairs})


def test_the_seed_and_nothing_else_decides():
    assert split(3, 4, 20, 5, seed=1) == split(3, 4, 20, 5, seed=1)
    assert split(3, 4, 20, 5, seed=1) != split(3, 4, 20, 5, seed=2)


@pytest.mark.parametrize("name", ["size", "longest", "train", "test"])
def test_a_number_below_1_is_named(name):
    with pytest.raises(ValueError, match=f"{name} is 0; expected at least 1"):
        split(**({"size": 2, "longest": 3, "train": 4, "test": 5} | {name: 0}))


@pytest.mark.parametrize(
    ("exact", "expected"),
    [
        ([1, 1, 0], 2.5),
        ([1, 0.75, 0.25, 0.1], 2.5),
        ([0], 0.5),
        ([1, 0.5, 0.4], 2.0),
        ([1, 0.4, 0.9, 0.1], 1 + 5 / 6),
    ],
)
def test_reach_is_where_one_half_is_crossed_first(exact, expected):
    assert reach(exact) == pytest.approx(expected)


def test_a_model_that_copies_everything_has_no_reach():
    assert math.isnan(reach([1, 0.9, 0.5]))
