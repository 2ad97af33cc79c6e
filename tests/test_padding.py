"""From padded batches to packed rows and back."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from s2s_np.padding import Packing, check_lengths, real_steps, reverse_within_lengths

lengths_and_steps = st.lists(st.integers(1, 6), min_size=1, max_size=6).flatmap(
    lambda lengths: st.tuples(st.just(np.array(lengths)), st.integers(max(lengths), 8))
)


@given(lengths_and_steps)
def test_unpacking_undoes_packing_and_zeroes_the_padding(drawn):
    lengths, steps = drawn
    x = np.random.default_rng(0).standard_normal((steps, len(lengths), 3))
    packing = Packing(np, lengths, steps)
    rows = packing.pack(x)
    assert rows.shape == (lengths.sum(), 3)
    assert np.array_equal(
        packing.unpack(rows), x * real_steps(lengths, steps)[:, :, None]
    )


@given(lengths_and_steps)
def test_each_step_is_a_slice_of_the_sequences_that_still_run(drawn):
    lengths, steps = drawn
    times, sequences = np.indices((steps, len(lengths)))
    packing = Packing(np, lengths, steps)
    rows = packing.pack(np.stack([times, sequences], axis=2))
    order = packing.sort(np.arange(len(lengths))[:, None])[:, 0]
    assert len(packing.steps) == lengths.max()
    for t, step in enumerate(packing.steps):
        assert (rows[step, 0] == t).all()
        assert (rows[step, 1] == order[: len(rows[step])]).all()
        assert len(rows[step]) == (lengths > t).sum()


@given(lengths_and_steps)
def test_unsorting_undoes_sorting(drawn):
    lengths, steps = drawn
    state = np.arange(len(lengths))[:, None]
    packing = Packing(np, lengths, steps)
    assert np.array_equal(packing.unsort(packing.sort(state)), state)


def test_reversal_stays_within_each_length():
    tokens = np.array([[1, 4], [2, 5], [3, 0]])
    assert np.array_equal(
        reverse_within_lengths(tokens, [3, 2]), [[3, 5], [2, 4], [1, 0]]
    )
    assert np.array_equal(reverse_within_lengths(tokens, None), tokens[::-1])


def test_lengths_of_any_integer_type_do():
    tokens = np.array([[1, 4], [2, 5], [3, 0]])
    for dtype in (np.uint8, np.int32, np.uint64):
        reversed_tokens = reverse_within_lengths(tokens, np.array([3, 2], dtype))
        assert np.array_equal(reversed_tokens, [[3, 5], [2, 4], [1, 0]])


@pytest.mark.parametrize(
    ("lengths", "error", "message"),
    [
        ([2, 6], ValueError, r"lengths\[1\] is 6, but x has only 5 time steps"),
        ([0, 5], ValueError, r"lengths\[0\] is 0, the shortest length is 1"),
        ([3], ValueError, r"lengths has shape \(1,\); expected \(2,\)"),
        ([[3, 3]], ValueError, r"lengths has shape \(1, 2\)"),
        ([1.5, 2.0], TypeError, "lengths are of type float64"),
        ("ab", TypeError, "lengths is a str"),
    ],
)
def test_lengths_that_make_no_sense_are_named(lengths, error, message):
    with pytest.raises(error, match=message):
        check_lengths(lengths, 5, 2)
