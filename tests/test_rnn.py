"""The plain recurrent network; what it shares with the other cells is in test_recurrent.py."""

import math

import numpy as np
from cases import Case, recurrent_params

from s2s_np import rnn, rnn_cell


def test_a_step_and_its_gradients_on_paper():
    params = {
        "weight_ih_l0": np.array([[2.0]]),
        "weight_hh_l0": np.array([[3.0]]),
        "bias_ih_l0": np.array([-4.0]),
        "bias_hh_l0": np.array([0.5]),
    }
    x, h = np.array([[0.75]]), np.array([[0.5]])  # a = 1.5 − 4 + 1.5 + 0.5 = −0.5
    h_next, backward = rnn_cell(params, x, h)
    assert math.isclose(h_next.item(), math.tanh(-0.5))
    slope = 1 / math.cosh(0.5) ** 2
    dx, dh, grads = backward(np.array([[1.0]]))
    assert math.isclose(dx.item(), 2 * slope)
    assert math.isclose(dh.item(), 3 * slope)
    assert math.isclose(grads["weight_ih_l0"].item(), 0.75 * slope)
    assert math.isclose(grads["weight_hh_l0"].item(), 0.5 * slope)
    assert math.isclose(grads["bias_ih_l0"].item(), slope)
    assert math.isclose(grads["bias_hh_l0"].item(), slope)


def test_without_recurrent_weights_every_step_stands_alone():
    params, x, (h0,) = Case(T=4).inputs("rnn")
    params["weight_hh_l0"][:] = 0
    (output, _), backward = rnn(params, x, h0)
    a = x @ params["weight_ih_l0"].T + params["bias_ih_l0"] + params["bias_hh_l0"]
    assert np.allclose(output, np.tanh(a), rtol=0, atol=1e-15)
    d_output = np.zeros_like(output)
    d_output[2] = 1
    dx, dh0, _ = backward(d_output)
    assert dx[2].all()
    assert not dx[[0, 1, 3]].any()
    assert not dh0.any()


def test_a_gradient_shrinks_or_grows_with_each_step_as_the_recurrent_weight_has_it():
    params = recurrent_params(np.random.default_rng(0), 1, 1, 1)
    x, T = np.zeros((12, 1, 1)), 12
    params["bias_ih_l0"][:] = params["bias_hh_l0"][:] = 0  # h stays 0, where tanh' is 1
    for weight in (0.5, 2.0):
        params["weight_hh_l0"][:] = weight
        _, backward = rnn(params, x)
        _, dh0, _ = backward(None, np.ones((1, 1, 1)))
        assert math.isclose(dh0.item(), weight**T)
