"""The GRU that resets before the product, and the ways between the conventions."""

import numpy as np
import pytest
from cases import Case, assert_close, assert_equal, inner, random_like
from gradients import check_gradients

from s2s_np import gru, gru_cell
from s2s_np.gru_conventions import (
    gru_reset_before,
    gru_reset_before_cell,
    reset_after_from_before,
    reset_before_from_after,
    turn_update_gate,
)

RAGGED = Case(num_layers=2, directions=2, T=5, B=4, E=3, H=2, lengths=(2, 4, 1, 4))
LAYERS = {"reset after": gru, "reset before": gru_reset_before}
every_layer = pytest.mark.parametrize("layer", LAYERS.values(), ids=LAYERS)


def diagonal(params):
    """Return the parameters with nothing beside the diagonal of W_hn."""
    params = {name: array.copy() for name, array in params.items()}
    for name, array in params.items():
        if name.startswith("weight_hh"):
            H = array.shape[1]
            array[2 * H :] *= np.eye(H)
    return params


def without_b_hn(params):
    """Return the parameters with b_hn = 0."""
    params = {name: array.copy() for name, array in params.items()}
    for name, array in params.items():
        if name.startswith("bias_hh"):
            array[2 * len(array) // 3 :] = 0
    return params


def test_a_step_and_its_gradients_on_paper():
    # All weights are 0 but W_hn = 2: r = z = 1/2, n = tanh(2 · 0.8 / 2), h' = (n + 0.8) / 2.
    params = {
        "weight_ih_l0": np.zeros((3, 1)),
        "weight_hh_l0": np.array([[0.0], [0.0], [2.0]]),
        "bias_ih_l0": np.zeros(3),
        "bias_hh_l0": np.zeros(3),
    }
    h_next, backward = gru_reset_before_cell(
        params, np.array([[3.0]]), np.array([[0.8]])
    )
    n = np.tanh(0.8)
    assert np.isclose(h_next.item(), (n + 0.8) / 2)
    dx, dh, grads = backward(np.array([[1.0]]))
    d_a_n = (1 - n**2) / 2
    assert dx.item() == 0
    assert np.isclose(dh.item(), 1 / 2 + 2 * d_a_n / 2)
    d_a = [2 * d_a_n * 0.8 / 4, (0.8 - n) / 4, d_a_n]
    assert np.allclose(grads["bias_ih_l0"], d_a)
    assert np.allclose(grads["bias_hh_l0"], d_a)
    assert np.allclose(
        grads["weight_hh_l0"][:, 0], np.multiply(d_a, [0.8, 0.8, 0.8 / 2])
    )


def test_the_bias_of_the_product_is_out_of_the_reset_gates_reach():
    params = {
        "weight_ih_l0": np.zeros((3, 1)),
        "weight_hh_l0": np.zeros((3, 1)),
        "bias_ih_l0": np.zeros(3),
        "bias_hh_l0": np.array([0.0, 0.0, 2.0]),
    }
    h_next, _ = gru_reset_before_cell(params, np.ones((1, 1)), np.zeros((1, 1)))
    assert np.isclose(h_next.item(), np.tanh(2) / 2)


def test_the_cells_gradients_are_those_of_finite_differences():
    params, x, (h0,) = Case(T=1).inputs("gru")
    x, h = x[0], h0[0]
    h_next, backward = gru_reset_before_cell(params, x, h)
    (d_h_next,) = random_like((h_next,))

    def loss():
        return (gru_reset_before_cell(params, x, h)[0] * d_h_next).sum()

    dx, dh, grads = backward(d_h_next)
    arrays, gradients = {"x": x, "h": h, **params}, {"x": dx, "h": dh, **grads}
    check_gradients("gru_reset_before_cell", loss, arrays, gradients)


@pytest.mark.parametrize("wanted", ["output", "state", "both"])
@pytest.mark.parametrize("case", [Case(), RAGGED], ids=["plain", "ragged"])
def test_the_layers_gradients_are_those_of_finite_differences(case, wanted):
    params, x, (h0,) = case.inputs("gru")
    results, backward = gru_reset_before(params, x, h0, case.lengths)
    above = random_like(results)
    if wanted != "both":
        above = (above[0], None) if wanted == "output" else (None, above[1])

    def loss():
        results, _ = gru_reset_before(params, x, h0, case.lengths)
        return sum((r * d).sum() for r, d in zip(results, above) if d is not None)

    dx, dh0, grads = backward(*above)
    arrays, gradients = {"x": x, "h0": h0, **params}, {"x": dx, "h0": dh0, **grads}
    check_gradients("gru_reset_before", loss, arrays, gradients)


def test_the_layer_is_the_cell_step_by_step():
    params, x, (h0,) = Case(T=4).inputs("gru")
    (output, h_n), _ = gru_reset_before(params, x, h0)
    h = h0[0]
    for t in range(4):
        h, _ = gru_reset_before_cell(params, x[t], h)
        assert_equal(output[t], h)
    assert_equal(h_n[0], h)


def test_a_second_backward_pass_gives_the_same():
    params, x, (h0,) = RAGGED.inputs("gru")
    results, backward = gru_reset_before(params, x, h0, RAGGED.lengths)
    above = random_like(results)
    assert_equal(backward(*above), backward(*above))


@every_layer
def test_a_turned_update_gate_takes_the_new_where_the_other_keeps_the_old(layer):
    params, x, (h0,) = RAGGED.inputs("gru")
    turned = turn_update_gate(params)
    assert_equal(turn_update_gate(turned), params)
    # A GRU spelled the other way, with its own parameters: z is 1 − z of ours.
    ours, _ = gru_cell(params, x[0], h0[0])
    w_ih, w_hh, b_ih, b_hh = (
        turned[f"{name}_l0"]
        for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    )
    H = h0.shape[2]
    a = x[0] @ w_ih.T + b_ih
    u = h0[0] @ w_hh.T + b_hh
    r, z = (1 / (1 + np.exp(-(a + u)[:, k * H : (k + 1) * H])) for k in (0, 1))
    n = np.tanh(a[:, 2 * H :] + r * u[:, 2 * H :])
    assert_close((1 - z) * h0[0] + z * n, ours)
    # Turned twice in the layer, nothing is left of it.
    first, _ = layer(params, x, h0, RAGGED.lengths)
    again, _ = layer(turn_update_gate(turned), x, h0, RAGGED.lengths)
    assert_equal(first, again)


def test_with_a_diagonal_product_the_conventions_say_the_same():
    params, x, (h0,) = RAGGED.inputs("gru")
    after = without_b_hn(diagonal(params))
    before = reset_before_from_after(after)
    ours, _ = gru(after, x, h0, RAGGED.lengths)
    assert_close(gru_reset_before(before, x, h0, RAGGED.lengths)[0], ours)

    before = diagonal(params)  # with a bias b_hn, which moves
    theirs, _ = gru_reset_before(before, x, h0, RAGGED.lengths)
    assert_close(gru(reset_after_from_before(before), x, h0, RAGGED.lengths)[0], theirs)


def test_conversions_leave_what_they_are_given():
    params, _, _ = RAGGED.inputs("gru")
    given = without_b_hn(diagonal(params))
    before = {name: array.copy() for name, array in given.items()}
    for convert in (reset_before_from_after, reset_after_from_before, turn_update_gate):
        assert convert(given).keys() == given.keys()
    assert_equal(given, before)


def test_otherwise_the_conventions_differ_and_a_conversion_is_refused():
    params, x, (h0,) = Case().inputs("gru")
    ours, _ = gru(without_b_hn(params), x, h0)
    theirs, _ = gru_reset_before(without_b_hn(params), x, h0)
    assert inner((np.abs(ours[0] - theirs[0]),), (np.ones_like(ours[0]),)) > 0.01
    for convert in (reset_before_from_after, reset_after_from_before):
        with pytest.raises(
            ValueError, match=r"weight_hh_l0 has .* in row \d, column \d .* diagonal"
        ):
            convert(params)
    with pytest.raises(ValueError, match="bias_hh_l0 is not 0 in its block of n"):
        reset_before_from_after(diagonal(params))


def test_on_a_gpu_the_plain_sweep_runs(cupy):
    params, x, (h0,) = RAGGED.inputs("gru")
    (output, h_n), backward = gru_reset_before(params, x, h0, RAGGED.lengths)
    above = random_like((output, h_n))
    there = {name: cupy.asarray(array) for name, array in params.items()}
    results, backward_there = gru_reset_before(
        there, cupy.asarray(x), cupy.asarray(h0), RAGGED.lengths
    )
    found = backward_there(*map(cupy.asarray, above))
    assert_close([cupy.asnumpy(r) for r in results], (output, h_n))
    dx, dh0, grads = backward(*above)
    assert_close([cupy.asnumpy(d) for d in found[:2]], (dx, dh0))
    for name, d in grads.items():
        assert_close(cupy.asnumpy(found[2][name]), d)
