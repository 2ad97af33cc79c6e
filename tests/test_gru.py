"""The gated recurrent unit; what it shares with the other cells is in test_recurrent.py."""

import math

import numpy as np
from cases import Case

from s2s_np import gru, gru_cell


def zero_params(**biases):
    """Parameters of one unit with one input: zero, but for the biases given as r, z and n."""
    params = {
        "weight_ih_l0": np.zeros((3, 1)),
        "weight_hh_l0": np.zeros((3, 1)),
        "bias_ih_l0": np.zeros(3),
        "bias_hh_l0": np.zeros(3),
    }
    return params | {name: np.array(value, float) for name, value in biases.items()}


def gates_at(params, r=0.0, z=0.0):
    """Set the gates of a layer of 3 units to σ(r) and σ(z), whatever comes in."""
    for name in params:
        params[name][:6] = 0
    params["bias_ih_l0"][:3] = r
    params["bias_ih_l0"][3:6] = z
    return params


def test_a_step_and_its_gradients_on_paper():
    # All weights are zero: r = z = 1/2, n = 0, h' = 0.8 / 2.
    h_next, backward = gru_cell(zero_params(), np.array([[3.0]]), np.array([[0.8]]))
    assert math.isclose(h_next.item(), 0.4)
    dx, dh, grads = backward(np.array([[1.0]]))
    assert dx.item() == 0
    assert math.isclose(dh.item(), 0.5)
    d_a = [0, 0.8 / 4, 1 / 2]  # r: u_n is 0; z: (h − n) z (1 − z); n: 1 − z
    d_u = [0, 0.8 / 4, 1 / 4]  # n: times r
    assert np.allclose(grads["bias_ih_l0"], d_a)
    assert np.allclose(grads["bias_hh_l0"], d_u)
    assert np.allclose(grads["weight_ih_l0"][:, 0], np.multiply(d_a, 3.0))
    assert np.allclose(grads["weight_hh_l0"][:, 0], np.multiply(d_u, 0.8))


def test_the_reset_gate_acts_after_the_recurrent_product():
    params = zero_params(bias_hh_l0=[0, 0, 2])
    h_next, _ = gru_cell(params, np.ones((1, 1)), np.zeros((1, 1)))
    assert math.isclose(h_next.item(), math.tanh(0.5 * 2) / 2)
    (output, _), _ = gru(params, np.ones((1, 1, 1)))
    assert math.isclose(output.item(), math.tanh(0.5 * 2) / 2)


def test_an_open_update_gate_carries_the_state_and_its_gradient_through_any_number_of_steps():
    params, x, (h0,) = Case(T=50).inputs("gru")
    (_, h_n), backward = gru(gates_at(params, z=50), x, h0)
    assert np.allclose(h_n, h0, rtol=0, atol=1e-14)
    _, dh0, _ = backward(None, np.ones_like(h_n))
    assert np.allclose(dh0, 1, rtol=0, atol=1e-14)


def test_with_both_gates_closed_every_step_stands_alone():
    params, x, (h0,) = Case(T=4).inputs("gru")
    (output, _), backward = gru(gates_at(params, r=-800, z=-800), x, h0)
    n = x @ params["weight_ih_l0"][6:].T + params["bias_ih_l0"][6:]
    assert np.allclose(output, np.tanh(n), rtol=0, atol=1e-15)
    d_output = np.zeros_like(output)
    d_output[2] = 1
    dx, dh0, _ = backward(d_output)
    assert dx[2].all()
    assert not dx[[0, 1, 3]].any()
    assert not dh0.any()
