"""The GRU's other convention, and the ways between the two (book: code/encoder).

`gru` resets *after* the recurrent product, as PyTorch and cuDNN do; the papers (Cho et al. 2014, Chung et al. 2014)
reset *before* it. They are different functions of the state. And authors differ in what an open update gate means:
here it keeps the old state, elsewhere it takes the new one. That is one function in two spellings.
"""

from itertools import chain

import numpy as np

from .array import array_module
from .memory import empty
from .recurrent import (
    PARAMETERS,
    len_of,
    recurrent,
    suffixes,
    weights_of,
    with_one_state,
)


def gru_reset_before_cell(params, x, h, layer="l0"):
    """Take one step of the GRU whose reset gate acts on the state, before the product.

        r  = σ(W_ir x + b_ir + W_hr h + b_hr)
        z  = σ(W_iz x + b_iz + W_hz h + b_hz)
        n  = tanh(W_in x + b_in + W_hn (r ⊙ h) + b_hn)      `gru_cell` has  r ⊙ (W_hn h + b_hn)
        h' = (1 − z) ⊙ n + z ⊙ h

    Arguments and result are those of `gru_cell`.
    Source: Cho et al. 2014, equations 5–8, with two biases as in `gru_cell`.
    """
    w_ih, w_hh, b_ih, b_hh = weights_of(params, layer)
    xp = array_module(x, "x")
    H = h.shape[1]
    a_r, a_z, a_n = xp.split(x @ w_ih.T + b_ih, 3, axis=1)  # (B, H) each
    u_r, u_z = xp.split(h @ w_hh[: 2 * H].T + b_hh[: 2 * H], 2, axis=1)  # (B, H) each
    r = 1 / (1 + xp.exp(-(a_r + u_r)))
    z = 1 / (1 + xp.exp(-(a_z + u_z)))
    n = xp.tanh(a_n + (r * h) @ w_hh[2 * H :].T + b_hh[2 * H :])
    h_next = (1 - z) * n + z * h

    def backward(d_h_next):
        d_z = d_h_next * (h - n)
        d_n = d_h_next * (1 - z)
        d_a_n = d_n * (1 - n**2)
        d_reset = d_a_n @ w_hh[2 * H :]  # (B, H) for r ⊙ h
        d_r = d_reset * h
        d_a_z = d_z * z * (1 - z)
        d_a_r = d_r * r * (1 - r)
        d_a = xp.concatenate([d_a_r, d_a_z, d_a_n], axis=1)  # (B, 3H)
        grads = {
            f"weight_ih_{layer}": d_a.T @ x,
            f"weight_hh_{layer}": xp.concatenate(
                [d_a[:, : 2 * H].T @ h, d_a_n.T @ (r * h)]
            ),
            f"bias_ih_{layer}": d_a.sum(axis=0),
            f"bias_hh_{layer}": d_a.sum(axis=0),
        }
        dh = d_h_next * z + d_reset * r + d_a[:, : 2 * H] @ w_hh[: 2 * H]
        return d_a @ w_ih, dh, grads

    return h_next, backward


def gru_reset_before(params, x, h0=None, lengths=None, between=None):
    """Run `gru_reset_before_cell` over whole sequences; arguments, results and errors are those of `gru`.

    For comparison and for weights that were trained elsewhere: the cell is called step by step.
    """
    state_0 = None if h0 is None else (h0,)
    return with_one_state(
        recurrent(
            gru_reset_before_sweep, 3, ("h0",), params, x, state_0, lengths, between
        )
    )


def gru_reset_before_sweep(weights, x, state_0, steps):
    """One layer in one direction, over packed rows, by the plain cell: see `recurrent`."""
    xp = array_module(x)
    (h,) = state_0  # (B, H), overwritten step by step
    params = dict(zip((f"{name}_l0" for name in PARAMETERS), weights))
    output = empty(xp, (len(x), h.shape[1]), x.dtype)
    tape = []  # the backward pass of each step
    for rows in steps:
        running = h[: len_of(rows)]
        h_next, step_backward = gru_reset_before_cell(params, x[rows], running.copy())
        running[...] = output[rows] = h_next
        tape.append(step_backward)

    def backward(d_output, d_state_n):
        (d_h,) = d_state_n  # (B, H), overwritten step by step
        dx = empty(xp, x.shape, x.dtype)
        grads = [xp.zeros_like(weight) for weight in weights]
        for rows, step_backward in zip(reversed(steps), reversed(tape)):
            running = d_h[: len_of(rows)]
            dx[rows], running[...], d_step = step_backward(running + d_output[rows])
            for total, d in zip(grads, d_step.values()):
                total += d
        return dx, (d_h,), tuple(grads)

    return (output, (h,)), backward


def turn_update_gate(params):
    """Return the parameters of the GRU that says `h' = z ⊙ n + (1 − z) ⊙ h` and computes the same, or back.

    σ(−a) = 1 − σ(a): the gate's weights and biases change their sign. Holds for both reset conventions.

    Arguments
        params: torch's names, any number of layers and directions; not changed
    """
    turned = {name: array.copy() for name, array in params.items()}
    for suffix in chain(*suffixes(params)):
        for array in weights_of(turned, suffix):
            H = len(array) // 3
            array[H : 2 * H] *= -1
    return turned


def reset_before_from_after(params):
    """Return parameters with which `gru_reset_before` computes what `gru` computes with `params`.

        W_hn (r ⊙ h) = r ⊙ (W_hn h)    for all r and h, if and only if W_hn is diagonal

    And the bias b_hn, which `gru` multiplies by r and `gru_reset_before` does not, has to be 0.
    Raises ValueError, naming the parameter, where either does not hold.
    """
    for suffix in chain(*suffixes(params)):
        _, w_hh, _, b_hh = weights_of(params, suffix)
        _check_diagonal(w_hh, suffix)
        H = w_hh.shape[1]
        if b_hh[2 * H :].any():
            raise ValueError(
                f"bias_hh_{suffix} is not 0 in its block of n; the reset gate multiplies it there, and would not if it"
                " acted before the product"
            )
    return {name: array.copy() for name, array in params.items()}


def reset_after_from_before(params):
    """Return parameters with which `gru` computes what `gru_reset_before` computes with `params`.

    The condition on W_hn is that of `reset_before_from_after`. The bias b_hn, out of the reset gate's reach there,
    moves to b_in, where it is out of reach here.
    Raises ValueError, naming the parameter, where it does not hold.
    """
    converted = {name: array.copy() for name, array in params.items()}
    for suffix in chain(*suffixes(params)):
        _, w_hh, b_ih, b_hh = weights_of(converted, suffix)
        _check_diagonal(w_hh, suffix)
        H = w_hh.shape[1]
        b_ih[2 * H :] += b_hh[2 * H :]
        b_hh[2 * H :] = 0
    return converted


def _check_diagonal(w_hh, suffix):
    """Raise ValueError unless W_hn, the last block of `w_hh (3H, H)`, is diagonal."""
    xp = array_module(w_hh)
    w_hn = w_hh[2 * w_hh.shape[1] :]
    off = w_hn - xp.diag(xp.diag(w_hn))
    if off.any():
        i, j = np.unravel_index(int(abs(off).argmax()), off.shape)
        raise ValueError(
            f"weight_hh_{suffix} has {float(off[i, j]):.3g} in row {i}, column {j} of its block of n; resetting before"
            " and after the product agree only where that block is diagonal"
        )
