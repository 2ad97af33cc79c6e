"""Dropout, and what its scaling keeps."""

import numpy as np
import pytest
from cases import frozen
from gradients import check_gradients
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes

from s2s_np import dropout


def new_x(shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


@given(array_shapes(), st.sampled_from([0.0, 0.1, 0.5, 0.9]), st.integers(0, 9))
def test_the_gradient_is_that_of_finite_differences_while_the_mask_is_held(
    shape, rate, seed
):
    x, d_y = new_x(shape), new_x(shape, seed=1)

    def loss():
        return (dropout(x, rate, np.random.default_rng(seed))[0] * d_y).sum()

    _, backward = dropout(x, rate, np.random.default_rng(seed))
    check_gradients("dropout", loss, {"x": x}, {"x": backward(d_y)})


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9])
def test_a_share_of_the_values_is_zero_and_the_others_are_scaled(rate):
    x = new_x((100, 200))
    y, _ = dropout(x, rate, np.random.default_rng(0))
    assert abs((y == 0).mean() - rate) < 0.01
    assert np.allclose(y[y != 0], x[y != 0] / (1 - rate), rtol=1e-15)


@pytest.mark.parametrize("rate", [0.1, 0.5])
def test_the_mean_over_many_masks_is_the_value_itself(rate):
    y, _ = dropout(np.ones(100_000), rate, np.random.default_rng(0))
    assert abs(y.mean() - 1) < 0.01


def test_every_value_is_dropped_or_kept_by_itself():
    y, _ = dropout(np.ones((100, 50, 20)), 0.5, np.random.default_rng(0))
    for axis in range(3):
        assert np.unique(y.mean(axis=axis)).size > 10
        assert np.unique(y, axis=axis).shape == y.shape


def test_the_same_seed_draws_the_same_mask_and_another_seed_another():
    x = new_x((20, 20))
    first, again, other = (
        dropout(x, 0.5, np.random.default_rng(seed))[0] for seed in (1, 1, 2)
    )
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_one_generator_draws_a_new_mask_at_every_call():
    x, rng = new_x((20, 20)), np.random.default_rng(0)
    assert not np.array_equal(dropout(x, 0.5, rng)[0], dropout(x, 0.5, rng)[0])


def test_at_rate_zero_nothing_changes_and_no_number_is_drawn():
    x, rng = new_x((4, 5)), np.random.default_rng(0)
    before = rng.bit_generator.state
    y, backward = dropout(x, 0.0, rng)
    assert np.array_equal(y, x)
    assert np.array_equal(backward(x), x)
    assert rng.bit_generator.state == before


@pytest.mark.parametrize("rate", [0.0, 0.3])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_results_have_the_type_of_the_input(rate, dtype):
    x = new_x((4, 5)).astype(dtype)
    y, backward = dropout(x, rate, np.random.default_rng(0))
    assert y.dtype == backward(x).dtype == dtype


def test_backward_may_be_called_again_and_nothing_given_is_changed():
    x, d_y = frozen((new_x((4, 5)), new_x((4, 5))))
    _, backward = dropout(x, 0.5, np.random.default_rng(0))
    assert np.array_equal(backward(d_y), backward(d_y))


@pytest.mark.parametrize("rate", [1.0, -0.1, 1.5, float("nan")])
def test_a_rate_that_makes_no_sense_is_named(rate):
    with pytest.raises(ValueError, match=f"rate is {rate}; expected 0 <= rate < 1"):
        dropout(np.ones(3), rate, np.random.default_rng(0))


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (np.ones(3, int), "x is of type int64; expected float32 or float64"),
        ([1.0], "x is a list; expected a NumPy or CuPy array"),
    ],
)
def test_an_input_of_another_type_is_named(x, message):
    with pytest.raises(TypeError, match=message):
        dropout(x, 0.5, np.random.default_rng(0))
