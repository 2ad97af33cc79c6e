"""Filters that look at every place of an image alike."""

import math

import numpy as np
import pytest
from conftest import import_torch
from gradients import check_gradients, check_parity
from hypothesis import given
from hypothesis import strategies as st

from s2s_np.convolution import convolution, init_convolution, max_pool, relu

small = st.integers(1, 3)


def new_inputs(O, C, B, height, width):
    rng = np.random.default_rng(0)
    params = init_convolution(rng, C, O)
    params["bias"] = rng.standard_normal(O)
    x = rng.standard_normal((C, B, height, width))
    return params, x, rng.standard_normal((O, B, height, width))


def distinct(shape):
    """Numbers that lie 0.1 and more apart, and as far from 0."""
    size = int(np.prod(shape))
    return (np.random.default_rng(0).permutation(size) - size // 2 + 0.5).reshape(shape) / 5  # fmt: skip


@given(small, small, small, small, small)
def test_the_gradients_of_a_convolution_are_those_of_finite_differences(O, C, B, h, w):
    params, x, d_y = new_inputs(O, C, B, h, w)
    _, backward = convolution(params, x)
    dx, grads = backward(d_y)
    check_gradients(
        "convolution",
        lambda: (convolution(params, x)[0] * d_y).sum(),
        {"x": x, **params},
        {"x": np.ascontiguousarray(dx), **grads},
    )


@given(small, small, small, st.integers(1, 5), st.integers(1, 5))
def test_values_and_gradients_of_a_convolution_are_those_of_pytorch(O, C, B, h, w):
    torch = import_torch()
    params, x, d_y = new_inputs(O, C, B, h, w)
    y, backward = convolution(params, x)
    dx, grads = backward(d_y)
    twin = torch.nn.Conv2d(C, O, 3, padding=1).double()
    twin.load_state_dict({n: torch.tensor(p) for n, p in params.items()}, strict=True)
    twin_x = torch.tensor(x, requires_grad=True)
    twin_y = twin(twin_x.transpose(0, 1)).transpose(0, 1)
    (twin_y * torch.tensor(d_y)).sum().backward()
    check_parity(
        "convolution",
        {"y": y, "x": dx, **grads},
        {"y": twin_y, "x": twin_x.grad, "weight": twin.weight.grad, "bias": twin.bias.grad},
    )  # fmt: skip


@pytest.mark.parametrize("layer", [relu, max_pool])
def test_the_gradients_of_relu_and_pooling_are_those_of_finite_differences(layer):
    x = distinct((2, 3, 4, 6))
    y, backward = layer(x)
    d_y = np.random.default_rng(1).standard_normal(y.shape)
    check_gradients(
        layer.__name__,
        lambda: (layer(x)[0] * d_y).sum(),
        {"x": x},
        {"x": np.ascontiguousarray(backward(d_y))},
    )


def test_values_and_gradients_of_pooling_are_those_of_pytorch_where_numbers_are_alike_too():
    torch = import_torch()
    x = np.random.default_rng(0).integers(0, 3, (2, 3, 4, 6)).astype(float)
    y, backward = max_pool(x)
    d_y = np.random.default_rng(1).standard_normal(y.shape)
    twin_x = torch.tensor(x, requires_grad=True)
    twin_y = torch.nn.functional.max_pool2d(twin_x, 2)
    (twin_y * torch.tensor(d_y)).sum().backward()
    check_parity("max_pool", {"y": y, "x": backward(d_y)}, {"y": twin_y, "x": twin_x.grad})  # fmt: skip


def test_a_filter_that_looks_up_moves_the_image_down():
    params = {"weight": np.zeros((1, 1, 3, 3)), "bias": np.zeros(1)}
    params["weight"][0, 0, 0, 1] = 1
    x = np.arange(6.0).reshape(1, 1, 3, 2)
    y, _ = convolution(params, x)
    assert y[0, 0].tolist() == [[0, 0], [0, 1], [2, 3]]


def test_a_moved_image_gives_moved_values_and_the_same_largest_one():
    params, _, _ = new_inputs(2, 1, 1, 1, 1)
    x = np.zeros((1, 1, 9, 9))
    x[0, 0, 2:5, 2:5] = np.random.default_rng(1).random((3, 3))
    moved = np.roll(x, (2, 1), axis=(2, 3))
    y, y_moved = (convolution(params, each)[0] for each in (x, moved))
    assert np.allclose(np.roll(y, (2, 1), axis=(2, 3)), y_moved)


def test_pooling_keeps_the_largest_of_each_square_wherever_it_stands():
    for place in range(4):
        square = np.full(4, -1.0)
        square[place] = 2.0
        y, backward = max_pool(square.reshape(1, 1, 2, 2))
        assert y.tolist() == [[[[2.0]]]]
        assert backward(np.ones_like(y)).ravel().tolist() == np.eye(4)[place].tolist()


def test_new_weights_have_the_variance_that_a_relu_passes_on():
    weight = init_convolution(np.random.default_rng(0), 5, 2_000)["weight"]
    assert math.isclose(weight.std(), math.sqrt(2 / (5 * 9)), rel_tol=0.02)
    assert abs(weight.mean()) < 0.01


def test_bad_input_is_named():
    params, x, d_y = new_inputs(2, 3, 1, 4, 4)
    with pytest.raises(ValueError, match="x"):
        convolution(params, x[0])
    with pytest.raises(ValueError, match="weight"):
        convolution(params, x[:2])
    with pytest.raises(ValueError, match="bias"):
        convolution(params | {"bias": np.zeros(3)}, x)
    with pytest.raises(TypeError):
        convolution(params, x.astype(np.float32))
    _, backward = convolution(params, x)
    with pytest.raises(ValueError, match="d_y"):
        backward(d_y[:1])
    with pytest.raises(ValueError, match=r"\(3, 1, 3, 4\); its height and width"):
        max_pool(x[:, :, :3])
