"""From states to log-probabilities."""

import numpy as np
import pytest
from cases import frozen
from conftest import import_torch
from gradients import check_gradients, check_parity
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes

from s2s_np import generator
from s2s_np.generator import init_generator

shapes = array_shapes(max_dims=3, max_side=4)  # of h without its last axis


def new_inputs(shape, V, H, seed=0):
    rng = np.random.default_rng(seed)
    params = {
        "weight": rng.standard_normal((V, H)),
        "bias": rng.standard_normal(V),
    }
    return (
        params,
        rng.standard_normal((*shape, H)),
        rng.standard_normal((*shape, V)),
    )


@given(shapes, st.integers(1, 5), st.integers(1, 4))
def test_the_gradients_are_those_of_finite_differences(shape, V, H):
    params, h, d_log_probs = new_inputs(shape, V, H)
    _, backward = generator(params, h)
    dh, grads = backward(d_log_probs)
    check_gradients(
        "generator",
        lambda: (generator(params, h)[0] * d_log_probs).sum(),
        {"h": h, **params},
        {"h": dh, **grads},
    )


@given(shapes, st.integers(1, 5), st.integers(1, 4))
def test_values_and_gradients_are_those_of_pytorch(shape, V, H):
    torch = import_torch()
    params, h, d_log_probs = new_inputs(shape, V, H)
    log_probs, backward = generator(params, h)
    dh, grads = backward(d_log_probs)
    twin = torch.nn.Linear(H, V).double()
    twin.load_state_dict({n: torch.tensor(p) for n, p in params.items()}, strict=True)
    twin_h = torch.tensor(h, requires_grad=True)
    twin_log_probs = torch.log_softmax(twin(twin_h), dim=-1)
    (twin_log_probs * torch.tensor(d_log_probs)).sum().backward()
    check_parity(
        "generator",
        {"log_probs": log_probs, "h": dh, **grads},
        {
            "log_probs": twin_log_probs,
            "h": twin_h.grad,
            "weight": twin.weight.grad,
            "bias": twin.bias.grad,
        },
    )


def test_two_words_on_paper():
    params = {"weight": np.array([[1.0], [0.0]]), "bias": np.array([0.0, np.log(3)])}
    log_probs, _ = generator(params, np.array([[0.0], [np.log(9)]]))
    assert np.allclose(np.exp(log_probs), [[1 / 4, 3 / 4], [3 / 4, 1 / 4]])


@given(shapes, st.integers(1, 5))
def test_the_probabilities_of_all_words_add_to_one(shape, V):
    params, h, _ = new_inputs(shape, V, 2)
    log_probs, _ = generator(params, h)
    assert log_probs.shape == (*shape, V)
    assert np.allclose(np.exp(log_probs).sum(axis=-1), 1, rtol=0, atol=1e-14)


def test_one_number_added_to_all_scores_changes_nothing():
    params, h, d = new_inputs((3, 2), 4, 3)
    moved = params | {"bias": params["bias"] + 100}
    (log_probs, backward), (expected, expected_backward) = (
        generator(moved, h),
        generator(params, h),
    )
    assert np.allclose(log_probs, expected, rtol=0, atol=1e-12)
    assert np.allclose(backward(d)[0], expected_backward(d)[0], rtol=0, atol=1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_scores_of_any_size_stay_in_range(dtype):
    params = {
        "weight": np.array([[1.0], [0.0], [-1.0]], dtype),
        "bias": np.zeros(3, dtype),
    }
    h = np.array([[1e4], [-1e4]], dtype)
    log_probs, backward = generator(params, h)
    assert np.array_equal(log_probs, [[0, -1e4, -2e4], [-2e4, -1e4, 0]])
    dh, _ = backward(np.ones_like(log_probs))
    assert np.array_equal(dh, [[-3], [3]])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_results_have_the_type_of_the_input(dtype):
    params, h, d = new_inputs((3, 2), 4, 3)
    params = {name: p.astype(dtype) for name, p in params.items()}
    log_probs, backward = generator(params, h.astype(dtype))
    dh, grads = backward(d.astype(dtype))
    for array in (log_probs, dh, *grads.values()):
        assert array.dtype == dtype


def test_backward_may_be_called_again_and_nothing_given_is_changed():
    params, h, d = frozen(new_inputs((3, 2), 4, 3))
    log_probs, backward = generator(params, h)
    log_probs.setflags(write=False)
    (dh, grads), (dh_again, grads_again) = backward(d), backward(d)
    assert np.array_equal(dh, dh_again)
    assert not np.shares_memory(dh, dh_again)
    for name in params:
        assert np.array_equal(grads[name], grads_again[name])


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (
            {"weight": np.ones((4, 2))},
            ValueError,
            r"weight has shape \(4, 2\); expected \(any, 3\)",
        ),
        ({"weight": np.ones(3)}, ValueError, r"weight has shape \(3,\)"),
        ({"bias": np.ones(3)}, ValueError, r"bias has shape \(3,\); expected \(4,\)"),
        ({"weight": np.ones((4, 3), "f4")}, TypeError, "h is float64, but weight is"),
        ({"bias": [0.0] * 4}, TypeError, "bias is a list"),
        ({"bias": None}, ValueError, "parameter bias is missing"),
        ({"scale": np.ones(4)}, ValueError, "parameter scale is unknown"),
    ],
)
def test_parameters_that_do_not_fit_are_named(change, error, message):
    params, h, _ = new_inputs((3, 2), 4, 3)
    params = {n: p for n, p in (params | change).items() if p is not None}
    with pytest.raises(error, match=message):
        generator(params, h)


@pytest.mark.parametrize(
    ("h", "error", "message"),
    [
        (np.ones((3, 2, 3), int), TypeError, "h is of type int64; expected float32"),
        (np.empty((0, 2, 3)), ValueError, r"h has shape \(0, 2, 3\): there is no"),
        (np.empty((3, 0, 3)), ValueError, r"h has shape \(3, 0, 3\): there is no"),
        ([[1.0] * 3], TypeError, "h is a list; expected a NumPy or CuPy array"),
        (np.array(1.0), ValueError, r"h has shape \(\)"),
    ],
)
def test_states_that_make_no_sense_are_named(h, error, message):
    with pytest.raises(error, match=message):
        generator(new_inputs((3, 2), 4, 3)[0], h)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (
            lambda d: d.transpose(1, 0, 2),
            ValueError,
            r"d_log_probs has shape \(2, 3, 4\); expected \(3, 2, 4\)",
        ),
        (lambda d: d.astype(np.float32), TypeError, "d_log_probs is float32"),
    ],
)
def test_an_incoming_gradient_that_does_not_fit_is_named(change, error, message):
    params, h, d_log_probs = new_inputs((3, 2), 4, 3)
    _, backward = generator(params, h)
    with pytest.raises(error, match=message):
        backward(change(d_log_probs))


def test_fresh_parameters_prefer_no_word():
    params = init_generator(np.random.default_rng(0), 50, 16)
    assert params["weight"].shape == (50, 16)
    assert 0.2 < np.abs(params["weight"]).max() <= 0.25
    assert not params["bias"].any()
