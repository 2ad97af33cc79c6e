"""The long short-term memory; what it shares with the other cells is in test_recurrent.py."""

import math
import re

import numpy as np
import pytest
from cases import Case

from s2s_np import lstm, lstm_cell

CLOSED, OPEN = -800.0, 800.0  # σ is 0 and 1 to the last bit


def gates_at(params, i=None, f=None, o=None):
    """Set gates of a layer of 3 units to σ of a number, whatever comes in."""
    for block, value in ((0, i), (1, f), (3, o)):
        if value is not None:
            rows = slice(3 * block, 3 * block + 3)
            for name in params:
                params[name][rows] = 0
            params["bias_ih_l0"][rows] = value
    return params


def test_a_step_and_its_gradients_on_paper():
    # All weights are zero but one bias: i = f = o = 1/2, g = tanh(b), c' = (0.8 + g) / 2.
    params = {
        "weight_ih_l0": np.zeros((4, 1)),
        "weight_hh_l0": np.zeros((4, 1)),
        "bias_ih_l0": np.array([0.0, 0.0, 1.5, 0.0]),
        "bias_hh_l0": np.zeros(4),
    }
    g = math.tanh(1.5)
    state, backward = lstm_cell(
        params, np.array([[3.0]]), (np.array([[0.3]]), np.array([[0.8]]))
    )
    h_next, c_next = (part.item() for part in state)
    assert math.isclose(c_next, (0.8 + g) / 2)
    assert math.isclose(h_next, math.tanh(c_next) / 2)
    dx, (dh, dc), grads = backward((np.zeros((1, 1)), np.ones((1, 1))))
    assert dx.item() == dh.item() == 0
    assert math.isclose(dc.item(), 1 / 2)
    d_a = [g / 4, 0.8 / 4, (1 - g * g) / 2, 0]
    assert np.allclose(grads["bias_ih_l0"], d_a)
    assert np.allclose(grads["bias_hh_l0"], d_a)
    assert np.allclose(grads["weight_ih_l0"][:, 0], np.multiply(d_a, 3.0))
    assert np.allclose(grads["weight_hh_l0"][:, 0], np.multiply(d_a, 0.3))


def test_with_the_forget_gate_open_and_the_input_gate_closed_the_memory_stays():
    params, x, state_0 = Case(T=50).inputs("lstm")
    (_, (_, c_n)), backward = lstm(gates_at(params, i=CLOSED, f=OPEN), x, state_0)
    assert np.array_equal(c_n, state_0[1])
    _, (_, dc0), _ = backward(None, (np.zeros_like(c_n), np.ones_like(c_n)))
    assert np.array_equal(dc0, np.ones_like(dc0))


def test_with_the_forget_gate_closed_the_memory_is_the_last_proposal():
    params, x, state_0 = Case(T=4).inputs("lstm")
    gates_at(params, i=OPEN, f=CLOSED)
    params["weight_hh_l0"][:] = 0
    (_, (_, c_n)), backward = lstm(params, x, state_0)
    g = x[-1] @ params["weight_ih_l0"][6:9].T + params["bias_ih_l0"][6:9]
    g = np.tanh(g + params["bias_hh_l0"][6:9])
    assert np.allclose(c_n[0], g, rtol=0, atol=1e-15)
    _, (_, dc0), _ = backward(None, (np.zeros_like(c_n), np.ones_like(c_n)))
    assert not dc0.any()


def test_behind_a_closed_output_gate_the_memory_does_not_show():
    params, x, state_0 = Case(T=4).inputs("lstm")
    (output, (h_n, c_n)), _ = lstm(gates_at(params, o=CLOSED), x, state_0)
    assert not output.any()
    assert not h_n.any()
    assert c_n.all()


def test_the_memory_counts_beyond_one_and_the_state_does_not():
    params, x, _ = Case(T=9).inputs("lstm")
    gates_at(params, i=OPEN, f=OPEN, o=OPEN)
    for name in params:
        params[name][6:9] = 0
    params["bias_ih_l0"][6:9] = OPEN  # g is 1: one more at every step
    (output, (_, c_n)), _ = lstm(params, x)
    assert np.array_equal(c_n, np.full_like(c_n, 9.0))
    assert np.abs(output).max() <= 1


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (lambda h, c: h, TypeError, r"a state is ndarray; expected \(h0, c0\)"),
        (lambda h, c: (h,), TypeError, r"a state is tuple; expected \(h0, c0\)"),
        (lambda h, c: (h, c[:, :1]), ValueError, r"c0 has shape \(1, 1, 3\); expected"),
        (lambda h, c: (h, c.astype("f4")), TypeError, "but c0 is float32"),
    ],
)
def test_a_state_that_is_no_pair_of_fitting_arrays_is_named(change, error, message):
    params, x, state_0 = Case().inputs("lstm")
    with pytest.raises(error, match=message):
        lstm(params, x, change(*state_0))
    _, backward = lstm(params, x)
    with pytest.raises(error, match=re.sub("([hc])0", r"d_\1_n", message)):
        backward(None, change(*state_0))
